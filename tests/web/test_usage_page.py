"""The page `/usage`: figures that lead to events, forecasts, the preview of a retention, its empty and wrong states."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.web.fake_center import DAY, NOW, FakeCenter, make_event


def link_of(text: str, word: str) -> str:
    found = re.search(rf'href="([^"]+)"[^>]*><bdi>{word}</bdi>', text)
    assert found, word
    return unescape(found[1])


def test_it_shows_what_is_stored_and_what_it_comes_to(client: FlaskClient) -> None:
    text = client.get("/usage?lang=en").text
    for words in (
        "Stored events",
        "Settles at",
        "Disk full",
        "Bytes a day",
        'Normal 30d, Warning 90d</a> <span class="dim">now',
        "What another retention would cost",
    ):
        assert words in text
    assert text.count('<svg class="chart"') == 2


def test_it_is_there_in_chinese_and_in_the_rail(client: FlaskClient) -> None:
    text = client.get("/usage?lang=zh").text
    for words in ("稳定后大小", "更改保留期会删除什么", "命名空间"):
        assert words in text
    assert re.search(r'href="/usage" title="用量" aria-current="page"', text)


def test_a_namespace_leads_to_its_events(client: FlaskClient) -> None:
    text = client.get("/usage?from=-2d").text
    url = link_of(text, "shop")
    assert "namespace=shop" in url and "from=2026-11-2" in url
    assert client.get(url).status_code == 200


def test_a_day_is_a_bar_and_a_row_that_lead_to_its_events(client: FlaskClient) -> None:
    text = unescape(client.get("/usage").text)
    day = "/events?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z"
    assert text.count(f'href="{day}"') == 3, "two charts and their table"


def test_the_events_without_a_namespace_are_counted_too(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.events = [make_event(1, namespace=""), make_event(2, namespace="shop")]
    text = client.get("/usage?lang=en").text
    assert "(none)" in text
    assert text.count('<td class="n">50.0</td>') >= 2


def test_a_retention_is_previewed(client: FlaskClient) -> None:
    text = client.get("/usage?lang=en&retention=1h&retention_warning=90d").text
    assert re.search(r"<b>\d+ of \d+ events would go, about", text)
    assert "retention: 1h\nretention_warning: 90d" in text
    assert 'value="90d"' in text


def test_a_retention_that_deletes_nothing_says_so(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.events = [make_event(1, last_time=NOW - 1000)]
    assert "Nothing would be deleted." in client.get("/usage?lang=en&retention=90d").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("retention=30", "&#39;30&#39; is not a duration"),
        ("retention=%3Cb%3E", "is not a duration"),
        ("retention_warning=30d", "without retention"),
        ("from=soon", "&#39;soon&#39; is not a time"),
        ("from=-1d&to=-2d", "ends before it begins"),
    ],
)
def test_a_wrong_value_is_said_on_the_page(client: FlaskClient, query: str, said: str) -> None:
    answer = client.get(f"/usage?lang=en&{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert 'name="retention"' in answer.text
    assert "<b>" not in answer.text.partition('id="preview"')[2]


def test_a_wrong_retention_takes_nothing_else_from_the_page(client: FlaskClient) -> None:
    assert "Settles at" in client.get("/usage?lang=en&retention=30").text


def test_an_empty_store_says_why_and_when_there_will_be_figures(
    client: FlaskClient, center: FakeCenter
) -> None:
    center.reader.events = []
    text = client.get("/usage?lang=en").text
    assert "Nothing is stored yet" in text
    assert '<svg class="chart"' not in text


def test_a_range_without_events_leads_to_all_that_is_stored(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.events = [make_event(1, last_time=NOW - 5 * DAY)]
    text = client.get("/usage?lang=en&from=-1d").text
    assert "Nothing stands in this range." in text
    everything = re.search(r'<a href="(/usage\?from=[^"]+)">All that is stored', text)
    assert everything
    assert "Events a day" in client.get(unescape(everything[1])).text


def test_all_that_is_stored_can_be_taken_along_to_the_overview(
    client: FlaskClient, center: FakeCenter
) -> None:
    center.reader.events = [make_event(1, last_time=0), make_event(2, last_time=NOW - 1)]
    found = re.search(r'class="tile" href="/events\?from=([^"&]+)"', client.get("/usage").text)
    assert found
    assert client.get(f"/?from={found[1]}").status_code == 200


def test_a_long_range_has_no_more_bars_than_a_screen_shows(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.events = [make_event(n, last_time=NOW - n * DAY) for n in range(1, 500)]
    text = client.get("/usage?from=0").text
    assert text.count('class="bar"') == 2 * 167, "three days a bar, two charts"
