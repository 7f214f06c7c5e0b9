"""The container log of an event by API and on its page; what a container wrote is shown and never obeyed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from eventcenter.errors import ClusterError, EventCenterError, Forbidden, NotFoundError
from tests.web.fake_center import FakeCenter


def uid(center: FakeCenter, **wanted: str) -> str:
    """Of the first event that has these fields."""
    return next(e.uid for e in center.reader.events if all(getattr(e, k) == v for k, v in wanted.items()))


@pytest.fixture
def crash(center: FakeCenter) -> str:
    return uid(center, reason="BackOff", kind="Pod")


def test_api_answers_with_the_snapshot_and_live(client: FlaskClient, crash: str) -> None:
    answer = client.get(f"/api/v1/events/{crash}/logs").json
    assert list(answer) == ["container", "previous", "source", "time", "text", "truncated", "reason"]
    assert answer["source"] == "snapshot" and answer["text"].startswith("lost the database")
    live = client.get(f"/api/v1/events/{crash}/logs?source=live&previous=false&tail=10&container=app").json
    assert live["source"] == "live"


@pytest.mark.parametrize(
    ("error", "status"),
    [(Forbidden("pods/log", hint="grant"), 403), (NotFoundError("gone"), 404), (ClusterError("away"), 503)],
)
def test_refusals_have_their_status_and_one_line(
    client: FlaskClient, center: FakeCenter, crash: str, error: EventCenterError, status: int
) -> None:
    assert center.logs is not None
    center.logs.error = error
    answer = client.get(f"/api/v1/events/{crash}/logs?source=live")
    assert answer.status_code == status and answer.json["error"]["message"] == str(error)
    assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    "query", ["source=both", "container=../x", "previous=maybe", "tail=0", "tail=9999", "follow=1"]
)
def test_wrong_parameters_are_named(client: FlaskClient, crash: str, query: str) -> None:
    answer = client.get(f"/api/v1/events/{crash}/logs?{query}")
    assert answer.status_code == 400 and query.partition("=")[0] in answer.json["error"]["message"]


def test_without_logs_the_api_says_so_and_the_page_has_no_section(
    client: FlaskClient, center: FakeCenter, crash: str
) -> None:
    center.logs = None
    assert client.get(f"/api/v1/events/{crash}/logs").status_code == 404
    assert 'id="log"' not in client.get(f"/events/{crash}").text


def test_an_event_whose_uid_ends_like_the_address_can_be_asked_for(client: FlaskClient, crash: str) -> None:
    assert client.get(f"/api/v1/events/-/logs?uid={crash}").json["source"] == "snapshot"
    with client.application.test_request_context("/"):
        from web.links import event_json_url

        assert event_json_url("name:shop/logs") == "/api/v1/events/-?uid=name:shop%2Flogs"


def test_page_shows_the_snapshot_as_text(client: FlaskClient, crash: str) -> None:
    page = client.get(f"/events/{crash}?lang=en").text
    assert "Container log" in page and "kept at crash time" in page
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert "\x1b" not in page and "\u202e" not in page and "‹U+001B›" in page and "‹U+202E›" in page
    assert "log=live-now#log" in page


def test_page_asks_the_cluster_only_when_told_to(client: FlaskClient, center: FakeCenter) -> None:
    other = uid(center, reason="Started", kind="Pod")
    assert "Nothing was kept of it." in client.get(f"/events/{other}?lang=en").text
    assert "read just now" in client.get(f"/events/{other}?lang=en&log=live-now").text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Forbidden("x", hint="Apply deploy/base/rbac-logs.yaml."),
            "the right to get pods/log is missing. Apply deploy",
        ),
        (NotFoundError("x"), "The Pod is gone."),
        (ClusterError("cannot reach it"), "The cluster does not answer. cannot reach it"),
    ],
)
def test_page_explains_what_is_missing(
    client: FlaskClient, center: FakeCenter, crash: str, error: EventCenterError, said: str
) -> None:
    assert center.logs is not None
    center.logs.error = error
    answer = client.get(f"/events/{crash}?lang=en&log=live-now")
    assert answer.status_code == 200 and said in answer.text


def test_page_says_why_there_is_nothing(client: FlaskClient, center: FakeCenter, crash: str) -> None:
    assert center.logs is not None
    center.logs.text, center.logs.reason = "", "the container has written nothing"
    assert "the container has written nothing" in client.get(f"/events/{crash}?log=live-previous").text


def test_section_is_there_in_chinese(client: FlaskClient, crash: str) -> None:
    assert "容器日志" in client.get(f"/events/{crash}?lang=zh").text
