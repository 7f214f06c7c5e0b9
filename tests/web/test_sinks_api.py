"""`/api/v1/sinks`: how each is doing, setting up, testing, dead letters; and the numbers of `/metrics`."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.fake_center import FakeCenter


def test_the_list_says_how_each_is_doing(client: FlaskClient) -> None:
    sinks = {sink["name"]: sink for sink in client.get("/api/v1/sinks").get_json()["sinks"]}
    assert sinks["ops"]["state"] == "retrying"
    assert (sinks["ops"]["lag"], sinks["ops"]["lag_seconds"]) == (184, 3600)
    assert sinks["ops"]["retry_at"] == "2026-11-23T06:00:30Z"
    assert sinks["kafka-1"]["last_error"] is None


def test_one_is_set_up_and_removed(client: FlaskClient, center: FakeCenter) -> None:
    made = client.post("/api/v1/sinks", json={"uri": "slack:https://x/?name=night"})
    assert (made.status_code, made.get_json()["origin"]) == (201, "page")
    assert client.post("/api/v1/sinks", json={"uri": "slack:https://x/?name=night"}).status_code == 409
    assert client.delete("/api/v1/sinks/night").status_code == 204
    assert client.delete("/api/v1/sinks/night").status_code == 404
    assert client.delete("/api/v1/sinks/kafka-1").status_code == 409


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/sinks", {"uri": "nonsense"}),
        ("/api/v1/sinks", {"uri": 7}),
        ("/api/v1/sinks", {"uri": ""}),
        ("/api/v1/sinks", {"uri": "slack:x", "more": 1}),
        ("/api/v1/sinks", []),
        ("/api/v1/sink-tests", {}),
        ("/api/v1/sink-tests", {"uri": "slack:x", "name": "ops"}),
        ("/api/v1/sinks/store/dead-letters", {"action": "burn"}),
        ("/api/v1/sinks/store/dead-letters", {"action": "drop", "ids": ["1"]}),
        ("/api/v1/sinks/store/dead-letters", {"action": "drop", "ids": [True]}),
        ("/api/v1/sinks/store/dead-letters", {"action": "drop", "ids": [2**80]}),
    ],
)
def test_a_wrong_body_is_said_to_be_wrong(client: FlaskClient, path: str, body: Any) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["message"]


def test_a_test_says_what_happened(client: FlaskClient) -> None:
    good = client.post("/api/v1/sink-tests", json={"uri": "slack:x"}).get_json()
    assert good == {"ok": True, "text": "answered 200", "message": "Warning <SinkTest>"}
    bad = client.post("/api/v1/sink-tests", json={"name": "store"}).get_json()
    assert bad == {"ok": False, "text": "answered 403", "message": None}


def test_dead_letters_are_sent_again_or_dropped(client: FlaskClient, center: FakeCenter) -> None:
    path = "/api/v1/sinks/store/dead-letters"
    letters = client.get(path).get_json()["dead_letters"]
    assert [(letter["id"], letter["again"]) for letter in letters] == [(2, True), (1, False)]
    assert client.post(path, json={"action": "send_again"}).get_json() == {"count": 2}
    assert client.post(path, json={"action": "drop", "ids": [1]}).get_json() == {"count": 1}
    assert [letter["id"] for letter in client.get(path).get_json()["dead_letters"]] == [2]
    assert client.get("/api/v1/sinks/nobody/dead-letters").status_code == 404


def test_a_page_of_another_site_may_change_nothing(client: FlaskClient, center: FakeCenter) -> None:
    answer = client.delete("/api/v1/sinks/ops", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert center.sinks is not None and "ops" in center.sinks.sinks


def test_the_playground_has_none(client: FlaskClient, center: FakeCenter) -> None:
    center.sinks = None
    assert client.get("/api/v1/sinks").get_json() == {"sinks": []}
    assert client.post("/api/v1/sinks", json={"uri": "slack:x"}).status_code == 409
    assert "The playground forwards nothing." in client.get("/sinks").text


def test_metrics(client: FlaskClient) -> None:
    lines = client.get("/metrics").text.splitlines()
    labels = '{instance="default",kind="slack",sink="ops"}'
    assert f"eventcenter_sink_lag_changes{labels} 184.0" in lines
    assert f"eventcenter_sink_lag_seconds{labels} 3600.0" in lines
    assert f"eventcenter_sink_up{labels} 0.0" in lines
    assert f"eventcenter_sink_sent_total{labels} 12.0" in lines
    assert f"eventcenter_sink_retried_total{labels} 9.0" in lines
