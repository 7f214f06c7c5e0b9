"""Event streams over a real store and server: named consumers, reconnecting, and where a time begins."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.shapes import rfc3339
from eventcenter.store.retention import Policy, Pruner
from tests.web.real_center import HOUR, RealSite
from web import changes

DAY = 86_400_000


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealSite]:
    with RealSite(tmp_path / "data") as site:
        site.put(10)
        yield site


class Stream:
    """Reads messages of `/api/v1/changes`; `close` is a client that is gone without a word."""

    def __init__(self, real: RealSite, query: str, last: int | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", real.port, timeout=20)
        headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": str(last)})
        self._connection.request("GET", f"/api/v1/changes?{query}", headers=headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()
        self._connection.close()

    def message(self) -> dict[str, str]:
        """The next one that says something."""
        found: dict[str, str] = {}
        while line := self._answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if not line.strip():
                if "data" in found:
                    return found
                found = {}
            elif name:
                found[name] = value
        raise EOFError

    def numbers(self, count: int) -> list[int]:
        return [int(self.message()["id"]) for _ in range(count)]


def position(real: RealSite) -> int:
    _, body = real.ask("/api/v1/consumers")
    return int(body["consumers"][0]["seq"])


def test_a_stream_goes_on_and_reconnects_where_its_client_says(real: RealSite) -> None:
    with Stream(real, "consumer=a") as stream:
        assert stream.numbers(10) == list(range(1, 11))
        real.put(2)
        assert stream.numbers(2) == [11, 12]
    with Stream(real, "consumer=a", last=7) as stream:
        assert position(real) == 7
        assert stream.numbers(5) == [8, 9, 10, 11, 12]


def test_what_was_just_written_comes_again_to_a_client_that_says_nothing(real: RealSite) -> None:
    for _ in range(2):
        with Stream(real, "consumer=a") as stream:
            assert stream.numbers(10) == list(range(1, 11))


def test_a_stream_acknowledges_while_it_goes_on(real: RealSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "HEARTBEAT_SECONDS", 0.0)
    with Stream(real, "consumer=a") as stream:
        assert stream.numbers(10) == list(range(1, 11))
        real.put(1)
        assert stream.numbers(1) == [11]
        real.put(1)
        assert stream.numbers(1) == [12]
        assert position(real) >= 10


def test_a_stream_takes_its_name_over_and_gives_it_up(real: RealSite) -> None:
    with Stream(real, "consumer=a&from=now") as first, Stream(real, "consumer=a"), pytest.raises(EOFError):
        first.message()


def test_a_stream_says_what_was_deleted_before_it_was_read(tmp_path: Path) -> None:
    with RealSite(tmp_path / "data") as real:
        real.put(10, age=3 * DAY)
        assert real.numbers("consumer=a&limit=2") == [1, 2]
        real.put(1)
        Pruner(real.center.writer.call, real.center.now).run(Policy(DAY, DAY))
        with Stream(real, "consumer=a") as stream:
            told = stream.message()
            assert (told["event"], json.loads(told["data"])) == ("missed", {"missed": 8})
            assert stream.numbers(1) == [11]


def test_a_stream_of_records_that_match(real: RealSite) -> None:
    with Stream(real, "consumer=a&format=record&q=level:Warning") as stream:
        message = stream.message()
        record: dict[str, Any] = json.loads(message["data"])
        assert (message["id"], record["level"]) == ("1", "Warning")
        assert json.loads(record["event_id"])["metadata"]["name"] == "web-0.1"


@pytest.mark.parametrize("number", [0, 3, 9])
def test_a_time_may_be_given_for_a_cursor(real: RealSite, number: int) -> None:
    moment = rfc3339(real.time(number))
    assert real.numbers(f"after={moment}")[0] == number + 1
    assert real.numbers(f"after={moment.replace('Z', '%2B00:00')}")[0] == number + 1


def test_a_relative_time_and_the_ends_of_the_log(real: RealSite) -> None:
    assert real.numbers("after=-2h")[0] == 1
    for query in (
        "after=-30m",
        "after=now",
        "after=latest",
        "after=%2B1d",
        f"after={rfc3339(real.base + HOUR)}",
    ):
        assert real.changes(query) == {"changes": [], "next": 10}
    assert real.numbers("after=oldest") == list(range(1, 11))


@pytest.mark.parametrize(
    "after", ["1795413600.5", "-1", "1e3", "soon", "2026-13-01", "99999999999999999999", "%00", "yesterday"]
)
def test_what_is_neither_number_nor_time_is_a_400(real: RealSite, after: str) -> None:
    status, body = real.ask(f"/api/v1/changes?after={after}")
    assert (status, body["error"]["code"]) == (400, "bad_parameter")
