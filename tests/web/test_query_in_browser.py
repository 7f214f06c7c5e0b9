"""The query page in a real browser: completion, running, drill-down, history, saving, the board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from eventcenter.model import Answer
from tests.web.conftest import Visitor
from tests.web.fake_center import FakeCenter
from tests.web.test_in_browser import CONTRASTS

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
QUERY = "level:Warning | SELECT reason, count(*) AS c GROUP BY reason"


def answered(center: FakeCenter) -> None:
    center.reader.answer_ = Answer(
        columns=["reason", "c"], rows=[["BackOff", 12], ["Unhealthy", 7], ["<b>", 1]], truncated=False
    )


def editor(page: Page) -> Any:
    return page.get_by_role("textbox", name="Query")


def choices(page: Page) -> Any:
    return page.locator("#choices").get_by_role("option")


def test_typing_is_completed_and_run(visit: Visit, center: FakeCenter) -> None:
    answered(center)
    visitor = visit()
    page = visitor.open("/query?from=-7d")
    editor(page).click()
    page.keyboard.type("reas")
    expect(choices(page).first).to_contain_text("reason")
    page.keyboard.press("Tab")
    expect(choices(page).first).to_contain_text("value")
    page.keyboard.type("BackO")
    expect(choices(page)).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.type(" | SELECT namesp")
    expect(choices(page).first).to_contain_text("namespace")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type(", approx_d")
    expect(choices(page).first).to_contain_text("approx_distinct")
    page.keyboard.press("Tab")
    page.keyboard.type("name) AS n WHERE level = 'W")
    expect(choices(page).first).to_contain_text("Warning")
    page.keyboard.press("Enter")
    page.keyboard.type("'")
    expect(editor(page)).to_have_value(
        "reason:BackOff | SELECT namespace, approx_distinct(name) AS n WHERE level = 'Warning'"
    )
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/query?from=-7d&q=reason*")
    expect(page.get_by_role("cell", name="Unhealthy")).to_be_visible()
    assert visitor.troubles == []


def test_escape_closes_the_list_and_enter_is_a_line_again(visit: Visit) -> None:
    page = visit().open("/query")
    editor(page).click()
    page.keyboard.type("kin")
    expect(choices(page).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(choices(page)).to_have_count(0)
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(editor(page)).to_have_value("kin\n")


def test_a_value_leads_on_and_the_history_remembers(visit: Visit, center: FakeCenter) -> None:
    answered(center)
    page = visit().open("/query")
    editor(page).fill(QUERY)
    page.get_by_role("button", name="Run").click()
    page.get_by_role("row", name="BackOff").hover()
    page.get_by_role("link", name="Without BackOff").click()
    excluded = QUERY.replace("Warning", 'Warning and not reason:"BackOff"')
    expect(editor(page)).to_have_value(excluded)
    page.locator("summary", has_text="History").click()
    items = page.locator(".history li a")
    expect(items).to_have_text([excluded, QUERY])
    items.nth(1).click()
    expect(editor(page)).to_have_value(QUERY)
    page.locator("summary", has_text="History").click()
    page.get_by_role("button", name="Clear the history").click()
    expect(page.locator(".history li")).to_have_text(["Nothing has been run yet."])


def test_a_query_is_saved_shown_on_the_board_and_deleted(visit: Visit, center: FakeCenter) -> None:
    answered(center)
    visitor = visit()
    page = visitor.open("/query")
    editor(page).fill(QUERY)
    page.get_by_label("Bars").check()
    expect(page.locator(".bars.wide li")).to_have_count(3)
    page.locator("summary", has_text="Save as").click()
    page.get_by_label("Name").fill("Worst reasons")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("★ Worst reasons")).to_be_visible()
    page.get_by_role("link", name="Board").click()
    card = page.get_by_role("region", name="Worst reasons")
    expect(card.locator(".bars.wide li")).to_have_count(3)
    card.get_by_role("link", name="BackOff").click()
    expect(editor(page)).to_have_value(QUERY.replace("Warning", 'Warning and reason:"BackOff"'))
    page.goto(f"{visitor.url}/query")
    page.locator(".saved summary").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There are no saved queries yet.")).to_be_visible()
    assert visitor.troubles == []


def test_everything_works_without_a_script(visit: Visit, center: FakeCenter) -> None:
    answered(center)
    page = visit(java_script_enabled=False).open("/query")
    editor(page).fill(QUERY)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("cell", name="Unhealthy")).to_be_visible()
    page.locator("summary", has_text="Save as").click()
    page.get_by_label("Name").fill("Plain")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Board").click()
    picture = page.get_by_role("img", name="Plain")
    expect(picture).to_be_visible()
    assert picture.get_attribute("src", timeout=1000).startswith("/charts/query.svg?")  # type: ignore[union-attr]


@pytest.mark.parametrize("width", [360, 768, 1280, 1920, 2560])
def test_nothing_pushes_the_layout_sideways(visit: Visit, center: FakeCenter, width: int) -> None:
    long = "x" * 900
    center.reader.answer_ = Answer(
        columns=["reason", "c", *(f"column_{at}" for at in range(12))],
        rows=[[long, 1, *[long] * 12], ["<img src=x>", 2, *[None] * 12]],
        truncated=False,
    )
    visitor = visit(viewport={"width": width, "height": 900})
    for chart in ("table", "bar", "pie", "line", "number"):
        page = visitor.open(f"/query?q=* | SELECT 1&chart={chart}")
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], chart
    assert visitor.troubles == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_readable(visit: Visit, center: FakeCenter, theme: str) -> None:
    answered(center)
    visitor = visit(color_scheme=theme, reduced_motion="reduce")
    for path in ("/query", "/query?q=reason:", "/query/board", *(
        f"/query?q=* | SELECT 1&chart={chart}" for chart in ("table", "bar", "pie", "line", "number")
    )):  # fmt: skip
        page = visitor.open(path)
        assert page.evaluate(CONTRASTS) == {}, path
