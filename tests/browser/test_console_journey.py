"""The desk: what managers, finance and program admins do, on a wide screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.acts import Devices
from tests.browser.conftest import DESK

PLACES = (
    "/console",
    "/console/contests",
    "/console/contests/new",
    "/console/programs",
    "/console/imports",
    "/console/imports/new",
    "/console/claims",
    "/console/people",
    "/console/rewards",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_screen_of_the_console(device: Devices, theme: str) -> None:
    desk = device(DESK, color_scheme=theme)
    desk.sign_in_as("admin")
    found = []
    for path in PLACES:
        desk.open(path)
        expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
        found += [(path, line) for line in desk.axe()]

    assert found == []


def test_a_file_goes_from_the_desk_to_counted_and_set_aside_rows(device: Devices) -> None:
    desk = device(DESK)
    page = desk.page
    desk.sign_in_as("admin")
    desk.open("/console/imports")
    link = page.locator("a[href^='/console/imports/']:not([href$='/new'])").first
    link.click()

    expect(page.get_by_text(re.compile("Set aside|set aside")).first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Download")).first).to_be_visible()


WAITING = """async () => {
    const answer = await fetch('/api/v1/claims?state=waiting&limit=500');
    return (await answer.json()).items.length;
}"""


def test_a_manager_verifies_a_logged_sale(device: Devices) -> None:
    desk = device(DESK)
    page = desk.page
    desk.sign_in_as("manager")
    desk.open("/console/claims")
    before = page.evaluate(WAITING)
    assert before > 0

    page.get_by_role("button", name=re.compile("^(Verify|Same sale|It is)")).first.click()

    page.wait_for_function(f"async () => (await ({WAITING})()) === {before - 1}")


def test_somebody_without_a_role_in_the_console_is_kept_out(device: Devices) -> None:
    phone = device()
    phone.expected.append("status of 403")
    phone.sign_in_as("rep")

    phone.open("/console/people")

    expect(phone.page.get_by_role("heading", name="People")).to_have_count(0)
