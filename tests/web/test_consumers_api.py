"""Named consumers over a real store and server: at least once, in order, whatever happens to the client."""

from __future__ import annotations

import http.client
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.consuming import MAX_CONSUMERS
from eventcenter.shapes import rfc3339
from eventcenter.store.retention import Policy, Pruner
from tests.web.real_center import RealSite

DAY = 86_400_000


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealSite]:
    with RealSite(tmp_path / "data") as site:
        site.put(10)
        yield site


def listed(real: RealSite) -> dict[str, dict[str, Any]]:
    status, body = real.ask("/api/v1/consumers")
    assert status == 200
    return {item["name"]: item for item in body["consumers"]}


def test_asking_for_the_next_acknowledges_the_answer_before(real: RealSite) -> None:
    assert real.numbers("consumer=a&limit=4") == [1, 2, 3, 4]
    assert listed(real)["a"]["seq"] == 0
    assert real.numbers("consumer=a&limit=4") == [5, 6, 7, 8]
    assert listed(real)["a"] | {"lag_seconds": 0, "last_asked": ""} == {
        "name": "a", "seq": 4, "lag": 6, "lag_seconds": 0, "last_asked": "", "q": "",
    }  # fmt: skip
    assert real.numbers("consumer=a") == [9, 10]
    assert real.numbers("consumer=a") == []
    assert (listed(real)["a"]["lag"], listed(real)["a"]["lag_seconds"]) == (0, 0)


def test_an_answer_says_what_is_left(real: RealSite) -> None:
    answer = real.changes("consumer=a&limit=4")
    assert (answer["next"], answer["lag"], answer["missed"]) == (4, 6, 0)
    assert "lag" not in real.changes("after=0&limit=4")


def test_again_delivers_the_answer_before_again(real: RealSite) -> None:
    assert real.numbers("consumer=a&limit=4") == [1, 2, 3, 4]
    assert real.numbers("consumer=a&limit=2&again=1") == [1, 2]
    assert real.numbers("consumer=a&limit=2&again=1") == [1, 2]
    assert real.numbers("consumer=a&limit=2&again=0") == [3, 4]


def test_a_client_may_acknowledge_up_to_a_number(real: RealSite) -> None:
    assert real.numbers("consumer=a&limit=4") == [1, 2, 3, 4]
    assert real.numbers("consumer=a&limit=4&after=2") == [3, 4, 5, 6]
    assert listed(real)["a"]["seq"] == 2
    assert real.numbers("consumer=a&after=0&limit=1") == [1]
    assert real.numbers("consumer=new&after=9") == [10]


def test_a_number_that_is_not_given_yet_is_refused(real: RealSite) -> None:
    status, body = real.ask("/api/v1/changes?consumer=a&after=11")
    assert (status, "newest change, 10" in body["error"]["message"]) == (400, True)
    assert listed(real) == {}


def test_a_new_name_begins_where_from_says_and_a_known_one_where_it_was(real: RealSite) -> None:
    assert real.numbers(f"consumer=time&from={rfc3339(real.time(5))}")[0] == 6
    assert real.numbers("consumer=now&from=now") == []
    assert real.numbers("consumer=old&from=oldest&limit=1") == [1]
    real.put(2)
    assert real.numbers("consumer=now&from=oldest") == [11, 12]
    assert real.numbers("consumer=time&from=now") == [11, 12]


def test_the_position_counts_changes_and_not_matches(real: RealSite) -> None:
    assert real.numbers("consumer=a&q=level:Warning&limit=2") == [1, 4]
    assert real.numbers("consumer=a&q=level:Normal&limit=2") == [5, 6]
    assert listed(real)["a"]["seq"] == 4
    assert listed(real)["a"]["q"] == "level:Normal"


