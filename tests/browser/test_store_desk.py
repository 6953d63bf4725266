"""The store at the desk: looked through, narrowed, curated, and who is shown what."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import Devices
from tests.browser.conftest import DESK, Device

SOON = 30_000


@pytest.fixture
def desk(device: Devices) -> Iterator[Device]:
    """The admin's desk, at the store; afterwards nothing is hidden and no rule stands."""
    desk = device(DESK)
    desk.sign_in_as("admin")
    desk.open("/console/store")
    yield desk
    desk.page.evaluate(
        """async () => {
            const headers = {'X-Laurel': '1', 'Content-Type': 'application/json'};
            const get = async (path) => (await (await fetch(`/api/v1${path}`)).json()).items;
            for (const rule of await get('/catalog/rules'))
                await fetch(`/api/v1/catalog/rules/${rule.id}`, {method: 'DELETE', headers});
            for (const one of await get('/catalog?limit=60'))
                if (one.is_hidden || one.pinned)
                    await fetch(`/api/v1/catalog/${one.id}`, {method: 'PATCH', headers,
                        body: JSON.stringify({is_hidden: false, pinned: 0})});
        }"""
    )


def row(page: Page, name: str) -> None:
    """Expect one row, of this name."""
    expect(page.locator("tbody tr")).to_have_count(1, timeout=SOON)
    expect(page.locator("tbody th")).to_contain_text(name)


def seen_by_a_rep(device: Devices, text: str) -> list[str]:
    """Return what a rep finds in the store under a word."""
    phone = device()
    phone.sign_in_as("rep")
    found: list[str] = phone.page.evaluate(
        """async (text) => (await (await fetch(`/api/v1/me/store?q=${text}`)).json())
            .items.map((item) => item.name)""",
        text,
    )
    return found


def test_a_mistyped_word_finds_what_was_meant_and_says_so(desk: Device) -> None:
    page = desk.page

    page.get_by_label("Search").fill("botega")

    row(page, "Bottega Nord")
    expect(page.get_by_text("These are similar")).to_be_visible()


def test_the_list_is_narrowed_by_country_kind_and_currency(desk: Device) -> None:
    page = desk.page
    looking = page.locator(".looking")

    looking.get_by_label("Country").select_option(label="Italy")
    looking.get_by_label("Kind").select_option(label="Experience")
    looking.get_by_label("Currency").select_option(label="EUR")
    page.get_by_label("Search").fill("terme")

    row(page, "Terme Serena")


def test_what_is_hidden_is_marked_here_and_gone_there(desk: Device, device: Devices) -> None:
    page = desk.page
    page.get_by_label("Search").fill("terme")
    row(page, "Terme Serena")

    page.get_by_role("button", name="Hide").click()

    expect(page.locator("tbody th")).to_contain_text("hidden")
    assert seen_by_a_rep(device, "terme") == []


def test_what_is_put_first_leads_the_list(desk: Device) -> None:
    page = desk.page
    page.get_by_label("Search").fill("vivaio")
    row(page, "Vivaio Due")

    page.get_by_role("button", name="Put first").click()
    expect(page.get_by_role("button", name="Not first")).to_be_visible()
    page.get_by_label("Search").fill("")

    expect(page.locator("tbody th").first).to_contain_text("Vivaio Due", timeout=SOON)


def test_a_rule_is_chosen_from_what_there_is_and_holds_at_once(
    desk: Device, device: Devices
) -> None:
    page = desk.page

    page.get_by_label("What", exact=True).select_option(label="Kind")
    page.get_by_label("Which").select_option(label="Experience")
    page.get_by_role("button", name="Add rule").click()

    expect(page.get_by_text("Everybody: everything but Kind Experience")).to_be_visible()
    assert seen_by_a_rep(device, "terme") == []
    page.get_by_role("button", name="Remove rule").click()
    expect(page.get_by_text("Everybody sees everything.")).to_be_visible()
    assert seen_by_a_rep(device, "terme") == ["Terme Serena"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_at_the_store(device: Devices, theme: str) -> None:
    desk = device(DESK, color_scheme=theme)
    desk.sign_in_as("admin")
    desk.open("/console/store")
    expect(desk.page.get_by_role("heading", level=1)).to_be_visible()

    assert desk.axe() == []


def test_a_star_on_the_shelf_puts_a_reward_among_the_favourites(device: Devices) -> None:
    phone = device()
    page = phone.page
    phone.sign_in_as("rep")
    phone.open("/rewards")

    page.get_by_role("button", name="Add Onda to favourites").click()

    favourites = page.get_by_role("region", name="Your favourites")
    expect(favourites.get_by_role("link", name=re.compile("Onda"))).to_be_visible()
    page.get_by_role("button", name="Remove Onda from favourites").click()
    expect(favourites).to_have_count(0)
