from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Refused, TryAgain
from tests.sinks.made import NASTY, NOON, item, items, sender
from tests.sinks.servers.faulty import Answer, FaultyServer, Request


class Loki:
    """What Loki's push address checks: shapes, label names, order of a stream by the time it still accepts; a line that
    is there already is taken and not kept twice."""

    def __init__(self) -> None:
        self.streams: dict[str, set[tuple[int, str]]] = {}
        self.oldest_ns = 0
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if request.path != "/loki/api/v1/push" or request.headers.get("content-type") != "application/json":
            return Answer(404, "404 page not found")
        late = 0
        for stream in request.json["streams"]:
            self._check_labels(stream["stream"])
            kept = self.streams.setdefault(json.dumps(stream["stream"], sort_keys=True), set())
            for entry in stream["values"]:
                time, line = self._checked(entry)
                if time < self.oldest_ns:
                    late += 1
                else:
                    kept.add((time, line))
        if late:
            return Answer(
                400, f"entry with timestamp ignored, reason: 'entry too far behind', total ignored: {late}"
            )
        return Answer(204)

    def _check_labels(self, labels: dict[str, str]) -> None:
        assert labels and all(name.isidentifier() and value for name, value in labels.items())
        assert all(isinstance(value, str) for value in labels.values())

    def _checked(self, entry: list[Any]) -> tuple[int, str]:
        time, line, *metadata = entry
        assert isinstance(time, str) and isinstance(line, str)
        for one in metadata:
            assert all(isinstance(value, str) and value for value in one.values())
        return int(time), line

    @property
    def lines(self) -> list[str]:
        return [line for _, line in sorted(entry for kept in self.streams.values() for entry in kept)]


@pytest.fixture
def loki() -> Loki:
    return Loki()


@pytest.fixture
def server(loki: Loki) -> Iterator[FaultyServer]:
    with FaultyServer(loki.answer) as found:
        yield found


def test_push(loki: Loki, server: FaultyServer) -> None:
    sink = sender(f"loki:{server.url}?tenant=ops&user=u&password=p", labels={"cluster-name": "prod"})
    sink.send([*items(3), item(3, namespace="", kind="Node")])
    sink.close()
    (request,) = loki.requests
    first, second = request.json["streams"]
    assert first["stream"] == {
        "job": "eventcenter",
        "cluster_name": "prod",
        "instance": "default",
        "level": "Warning",
        "namespace": "shop",
    }
    assert "namespace" not in second["stream"]
    time, line, metadata = first["values"][0]
    assert int(time) == NOON * 1_000_000 + 7 and json.loads(line)["name"] == "web-0"
    assert metadata["kind"] == "Pod" and metadata["reason"] == "BackOff" and "namespace" not in metadata
    assert request.headers["x-scope-orgid"] == "ops"
    assert request.headers["authorization"] == f"Basic {base64.b64encode(b'u:p').decode()}"


def test_other_shape(loki: Loki, server: FaultyServer) -> None:
    sink = sender(f"loki:{server.url}/?token=tok&labels=level,reason&metadata=false&line=text&job=k8s")
    sink.send([item()])
    sink.close()
    (request,) = loki.requests
    (stream,) = request.json["streams"]
    assert stream["stream"] == {"job": "k8s", "level": "Warning", "reason": "BackOff"}
    assert stream["values"][0][1].startswith("2025-12-25T12:00:00Z Warning BackOff Pod shop/web-0")
    assert len(stream["values"][0]) == 2
    assert request.headers["authorization"] == "Bearer tok"


def test_a_repetition_is_the_same_line(loki: Loki, server: FaultyServer) -> None:
    sink = sender(f"loki:{server.url}")
    sink.send(items(20))
    sink.send(items(20))
    sink.close()
    assert len(loki.lines) == 20


def test_changes_of_the_same_moment_stay_apart_and_in_order(loki: Loki, server: FaultyServer) -> None:
    sink = sender(f"loki:{server.url}")
    sink.send([item(number, last_time=NOON, uid="one") for number in range(10)])
    sink.close()
    assert [json.loads(line)["seq"] for line in loki.lines] == [7 + number for number in range(10)]


def test_too_old_is_refused(loki: Loki, server: FaultyServer) -> None:
    loki.oldest_ns = NOON * 1_000_000
    sink = sender(f"loki:{server.url}")
    sink.send([item(1)])
    with pytest.raises(Refused, match="too far behind"):
        sink.send([item(0, last_time=NOON - 86_400_000)])
    sink.close()


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("line", ["json", "text"])
def test_any_text(loki: Loki, server: FaultyServer, text: str, line: str) -> None:
    sink = sender(f"loki:{server.url}?line={line}")
    sink.send([item(message=NASTY[text])])
    sink.close()
    assert len(loki.lines) == 1


def test_dies_in_the_middle_and_nothing_is_lost(loki: Loki, server: FaultyServer) -> None:
    sink = sender(f"loki:{server.url}")
    sink.send(items(10))

    def taken_and_not_told(request: Request) -> Answer:
        loki.answer(request)
        return Answer(how="closed")

    server.script(taken_and_not_told)
    with pytest.raises(TryAgain):
        sink.send(items(20)[10:])
    server.die()
    with pytest.raises(TryAgain):
        sink.send(items(20)[10:])
    server.come_back()
    sink.send(items(20)[10:])
    sink.close()
    assert len(loki.lines) == 20


@pytest.mark.parametrize("uri", ["loki:ftp://h", "loki:http://h?labels=uid", "loki:http://h?token=t&user=u"])
def test_what_is_wrong_is_said(uri: str) -> None:
    with pytest.raises(ConfigError):
        sender(uri)
