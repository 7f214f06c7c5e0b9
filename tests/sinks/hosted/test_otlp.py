from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from sinks.delivery import PartlyTaken, Refused
from sinks.kinds.otlp import logs_url
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import NASTY, NOON, item, items
from tests.sinks.servers.faulty import Answer, FaultyServer


def parsed(body: bytes) -> Any:
    """As a collector reads it: an unknown field or a wrong type is an error."""
    return json_format.Parse(body, ExportLogsServiceRequest())


def attributes_of(found: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in found.attributes}


def test_a_record_is_what_opentelemetry_says(sender: Open, server: FaultyServer) -> None:
    sender(f"otlp:{server.url}", labels={"team": "shop"}).send(items(2))
    (request,) = server.requests
    assert (request.path, request.headers["content-type"]) == ("/v1/logs", "application/json")
    (logs,) = parsed(request.body).resource_logs
    assert attributes_of(logs.resource) == {
        "service.name": "eventcenter",
        "k8s.cluster.name": "default",
        "team": "shop",
    }
    (scope,) = logs.scope_logs
    assert (scope.scope.name, scope.scope.version) == ("eventcenter", "1.2.3")
    first, second = scope.log_records
    assert (first.severity_number, first.severity_text) == (13, "Warning")
    assert first.body.string_value == "Back-off restarting failed container web"
    assert first.time_unix_nano == NOON * 1_000_000
    assert second.time_unix_nano == (NOON + 1000) * 1_000_000
    attributes = attributes_of(first)
    assert attributes["k8s.event.count"] == 3
    assert attributes["k8s.object.name"] == "web-0" and attributes["k8s.event.reason"] == "BackOff"
    assert attributes["k8s.event.name"] == "web-0.18a4b1c2d3e4f5a6"
    assert attributes["log.record.uid"] == item().key
    assert "k8s.event.action" not in attributes


@pytest.mark.parametrize("text", NASTY)
def test_any_text(sender: Open, server: FaultyServer, text: str) -> None:
    sender(f"otlp:{server.url}").send([item(message=NASTY[text], hostname=NASTY[text], level=NASTY[text])])
    (record,) = parsed(server.requests[0].body).resource_logs[0].scope_logs[0].log_records
    if text != "surrogate":
        assert record.body.string_value == NASTY[text]
        assert record.severity_number == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:4318", "http://h:4318/v1/logs"),
        ("http://h:4318/", "http://h:4318/v1/logs"),
        ("http://h/otlp", "http://h/otlp/v1/logs"),
        ("https://h/otlp/v1/logs", "https://h/otlp/v1/logs"),
        ("https://h/x?k=v", "https://h/x/v1/logs?k=v"),
    ],
)
def test_the_path_of_the_protocol(url: str, expected: str) -> None:
    assert logs_url(url) == expected


def test_records_that_are_all_rejected_are_refused(sender: Open, server: FaultyServer) -> None:
    server.usual = Answer(200, {"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "too old"}})
    with pytest.raises(PartlyTaken) as caught:
        sender(f"otlp:{server.url}").send(items(2))
    assert caught.value.refused == {0: "rejected: too old", 1: "rejected: too old"}


def test_some_that_are_rejected_are_found_by_halves(sender: Open, server: FaultyServer) -> None:
    server.usual = Answer(200, {"partialSuccess": {"rejectedLogRecords": 1, "errorMessage": "too old"}})
    with pytest.raises(Refused, match="rejected 1 of 3"):
        sender(f"otlp:{server.url}").send(items(3))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"partialSuccess": {"errorMessage": "slow down"}}'])
def test_a_success(sender: Open, server: FaultyServer, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    server.usual = Answer(200, body)
    sender(f"otlp:{server.url}").send([item()])
    assert ("slow down" in caplog.text) == (b"slow down" in body)


def test_a_token(sender: Open, server: FaultyServer) -> None:
    sender({"uri": f"otlp:{server.url}", "bearer_token": "abcdefgh"}).send([item()])
    assert server.requests[0].headers["authorization"] == "Bearer abcdefgh"
    assert json.loads(server.requests[0].body)
