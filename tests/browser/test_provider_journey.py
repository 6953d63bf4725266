"""An account with a provider at the desk: set up, tried, changed and switched off, with slips of the pen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import PROVEN, Devices, button, join
from tests.browser.backstage import stage
from tests.browser.conftest import DESK, Device, LiveSite
from tests.browser.test_desk_forms import clean_in_light_and_dark
from tests.sandboxes import tremendous
from tests.sandboxes.base import process


@pytest.fixture
def vendor() -> Iterator[str]:
    """The address of Tremendous on this machine."""
    with process("tremendous") as url:
        yield url + tremendous.PREFIX


@pytest.fixture
def desk(device: Devices, live_site: LiveSite) -> Device:
    """The desk of a tenant admin with a passkey, at the providers."""
    desk = device(DESK)
    # What is refused on purpose: asked first and proven then, slips of the pen, a key that is turned away.
    desk.expected += [PROVEN, "status of 409", "status of 422"]
    join(desk, stage(live_site, "provider_stage")["join"])
    desk.open("/console/payouts/providers")
    return desk


def key_in(form: Locator) -> Locator:
    return form.get_by_label("API key *", exact=True)


def card(page: Page, name: str) -> Locator:
    """Return what is shown of one account; other journeys may have brought their own."""
    return page.get_by_role("heading", name=name).locator("..")


def test_an_account_is_set_up_tried_changed_and_switched_off(desk: Device, vendor: str) -> None:
    page = desk.page
    form = page.get_by_role("dialog")

    # A new one, with everything wrong first.
    button(page, "Add a provider").click()
    form.get_by_label("Provider", exact=True).select_option("tremendous")
    form.get_by_label("Address", exact=True).fill("https://10.0.0.1")
    button(form, "Test the connection").click()
    expect(key_in(form)).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Address", exact=True)).to_have_attribute("aria-invalid", "true")
    assert clean_in_light_and_dark(desk) == []

    # A key is hidden while it is typed, shown when one asks, and tried.
    form.get_by_label("Name of the account", exact=True).fill("Cards to try")
    form.get_by_label("Address", exact=True).fill(vendor)
    key_in(form).fill("WRONG")
    expect(key_in(form)).to_have_attribute("type", "password")
    button(form, "Show what is typed in API key *").click()
    expect(key_in(form)).to_have_attribute("type", "text")
    button(form, "Test the connection").click()
    expect(form.get_by_text("The provider does not accept these credentials.")).to_be_visible()
    key_in(form).fill(tremendous.API_KEY)
    button(form, "Test the connection").click()
    expect(form.get_by_text("We are let in.")).to_be_visible()
    button(form, "Save").click()
    expect(form).to_have_count(0)
    expect(page.get_by_role("heading", name="Cards to try")).to_be_visible()

    # What is kept does not come back; a key that is turned away is not kept.
    button(card(page, "Cards to try"), "Change").click()
    expect(key_in(form)).to_have_value("")
    expect(form.get_by_text("Kept. Leave empty to keep it as it is.").first).to_be_visible()
    key_in(form).fill("ANOTHER")
    button(form, "Save").click()
    expect(form.get_by_text("The provider does not let us in with this.")).to_be_visible()
    assert clean_in_light_and_dark(desk) == []

    # Without a new key the rest is changed, and the old key still lets us in.
    key_in(form).fill("")
    form.get_by_label("Name of the account", exact=True).fill("Cards at last")
    button(form, "Save").click()
    expect(form).to_have_count(0)
    expect(page.get_by_role("heading", name="Cards at last")).to_be_visible()

    # Another server sees nothing of what was kept for this one.
    button(card(page, "Cards at last"), "Change").click()
    form.get_by_label("Address", exact=True).fill("https://api.tremendous.com/api/v2")
    expect(form.get_by_text("type every credential anew")).to_be_visible()
    button(form, "Save").click()
    expect(key_in(form)).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")

    button(card(page, "Cards at last"), "Switch off").click()
    form.get_by_label("Reason", exact=True).fill("The contract ended")
    button(form, "Switch off").click()
    expect(page.get_by_text("Paused: The contract ended")).to_be_visible()
    assert clean_in_light_and_dark(desk) == []
