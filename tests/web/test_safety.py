"""What a cluster sends never becomes markup, and pages need nothing from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.web.fake_center import HOSTILE, FakeCenter, make_event

PAGES = ["/", "/events?limit=1000&from=-90d", "/live/", "/nothing", "/events?from=<script>x"]


class Page(HTMLParser):
    """Tags and attributes of a page, its links and its loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def links(self) -> set[str]:
        return {attrs["href"] for tag, attrs in self.tags if tag in ("a", "link") and "href" in attrs}

    def loads(self) -> set[str]:
        found = {attrs["src"] for _tag, attrs in self.tags if "src" in attrs}
        return found | {attrs["href"] for tag, attrs in self.tags if tag in ("link", "use")}


def event_pages() -> list[str]:
    return [f"/events/-?uid={quote(given['uid'])}" for given in HOSTILE]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_page_runs_what_an_event_says(client: FlaskClient, lang: str) -> None:
    for address in [*PAGES, *event_pages()]:
        answer = client.get(f"{address}{'&' if '?' in address else '?'}lang={lang}")
        assert answer.status_code in (200, 400, 404), address
        for tag, attrs in Page(answer.text).tags:
            assert not any(name.startswith("on") for name in attrs), (address, tag, attrs)
            assert "style" not in attrs, (address, tag, attrs)
            assert tag not in ("img", "iframe", "style", "b<"), (address, tag)
            assert tag != "script" or attrs.get("src", "").startswith("/static/"), (address, attrs)


def test_every_hostile_event_has_a_page(client: FlaskClient) -> None:
    for address in event_pages():
        assert client.get(address).status_code == 200, address


def test_control_and_direction_characters_are_shown_and_not_sent(client: FlaskClient) -> None:
    text = client.get("/events?limit=1000&from=-90d").text
    assert "invoice‹U+202E›gnp.exe" in text
    assert not set(text) & {"\x00", "\x07", "\x1b", "\u202e", "\u2066"}


def test_a_huge_message_does_not_make_a_huge_page(client: FlaskClient) -> None:
    assert len(client.get("/events?limit=1000&from=-90d").data) < 1_000_000
    assert len(client.get("/events/evil-big").data) < 200_000


@pytest.mark.parametrize(
    "path", ["/", "/events", "/api/v1/version", "/healthz", "/static/parts.css", "/nothing"]
)
def test_every_answer_is_guarded(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_load_only_from_here(client: FlaskClient) -> None:
    for path in PAGES:
        for address in Page(client.get(path).text).loads():
            assert address.startswith("/static/"), address


def test_every_link_of_every_page_leads_somewhere(client: FlaskClient, center: FakeCenter) -> None:
    center.reader.events = [*center.reader.events[-40:], make_event(9000)]
    waiting, seen = ["/", "/?lang=zh&from=-7d", "/events?from=-90d&limit=20"], set[str]()
    while waiting and len(seen) < 400:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.mimetype != "text/html" or len(seen) > 150:
            continue
        for link in Page(answer.text).links():
            target = urlsplit(urljoin(f"http://localhost{address}", link))
            assert target.netloc == "localhost", link
            waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    assert len(seen) > 100
