"""`/query` over a fake center: its address, its results and where they lead, what it says when there is none."""

from __future__ import annotations

import csv
import html
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from eventcenter.errors import (
    EventCenterError,
    QueryCancelled,
    QuerySyntaxError,
    QueryTimeout,
    QueryTooLarge,
    StoreError,
    TooManyQueries,
)
from eventcenter.model import Answer
from tests.web.fake_center import NOW, FakeCenter

SQL = "level:Warning | SELECT reason, count(*) AS c GROUP BY reason"


def answer(columns: list[str], *rows: list[object]) -> Answer:
    return Answer(columns=columns, rows=list(rows), truncated=False, elapsed_ms=3.0)


def get(client: FlaskClient, text: str, path: str = "/query", **more: str) -> str:
    response = client.get(path, query_string={"q": text or None, "lang": "en", **more})
    assert response.status_code == 200, response.text
    return response.text


def addresses(text: str, words: str) -> list[dict[str, list[str]]]:
    """The parameters of each link whose title begins with `words`."""
    links = re.findall(rf'<a href="([^"]+)" title="{words}', text)
    return [parse_qs(urlsplit(html.unescape(link)).query) for link in links]


def test_without_a_query_there_are_examples(client: FlaskClient, center: FakeCenter) -> None:
    text = get(client, "")
    assert "Warnings by reason" in text
    assert center.reader.questions == []


def test_rows_stand_in_a_table_with_the_text_of_the_query_above(client: FlaskClient) -> None:
    text = get(client, SQL)
    assert f">{SQL}</textarea>" in text
    assert "<bdi>level</bdi>" in text
    assert "<bdi>Warning</bdi>" in text
    assert "5 events match" in text


def test_the_range_is_that_of_the_address(client: FlaskClient, center: FakeCenter) -> None:
    get(client, SQL, **{"from": "-6h"})
    assert [question.from_time for question in center.reader.questions] == [NOW - 6 * 3_600_000] * 2
    assert "'5m'" in center.reader.questions[1].text, "72 bars of 5 minutes"


def test_a_value_is_added_to_the_search_or_excluded(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.answer_ = answer(["r", "c"], ['Back"Off', 3])
    text = get(client, 'a or b | SELECT "event_id.reason" AS r, count(*) AS c GROUP BY r', chart="table")
    (only,), (without,) = addresses(text, "Only with"), addresses(text, "Without")
    sql = '| SELECT "event_id.reason" AS r, count(*) AS c GROUP BY r'
    assert only["q"] == [rf'(a or b) and reason:"Back\"Off" {sql}']
    assert without["q"] == [rf'(a or b) and not reason:"Back\"Off" {sql}']


def test_an_empty_value_is_looked_for_as_one(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.answer_ = answer(["ns", "c"], [None, 3])
    assert addresses(get(client, "* | SELECT ns, count(*) AS c"), "Only with")[0]["q"] == [
        'namespace:"" | SELECT ns, count(*) AS c'
    ]


def test_what_is_no_dimension_leads_nowhere(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.answer_ = answer(["reason", "c"], ["backoff", 3])
    assert addresses(get(client, "* | SELECT lower(reason) AS x, count(*) AS c"), "Only with") != []
    center.reader.answer_ = answer(["x", "message"], ["backoff", "y"])
    assert addresses(get(client, "* | SELECT lower(reason) AS x, message"), "Only with") == []


def test_a_search_shows_its_events_and_how_it_was_understood(client: FlaskClient) -> None:
    text = get(client, "reason:BackOff not kind:Node", **{"from": "-7d"})
    assert "Understood as" in text
    assert "reason:BackOff and not kind:Node" in text
    assert 'class="c-reason"' in text
    assert "/events?from=-7d&amp;q=reason:BackOff" in text, "all of them are on the events page"


@pytest.mark.parametrize("kind", ["line", "bar", "pie", "number"])
def test_a_chart_stands_in_the_page(client: FlaskClient, center: FakeCenter, kind: str) -> None:
    center.reader.answer_ = answer(
        ["reason", "c"], *([f"r{at}", at + 1] for at in range(12)) if kind != "number" else [["x", 7]]
    )
    text = get(client, SQL, chart=kind)
    expected = {"line": "stroke-series-1", "bar": "bars wide", "pie": ">other<", "number": "<dd>7</dd>"}
    assert expected[kind] in text
    assert "style=" not in text


def test_a_bar_leads_to_its_events(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.answer_ = answer(["reason", "c"], ["BackOff", 3])
    (link,) = re.findall(r'<li><a href="([^"]+)" title="BackOff"', get(client, SQL, chart="bar"))
    assert parse_qs(urlsplit(html.unescape(link)).query)["q"] == [
        'level:Warning and reason:"BackOff" | SELECT reason, count(*) AS c GROUP BY reason'
    ]


def test_a_point_in_time_leads_to_its_stretch(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.answer_ = answer(["t", "c"], ["2026-11-23 06:00", 3], ["2026-11-23 06:30", 4])
    text = get(client, "* | SELECT 1", chart="line")
    assert "from=2026-11-23T06:00:00Z&amp;q=" in text.replace("%7C", "|") or "2026-11-23T06:30:00Z" in text
    assert "to=2026-11-23T07:00:00Z" in text


def test_rows_that_do_not_fit_a_chart_are_shown_as_a_table(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.answer_ = answer(["reason"], ["BackOff"])
    text = get(client, SQL, chart="pie")
    assert "there is nothing to draw" in text
    assert "<bdi>BackOff</bdi>" in text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (QuerySyntaxError("no", hint="do this"), 400),
        (QueryTimeout("no", hint="do this"), 422),
        (QueryCancelled("no", hint="do this"), 503),
        (QueryTooLarge("no", hint="do this"), 422),
        (TooManyQueries("no", hint="do this"), 429),
        (StoreError("no", hint="do this"), 503),
    ],
)
def test_a_refusal_is_said_with_advice(
    client: FlaskClient, center: FakeCenter, error: EventCenterError, status: int
) -> None:
    center.reader.error = error
    response = client.get("/query", query_string={"q": SQL})
    assert response.status_code == status
    assert "do this" in response.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"q": "reason:"}, "character"),
        ({"q": "* |"}, "nothing follows the |"),
        ({"q": "*", "chart": "<b>"}, "chart &#39;&lt;b&gt;&#39; is not known"),
        ({"q": "*", "from": "soon"}, "is not a time"),
        ({"q": "*", "from": "now", "to": "-1h"}, "ends before"),
        ({"q": "x" * 30_000}, "characters"),
    ],
)
def test_what_is_wrong_is_said_in_its_place(client: FlaskClient, given: dict[str, str], said: str) -> None:
    response = client.get("/query", query_string={"lang": "en", **given})
    assert response.status_code == 400
    assert said in response.text


