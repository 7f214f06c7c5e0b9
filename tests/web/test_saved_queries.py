"""Saved queries: the API, the forms of the page, the board, and who may send a change."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.web.fake_center import FakeCenter

ADDRESS = "/api/v1/saved-queries"
QUERY = "level:Warning | SELECT reason, count(*) AS c GROUP BY reason"


def create(client: FlaskClient, name: str = "Worst", **more: Any) -> Any:
    return client.post(ADDRESS, json={"name": name, "query": QUERY, **more})


def test_a_query_is_saved_listed_changed_and_deleted(client: FlaskClient) -> None:
    made = create(client, chart="bar", on_board=True)
    assert made.status_code == 201
    assert made.json == {
        "id": 1, "name": "Worst", "query": QUERY, "range": "-24h", "chart": "bar", "on_board": True, "place": 1,
    }  # fmt: skip
    place = made.headers["Location"]
    assert client.get(ADDRESS).json == {"saved_queries": [made.json]}
    changed = client.put(place, json={"name": "最差", "query": "*", "range": "-7d", "place": 9})
    assert changed.json["name"] == "最差"
    assert client.get(place).json == changed.json
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404
    assert client.delete(place).status_code == 404
    assert client.put(place, json={"name": "x", "query": "*"}).status_code == 404


def test_a_name_is_given_once(client: FlaskClient) -> None:
    create(client)
    second = create(client)
    assert (second.status_code, second.json["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": 7}, "name"),
        ({"query": ""}, "query"),
        ({"query": "reason:"}, "query"),
        ({"query": "* | DROP TABLE log"}, "query"),
        ({"query": "* | SELECT nonsense(1)"}, "query"),
        ({"query": "a\x00"}, "query"),
        ({"range": "yesterday"}, "range"),
        ({"chart": "cake"}, "chart"),
        ({"on_board": "yes"}, "on_board"),
        ({"place": -1}, "place"),
        ({"place": 1.5}, "place"),
        ({"sql": "x"}, "sql"),
    ],
)
def test_what_is_wrong_is_refused(client: FlaskClient, wrong: dict[str, Any], names: str) -> None:
    answer = client.post(ADDRESS, json={"name": "a", "query": QUERY, **wrong})
    assert answer.status_code == 400
    assert names in answer.json["error"]["message"]
    assert client.get(ADDRESS).json == {"saved_queries": []}


def test_what_is_no_json_is_refused(client: FlaskClient) -> None:
    assert client.post(ADDRESS, data="x").status_code == 415
    assert client.post(ADDRESS, json=[1]).status_code == 400
    assert client.get(f"{ADDRESS}/nonsense").status_code == 404
    assert client.get(f"{ADDRESS}/{10**30}").status_code == 404
    assert client.get(f"{ADDRESS}?limit=7").status_code == 400


FOREIGN = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"},
           {"Origin": "null"}]  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_sites_change_nothing(
    client: FlaskClient, center: FakeCenter, headers: dict[str, str]
) -> None:
    create(client)
    form = {"q": QUERY, "name": "Evil"}
    assert client.post("/query/saved", data=form, headers=headers).status_code == 403
    assert client.post("/query/saved/1", data=form, headers=headers).status_code == 403
    assert client.post("/query/saved/1/delete", headers=headers).status_code == 403
    assert client.delete(f"{ADDRESS}/1", headers=headers).status_code == 403
    assert client.post(ADDRESS, json={"name": "Evil", "query": "*"}, headers=headers).status_code == 403
    assert [one.name for one in center.reader.saved.values()] == ["Worst"]


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://localhost"}, {}])
def test_own_pages_and_programs_may(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/query/saved", data={"q": QUERY, "name": "Mine"}, headers=headers)
    assert answer.status_code == 303


def test_the_form_saves_what_was_run_and_leads_back_to_it(client: FlaskClient, center: FakeCenter) -> None:
    form = {"q": QUERY, "chart": "bar", "range": "-7d", "name": "Mine", "on_board": "1"}
    target = client.post("/query/saved", data=form).headers["Location"]
    assert parse_qs(urlsplit(target).query) == {"q": [QUERY], "chart": ["bar"], "from": ["-7d"]}
    (saved,) = center.reader.saved.values()
    assert (saved.name, saved.range, saved.on_board) == ("Mine", "-7d", True)
    assert "★ <bdi>Mine</bdi>" in client.get(target).text


def test_a_form_that_is_wrong_says_so_and_keeps_the_query(client: FlaskClient) -> None:
    create(client)
    for name, status in (("Worst", 409), ("", 400)):
        answer = client.post("/query/saved", data={"q": QUERY, "name": name})
        assert answer.status_code == status
        assert 'role="alert"' in answer.text
        assert f">{QUERY}</textarea>" in answer.text


def test_a_form_renames_moves_and_deletes(client: FlaskClient, center: FakeCenter) -> None:
    create(client, on_board=True)
    form = {"name": "Renamed", "range": "-1h", "chart": "pie", "place": "5"}
    assert client.post("/query/saved/1", data=form).headers["Location"] == "/query#saved"
    saved = center.reader.saved[1]
    assert (saved.name, saved.query, saved.chart, saved.on_board, saved.place) == (
        "Renamed",
        QUERY,
        "pie",
        False,
        5,
    )
    client.post("/query/saved/1/delete")
    assert center.reader.saved == {}
    assert client.post("/query/saved/1/delete").status_code == 404


def loads(text: str) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(html.unescape(at)).query) for at in re.findall(r'data-load="([^"]+)"', text)]


def test_the_board_holds_a_card_for_each_over_its_own_range_or_that_of_the_page(client: FlaskClient) -> None:
    create(client, "A", on_board=True, range="-7d", chart="pie")
    create(client, "B", on_board=True)
    create(client, "Not there")
    text = client.get("/query/board?lang=en").text
    assert [card["from"] for card in loads(text)] == [["-7d"], ["-24h"]]
    assert loads(text)[0]["chart"] == ["pie"]
    assert "Not there" not in text
    assert "/charts/query.svg?" in text, "without a script"
    assert [card["from"] for card in loads(client.get("/query/board?from=-1h").text)] == [["-1h"], ["-1h"]]


def test_an_empty_board_says_how_to_fill_it(client: FlaskClient) -> None:
    assert "The board has no charts yet" in client.get("/query/board?lang=en").text


def test_a_card_is_the_result_alone_and_leads_to_the_query_page(client: FlaskClient) -> None:
    text = client.get("/query/result", query_string={"q": QUERY, "from": "-7d"}).text
    assert "<html" not in text
    assert 'href="/query?' in text
    wrong = client.get("/query/result", query_string={"q": "reason:"})
    assert (wrong.status_code, "character" in wrong.text) == (400, True)


def test_hostile_names_are_text(client: FlaskClient) -> None:
    create(client, '<script>alert(1)</script>"', on_board=True)
    for path in ("/query", "/query/board"):
        assert "<script>alert" not in client.get(path).text
