"""The hosted sinks of a running center through every fault that passes, and through a server that dies in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sinks import patience
from sinks.delivery import Broken, TryAgain
from tests.sinks.delivering.conftest import Forwarding
from tests.sinks.hosted.test_otlp import attributes_of, parsed
from tests.sinks.hosted.test_sls import contents, log_group
from tests.sinks.http_faults import FAULTS
from tests.sinks.servers.faulty import Answer, FaultyServer, Request
from tests.sinks.servers.riemann import RiemannServer

PASSING = [fault.answer for fault in FAULTS if fault.outcome in (TryAgain, Broken) and fault.after_s is None]


def last(subject: str) -> str:
    return subject.rpartition("/")[2]


def of_otlp(request: Request) -> list[str]:
    (logs,) = parsed(request.body).resource_logs
    return [str(attributes_of(record)["k8s.object.name"]) for record in logs.scope_logs[0].log_records]


def of_sls(request: Request) -> list[str]:
    return [contents(log)["pod_name"] for log in log_group(request.body).Logs]


Names = Callable[[Request], list[str]]
ALIYUN = "accessKeyId=ak&accessKeySecret=secret"
BODY = quote('{"name": {{ name | tojson }}}')
KINDS: dict[str, tuple[str, Names]] = {
    "webhook": (f"method=POST&level=Normal&body={BODY}", lambda request: [request.json["name"]]),
    "webhook in batches": (
        f"method=POST&level=Normal&batch=7&body={BODY}",
        lambda request: [one["name"] for one in request.json],
    ),
    "honeycomb": ("writekey=k", lambda request: [one["data"]["name"] for one in request.json]),
    "cloudevents": ("mode=structured", lambda request: [last(request.json["subject"])]),
    "cloudevents in batches": ("batch=7", lambda request: [last(one["subject"]) for one in request.json]),
    "eventbridge": (f"clusterId=c&{ALIYUN}", lambda request: [last(one["subject"]) for one in request.json]),
    "otlp": ("", of_otlp),
    "sls": (f"project=p&logStore=l&{ALIYUN}", of_sls),
}
GOOD: dict[str, Callable[[int], Any]] = {
    "honeycomb": lambda count: [{"status": 202}] * count,
    "eventbridge": lambda count: {"entryList": [{}] * count},
}


@pytest.fixture
def center(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwarding]:
    for name in ("FIRST_S", "MOST_S", "BROKEN_S", "BROKEN_MOST_S"):
        monkeypatch.setattr(patience, name, 0.01)
    opened = Forwarding(tmp_path / "data")
    yield opened
    opened.stop()


@pytest.mark.parametrize("called", KINDS)
def test_every_event_arrives_in_order(center: Forwarding, called: str) -> None:
    options, names_of = KINDS[called]
    kind = called.split()[0]
    taken: list[str] = []

    def good(request: Request) -> Answer:
        names = names_of(request)
        taken.extend(names)
        return Answer(200, GOOD[kind](len(names)) if kind in GOOD else b"")

    with FaultyServer(good) as server:
        server.script(*PASSING)
        center.to(f"{kind}:{server.url}?{options}&timeout=300ms&name=a")
        names = center.put(20)
        center.when("a", lambda status: status.sent >= 20)
        server.die()
        names += center.put(20)
        center.when("a", lambda status: status.state != "ok")
        server.come_back()
        status = center.when("a", lambda status: status.sent >= 40)
    assert taken == names
    assert status.failed == status.dead == 0
    assert status.retried >= len(PASSING)


def test_riemann_too(center: Forwarding) -> None:
    with RiemannServer() as server:
        server.replies = [None, b"no Riemann"]
        center.to(f"riemann:{server.url}?timeout=300ms&batchsize=7&name=a")
        names = center.put(20)
        center.when("a", lambda status: status.sent >= 20)
        server.die()
        names += center.put(20)
        center.when("a", lambda status: status.state != "ok")
        server.come_back()
        center.when("a", lambda status: status.sent >= 40)
        arrived = [one.value for event in server.events for one in event.attributes if one.key == "name"]
    assert list(dict.fromkeys(arrived)) == names
    assert len(arrived) - len(names) == 14  # what the first two messages held, which were not confirmed