def test_too_much_to_count_leaves_the_histogram_out(client: FlaskClient, center: FakeCenter) -> None:
    asked = center.reader.answer

    def slow(question: object, cancelled: object = None) -> Answer:
        if "AS w, count(*) AS c" in question.text:  # type: ignore[attr-defined]
            raise QueryCancelled("too long")
        return asked(question)  # type: ignore[arg-type]

    center.reader.answer = slow  # type: ignore[method-assign, assignment]
    text = get(client, SQL)
    assert "No histogram" in text
    assert "<bdi>Warning</bdi>" in text


def test_a_csv_is_safe_in_a_spreadsheet(client: FlaskClient, center: FakeCenter) -> None:
    cells = ["=1+1", "+1", "-1", "@x", 'a"b,c\nd', -7, None, True]
    center.reader.answer_ = answer(["=a", *"bcdefgh"], cells)
    response = client.get("/query.csv", query_string={"q": SQL})
    text = response.data.decode("utf-8-sig")
    assert text.count("\r\n") == 2
    head, row = csv.reader(io.StringIO(text, newline=""))
    assert head[0] == "'=a"
    assert row == ["'=1+1", "'+1", "'-1", "'@x", 'a"b,c\nd', "-7", "", "true"]
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_download_asks_for_all_rows(client: FlaskClient, center: FakeCenter) -> None:
    body = client.get("/query.json", query_string={"q": SQL, "from": "-1h"}).json
    assert (body["query"], body["columns"], body["rows"]) == (SQL, ["level", "c"], [["Warning", 3]])
    assert center.reader.questions[0].limit == 10_000


@pytest.mark.parametrize("path", ["/query.csv", "/query.json", "/charts/query.svg", "/charts/query.png"])
def test_a_wrong_download_is_refused_as_by_the_api(client: FlaskClient, path: str) -> None:
    for given in ({"q": "reason:"}, {"from": "x"}, {"nonsense": "1"}, {"chart": "cake"}, {"tz": "../etc"}):
        response = client.get(path, query_string=given)
        assert response.status_code == 400
        assert response.json["error"]["message"]


@pytest.mark.parametrize("kind", ["", "table", "line", "bar", "pie", "number"])
def test_charts_have_addresses(client: FlaskClient, center: FakeCenter, kind: str) -> None:
    center.reader.answer_ = answer(["内存 $x^2$", "c"], ["a", 1], ["内存不足", 2])
    for path, start in (("/charts/query.svg", b"<?xml"), ("/charts/query.png", b"\x89PNG")):
        response = client.get(path, query_string={"q": SQL, "chart": kind})
        assert response.status_code == 200
        assert response.data.startswith(start)


def test_hostile_cells_are_text(client: FlaskClient, center: FakeCenter) -> None:
    evil = '<script>alert(1)</script>\u202e\x00"'
    center.reader.answer_ = answer(["reason", evil], [evil, 1])
    for kind in ("table", "bar", "pie", "line", "number"):
        text = get(client, SQL, chart=kind)
        assert "<script>alert" not in text
        assert not set(text) & {"\u202e", "\x00"}


def test_the_editor_is_told_what_there_is(client: FlaskClient) -> None:
    words = client.get("/query/words.json").json
    assert {"reason", "ns", "count"} <= set(words["fields"])
    assert {"time_series", "approx_distinct"} <= set(words["functions"])
    assert "GROUP BY" in words["keywords"]
    for field in ("ns", "namespace", "event_id.involvedObject.namespace"):
        answer = client.get("/query/values.json", query_string={"field": field, "from": "-7d"})
        assert "shop" in answer.json["values"], field
    assert client.get("/query/values.json?field=message").json == {"values": []}


@pytest.mark.parametrize("query", ["", "?field=", "?field=reason&from=soon", "?field=reason&x=1"])
def test_a_wrong_request_for_values_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/query/values.json{query}").status_code == 400
