"""Word of a card by text: a number is proven with the code from the text, and the text leads to the card."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.acts import Devices, join
from tests.browser.backstage import stage
from tests.browser.conftest import Device, LiveSite
from tests.sandboxes.base import Remote


@pytest.fixture
def gateway(live_site: LiveSite) -> Remote:
    """The gateway for texts that the site was told of."""
    return Remote(live_site.environment["SMS_URL"])


def invitation(at: LiveSite, name: str) -> str:
    """Add a rep who has 500 euros; return the link that lets them in."""
    port = str(urlsplit(at.url).port)
    return stage(at, "store_stage", "person", name, "noor@example.test", PORT=port)["join"]


def text_with(reader: Device, words: str) -> str:
    """Return the latest text with some words, once the mailbox of the demo shows it."""
    reader.open("/mailbox")
    text = reader.page.get_by_role("article").filter(has_text="SMS").filter(has_text=words)
    for _ in range(120):
        if text.count():
            break
        reader.page.get_by_role("button", name="Look again").click()
        reader.page.wait_for_load_state("networkidle")
    return str(text.first.inner_text())


def ask_for_code(phone: Device) -> None:
    """Type a number that is none, put it right, and have a code sent."""
    page = phone.page
    phone.expected.append("status of 422")
    phone.open("/profile")
    number = page.get_by_label("Mobile number")
    number.fill("347 123 4567")
    page.get_by_role("button", name="Send me a code").click()
    expect(number).to_have_attribute("aria-invalid", "true")
    number.fill("+39 347 123 4567")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_text(re.compile("on its way to .39 347 123 4567"))).to_be_visible()


def prove(phone: Device, reader: Device) -> None:
    """Read the code from the text; type a wrong one, then the right one."""
    page = phone.page
    phone.expected.append("status of 409")
    found = re.search(r"(\d{6}) confirms this number", text_with(reader, "567"))
    assert found is not None
    code = found.group(1)
    field = page.get_by_label("Code from the text")
    field.fill(f"{(int(code) + 1) % 1_000_000:06d}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("That code did not work.")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill(code)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("+39 … 567")).to_be_visible()


def order_with_text(phone: Device) -> str:
    """Order a card and ask for a text when it is there; return the path of the order."""
    page = phone.page
    phone.expected.append("status of 403")  # asked first, then proven with the passkey
    phone.open("/rewards")
    page.get_by_role("link").filter(has_text="Cinema Aurora").first.click()
    page.get_by_role("button", name="Next").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("radio", name=re.compile("by text message")).check()
    expect(sheet.get_by_text("+39 … 567")).to_be_visible()
    assert phone.axe() == []
    sheet.get_by_role("button", name="Confirm with passkey").click()
    page.wait_for_url("**/rewards/orders/*")
    expect(page.get_by_text(re.compile("Last sent to .39 … 567"))).to_be_visible()
    return urlsplit(page.url).path


def test_a_proven_number_is_told_of_a_card_and_shown_that_the_text_arrived(
    device: Devices, live_site: LiveSite, gateway: Remote
) -> None:
    # A rep adds a number and proves it with the code from the text.
    phone, reader = device(), device()
    join(phone, invitation(live_site, "Noor Amara"))
    ask_for_code(phone)
    assert phone.axe() == []
    prove(phone, reader)
    assert phone.axe() == []

    # The text about a card leads to the voucher and holds no code.
    order = order_with_text(phone)
    text = text_with(reader, order)
    phone.page.get_by_role("button", name="Show the code").click()
    assert phone.page.locator(".code").first.inner_text() not in text

    # The voucher says that it arrived, and sends it again.
    phone.open(order)
    expect(phone.page.get_by_text("It arrived on the phone.")).to_be_visible()
    phone.page.get_by_role("button", name=re.compile("Send a link by text message")).click()
    expect(phone.page.get_by_text("Sent. The text leads here; it holds no code.")).to_be_visible()
    assert phone.axe() == []

    # Removing the number is confirmed with the passkey, and the number is told.
    phone.open("/profile")
    phone.page.get_by_role("button", name="Remove +39 … 567").click()
    expect(phone.page.get_by_label("Mobile number")).to_be_visible()
    text_with(reader, "no longer go to this number")
    sent = gateway.books()["messages"].values()
    mine = [one for one in sent if one["to"] == "+393471234567"]
    assert [one["num_segments"] for one in mine] == ["1"] * 4
