"""What is particular to ClickHouse: the real client, with chDB's engine or a server that fails behind it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from sinks.configuring import problems
from sinks.delivery import Broken, DeliveryError, Refused, Sender, TryAgain
from tests.sinks.made import item, items, settings
from tests.sinks.servers.faulty import Answer, FaultyServer

Open = Callable[..., Sender]


def query(chdb: Any, sql: str) -> list[tuple[Any, ...]]:
    with closing(chdb.client()) as client:
        return [tuple(row) for row in client.query(sql).result_rows]


def test_a_row(chdb: Any, table: str, open_sender: Open) -> None:
    open_sender(chdb.address(table)).send([item(3)])
    assert query(
        chdb,
        f"SELECT event_key, instance, seq, namespace, kind, name, type, reason, event_id, component, hostname, count, "
        f"toString(last_occurrence_time), JSONExtractString(raw, 'involvedObject', 'uid') FROM {table}",
    ) == [
        (
            item(3).key, "default", 10, "shop", "Pod", "web-3", "Warning", "BackOff", item(3).event.uid, "kubelet",
            "node-1", 3, "2025-12-25 12:00:03.000", "11111111-0000-4000-8000-000000000003",
        )
    ]  # fmt: skip


def test_the_same_batch_again_is_left_out_at_once(chdb: Any, table: str, open_sender: Open) -> None:
    """By the token of the block, before any merge."""
    sink = open_sender(chdb.address(table))
    sink.send(items(100))
    sink.send(items(100))
    assert query(chdb, f"SELECT count() FROM {table}") == [(100,)]
    sink.send(items(150))  # another batch with the same events in it: when parts are merged
    assert query(chdb, f"SELECT count() FROM {table} FINAL") == [(150,)]


def test_without_the_object(chdb: Any, table: str, open_sender: Open) -> None:
    open_sender(chdb.address(table) + "&raw=false").send([item(0)])
    assert query(chdb, f"SELECT raw FROM {table}") == [("",)]


@pytest.mark.parametrize(
    ("status", "code", "text", "expected"),
    [
        (403, 516, "writer: Authentication failed: password is incorrect (AUTHENTICATION_FAILED)", Broken),
        (404, 81, "Database events does not exist. (UNKNOWN_DATABASE)", Broken),
        (500, 497, "Not enough privileges. (ACCESS_DENIED)", Broken),
        (500, 242, "Table is in readonly mode. (TABLE_IS_READ_ONLY)", TryAgain),
        (500, 252, "Too many parts. (TOO_MANY_PARTS)", TryAgain),
        (500, 241, "Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)", TryAgain),
        (503, 0, "", TryAgain),
        (400, 69, "Argument out of bound. (ARGUMENT_OUT_OF_BOUND)", Refused),
    ],
)
def test_what_errors_mean(
    open_sender: Open, status: int, code: int, text: str, expected: type[DeliveryError]
) -> None:
    headers = {"X-ClickHouse-Exception-Code": str(code)} if code else {}
    body = f"Code: {code}. DB::Exception: {text}" if code else ""
    with FaultyServer(Answer(status, body, headers)) as server:
        sink = open_sender(server.url.replace("http://", "clickhouse:http://writer:geheim-1234@") + "/events")
        with pytest.raises(expected) as caught:
            sink.send(items(2))
    assert type(caught.value) is expected
    assert "geheim" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("how", ["never", "slowly", "half", "closed", "reset", "garbage"])
def test_connections_that_break(open_sender: Open, how: Any) -> None:
    with FaultyServer(Answer(200, b"x" * 1000, how=how)) as server:
        sink = open_sender(server.url.replace("http:", "clickhouse:http:"), timeout="1s")
        with pytest.raises(TryAgain):
            sink.send(items(2))


@pytest.mark.parametrize(
    "address",
    [
        "clickhouse:",
        "clickhouse:tcp://h:9000",
        "clickhouse:http://me:geheim-1@h:port/e",
        "clickhouse:http://",
    ],
)
def test_wrong_addresses_are_told_without_the_password(address: str) -> None:
    found = problems([address])
    assert len(found) == 1 and "geheim" not in found[0]


def test_the_password_may_stand_apart() -> None:
    found = settings("clickhouse:https://h?user=me&password=geheim-1234")
    assert "geheim" not in found.shown_whole
