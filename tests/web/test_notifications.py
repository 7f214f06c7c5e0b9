"""Silences, acknowledgements, routes and the log: by the API and on the page."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.fake_center import FakeCenter

SILENCE = {"matchers": ['namespace="shop"'], "seconds": 3600, "author": "li", "reason": "upgrade"}


def test_a_silence_from_making_to_the_end(client: FlaskClient) -> None:
    made = client.post("/api/v1/silences", json=SILENCE)
    assert made.status_code == 201
    assert made.get_json()["state"] == "active" and made.get_json()["matchers"] == ['namespace="shop"']
    id = made.get_json()["id"]
    assert id in [one["id"] for one in client.get("/api/v1/silences").get_json()["silences"]]
    assert client.delete(f"/api/v1/silences/{id}").status_code == 204
    assert id not in [one["id"] for one in client.get("/api/v1/silences").get_json()["silences"]]
    assert client.delete("/api/v1/silences/999").status_code == 404


def test_a_preview_makes_none(client: FlaskClient, center: FakeCenter) -> None:
    assert center.notices is not None
    before = len(center.notices.kept)
    alerts = client.post("/api/v1/silences?preview=true", json=SILENCE).get_json()["alerts"]
    assert [alert["rule"] for alert in alerts] == ["pod-crash-loop"]
    assert len(center.notices.kept) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"matchers": []}, "matchers"),
        ({"matchers": ["nope"]}, "no matcher"),
        ({"matchers": ['a=~"("']}, "regular expression"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": None, "ends": "-1h"}, "ends"),
        ({"author": " "}, "author"),
        ({"starts": 7}, "starts"),
        ({"other": 1}, "'other' is not known"),
    ],
)
def test_what_is_wrong_is_said(client: FlaskClient, change: dict[str, object], said: str) -> None:
    answer = client.post("/api/v1/silences", json={**SILENCE, **change})
    assert answer.status_code == 400 and said in answer.get_json()["error"]["message"]


def test_an_alert_is_acknowledged(client: FlaskClient) -> None:
    made = client.post("/api/v1/alerts/1/ack", json={"author": "li"})
    assert made.status_code == 201
    assert made.get_json()["before"] is not None and 'workload="checkout"' in made.get_json()["matchers"]
    assert client.post("/api/v1/alerts/99/ack", json={"author": "li"}).status_code == 404
    assert client.post("/api/v1/alerts/1/ack", json={}).status_code == 400


def test_who_would_get_this(client: FlaskClient) -> None:
    found = client.get("/api/v1/routes?labels=severity=high,namespace=shop").get_json()
    assert found["routes"][0]["receivers"] == ["oncall"]
    assert found["routes"][0]["repeat_interval"] == [3600, 14400]
    assert client.get("/api/v1/routes?labels=severity=info").get_json()["routes"] == []
    assert client.get("/api/v1/routes?labels=x").status_code == 400


def test_the_log_says_why(client: FlaskClient) -> None:
    entries = client.get("/api/v1/notifications?limit=2").get_json()["notifications"]
    assert [(entry["outcome"], entry["reason"]) for entry in entries] == [
        ("sent", "first"),
        ("held", "silenced by 1"),
    ]


def test_where_nothing_is_judged(client: FlaskClient, center: FakeCenter) -> None:
    center.notices = None
    assert client.get("/api/v1/silences").status_code == 409
    assert client.get("/alerts").status_code == 200


def test_the_page_shows_all_of_it(client: FlaskClient) -> None:
    text = client.get("/alerts?lang=en&labels=severity=high&silence=1").text
    for part in (
        "oncall",
        "maintenance",
        "silenced by 1",
        "waits for the channel",
        "workload=&#34;checkout&#34;",
    ):
        assert part in text
    assert "<script>alert" not in text and "li <b>" not in text
    assert "Nobody." in client.get("/alerts?lang=en&labels=severity=info").text
    assert client.get("/alerts?labels=x").status_code == 400


def test_the_page_says_that_nobody_is_told(client: FlaskClient, center: FakeCenter) -> None:
    assert center.notices is not None
    center.notices.route = None
    assert "Nobody is told of alerts" in client.get("/alerts?lang=en").text
    assert "不会通知任何人" in client.get("/alerts?lang=zh").text


def test_the_forms_of_the_page(client: FlaskClient, center: FakeCenter) -> None:
    assert center.notices is not None
    form = {"matchers": 'namespace="shop"\n', "hours": "0.5", "author": "li", "reason": ""}
    text = client.post("/alerts/silences?lang=en", data={**form, "do": "preview"}).text
    assert "It matches 1 active alerts." in text and len(center.notices.kept) == 1
    assert client.post("/alerts/silences", data={**form, "do": "make"}).status_code == 303
    assert center.notices.kept[1].ends - center.notices.kept[1].starts == 1_800_000
    for wrong in ({"hours": "²"}, {"hours": "9" * 400}, {"matchers": "x"}, {"author": ""}):
        answer = client.post("/alerts/silences", data={**form, **wrong, "do": "make"})
        assert answer.status_code == 400 and 'role="alert"' in answer.text
    assert client.post("/alerts/1/ack").status_code == 303
    assert client.post("/alerts/silences/1/end").status_code == 303
    assert [one.id for one in center.notices.kept] == [2, 3]


def test_other_sites_may_not(client: FlaskClient) -> None:
    for address in ("/alerts/1/ack", "/alerts/silences", "/api/v1/silences"):
        answer = client.post(address, json=SILENCE, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
