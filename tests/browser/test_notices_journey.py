"""Word of a voucher on the phone: asked for with the order, mailed in the company's face, and sent again."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.acts import PROVEN, Devices, join
from tests.browser.backstage import stage
from tests.browser.conftest import DESK, Device, LiveSite

STORE = "Sole & Mare"


def invitation(site: LiveSite, name: str, email: str) -> str:
    """Add a rep who has 500 euros; return the link that lets them in."""
    port = str(urlsplit(site.url).port)
    return stage(site, "store_stage", "person", name, email, PORT=port)["join"]


def give_a_face(desk: Device) -> None:
    """Name the store, end its mails, and put right an address that is none."""
    page = desk.page
    desk.sign_in_as("admin")
    desk.open("/console/brand")
    page.get_by_label("Name of the store").fill(STORE)
    page.get_by_label("Last lines of every mail").fill("Via Roma 1, Milano")
    address = page.get_by_label("Answers go to")
    address.fill("nobody")
    desk.expected.append("status of 422")
    page.get_by_role("button", name="Keep").click()
    expect(address).to_have_attribute("aria-invalid", "true")
    address.fill("help@sole.example")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept.")).to_be_visible()


def mail_about(reader: Device, brand: str) -> str:
    """Return the mail about a reward, once the mailbox of the demo shows it."""
    reader.open("/mailbox")
    mail = reader.page.get_by_role("article").filter(has_text=brand)
    for _ in range(120):
        if mail.count():
            break
        reader.page.get_by_role("button", name="Look again").click()
        reader.page.wait_for_load_state("networkidle")
    return str(mail.first.inner_text())


def test_word_of_a_card_leads_to_the_voucher_and_only_the_passkey_shows_the_code(
    device: Devices, live_site: LiveSite
) -> None:
    # The company gives its store a name and its mails an ending.
    desk = device(DESK)
    give_a_face(desk)
    assert desk.axe() == []

    # A rep orders a card and wants a mail when it is there.
    invited = invitation(live_site, "Lia Moro", "lia@example.test")
    phone = join(device(expected=PROVEN), invited)
    phone.open("/rewards")
    expect(phone.page.get_by_text(STORE)).to_be_visible()
    phone.page.get_by_role("link").filter(has_text="Cinema Aurora").first.click()
    phone.page.get_by_role("button", name="Next").click()
    sheet = phone.page.get_by_role("dialog")
    sheet.get_by_role("radio", name=re.compile("by e-mail")).check()
    expect(sheet.get_by_text("l…@example.test")).to_be_visible()
    assert phone.axe() == []
    sheet.get_by_role("button", name="Confirm with passkey").click()
    phone.page.wait_for_url("**/rewards/orders/*")
    order = phone.page.url.partition("?")[0]
    expect(phone.page.get_by_text(re.compile("Last sent to l…@example.test"))).to_be_visible()

    # The mail wears the company's face, leads to the voucher, and holds no code.
    phone.page.get_by_role("button", name="Show the code").click()
    code = phone.page.locator(".code").first.inner_text()
    text = mail_about(device(), "Cinema Aurora")
    assert STORE in text
    assert "Via Roma 1, Milano" in text
    assert urlsplit(order).path in text
    assert code not in text

    # From the voucher it is sent again; it opens with nothing shown.
    phone.open(urlsplit(order).path)
    expect(phone.page.get_by_role("button", name="Show the code")).to_be_visible()
    assert code not in phone.page.content()
    phone.page.get_by_role("button", name=re.compile("Send a link by e-mail")).click()
    expect(phone.page.get_by_text("Sent. The mail leads here; it holds no code.")).to_be_visible()
    assert phone.axe() == []
