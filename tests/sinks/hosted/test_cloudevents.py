from __future__ import annotations

from urllib.parse import unquote

import pytest

from eventcenter.errors import ConfigError
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import NASTY, item, items, raw
from tests.sinks.servers.faulty import FaultyServer


def test_binary_mode_puts_attributes_into_headers(sender: Open, server: FaultyServer) -> None:
    sender(f"cloudevents:{server.url}/ns/broker?topic=x").send([item()])
    (request,) = server.requests
    attributes = {name: value for name, value in request.headers.items() if name.startswith("ce-")}
    assert attributes == {
        "ce-specversion": "1.0",
        "ce-id": item().key,
        "ce-source": "/eventcenter/default",
        "ce-type": "io.k8s.core.v1.event",
        "ce-subject": "shop/Pod/web-0",
        "ce-time": "2025-12-25T12:00:00Z",
        "ce-partitionkey": item().event.uid,
        "ce-level": "Warning",
        "ce-reason": "BackOff",
        "ce-kind": "Pod",
        "ce-namespace": "shop",
        "ce-cluster": "default",
    }
    assert request.headers["content-type"] == "application/json"
    assert (request.path, request.query, request.json) == ("/ns/broker", {"topic": "x"}, raw())


@pytest.mark.parametrize("text", NASTY)
def test_any_text_fits_into_a_header(sender: Open, server: FaultyServer, text: str) -> None:
    sender(f"cloudevents:{server.url}").send([item(reason=NASTY[text][:200], instance="生产")])
    (request,) = server.requests
    if text == "empty":
        assert "ce-reason" not in request.headers
    elif text != "surrogate":
        assert unquote(request.headers["ce-reason"]) == NASTY[text][:200]
    assert request.headers["ce-id"].startswith("%E7%94%9F%E4%BA%A7.")


def test_structured_mode(sender: Open, server: FaultyServer) -> None:
    sender(f"cloudevents:{server.url}?mode=structured&data=event&type=com.example.event&source=/here").send(
        [item()]
    )
    (request,) = server.requests
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = request.json
    assert (event["specversion"], event["type"], event["source"]) == ("1.0", "com.example.event", "/here")
    assert event["data"]["reason"] == "BackOff" and event["data"]["occurrences"] == 1


def test_batched_mode(sender: Open, server: FaultyServer) -> None:
    sender(f"cloudevents:{server.url}?batch=100").send(items(3))
    (request,) = server.requests
    assert request.headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert [event["id"] for event in request.json] == [one.key for one in items(3)]
    sender(f"cloudevents:{server.url}?mode=batched").send(items(1))
    assert len(server.requests[1].json) == 1


def test_a_batch_needs_its_mode(sender: Open) -> None:
    with pytest.raises(ConfigError, match="one event a request"):
        sender("cloudevents:http://example.com?mode=binary&batch=10")