def test_a_restarted_center_delivers_again_what_nobody_acknowledged(real: RealSite) -> None:
    assert real.numbers("consumer=a&limit=4") == [1, 2, 3, 4]
    assert real.numbers("consumer=a&limit=4") == [5, 6, 7, 8]
    real.restart()
    assert (listed(real)["a"]["seq"], listed(real)["a"]["q"]) == (4, None)
    assert real.numbers("consumer=a&limit=4") == [5, 6, 7, 8]


def test_a_long_poll_wakes_at_once_and_waiting_in_vain_writes_nothing(real: RealSite) -> None:
    assert real.numbers("consumer=a&from=now") == []
    written: list[object] = []
    keep = real.center.positions.keep
    real.center.positions.keep = lambda *given: (written.append(given), keep(*given))[1]  # type: ignore[method-assign]
    for _ in range(3):
        assert real.numbers("consumer=a&wait=0.05") == []
    assert written == []
    answers: list[tuple[list[int], float]] = []

    def poll() -> None:
        answers.append((real.numbers("consumer=a&wait=30"), time.monotonic()))

    waiting = threading.Thread(target=poll)
    waiting.start()
    put_at = time.monotonic()
    real.put(1)
    waiting.join(20)
    assert answers[0][0] == [11]
    assert answers[0][1] - put_at < 5


def test_who_asks_last_has_the_name(real: RealSite) -> None:
    assert real.numbers("consumer=a&from=now") == []
    answers: list[tuple[int, dict[str, Any]]] = []
    first = threading.Thread(target=lambda: answers.append(real.ask("/api/v1/changes?consumer=a&wait=30")))
    first.start()
    session = real.site_consumers()._sessions["a"]
    deadline = time.monotonic() + 20
    while session.turn < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert real.numbers("consumer=a") == []
    first.join(20)
    assert answers[0][0] == 409
    real.put(1)
    assert real.numbers("consumer=a") == [11]


def test_a_client_that_left_while_it_waited_gets_it_all(real: RealSite) -> None:
    assert real.numbers("consumer=a&from=now") == []
    session = real.site_consumers()._sessions["a"]
    for turn in range(1, 4):
        with socket.create_connection(("127.0.0.1", real.port)) as left:
            left.sendall(b"GET /api/v1/changes?consumer=a&wait=30 HTTP/1.1\r\nHost: x\r\n\r\n")
            deadline = time.monotonic() + 20
            while session.turn == turn and time.monotonic() < deadline:
                time.sleep(0.01)
    real.put(3)
    assert real.numbers("consumer=a&again=1") == [11, 12, 13]


@pytest.mark.parametrize("seed", range(6))
def test_a_client_killed_at_random_points_gets_everything_in_order(real: RealSite, seed: int) -> None:
    """Each life of the client begins with again=1; it dies before it asks, before it reads or before it works."""
    chance = random.Random(seed)
    worked: list[int] = []
    real.put(90)
    again = "&again=1"
    while not worked or worked[-1] < 100:
        step = chance.randrange(8)
        if step == 0:
            real.restart()
        if step == 1:  # asks and dies before it reads
            connection = http.client.HTTPConnection("127.0.0.1", real.port)
            connection.request("GET", f"/api/v1/changes?consumer=a&limit=7{again}")
            if chance.random() < 0.5:
                connection.getresponse().read(chance.randrange(2000))
            connection.close()
            again = "&again=1"
            continue
        got = real.numbers(f"consumer=a&limit=7{again}")
        done = len(got) if step != 2 else chance.randrange(len(got) + 1)
        worked += got[:done]
        again = "" if done == len(got) and step != 3 else "&again=1"
    first_time = list(dict.fromkeys(worked))
    assert first_time == list(range(1, 101))


def test_what_retention_took_before_it_was_read_is_told(tmp_path: Path) -> None:
    with RealSite(tmp_path / "data") as real:
        real.put(10, age=3 * DAY)
        assert real.numbers("consumer=a&limit=2") == [1, 2]
        real.put(1)
        Pruner(real.center.writer.call, real.center.now).run(Policy(DAY, DAY))
        answer = real.changes("consumer=a")
        assert ([change["seq"] for change in answer["changes"]], answer["missed"]) == ([11], 8)
        assert real.changes("consumer=a")["missed"] == 0
        assert real.changes("consumer=b&from=oldest")["missed"] == 0


