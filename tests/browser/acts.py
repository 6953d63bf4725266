"""What people do in more than one journey."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Device

Devices = Callable[..., Device]
PROVEN = "status of 403"
"""What Chromium says of an act that is asked for first, and then proven with the passkey."""


def join(device: Device, invitation: str) -> Device:
    """Follow an invitation; end signed in, with a passkey."""
    device.give_authenticator()
    device.open(invitation)
    button(device.page, "Make my passkey").click()
    device.page.wait_for_url(re.compile("/(console)?$"))
    return device


def pay_out(phone: Device, amount: str) -> None:
    """Pay money out to the one account there is; end on the page of the pay-out."""
    page = phone.page
    phone.open("/wallet/pay-out")
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Amount").blur()
    button(page, "Next").click()
    button(page.get_by_role("dialog"), "Confirm with passkey").click()
    page.wait_for_url("**/wallet/payouts/*")


def press(device: Device, name: str) -> None:
    """Press the one button of this name."""
    button(device.page, name).click()


def agree(device: Device, name: str) -> None:
    """Press the button of the dialog that is open, and wait until it is gone."""
    dialog = device.page.get_by_role("dialog")
    button(dialog, name).click()
    expect(dialog).to_have_count(0)


def field(page: Page | Locator, label: str) -> Locator:
    """Return the field of this label."""
    return page.get_by_label(label, exact=True)


def button(page: Page | Locator, name: str) -> Locator:
    """Return the button of this name."""
    return page.get_by_role("button", name=name, exact=True)


def is_clean(device: Device) -> list[str]:
    """Return what axe finds on this screen in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        device.page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {line}" for line in device.axe()]
    device.page.emulate_media(color_scheme=None)
    return found
