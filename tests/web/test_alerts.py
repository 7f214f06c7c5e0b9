"""Alerts in the API, in the page and in the metrics."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.web.fake_center import FakeCenter


def test_the_api_has_what_is_wrong_and_what_was(client: FlaskClient) -> None:
    alerts = client.get("/api/v1/alerts").get_json()["alerts"]
    assert [(alert["title"], alert["state"], alert["fired"] is None) for alert in alerts] == [
        ("Crash loop", "firing", False),
        ("node-not-ready", "pending", True),
    ]
    assert alerts[0]["names"]["checkout-6f7d9cb58-x29p4"] == 30
    (over,) = client.get("/api/v1/alerts?state=resolved").get_json()["alerts"]
    assert (over["why"], over["resolved"]) == ("NodeReady", "2026-11-23T05:55:00Z")
    assert client.get("/api/v1/alerts?state=resolved&to=-1h").get_json() == {"alerts": []}
    assert len(client.get("/api/v1/rules").get_json()["rules"]) == 2


def test_wrong_questions(client: FlaskClient) -> None:
    for query in ("state=open", "limit=0", "from=soon", "rule=x"):
        assert client.get(f"/api/v1/alerts?{query}").status_code == 400


def test_the_page_shows_the_worst_first(client: FlaskClient) -> None:
    text = client.get("/alerts?lang=en").text
    assert text.index("node-not-ready") < text.index("Crash loop")
    for part in ("2 objects", "pending", "What was wrong", "NodeReady", "25 min"):
        assert part in text
    assert "<script>alert" not in text
    assert "/events?namespace=shop&amp;name=checkout*" in text


def test_in_chinese(client: FlaskClient) -> None:
    text = client.get("/alerts?lang=zh").text
    assert "崩溃循环" in text and "紧急" in text


def test_nothing_is_wrong(client: FlaskClient, center: FakeCenter) -> None:
    assert center.alerts is not None
    center.alerts.open.clear()
    assert "Nothing is wrong." in client.get("/alerts?lang=en").text
    center.alerts.error = "the disk is full"
    assert "Alerts are not judged: the disk is full" in client.get("/alerts?lang=en").text
    center.alerts = None
    assert "Alerts are not judged here." in client.get("/alerts?lang=en").text
    assert client.get("/api/v1/alerts").get_json() == {"alerts": []}


def test_metrics(client: FlaskClient) -> None:
    lines = client.get("/metrics").text.splitlines()
    assert 'eventcenter_alerts{instance="default",severity="critical",state="pending"} 1.0' in lines
    assert 'eventcenter_alerts_lag_changes{instance="default"} 5.0' in lines