def test_a_log_that_was_deleted_to_its_end_is_no_reason_to_ask_again(real: RealSite) -> None:
    Pruner(real.center.writer.call, lambda: real.base + 10 * DAY).run(Policy(DAY, DAY))
    asked: list[int] = []
    read = real.center.reader.read_log
    real.center.reader.read_log = lambda *given: (asked.append(1), read(*given))[1]  # type: ignore[method-assign]
    answer = real.changes("consumer=a&after=2&wait=0.5")
    assert (answer["changes"], answer["next"], answer["missed"]) == ([], 10, 8)
    assert len(asked) < 5


@pytest.mark.parametrize(
    "name", ["", "%20", "-a", "a/b", "..", "a%00", "a%0Ab", "%E7%94%9F", "a" * 101, "<script>", "a%22"]
)
def test_hostile_names_are_a_400(real: RealSite, name: str) -> None:
    status, body = real.ask(f"/api/v1/changes?consumer={name}")
    assert (status, body["error"]["code"]) == (400, "bad_parameter")
    assert listed(real) == {}


@pytest.mark.parametrize("query", ["from=now", "again=1", "consumer=a&again=yes", "consumer=a&from=soon"])
def test_what_makes_no_sense_is_a_400(real: RealSite, query: str) -> None:
    assert real.ask(f"/api/v1/changes?{query}")[0] == 400


def test_pages_of_other_sites_may_not_move_a_position(real: RealSite) -> None:
    assert real.numbers("consumer=a&limit=4") == [1, 2, 3, 4]
    for path, method in (("changes?consumer=a", "GET"), ("consumers/a", "DELETE")):
        status, body = real.ask(f"/api/v1/{path}", method, Sec_Fetch_Site="cross-site")
        assert (status, body["error"]["code"]) == (403, "forbidden")
    assert real.ask("/api/v1/changes", Sec_Fetch_Site="cross-site")[0] == 200
    assert real.ask("/api/v1/changes?consumer=a", "HEAD")[0] == 405
    assert real.numbers("consumer=a&limit=4") == [5, 6, 7, 8]


def test_a_forgotten_consumer_is_new_again(real: RealSite) -> None:
    assert real.numbers("consumer=a&limit=4") == [1, 2, 3, 4]
    assert real.ask("/api/v1/consumers/a", "DELETE") == (204, {})
    assert real.ask("/api/v1/consumers/a", "DELETE")[0] == 404
    assert listed(real) == {}
    assert real.numbers("consumer=a&limit=4") == [1, 2, 3, 4]


def test_there_is_an_end_to_names(real: RealSite) -> None:
    real.center.writer.call(
        lambda c: c.executemany(
            "INSERT INTO cursor VALUES (?, 'consumer', 0, 0)",
            [(f"consumer:{n}",) for n in range(MAX_CONSUMERS)],
        )
    )
    status, body = real.ask("/api/v1/changes?consumer=one-more")
    assert (status, "1000 consumers" in body["error"]["message"]) == (409, True)
    assert real.numbers("consumer=7&limit=1") == [1]
    assert real.ask("/api/v1/consumers/8", "DELETE")[0] == 204
    assert real.numbers("consumer=one-more&limit=1") == [1]


def test_metrics_show_the_lag_of_those_that_lag_most(real: RealSite) -> None:
    assert real.numbers("consumer=a&limit=4") and real.numbers("consumer=a&limit=4")
    connection = http.client.HTTPConnection("127.0.0.1", real.port)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    assert 'eventcenter_consumer_lag_changes{consumer="a",instance="default"} 6.0' in text
    assert 'eventcenter_consumers{instance="default"} 1.0' in text
