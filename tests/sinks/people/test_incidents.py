"""PagerDuty (https://developer.pagerduty.com/docs/events-api-v2) and Opsgenie (https://docs.opsgenie.com/docs/alert-api):
opened, told again under the same key, and closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eventcenter.rules import Severity
from sinks.delivery import Broken, Refused, TryAgain
from sinks.messages import Messenger
from tests.sinks.made import settings
from tests.sinks.people.made import LINK, message
from tests.sinks.servers.faulty import Answer, FaultyServer

Opened = Callable[[str], Messenger]
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def pagerduty(service: FaultyServer) -> str:
    service.usual = Answer(202, {"status": "success", "message": "Event processed", "dedup_key": "k-1"})
    return f"pagerduty:{service.url}?routing_key={KEY}"


@pytest.fixture
def opsgenie(service: FaultyServer) -> str:
    service.usual = Answer(202, {"result": "Request will be processed", "requestId": "r"})
    return f"opsgenie:{service.url}?api_key={KEY}&teams=ops,web&tags=k8s"


def test_an_incident_is_triggered(pagerduty: str, service: FaultyServer, opened: Opened) -> None:
    opened(pagerduty).tell(message())
    assert (service.last.method, service.last.path) == ("POST", "/v2/enqueue")
    body = service.last.json
    assert (body["routing_key"], body["event_action"], body["dedup_key"]) == (KEY, "trigger", "k-1")
    assert body["links"] == [{"href": LINK, "text": "Event center"}]
    details = body["payload"].pop("custom_details")
    assert body["payload"] == {
        "summary": "BackOff: Pod shop/web-1",
        "source": "default",
        "severity": "error",
        "timestamp": "2025-12-25T12:00:00Z",
        "component": "Pod/web-1",
        "group": "shop",
        "class": "BackOff",
    }
    assert details["occurrences"] == 37 and details["name"] == "web-1"


@pytest.mark.parametrize(
    ("severity", "theirs"),
    [
        ("critical", "critical"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "warning"),
        ("info", "info"),
    ],
)
def test_severities(
    severity: Severity, theirs: str, pagerduty: str, service: FaultyServer, opened: Opened
) -> None:
    opened(pagerduty).tell(message(severity=severity))
    assert service.last.json["payload"]["severity"] == theirs


def test_and_resolved_under_the_same_key(pagerduty: str, service: FaultyServer, opened: Opened) -> None:
    sink = opened(pagerduty)
    assert sink.resolves
    sink.tell(message())
    sink.tell(message(resolved=True, number=2))
    first, last = (request.json for request in service.requests)
    assert last == {"routing_key": KEY, "event_action": "resolve", "dedup_key": first["dedup_key"]}


def test_pagerdutys_limits(pagerduty: str, service: FaultyServer, opened: Opened) -> None:
    opened(pagerduty).tell(message("错" * 200_000, title="错" * 5000, key="k" * 900))
    body = service.last.json
    assert len(body["payload"]["summary"]) == 1024
    assert len(body["dedup_key"].encode()) <= 255
    assert len(service.last.body) < 512_000


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Answer(400, {"status": "invalid event", "errors": ["'payload.summary' is missing"]}), Refused),
        (
            Answer(400, {"status": "invalid event", "errors": ["Length of 'routing_key' is incorrect"]}),
            Broken,
        ),
        (Answer(400, {"message": f"invalid routing key {KEY}"}), Broken),
        (Answer(403), Broken),
        (Answer(429), TryAgain),
        (Answer(500), TryAgain),
    ],
)
def test_what_pagerduty_answers(
    reply: Answer, error: type[Exception], pagerduty: str, service: FaultyServer, opened: Opened
) -> None:
    service.usual = reply
    with pytest.raises(error) as caught:
        opened(pagerduty).tell(message())
    assert KEY not in str(caught.value)


def test_an_alert_is_created(opsgenie: str, service: FaultyServer, opened: Opened) -> None:
    opened(opsgenie).tell(message())
    assert (service.last.method, service.last.path) == ("POST", "/v2/alerts")
    assert service.last.headers["authorization"] == f"GenieKey {KEY}"
    body = service.last.json
    assert (body["message"], body["alias"]) == ("BackOff: Pod shop/web-1", "k-1")
    assert body["description"].endswith(f"\n{LINK}")
    assert body["responders"] == [{"name": "ops", "type": "team"}, {"name": "web", "type": "team"}]
    assert (body["tags"], body["priority"], body["entity"]) == (["k8s"], "P2", "shop/web-1")
    assert body["details"]["reason"] == "BackOff"


def test_and_closed_by_its_alias(opsgenie: str, service: FaultyServer, opened: Opened) -> None:
    sink = opened(opsgenie)
    assert sink.resolves
    sink.tell(message(key="a/b c", resolved=True))
    request = service.last
    assert (request.method, request.path) == ("POST", "/v2/alerts/a%2Fb%20c/close")
    assert request.query == {"identifierType": "alias"}
    assert request.json["source"] == "eventcenter"


def test_what_is_gone_is_closed(opsgenie: str, service: FaultyServer, opened: Opened) -> None:
    service.usual = Answer(404, {"message": "Alert does not exist"})
    opened(opsgenie).tell(message(resolved=True))


def test_opsgenies_limits(opsgenie: str, service: FaultyServer, opened: Opened) -> None:
    opened(opsgenie).tell(message("x" * 50_000, title="t" * 900, key="k" * 900))
    body = service.last.json
    assert (len(body["message"]), len(body["description"]), len(body["alias"])) == (130, 15_000, 512)


@pytest.mark.parametrize(
    ("status", "error"), [(422, Refused), (401, Broken), (403, Broken), (429, TryAgain), (503, TryAgain)]
)
def test_what_opsgenie_answers(
    status: int, error: type[Exception], opsgenie: str, service: FaultyServer, opened: Opened
) -> None:
    service.usual = Answer(status, {"message": f"no {KEY}"})
    with pytest.raises(error) as caught:
        opened(opsgenie).tell(message())
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ["pagerduty:?routing_key", "opsgenie:?api_key"])
def test_keys_are_not_shown(name: str) -> None:
    assert KEY not in settings(f"{name}={KEY}").shown_whole
