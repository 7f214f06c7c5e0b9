"""The pages in a real browser: live refreshing that does not disturb, no script needed, no layout broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Site, Visitor
from tests.web.fake_center import FakeCenter, make_event

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

CONTRASTS = """() => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    return paint.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgb("white");
  };
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("option, .unseen")) continue;
    const style = getComputedStyle(element);
    const ink = light(rgb(element.closest("svg") ? style.fill : style.color)), under = light(ground(element));
    const ratio = (Math.max(ink, under) + 0.05) / (Math.min(ink, under) + 0.05);
    if (ratio < 4.5) found[`${element.tagName}.${element.className}`] = [ratio, element.textContent.slice(0, 40)];
  }
  return found;
}"""


def reasons(page: Page) -> Any:
    return page.locator(".events tbody .c-reason")


def test_a_new_event_slips_in_without_a_reload(visit: Visit, center: FakeCenter) -> None:
    visitor = visit()
    page = visitor.open("/events")
    page.evaluate("window.sameDocument = true")
    center.reader.add(make_event(9001, uid="fresh", reason="JustArrived", last_time=center.time))
    expect(reasons(page).first).to_have_text("JustArrived", timeout=10_000)
    expect(page.locator("tr[data-key=fresh]")).to_have_class("new")
    assert page.evaluate("window.sameDocument")
    assert visitor.troubles == []


def test_an_event_that_is_counted_up_stays_one_row(visit: Visit, center: FakeCenter) -> None:
    page = visit().open("/events")
    for seq, count in ((9001, 2), (9002, 3)):
        center.reader.add(make_event(seq, uid="counted", reason="BackOff", count=count))
        expect(page.locator("tr[data-key=counted] .c-count")).to_have_text(f"×{count}", timeout=10_000)
    assert page.locator("tr[data-key=counted]").count() == 1


def test_the_overview_is_live_too(visit: Visit, center: FakeCenter) -> None:
    page = visit().open("/")
    center.reader.add(make_event(9001, level="Warning", reason="Alarming", last_time=center.time - 1))
    expect(page.get_by_text("Alarming").first).to_be_visible(timeout=10_000)


def test_pausing_stops_the_refreshing_and_is_in_the_address(visit: Visit, center: FakeCenter) -> None:
    page = visit().open("/events")
    page.get_by_role("button", name="Live").click()
    assert "live=off" in page.url
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    center.reader.add(make_event(9001, reason="WhilePaused"))
    page.wait_for_timeout(4000)
    assert asked == []
    page.get_by_role("button", name="Paused").click()
    expect(reasons(page).first).to_have_text("WhilePaused", timeout=10_000)
    assert "live=off" not in page.url


def test_what_is_being_read_is_not_moved(visit: Visit, center: FakeCenter) -> None:
    page = visit(viewport={"width": 1280, "height": 600}).open("/events")
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 500")
    center.reader.add(make_event(9001, reason="Later"))
    arrivals = page.locator(".arrivals")
    expect(arrivals).to_have_text("1 new", timeout=10_000)
    assert page.locator("text=Later").count() == 0
    arrivals.click()
    expect(reasons(page).first).to_have_text("Later")
    expect(arrivals).to_have_count(0)


def test_a_lost_connection_is_said_and_found_again(visit: Visit, served: Site) -> None:
    visitor = visit()
    page = visitor.open("/events")
    visitor.context.set_offline(True)
    expect(page.locator(".live")).to_contain_text("Connection lost", timeout=10_000)
    visitor.context.set_offline(False)
    expect(page.locator(".live")).to_contain_text("Live", timeout=15_000)


def test_slash_focuses_the_search_and_enter_searches(visit: Visit) -> None:
    page = visit().open("/?from=-7d")
    page.keyboard.press("/")
    page.keyboard.type("probe")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events?from=-7d&q=probe")
    assert set(reasons(page).all_inner_texts()) == {"Unhealthy", "Traversal"}


def test_a_filter_applies_on_change_and_leaves_a_tidy_address(visit: Visit) -> None:
    page = visit().open("/events")
    page.get_by_label("Warning").check()
    page.wait_for_url("**/events?level=Warning")
    page.get_by_label("Namespace").fill("shop")
    page.get_by_label("Namespace").press("Enter")
    page.wait_for_url("**/events?level=Warning&namespace=shop")


def test_everything_works_without_a_script(visit: Visit) -> None:
    page = visit(java_script_enabled=False).open("/")
    page.get_by_role("link", name="BackOff").first.click()
    assert page.url.endswith("/events?reason=BackOff")
    page.get_by_label("Namespace").fill("shop")
    page.get_by_role("button", name="Apply").click()
    assert page.url.endswith("/events?namespace=shop&reason=BackOff")
    reasons(page).first.get_by_role("link").click()
    expect(page.get_by_text("What to do")).to_be_visible()


def test_a_retention_is_previewed_without_a_script(visit: Visit) -> None:
    page = visit(java_script_enabled=False).open("/usage")
    page.get_by_label("Retention", exact=True).fill("1h")
    page.get_by_role("button", name="Preview").click()
    assert "retention=1h" in page.url
    expect(page.get_by_role("status")).to_contain_text("events would go")
    expect(page.locator(".settings")).to_have_text("retention: 1h")


def test_times_are_those_of_the_browser(visit: Visit) -> None:
    page = visit(timezone_id="Asia/Tokyo").open("/")
    expect(page.locator(".zone")).to_have_text("Asia/Tokyo")


@pytest.mark.parametrize("width", [360, 768, 1280, 1920, 2560])
def test_nothing_pushes_the_layout_sideways_whatever_a_cluster_sends(visit: Visit, width: int) -> None:
    visitor = visit(viewport={"width": width, "height": 900})
    for path in (
        "/",
        "/events?from=-90d",
        "/usage?retention=1h",
        "/sinks?sink=store",
        "/alerts",
        "/events/evil-long-name",
        "/events/evil-big",
        "/nothing",
    ):
        page = visitor.open(path)
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], path
    assert [trouble for trouble in visitor.troubles if "404" not in trouble] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_readable(visit: Visit, center: FakeCenter, theme: str) -> None:
    center.demo = True
    visitor = visit(color_scheme=theme, reduced_motion="reduce")
    for path in (
        "/",
        "/events?reason=BackOff",
        "/usage?retention=1h",
        "/sinks?sink=store",
        "/alerts",
        "/usage?retention=x",
        "/events/evil-count",
        "/events?limit=0",
        "/nothing",
    ):
        page = visitor.open(path)
        assert page.evaluate(CONTRASTS) == {}, path
