"""Going on, back and over a page: nobody loses the place they were at, or the field they type in."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.acts import Devices, button, field
from tests.browser.conftest import DESK


def is_at(page: Page, top: int) -> None:
    """Wait until the page stands at `top`, and see that it stays there."""
    page.wait_for_function("(top) => Math.abs(scrollY - top) < 2", arg=top)
    page.wait_for_timeout(400)
    assert abs(page.evaluate("scrollY") - top) < 2


def scroll_to(page: Page, top: int) -> int:
    """Scroll to `top` or as far as it goes, wait until the browser has said so; return where that is."""
    there: int = page.evaluate(
        """(top) => new Promise((done) => {
            addEventListener('scrollend', () => setTimeout(() => done(scrollY)), {once: true});
            scrollTo(0, top);
        })""",
        top,
    )
    assert there > 50
    return there


def test_who_searches_keeps_the_field(device: Devices) -> None:
    desk = device(DESK)
    desk.sign_in_as("admin")
    desk.open("/console/people")
    search = field(desk.page, "Name, number or address")

    search.press_sequentially("a")
    desk.page.wait_for_url("**/console/people?*")
    desk.page.wait_for_load_state("networkidle")
    desk.page.keyboard.type("na")

    expect(search).to_be_focused()
    expect(search).to_have_value("ana")


def test_a_receipt_opens_over_the_page_and_leaves_it_as_it_was(device: Devices) -> None:
    phone = device()
    phone.sign_in_as("rep")
    phone.open("/")
    page = phone.page
    page.get_by_role("link", name="Earnings").last.click()
    lines = page.locator("a[href*='line=']")
    expect(lines.nth(3)).to_be_visible()
    lines.nth(3).scroll_into_view_if_needed()
    there = scroll_to(page, 300)

    for nth in (2, 3):
        lines.nth(nth).evaluate("one => one.click()")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        is_at(page, there)

    # Nothing of them is left to go back to.
    page.go_back()
    page.wait_for_url(re.compile("/$"))


def test_back_and_a_reload_return_to_where_one_was(device: Devices) -> None:
    phone = device()
    phone.sign_in_as("rep")
    phone.open("/rewards")
    page = phone.page
    cards = page.locator("a[href^='/rewards/']")
    expect(cards.last).to_be_visible()
    there = scroll_to(page, 250)

    cards.last.evaluate("one => one.click()")
    expect(button(page, "Next")).to_be_visible()
    is_at(page, 0)
    page.go_back()
    is_at(page, there)

    page.reload()
    is_at(page, there)


def test_a_choice_in_the_profile_leaves_the_page_where_it_is(device: Devices) -> None:
    phone = device()
    phone.sign_in_as("rep")
    phone.open("/profile")
    page = phone.page
    there = scroll_to(page, 200)

    page.get_by_role("radio", name="Dark").evaluate("one => one.click()")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    is_at(page, there)


def test_quiet_hours_lead_to_quiet_hours(device: Devices) -> None:
    phone = device()
    phone.sign_in_as("rep")
    phone.open("/inbox")

    phone.page.get_by_role("link", name="Quiet hours").click()

    expect(phone.page.locator("#nudges")).to_be_in_viewport()
    phone.page.wait_for_timeout(600)
    expect(phone.page.locator("#nudges")).to_be_in_viewport()
