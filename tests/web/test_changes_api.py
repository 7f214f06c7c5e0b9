"""`/api/v1/changes`: cursor, long poll, event stream, and the bound on requests that wait."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventcenter.errors import StoreError
from tests.web.conftest import Site
from tests.web.fake_center import FakeCenter, make_event
from web import changes
from web.site import WAITING_REQUESTS

STREAM = {"Accept": "text/event-stream"}


def messages(answer: TestResponse) -> Iterator[str]:
    """Messages of an open stream, one by one."""
    buffer = ""
    for chunk in answer.response:
        buffer += chunk.decode() if isinstance(chunk, bytes) else chunk
        while "\n\n" in buffer:
            message, buffer = buffer.split("\n\n", 1)
            yield message


def test_changes_come_in_order_from_the_cursor(client: FlaskClient) -> None:
    first = client.get("/api/v1/changes?after=10&limit=5").json
    assert [change["seq"] for change in first["changes"]] == [11, 12, 13, 14, 15]
    assert first["next"] == 15
    assert first["changes"][0]["occurrences"] == 1


def test_nothing_new_keeps_the_cursor(client: FlaskClient) -> None:
    assert client.get("/api/v1/changes?after=100000").json == {"changes": [], "next": 100000}


def test_latest_begins_at_the_newest_change(client: FlaskClient, center: FakeCenter) -> None:
    assert client.get("/api/v1/changes?after=latest").json["next"] == center.reader.seq()


def test_a_long_poll_returns_as_soon_as_there_is_a_change(app: Flask, center: FakeCenter) -> None:
    newest = center.reader.seq()
    answers: list[dict[str, object]] = []

    def poll() -> None:
        answers.append(app.test_client().get(f"/api/v1/changes?after={newest}&wait=30").json)

    thread = threading.Thread(target=poll)
    thread.start()
    center.reader.add(make_event(newest + 1))
    thread.join(10)
    assert not thread.is_alive()
    assert answers[0]["next"] == newest + 1


def test_a_long_poll_without_a_change_ends_with_nothing(client: FlaskClient, center: FakeCenter) -> None:
    newest = center.reader.seq()
    assert client.get(f"/api/v1/changes?after={newest}&wait=0.05").json == {"changes": [], "next": newest}


def test_a_stopping_process_ends_a_long_poll(
    client: FlaskClient, stopping: threading.Event, center: FakeCenter
) -> None:
    stopping.set()
    assert client.get("/api/v1/changes?after=100000&wait=30").json["changes"] == []
    assert center.reader.waited == []


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=1e3", "wait=soon", "wait=-1", "limit=0", "from=-1h"]
)
def test_bad_parameters_are_a_400(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/v1/changes?{query}").status_code == 400


def test_a_stream_sends_each_change_as_one_message(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.add(make_event(5000, message="two\n\nlines\r\n"))
    answer = client.get("/api/v1/changes?after=4999", headers=STREAM, buffered=False)
    assert answer.mimetype == "text/event-stream"
    stream = messages(answer)
    assert next(stream) == "retry: 2000"
    lines = next(stream).split("\n")
    assert lines[0] == "id: 5000"
    assert json.loads(lines[1].removeprefix("data: "))["message"] == "two\n\nlines\r\n"
    answer.close()


def test_a_stream_goes_on_after_the_last_event_id(client: FlaskClient) -> None:
    headers = {**STREAM, "Last-Event-ID": "20"}
    answer = client.get("/api/v1/changes?after=3", headers=headers, buffered=False)
    stream = messages(answer)
    next(stream)
    assert next(stream).startswith("id: 21\n")
    answer.close()


def test_a_bad_last_event_id_is_a_400(client: FlaskClient) -> None:
    answer = client.get("/api/v1/changes", headers={**STREAM, "Last-Event-ID": "x"})
    assert answer.status_code == 400


def test_a_silent_stream_says_that_it_lives(
    client: FlaskClient, center: FakeCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr(changes, "SLICE_SECONDS", 0.01)
    answer = client.get("/api/v1/changes?after=latest", headers=STREAM, buffered=False)
    stream = messages(answer)
    next(stream)
    assert next(stream).startswith(":")
    answer.close()


def test_a_stream_over_a_broken_store_ends_and_says_why(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.error = StoreError("the disk is gone")
    answer = client.get("/api/v1/changes", headers=STREAM)
    assert "the disk is gone" in answer.text


def test_json_unless_the_stream_is_named(client: FlaskClient) -> None:
    for accept in ("*/*", "application/json", "application/json, text/event-stream;q=0.5", ""):
        answer = client.get("/api/v1/changes?limit=1", headers={"Accept": accept})
        assert answer.mimetype == "application/json"


def test_a_client_that_left_gives_its_place_back(served: Site, center: FakeCenter) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    asked = b"GET /api/v1/changes?after=latest HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
    for _ in range(WAITING_REQUESTS):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(asked)
            assert b"200 OK" in connection.recv(1000)
    deadline = time.monotonic() + 15
    statuses = set()
    while 200 not in statuses and time.monotonic() < deadline:
        try:
            with urlopen(f"{served.url}/api/v1/changes?wait=0.1&limit=1", timeout=10) as answer:
                statuses.add(answer.status)
        except HTTPError as refused:
            with refused:
                statuses.add(refused.code)
    assert 200 in statuses


def test_waiting_requests_are_bounded_and_their_places_come_back(client: FlaskClient) -> None:
    open_streams = [
        client.get("/api/v1/changes", headers=STREAM, buffered=False) for _ in range(WAITING_REQUESTS)
    ]
    refused = client.get("/api/v1/changes?wait=1")
    assert refused.status_code == 503
    assert refused.json["error"]["code"] == "too_many_waiting"
    assert int(refused.headers["Retry-After"]) > 0
    assert client.get("/api/v1/changes?limit=1").status_code == 200
    for stream in open_streams:
        stream.close()
    assert client.get("/api/v1/changes?wait=0.01&limit=1").status_code == 200


def test_only_changes_that_match_a_search_are_told_and_the_cursor_goes_on(
    client: FlaskClient, center: FakeCenter
) -> None:
    answer = client.get("/api/v1/changes?limit=1000&q=level:Warning").json
    assert answer["changes"] and {change["level"] for change in answer["changes"]} == {"Warning"}
    newest = center.reader.seq()
    assert client.get("/api/v1/changes?limit=7&q=nowhere-at-all").json == {"changes": [], "next": newest}
    assert client.get("/api/v1/changes?q=(").status_code == 400


def test_a_search_may_ask_for_the_raw_object(client: FlaskClient, center: FakeCenter) -> None:
    uid = center.reader.events[0].uid
    answer = client.get(f'/api/v1/changes?limit=1000&q=event_id.metadata.uid:"{uid}"').json
    assert [change["uid"] for change in answer["changes"]] == [uid]
    assert client.get("/api/v1/changes?limit=1000&q=event_id.nothing.there:*").json["changes"] == []


def test_a_long_poll_waits_for_a_change_that_matches(app: Flask, center: FakeCenter) -> None:
    newest = center.reader.seq()
    answers: list[dict[str, object]] = []

    def poll() -> None:
        address = f"/api/v1/changes?after={newest}&wait=30&q=wanted"
        answers.append(app.test_client().get(address).json)

    thread = threading.Thread(target=poll)
    thread.start()
    center.reader.add(make_event(newest + 1, message="other"))
    center.reader.add(make_event(newest + 2, message="the wanted one"))
    thread.join(20)
    assert [change["seq"] for change in answers[0]["changes"]] == [newest + 2]  # type: ignore[attr-defined]
