"""`POST /api/v1/query`: what is asked of the reader, what comes back, and every refusal with its code."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from eventcenter.errors import (
    EventCenterError,
    QueryCancelled,
    QuerySyntaxError,
    QueryTimeout,
    QueryTooLarge,
    TooManyQueries,
)
from tests.web.fake_center import NOW, FakeCenter

ADDRESS = "/api/v1/query"


def test_columns_and_rows_come_back(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, json={"query": "* | SELECT level, count(*) AS c GROUP BY level"})
    assert answer.status_code == 200
    assert answer.json == {
        "columns": ["level", "c"],
        "rows": [["Warning", 3]],
        "elapsed_ms": 1.5,
        "truncated": False,
    }


def test_the_question_is_understood(client: FlaskClient, center: FakeCenter) -> None:
    body = {"query": "level:Warning", "from": "-1h", "to": 1_795_413_600, "limit": 7}
    assert client.post(f"{ADDRESS}?instance=default", json=body).status_code == 200
    asked = center.reader.question
    assert asked is not None
    assert (asked.text, asked.limit, asked.now) == ("level:Warning", 7, NOW)
    assert (asked.from_time, asked.to_time) == (NOW - 3_600_000, 1_795_413_600_000)


def test_a_range_and_a_limit_may_be_left_out(client: FlaskClient, center: FakeCenter) -> None:
    client.post(ADDRESS, json={"query": "*", "from": None, "to": ""})
    assert center.reader.question is not None
    assert (center.reader.question.from_time, center.reader.question.limit) == (None, None)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": 7}, "query"),
        ([], "object"),
        ({"query": "*", "sql": "x"}, "sql"),
        ({"query": "*", "from": "soon"}, "from"),
        ({"query": "*", "from": True}, "from"),
        ({"query": "*", "to": [1]}, "to"),
        ({"query": "*", "from": "now", "to": "-1h"}, "range"),
        ({"query": "*", "limit": 0}, "limit"),
        ({"query": "*", "limit": 10_001}, "limit"),
        ({"query": "*", "limit": "7"}, "limit"),
        ({"query": "*", "limit": True}, "limit"),
    ],
)
def test_a_wrong_body_is_refused(client: FlaskClient, body: Any, names: str) -> None:
    answer = client.post(ADDRESS, json=body)
    assert answer.status_code == 400
    assert names in answer.json["error"]["message"]


def test_what_is_no_json_is_refused(client: FlaskClient) -> None:
    assert client.post(ADDRESS, data="query=*").status_code == 415
    assert client.post(ADDRESS, data="{", content_type="application/json").status_code == 400
    assert client.post(ADDRESS, json={"query": "x" * 300_000}).status_code == 413
    assert client.get(ADDRESS).status_code == 405
    assert client.post(f"{ADDRESS}?instance=other", json={"query": "*"}).status_code == 404
    assert client.post(f"{ADDRESS}?limit=7", json={"query": "*"}).status_code == 400


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (QuerySyntaxError("no", hint="do"), 400, "bad_query"),
        (QueryTimeout("no", hint="do"), 408, "query_timeout"),
        (QueryCancelled("no", hint="do"), 408, "query_cancelled"),
        (QueryTooLarge("no", hint="do"), 422, "query_too_large"),
        (TooManyQueries("no", hint="do"), 429, "too_many_queries"),
    ],
)
def test_a_refusal_has_a_code(
    client: FlaskClient, center: FakeCenter, error: EventCenterError, status: int, code: str
) -> None:
    center.reader.error = error
    answer = client.post(ADDRESS, json={"query": "*"})
    assert (answer.status_code, answer.json) == (
        status,
        {"error": {"code": code, "message": "no", "hint": "do"}},
    )
    assert ("Retry-After" in answer.headers) == (status == 429)
