"""The pages: what they show, their empty and failing states, preferences, live parts."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from eventcenter.errors import StoreError
from eventcenter.model import Phase, StreamStatus
from tests.web.fake_center import NOW, FakeCenter, make_event
from web.overview_page import kills


def test_the_overview_shows_state_totals_tops_kills_and_warnings(client: FlaskClient) -> None:
    text = client.get("/?lang=en&from=-24h").text
    for words in (
        "Collecting",
        "Errors today",
        "Top reasons",
        "Top nodes",
        "Out-of-memory kills",
        "Newest warnings",
    ):
        assert words in text
    assert '<svg class="chart"' in text
    assert "PodOOMKilling" in text


def test_every_tile_leads_to_the_events_behind_it(client: FlaskClient) -> None:
    text = client.get("/?from=-6h").text
    assert 'href="/events?from=-6h&amp;level=Warning"' in text
    errors = re.search(r'class="tile critical" href="([^"]+)"', text)
    assert errors
    assert "problem=" in errors[1]
    assert "pod-oom-killed" in errors[1]


def test_a_top_value_leads_to_its_events(client: FlaskClient) -> None:
    assert 'href="/events?reason=BackOff"' in client.get("/").text


def test_the_events_page_filters_by_its_address(client: FlaskClient) -> None:
    text = client.get("/events?reason=BackOff&namespace=shop&lang=en").text
    rows = re.findall(r'<td class="c-reason">.*?<bdi>(.*?)</bdi>', text)
    assert rows
    assert set(rows) == {"BackOff"}
    assert 'value="BackOff"' in text
    assert 'href="/events?namespace=shop"' in text, "a chip takes its filter away"


def test_the_older_link_follows_the_cursor(client: FlaskClient) -> None:
    older = re.search(r'rel="next" href="([^"]+)"', client.get("/events?from=-7d").text)
    assert older
    text = client.get(older[1].replace("&amp;", "&")).text
    assert "data-live-off" in text, "an older page does not change"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "&#39;yesterday&#39; is not a time"),
        ("limit=0", "limit &#39;0&#39;"),
        ("q=%22open", "not closed"),
        ("cursor=junk", "cursor"),
        ("tz=Nowhere/Atall", "Nowhere/Atall"),
        ("from=-1h&to=-2h", "ends before it begins"),
        ("name=" + ",".join("a" * 101), "has 101 values"),
    ],
)
def test_a_bad_value_is_said_on_the_page(client: FlaskClient, query: str, said: str) -> None:
    answer = client.get(f"/events?lang=en&{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert "<form" in answer.text


@pytest.mark.parametrize("query", ["from=0&to=now", "from=-99999w", "from=zz", "tz=No/Where"])
def test_a_bad_overview_is_a_page_too(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_local_times_of_a_form_become_an_address_that_means_the_same_everywhere(client: FlaskClient) -> None:
    client.get("/?tz=Asia/Shanghai")
    answer = client.get("/events?from=2026-11-23+10:00&to=&namespace=&reason=BackOff")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/events?from=2026-11-23T02:00:00Z&reason=BackOff"


def test_an_unknown_instance_is_a_404_page(client: FlaskClient) -> None:
    answer = client.get("/events?instance=prod")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("path", ["/nothing", "/events/none", "/live/nothing"])
def test_an_unknown_page_is_a_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert 'href="/events"' in answer.text


def test_a_broken_store_is_a_503_page(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.error = StoreError("the file is damaged")
    answer = client.get("/events")
    assert answer.status_code == 503
    assert "the file is damaged" in answer.text
    assert answer.mimetype == "text/html"


def test_an_unexpected_failure_is_a_500_page_without_its_cause(
    client: FlaskClient, center: FakeCenter
) -> None:
    center.reader.error = RuntimeError("secret detail")
    answer = client.get("/")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


def refused_stream() -> StreamStatus:
    error = "403: may not watch events at the cluster scope"
    return StreamStatus(stream="events", phase=Phase.RETRYING, error=error, retry_at=NOW + 5000)


@pytest.mark.parametrize("path", ["/", "/events"])
def test_an_empty_page_says_that_nothing_is_collected_and_why(
    client: FlaskClient, center: FakeCenter, path: str
) -> None:
    center.reader.events = []
    center.stream = refused_stream()
    text = client.get(f"{path}?lang=en").text
    assert "Not collecting" in text
    assert "may not watch events" in text
    assert "next try in" in text


def test_filters_that_match_nothing_offer_the_way_out(client: FlaskClient) -> None:
    text = client.get("/events?reason=Nope&lang=en").text
    assert "The filters match nothing" in text
    assert "Clear filters" in text


def test_an_unwritable_store_is_said_first(client: FlaskClient, center: FakeCenter) -> None:
    center.writable = False
    text = client.get("/?lang=en").text
    assert "Not storing" in text
    assert "the disk is full" in text


@pytest.mark.parametrize("path", ["/", "/events", "/events/evil-big", "/nothing"])
def test_demo_data_is_marked_on_every_page(client: FlaskClient, center: FakeCenter, path: str) -> None:
    assert "DEMO DATA" not in client.get(f"{path}?lang=en").text
    center.demo = True
    assert "DEMO DATA" in client.get(f"{path}?lang=en").text


def test_the_event_page_explains_and_shows_history_and_raw_object(
    client: FlaskClient, center: FakeCenter
) -> None:
    center.reader.events = [make_event(5, uid="one", count=9)]
    text = client.get("/events/one?lang=en").text
    for words in ("What it means", "What to do", "Container in crash loop", "metadata", "×9"):
        assert words in text
    assert '<svg class="chart"' in text


def test_language_theme_and_zone_are_remembered(client: FlaskClient) -> None:
    text = client.get("/?lang=zh&theme=dark&tz=Asia/Shanghai").text
    assert "概览" in text
    text = client.get("/events").text
    assert 'lang="zh-CN"' in text
    assert 'data-theme="dark"' in text
    assert "Asia/Shanghai" in text


def test_the_language_is_that_of_the_browser_until_one_is_chosen(client: FlaskClient) -> None:
    assert "概览" in client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert "Overview" in client.get("/", headers={"Accept-Language": "fr"}).text


def test_a_spoilt_cookie_does_no_harm(client: FlaskClient) -> None:
    for name in ("lang", "theme", "tz"):
        client.set_cookie(name, "../<script>")
    answer = client.get("/")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


@pytest.mark.parametrize("path", ["/live/", "/live/events"])
def test_a_live_part_costs_nothing_while_nothing_changes(
    client: FlaskClient, center: FakeCenter, path: str
) -> None:
    first = client.get(path)
    assert first.status_code == 200
    tag = {"If-None-Match": first.headers["ETag"]}
    center.reader.error = AssertionError("the store was asked")
    assert client.get(path, headers=tag).status_code == 304
    center.reader.error = None
    center.reader.add(make_event(7000))
    assert client.get(path, headers=tag).status_code == 200


def test_a_live_part_changes_with_the_state_of_collecting(client: FlaskClient, center: FakeCenter) -> None:
    tag = {"If-None-Match": client.get("/live/").headers["ETag"]}
    center.stream = refused_stream()
    answer = client.get("/live/?lang=en", headers=tag)
    assert answer.status_code == 200
    assert "Not collecting" in answer.text


def test_a_live_part_links_to_the_page_and_not_to_itself(client: FlaskClient) -> None:
    text = client.get("/live/events?from=-7d&reason=Pulled").text
    assert 'href="/events?from=-7d"' in text
    assert 'href="/live' not in text


def test_static_files_are_kept_for_long_by_their_digest(client: FlaskClient) -> None:
    sheet = re.search(r'href="(/static/parts\.css\?v=[0-9a-f]{10})"', client.get("/").text)
    assert sheet
    assert "immutable" in client.get(sheet[1]).headers["Cache-Control"]
    assert client.get("/static/parts.css").headers["Cache-Control"] == "no-cache"


def test_a_kill_that_pod_and_node_both_tell_is_listed_once() -> None:
    killed = {"problem": "pod-oom-killed", "hostname": "node-1"}
    pod = make_event(1, **killed, kind="Pod", name="shop-1", last_time=NOW - 60_000)
    same = make_event(2, **killed, kind="Node", name="node-1", last_time=NOW - 61_000)
    other = make_event(3, **killed, kind="Node", name="node-1", last_time=NOW - 90_000)
    assert kills([pod, same, other]) == [pod, other]


def test_a_search_that_took_too_long_offers_to_go_on(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.searched_to = 1_795_435_200_000
    text = client.get("/events?lang=en&tz=UTC&q=name:*nowhere").text
    assert "searched back to 2026-11-23 12:00:00" in text
    assert "Nothing found yet" in text and "match nothing" not in text
    assert "data-live-off" in text, "it is not repeated every few seconds"
    assert re.search(r'rel="next" href="[^"]*cursor=0[^"]*">Search on', text)


def test_the_page_says_how_a_search_was_understood(client: FlaskClient) -> None:
    assert "<code>a and not namespace:shop</code>" in client.get("/events?lang=en&q=a+not+ns:shop").text
    assert "Understood" not in client.get("/events?lang=en&q=level:Warning").text
