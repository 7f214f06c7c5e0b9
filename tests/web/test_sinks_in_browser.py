"""The pages of sinks and alerts in a real browser: by mouse and keyboard, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visitor
from tests.web.fake_center import FakeCenter

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_sink_is_tried_and_then_set_up(visit: Visit, center: FakeCenter, scripts: bool) -> None:
    visitor = visit(java_script_enabled=scripts)
    page = visitor.open("/sinks?lang=en")
    page.get_by_label("Address").fill("slack:https://hooks.example/x?name=night")
    page.get_by_role("button", name="Only test it").click()
    expect(page.get_by_role("status")).to_contain_text("answered 200")
    expect(page.get_by_label("Address")).to_have_value("slack:https://hooks.example/x?name=night")
    page.get_by_role("button", name="Set up", exact=True).click()
    expect(page.get_by_role("heading", name="night")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".sinks table.all")).not_to_contain_text("night")
    assert visitor.troubles == []


def test_dead_letters_are_sent_again_by_keyboard(visit: Visit, center: FakeCenter) -> None:
    visitor = visit()
    page = visitor.open("/sinks?sink=store&lang=en")
    page.locator("input[name=id]").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Send again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Refused for good")).to_be_visible()
    assert center.sinks is not None and center.sinks.sent_again == [[2]]
    assert visitor.troubles == []


def test_an_alert_leads_to_its_events(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/alerts?lang=en")
    page.get_by_text("2 objects").first.click()
    expect(page.get_by_text("checkout-6f7d9cb58-b7kzq").first).to_be_visible()
    page.get_by_role("link", name="Crash loop").first.click()
    page.wait_for_url("**/events?*name=checkout*")
    assert visitor.troubles == []
