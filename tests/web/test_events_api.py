"""`/api/v1/events`, one event, overview, version: shapes, filters, and what is refused."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from eventcenter.errors import StoreUnwritable
from tests.web.fake_center import FakeCenter, make_event

FIELDS = {
    "seq", "uid", "instance", "level", "reason", "kind", "namespace", "name", "object_uid", "field_path", "message",
    "component", "hostname", "count", "first_time", "last_time", "action", "problem", "api_version",
}  # fmt: skip


def refused(client: FlaskClient, address: str, status: int = 400) -> dict[str, str]:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:300]
    assert answer.mimetype == "application/json"
    error = answer.json["error"]
    assert set(error) == {"code", "message", "hint"}
    assert "Traceback" not in answer.text
    return error


def test_an_event_has_exactly_the_fields_of_the_contract(client: FlaskClient) -> None:
    events = client.get("/api/v1/events?limit=3").json["events"]
    assert len(events) == 3
    assert all(set(event) == FIELDS for event in events)


def test_times_are_rfc_3339_in_utc_with_milliseconds_only_where_there_are_any(
    client: FlaskClient, center: FakeCenter
) -> None:
    center.reader.events = [make_event(1, first_time=1_700_000_000_000, last_time=1_700_000_000_007)]
    (event,) = client.get("/api/v1/events").json["events"]
    assert event["first_time"] == "2023-11-14T22:13:20Z"
    assert event["last_time"] == "2023-11-14T22:13:20.007Z"


@pytest.mark.parametrize(
    ("query", "field", "accepted"),
    [
        ("level=warning", "level", {"Warning"}),
        ("reason=BackOff,Unhealthy", "reason", {"BackOff", "Unhealthy"}),
        ("reason=Ba*", "reason", {"BackOff"}),
        ("namespace=shop&namespace=payments", "namespace", {"shop", "payments"}),
        ("kind=Node", "kind", {"Node"}),
        ("host=node-*", "hostname", {"node-1", "node-2"}),
        ("component=default-scheduler", "component", {"default-scheduler"}),
        ("problem=pod-oom-killed", "problem", {"pod-oom-killed"}),
    ],
)
def test_filters_reach_the_reader(client: FlaskClient, query: str, field: str, accepted: set[str]) -> None:
    events = client.get(f"/api/v1/events?limit=1000&{query}").json["events"]
    assert {event[field] for event in events} == accepted


def test_a_range_is_inclusive_at_its_start_and_exclusive_at_its_end(
    client: FlaskClient, center: FakeCenter
) -> None:
    center.reader.events = [make_event(at, last_time=1_700_000_000_000 + at * 1000) for at in range(1, 4)]
    answer = client.get("/api/v1/events?from=1700000001&to=2023-11-14T22:13:23Z").json
    assert [event["seq"] for event in answer["events"]] == [2, 1]


def test_a_plus_that_was_not_escaped_is_understood(client: FlaskClient) -> None:
    assert client.get("/api/v1/events?from=2026-11-23T10:00:00+08:00").status_code == 200


def test_pages_follow_the_cursor_without_gap_or_repetition(client: FlaskClient, center: FakeCenter) -> None:
    seen: list[int] = []
    cursor = ""
    while True:
        answer = client.get("/api/v1/events", query_string={"limit": 70, "cursor": cursor}).json
        seen += [event["seq"] for event in answer["events"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert seen == sorted((event.seq for event in center.reader.events), reverse=True)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit '0'"),
        ("limit=1001", "limit '1001'"),
        ("limit=ten", "limit 'ten'"),
        ("limit=1&limit=2", "2 times"),
        ("limit=", "limit ''"),
        ("order=", "order ''"),
        ("from=yesterday", "'yesterday' is not a time"),
        ("to=2026-13-45T00:00:00Z", "is not a time"),
        ("from=-1h&to=-2h", "ends before it begins"),
        ('q="never closed', "not closed"),
        ("q=*b", "begins with a wildcard, at character 1"),
        ("q=a and reson:x", "there is no field 'reson', at character 7"),
        ("q=level > 5", "level is text"),
        ("order=sideways", "order 'sideways'"),
        ("cursor=%00%ff", "cursor"),
        ("name=" + ",".join("a" for _ in range(101)), "has 101 values"),
    ],
)
def test_a_bad_value_is_a_400_that_names_it(client: FlaskClient, query: str, said: str) -> None:
    assert said in refused(client, f"/api/v1/events?{query}")["message"]


def test_an_unknown_parameter_is_a_400_that_names_the_known_ones(client: FlaskClient) -> None:
    error = refused(client, "/api/v1/events?nmespace=shop")
    assert "'nmespace'" in error["message"]
    assert "namespace" in error["hint"]


@pytest.mark.parametrize("path", ["events", "events/evil-big", "changes", "overview", "version"])
def test_every_address_takes_an_instance_and_an_unknown_one_is_a_404(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}?instance=default,default&instance=default").status_code == 200
    error = refused(client, f"/api/v1/{path}?instance=default,prod", 404)
    assert "'prod'" in error["message"]
    assert "default" in error["hint"]


def test_one_event_comes_with_raw_object_history_and_explanation(client: FlaskClient) -> None:
    uid = next(e for e in client.get("/api/v1/events?reason=BackOff").json["events"] if e["count"] > 3)["uid"]
    detail = client.get(f"/api/v1/events/{uid}").json
    assert set(detail) == FIELDS | {"raw", "occurrences", "explanation"}
    assert detail["raw"]["metadata"]["uid"] == uid
    assert set(detail["explanation"]) == {"meaning", "likely_cause", "what_to_do"}
    assert set(detail["occurrences"][0]) == {"seq", "time", "count", "occurrences", "message"}


def test_an_unknown_reason_has_no_explanation(client: FlaskClient) -> None:
    assert client.get("/api/v1/events/evil-script").json["explanation"] is None


def test_the_explanation_is_that_of_the_component(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.events = [
        make_event(1, uid="a", reason="Failed", component="kubelet", kind="Pod", level="Warning"),
        make_event(
            2, uid="b", reason="Failed", component="cert-manager", kind="Certificate", level="Warning"
        ),
    ]
    kubelet, certificates = (client.get(f"/api/v1/events/{uid}").json["explanation"] for uid in "ab")
    assert "container" in kubelet["meaning"].lower()
    assert kubelet != certificates


def test_an_unknown_uid_is_a_404(client: FlaskClient) -> None:
    assert refused(client, "/api/v1/events/none", 404)["code"] == "not_found"


def test_a_uid_with_slashes_is_found(client: FlaskClient) -> None:
    answer = client.get("/api/v1/events/name:ns//odd%20name/%3Fa=b%23c%252f")
    assert answer.json["reason"] == "OddUid"
    assert client.get("/api/v1/events/-?uid=../../../etc/passwd").json["reason"] == "Traversal"


def test_the_overview_counts_and_says_whether_it_is_a_demo(client: FlaskClient, center: FakeCenter) -> None:
    center.demo = True
    body = client.get("/api/v1/overview?from=-6h&tz=Asia/Shanghai").json
    assert body["demo"] is True
    assert body["totals"]["total"] == body["totals"]["normal"] + body["totals"]["warning"]
    assert sum(bucket["normal"] + bucket["warning"] for bucket in body["trend"]) == body["totals"]["total"]
    assert body["oom"]
    assert {event["problem"] for event in body["oom"]} == {"pod-oom-killed"}
    assert client.get("/api/v1/version").json["demo"] is True


@pytest.mark.parametrize(
    "query", ["tz=Mars/Olympus", "tz=../../etc/passwd", "tz=%00", "from=0", "to=now&from=now"]
)
def test_an_overview_that_cannot_be_made_is_a_400(client: FlaskClient, query: str) -> None:
    refused(client, f"/api/v1/overview?{query}")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/events", "/charts/none.svg"])
def test_an_unknown_address_is_an_envelope(client: FlaskClient, path: str) -> None:
    assert refused(client, path, 404)["code"] == "not_found"


def test_a_wrong_method_is_an_envelope_that_allows_the_right_one(client: FlaskClient) -> None:
    answer = client.post("/api/v1/events")
    assert answer.status_code == 405
    assert answer.json["error"]["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


def test_a_store_that_cannot_be_read_is_a_503(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.error = StoreUnwritable("the disk is gone", hint="Mount it again.")
    error = refused(client, "/api/v1/events", 503)
    assert error == {"code": "store_unwritable", "message": "the disk is gone", "hint": "Mount it again."}


def test_an_unexpected_failure_tells_the_log_and_not_the_client(
    client: FlaskClient, center: FakeCenter, caplog: pytest.LogCaptureFixture
) -> None:
    center.reader.error = RuntimeError("secret detail")
    answer = client.get("/api/v1/events")
    assert answer.status_code == 500
    assert answer.json["error"]["code"] == "internal"
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_hostile_events_are_valid_json(client: FlaskClient) -> None:
    text = client.get("/api/v1/events?limit=1000").text
    events = {event["uid"]: event for event in json.loads(text)["events"]}
    assert len(events["evil-big"]["message"]) == 1_572_864
    assert re.fullmatch(r"9999-12-31T23:59:59(\.999)?Z", events["evil-future"]["last_time"])
    assert events["evil-count"]["count"] == 2**63 - 1


def test_a_wrong_search_points_at_the_place(client: FlaskClient) -> None:
    error = refused(client, "/api/v1/events?q=back-off and (level:Warning")
    assert error["message"] == "q: the ( at character 14 is not closed" and error["hint"]


def test_a_search_narrows_the_list(client: FlaskClient) -> None:
    found = client.get("/api/v1/events?q=reason:Back* and not level:Normal").json["events"]
    assert found and {event["reason"] for event in found} == {"BackOff"}


def test_a_search_that_took_too_long_says_how_far_it_came(client: FlaskClient, center: FakeCenter) -> None:
    assert client.get("/api/v1/events").json["searched_to"] is None
    center.reader.searched_to = 1_795_435_200_000
    answer = client.get("/api/v1/events?q=nowhere").json
    assert answer == {"events": [], "next": "0", "searched_to": "2026-11-23T12:00:00Z"}
