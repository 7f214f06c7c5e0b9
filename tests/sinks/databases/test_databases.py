"""What every database must hold: all events, each once, whatever is sent again and whenever the server dies."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from sinks.delivery import Broken, Sender, TryAgain
from tests.sinks.databases.sending import with_retries
from tests.sinks.made import NASTY, item, items, settings

Open = Callable[..., Sender]

every_database = pytest.mark.parametrize("database", ["mariadb", "postgres", "influx", "chdb"], indirect=True)
every_server = pytest.mark.parametrize("database", ["mariadb", "postgres", "influx"], indirect=True)


def uids(database: Any, table: str) -> Counter[str]:
    return Counter(uid for uid, _ in database.rows(table))


def each_once(*batches: list[Any]) -> Counter[str]:
    return Counter({one.event.uid for batch in batches for one in batch})


@every_database
def test_all_are_there(database: Any, table: str, open_sender: Open) -> None:
    sent = items(2500)
    open_sender(database.address(table)).send(sent)
    assert uids(database, table) == each_once(sent)


@every_database
def test_what_is_sent_again_is_there_once(database: Any, table: str, open_sender: Open) -> None:
    sink = open_sender(database.address(table))
    sent = items(300)
    sink.send(sent[:200])
    sink.send(sent[:200])
    sink.send(sent[150:])
    sink.close()
    again = open_sender(database.address(table))
    again.send(sent[:10])  # dead letters of long ago
    again.send(sent[5:])
    assert uids(database, table) == each_once(sent)


@every_database
def test_every_change_of_an_event_is_there(database: Any, table: str, open_sender: Open) -> None:
    """Also two within the same second."""
    changes = [item(0, seq=100 + number, count=number + 1) for number in range(5)]
    open_sender(database.address(table)).send(changes)
    assert uids(database, table) == Counter({changes[0].event.uid: 5})


@every_database
def test_a_center_that_was_made_anew_is_not_taken_for_the_one_before(
    database: Any, table: str, open_sender: Open
) -> None:
    before, after = items(5), [item(number, seq=number + 2) for number in range(5, 10)]
    first = open_sender(database.address(table))
    first.send(before)
    first.close()
    assert {one.event.seq for one in before} & {one.event.seq for one in after}
    open_sender(database.address(table)).send(after)
    assert uids(database, table) == each_once(before, after)


@every_server
def test_a_server_that_is_killed_loses_and_doubles_nothing(
    database: Any, table: str, open_sender: Open
) -> None:
    """In the middle of a batch, three times."""
    sink = open_sender(database.address(table), timeout="5s")
    sent = items(6000)
    batches = [sent[start : start + 500] for start in range(0, len(sent), 500)]
    sink.send(batches[0])
    for number, batch in enumerate(batches):
        if number % 4 == 2:
            killing = threading.Timer(0.02, database.kill)
            killing.start()
            for _ in range(100):
                try:
                    sink.send(batch)
                except TryAgain:
                    break
            else:
                raise AssertionError("a dead server takes events")
            killing.join()
            with pytest.raises(TryAgain):
                sink.send(batch)
            database.start()
        with_retries(sink, batch)
    assert uids(database, table) == each_once(sent)


@every_server
def test_a_server_that_goes_silent(database: Any, table: str, open_sender: Open) -> None:
    sink = open_sender(database.address(table), timeout="1s")
    sent = items(400)
    sink.send(sent[:100])
    database.pause()
    try:
        begun = time.monotonic()
        with pytest.raises(TryAgain):
            sink.send(sent[100:])
        assert time.monotonic() - begun < 4
    finally:
        database.resume()
    with_retries(sink, sent[100:])
    assert uids(database, table) == each_once(sent)


@every_database
def test_every_text_is_kept(database: Any, table: str, open_sender: Open) -> None:
    """What cannot be said in UTF-8 or in the database is replaced; nothing is cut."""
    texts = [
        *NASTY.values(),
        "\x1e quoted apart \x1e",
        "🚀" * 100_000,
        "m" * 1_500_000,
        "'; DROP TABLE x; --",
    ]
    sent = [item(number, text, reason=text[:100]) for number, text in enumerate(texts)]
    open_sender(database.address(table)).send(sent)
    found = dict(database.rows(table))
    lost = {"\ud83d": "\ufffd"} | ({"\0": "\ufffd"} if table_loses_zeros(database) else {})
    for one, text in zip(sent, texts, strict=True):
        for given, kept in lost.items():
            text = text.replace(given, kept)
        assert found[one.event.uid] == text


def table_loses_zeros(database: Any) -> bool:
    return type(database).__name__ == "Postgres"


@every_database
def test_times_at_the_ends_of_the_calendar(database: Any, table: str, open_sender: Open) -> None:
    ends = [-62_135_596_800_000, 253_402_300_799_999, -(10**17), 10**17, 0]
    sent = [item(number, first_time=time, last_time=time) for number, time in enumerate(ends)]
    open_sender(database.address(table)).send(sent)
    assert uids(database, table) == each_once(sent)


@every_database
def test_large_numbers(database: Any, table: str, open_sender: Open) -> None:
    sent = [item(0, count=2**31 + 5, seq=2**53)]
    open_sender(database.address(table)).send(sent)
    assert uids(database, table) == each_once(sent)


@pytest.mark.parametrize("database", ["mariadb", "postgres"], indirect=True)
def test_a_wrong_password(database: Any, table: str, open_sender: Open) -> None:
    sink = open_sender(database.address(table).replace("geheim", "geraten"))
    with pytest.raises(Broken) as caught:
        sink.send(items(1))
    assert "geraten" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("database", ["mariadb", "postgres", "chdb"], indirect=True)
def test_a_table_that_is_dropped_is_made_again(database: Any, table: str, open_sender: Open) -> None:
    sink = open_sender(database.address(table))
    sink.send(items(1))
    if hasattr(database, "query"):
        database.query(f"DROP TABLE {table}")
    else:
        with closing(database.client()) as client:
            client.command(f"DROP TABLE {table}")
    sent = items(5)[1:]
    assert with_retries(sink, sent) <= 2
    assert uids(database, table) == each_once(sent)


@pytest.mark.parametrize("database", ["mariadb", "postgres", "chdb"], indirect=True)
def test_a_table_with_other_columns(database: Any, table: str, open_sender: Open) -> None:
    if hasattr(database, "query"):
        database.query(f"CREATE TABLE {table} (event_key text)")
        if type(database).__name__ == "Postgres":
            database.query(f"ALTER TABLE {table} OWNER TO writer")
    else:
        with closing(database.client()) as client:
            client.command(f"CREATE TABLE {table} (event_key String) ENGINE = MergeTree ORDER BY event_key")
    with pytest.raises(Broken) as caught:
        open_sender(database.address(table)).send(items(1))
    assert "\n" not in str(caught.value)


ADDRESSES = {
    "mysql": "mysql:?writer:geheim-1234@tcp(127.0.0.1:{port})/events",
    "postgresql": "postgresql://writer:geheim-1234@127.0.0.1:{port}/events",
    "mongo": "mongo:?mongodb://writer:geheim-1234@127.0.0.1:{port}/",
    "clickhouse": "clickhouse:http://writer:geheim-1234@127.0.0.1:{port}/events",
}
SAYINGS = {
    "nothing": b"",
    "HTTP": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "garbage": bytes(range(256)) * 20,
    "zeros": bytes(500),
    "a greeting that breaks off": b"\x4a\x00\x00\x00\x0a5.5.5-10.11",
}


@pytest.fixture(params=[False, True], ids=["closes", "stays silent"])
def talker(request: pytest.FixtureRequest) -> Iterator[Callable[[bytes], int]]:
    """A server that says something to whoever connects, then closes or says nothing more. → its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []
    said = b""

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            kept.append(connection)
            with suppress(OSError):
                connection.sendall(said)
            if not request.param:
                connection.close()

    serving = threading.Thread(target=serve, daemon=True)

    def talking(text: bytes) -> int:
        nonlocal said
        said = text
        serving.start()
        port: int = listening.getsockname()[1]
        return port

    yield talking
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    serving.join(10)  # else it may accept one more
    for connection in kept:
        connection.close()


@pytest.mark.parametrize("saying", SAYINGS)
@pytest.mark.parametrize("kind", ADDRESSES)
def test_what_is_no_such_server(
    kind: str, saying: str, talker: Callable[[bytes], int], open_sender: Open
) -> None:
    sink = open_sender(ADDRESSES[kind].format(port=talker(SAYINGS[saying])), timeout="1s")
    begun = time.monotonic()
    with pytest.raises(TryAgain) as caught:
        sink.send(items(1))
    assert time.monotonic() - begun < 5
    assert "geheim" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ADDRESSES)
def test_nobody_listens(kind: str, open_sender: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sink = open_sender(ADDRESSES[kind].format(port=port), timeout="1s")
    with pytest.raises(TryAgain):
        sink.send(items(1))
    sink.close()
    sink.close()


@pytest.mark.parametrize("kind", ADDRESSES)
def test_no_password_is_shown(kind: str) -> None:
    found = settings(ADDRESSES[kind].format(port=1))
    assert "geheim" not in found.shown + found.shown_whole
    assert found.hide("it said geheim-1234") == "it said ***"
