"""How much people may order: set at the desk, read on the phone, kept at the order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, Device, LiveSite
from tests.browser.test_notices_journey import invitation

Devices = Callable[..., Device]

CARD = "Bottega Nord"
PROVEN, REFUSED = "status of 403", "status of 422"
"""What Chromium says of an act that is proven after it was asked for, and of one that the house refuses."""


@pytest.fixture
def desk(device: Devices) -> Iterator[Device]:
    """The admin's desk, at the store; afterwards no limit stands."""
    desk = device(DESK)
    desk.expected.append(REFUSED)
    desk.sign_in_as("admin")
    desk.open("/console/store")
    yield desk
    desk.page.evaluate(
        """async () => {
            const headers = {'X-Laurel': '1', 'Content-Type': 'application/json'};
            const {items} = await (await fetch('/api/v1/catalog/limits')).json();
            for (const one of items)
                await fetch(`/api/v1/catalog/limits/${one.id}`, {method: 'DELETE', headers});
        }"""
    )


@pytest.fixture
def phone(device: Devices, live_site: LiveSite) -> Device:
    """The phone of a rep who has 500 euros."""
    phone = device()
    phone.expected += [PROVEN, REFUSED]
    phone.give_authenticator()
    phone.open(invitation(live_site, "Nino Costa", "costa@example.test"))
    button(phone.page, "Make my passkey").click()
    phone.page.wait_for_url(f"{phone.site.url}/")
    return phone


def button(page: Page | Locator, name: str) -> Locator:
    """Return the button of this name."""
    return page.get_by_role("button", name=name, exact=True)


def field(page: Page | Locator, label: str) -> Locator:
    """Return the field of this label."""
    return page.get_by_label(label, exact=True)


def limits(desk: Device) -> Locator:
    """Return the card that says which limits there are."""
    return desk.page.get_by_role("region", name="How much may be ordered")


def keep(desk: Device, **amounts: str) -> None:
    """Write amounts into the form of a limit that is open, and keep it."""
    dialog = desk.page.get_by_role("dialog")
    for label, amount in amounts.items():
        field(dialog, label.replace("_", " ")).fill(amount)
        field(dialog, label.replace("_", " ")).blur()
    button(dialog, "Keep limit").click()
    expect(dialog).to_have_count(0)


def look(phone: Device) -> Page:
    """Open the page of the card."""
    phone.open("/rewards")
    phone.page.get_by_role("link").filter(has_text=CARD).first.click()
    expect(phone.page.get_by_role("radio").first).to_be_attached()
    return phone.page


def test_a_limit_set_by_form_is_read_on_the_phone_and_kept_at_the_order(
    desk: Device, phone: Device
) -> None:
    # A limit that says nothing is refused where it is written; the right one holds for everybody.
    expect(limits(desk).get_by_text("Everybody may order as much as they have.")).to_be_visible()
    button(limits(desk), "Add limit").click()
    dialog = desk.page.get_by_role("dialog")
    button(dialog, "Keep limit").click()
    expect(dialog.get_by_text("Set at least one amount.")).to_be_visible()
    assert desk.axe() == []
    field(dialog, "And in a period").select_option(label="Month")
    keep(desk, At_most_in_one_order="25", At_most_in_the_period="35")
    expect(
        limits(desk).get_by_text(
            "Everybody · The whole store: at most €25.00 an order, €35.00 a month"
        )
    ).to_be_visible()

    # The rep reads what goes before choosing, and cannot choose more.
    page = look(phone)
    expect(page.get_by_text("Your company allows at most €25.00 in one order.")).to_be_visible()
    expect(page.get_by_text(re.compile("€35.00 of this month.s limit is left."))).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("^€50"))).to_be_disabled()
    assert phone.axe() == []

    # What was ordered counts: less is left.
    page.get_by_role("radio", name=re.compile("^€25")).check()
    button(page, "Next").click()
    button(page.get_by_role("dialog"), "Confirm with passkey").click()
    page.wait_for_url("**/rewards/orders/*")
    look(phone)
    expect(page.get_by_text(re.compile("€10.00 of this month.s limit is left."))).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("^€25"))).to_be_disabled()

    # The desk lowers it while the sheet is open: the order is refused in words, and nothing is spent.
    page.get_by_role("radio", name="€10", exact=True).check()
    button(page, "Next").click()
    button(limits(desk), "Change").click()
    keep(desk, At_most_in_one_order="5")
    expect(limits(desk).get_by_text(re.compile("at most €5.00 an order"))).to_be_visible()
    sheet = page.get_by_role("dialog")
    button(sheet, "Confirm with passkey").click()
    expect(sheet.get_by_text("Your company allows at most €5.00 in one order.")).to_be_visible()

    # Taken back, it holds nobody.
    button(limits(desk), "Remove limit").click()
    expect(limits(desk).get_by_text("Everybody may order as much as they have.")).to_be_visible()
    look(phone)
    expect(page.get_by_role("heading", name=re.compile("€475.00"))).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("^€50"))).to_be_enabled()
