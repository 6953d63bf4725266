"""Finance's three queues: an amount that changed after approval, money paid too much, an outcome nobody knows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.acts import PROVEN, Devices, agree, is_clean, join, pay_out, press
from tests.browser.backstage import stage
from tests.browser.conftest import DESK, PHONE, Device, LiveSite
from tests.sandboxes.base import Remote, process

LONG = 150_000
LOOKS = 60


@dataclass(frozen=True)
class Queues:
    """What stands behind the queues: the vendor, and how everybody joins."""

    site: LiveSite
    xendit: Remote
    told: dict[str, str]

    def sale(self, person: str, amount: str) -> None:
        """Say of somebody's one sale what it is worth; a second time corrects it."""
        answer = self.site.post(
            "/activities",
            {
                "external_id": f"LATE-{person}",
                "person": {"id": self.told[f"{person}_id"]},
                "occurred_at": datetime.now(UTC).replace(hour=0, minute=0).isoformat(),
                "amount": {"amount": amount, "currency": "EUR"},
            },
        )
        assert answer["counts"]["accepted"] == 1, answer

    def xendit_is(self, mode: str, **options: object) -> None:
        """Have Xendit behave in some way from now on."""
        self.xendit.mode("normal")
        if mode != "normal":
            self.xendit.mode(mode, **options)


@pytest.fixture(scope="module")
def queues(live_site: LiveSite) -> Iterator[Queues]:
    """People who earn, two of finance, and a vendor that can lose its voice."""
    with process("xendit") as at_xendit:
        yield Queues(
            live_site, Remote(at_xendit), stage(live_site, "queues_stage", "open", at_xendit)
        )


def looks_right(device: Device, shot: str) -> list[str]:
    """Return what axe finds on this screen; keep pictures of it where they are wanted."""
    found, page, usual = is_clean(device), device.page, device.page.viewport_size
    if folder := os.environ.get("SHOTS"):
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            page.screenshot(path=Path(folder) / f"{shot}-{size['width']}.png")
        page.set_viewport_size(usual or DESK)
    return found


def test_an_amount_that_changes_after_approval_is_taken_out_and_what_is_owed_is_settled(
    device: Devices, queues: Queues
) -> None:
    ida, jan = (
        join(device(expected=PROVEN), queues.told["ida"]),
        join(device(expected=PROVEN), queues.told["jan"]),
    )
    nora = join(device(DESK, expected=PROVEN), queues.told["nora"])
    luca = join(device(DESK, expected=PROVEN), queues.told["luca"])
    for name, phone in {"ida": ida, "jan": jan}.items():
        queues.sale(name, "10000.00")
        pay_out(phone, "500.00")
    nora.open("/console/payouts")
    nora.page.get_by_role("link", name="Abel Bank").click()
    expect(nora.page.get_by_role("heading", name="2 payments")).to_be_visible()
    _approved(nora, luca)

    # The return of a sale comes late: 100 of the 500 are not earned any more.
    queues.sale("ida", "8000.00")
    nora.open("/console/payouts")
    expect(nora.page.get_by_text("One thing does not agree. One person owes.")).to_be_visible()
    wrong = nora.page.get_by_role("row").filter(has_text="Part of it is not earned any more")
    expect(wrong).to_contain_text("Ida Kern")
    expect(wrong).to_contain_text("€500.00")
    expect(wrong).to_contain_text("€400.00")
    assert looks_right(nora, "discrepancy") == []

    # The file is given up, her payment taken out, and the rest approved again by the second person.
    wrong.get_by_role("link").click()
    nora.page.wait_for_url(re.compile("/console/payouts/.+"))
    press(nora, "Void file")
    nora.page.get_by_role("dialog").get_by_label("Reason").fill("Not all of it is earned any more.")
    before = nora.page.url
    agree(nora, "Void file")
    nora.page.wait_for_url(lambda url: url != before)
    hers = nora.page.get_by_role("row").filter(has_text="Ida Kern")
    hers.get_by_role("button", name="Take out").click()
    nora.page.get_by_role("dialog").get_by_label("Reason").fill("Not all of it is earned any more.")
    assert looks_right(nora, "take-out") == []
    agree(nora, "Take out")
    expect(hers).to_contain_text("Taken out")
    _approved(nora, luca)
    expect(luca.page.get_by_text(re.compile(r"€500\.00 from Abel Bank: Approved"))).to_be_visible()

    expect(ida.page.get_by_text(re.compile("€500.00 is back in your wallet")).first).to_be_visible(
        timeout=LONG
    )
    expect(
        ida.page.get_by_text("Finance took the payment out before the bank had it.")
    ).to_be_visible()
    _settled(nora, luca)
    _receipts(ida)


def _approved(preparer: Device, approver: Device) -> None:
    """Write the file of the batch that `preparer` looks at, and have the other say yes to it."""
    press(preparer, "Prepare file")
    agree(preparer, "Prepare file")
    expect(preparer.page.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    approver.open(preparer.page.url.removeprefix(preparer.site.url))
    press(approver, "Approve")
    agree(approver, "Approve")
    expect(approver.page.get_by_role("button", name="Download file")).to_be_visible()


def _settled(nora: Device, luca: Device) -> None:
    """One says how what is owed is settled, the other agrees; what did not agree is closed."""
    nora.open("/console/payouts")
    owes = nora.page.get_by_role("row").filter(has_text="Ida Kern").filter(has_text="€100.00")
    expect(owes).to_contain_text("€500.00")
    owes.get_by_role("button", name="Settle").click()
    dialog = nora.page.get_by_role("dialog")
    dialog.get_by_role("radio", name="From the wallet").check()
    dialog.get_by_label("Why, and how do you know?").fill("The customer cancelled in time.")
    assert looks_right(nora, "settle") == []
    agree(nora, "Settle")
    expect(owes).to_contain_text("Waits for somebody else")
    assert looks_right(nora, "overpaid") == []

    luca.open("/console/payouts")
    owes = luca.page.get_by_role("row").filter(has_text="The customer cancelled in time.")
    owes.get_by_role("button", name="Agree").click()
    agree(luca, "Agree")
    expect(luca.page.get_by_text("Nobody was paid too much.")).to_be_visible()
    wrong = luca.page.get_by_role("row").filter(has_text="Part of it is not earned any more")
    wrong.get_by_role("button", name="Close").click()
    luca.page.get_by_label("What was done about it?").fill("Taken out, and settled.")
    agree(luca, "Close")
    expect(wrong).to_have_count(0)


def _receipts(ida: Device) -> None:
    """Every line of the wallet opens to its own receipt."""
    page = ida.page
    ida.open("/wallet")
    expect(page.get_by_text(re.compile("€400.00 to use"))).to_be_visible()
    page.get_by_role("link", name="What you owed, settled").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("It was taken from what you can use.")
    assert looks_right(ida, "movement") == []
    sheet.get_by_role("button", name="Close").click()

    page.get_by_role("link", name="Earned").filter(has_text="100.00").click()
    expect(sheet).to_contain_text("This took Main from €500.00 to €400.00.")
    assert looks_right(ida, "receipt") == []
    sheet.get_by_role("button", name="Close").click()
    page.get_by_role("link", name=re.compile("^Came back")).click()
    page.wait_for_url("**/wallet/payouts/*")


def test_an_order_that_a_vendor_answers_with_silence_waits_for_people_and_says_what_was_tried(
    device: Devices, queues: Queues
) -> None:
    siti = join(device(expected=PROVEN), queues.told["siti"])
    nora = join(device(DESK, expected=PROVEN), queues.told["nora2"])
    luca = join(device(DESK, expected=PROVEN), queues.told["luca2"])

    # The vendor pays, answers 504, and cannot be asked for a while.
    queues.xendit_is("down", on="payout.list")
    queues.xendit.mode("timeout", on="payout.create", times=1)
    pay_out(siti, "150000")
    expect(siti.page.get_by_text(re.compile("Your money is safe"))).to_be_visible(timeout=LONG)
    row = _stuck(nora, "Siti Rahma", tries=2)
    row.locator("summary").click()
    expect(row.get_by_role("listitem").first).to_contain_text("Ordered")
    expect(row.get_by_role("listitem").first).to_contain_text("504")
    expect(row.get_by_role("listitem").nth(1)).to_contain_text("Asked")
    assert looks_right(nora, "unknown") == []
    queues.xendit_is("normal")
    row.get_by_role("button", name="Ask again").click()
    expect(nora.page.get_by_text("The provider is being asked.")).to_be_visible()
    expect(siti.page.get_by_text(re.compile("has been paid"))).to_be_visible(timeout=LONG)
    nora.open("/console/payouts/reconciliation")
    expect(nora.page.get_by_text("Every order has its answer.")).to_be_visible()

    # It never reached the vendor, who cannot be asked: two people say what became of it.
    queues.xendit_is("down")
    pay_out(siti, "200000")
    expect(siti.page.get_by_text(re.compile("Your money is safe"))).to_be_visible(timeout=LONG)
    row = _stuck(nora, "Siti Rahma")
    row.get_by_role("button", name="Say what became of it").click()
    dialog = nora.page.get_by_role("dialog")
    dialog.get_by_role("radio", name="It never was").check()
    dialog.get_by_label("How do you know?").fill("Xendit looked on the phone: nothing there.")
    assert looks_right(nora, "verdict") == []
    agree(nora, "Say what became of it")
    expect(row).to_contain_text("Waits for somebody else")
    row = _stuck(luca, "Xendit looked on the phone")
    row.get_by_role("button", name="Agree").click()
    agree(luca, "Agree")
    expect(luca.page.get_by_text("Every order has its answer.")).to_be_visible()
    expect(
        siti.page.get_by_role("heading", name=re.compile("is back in your wallet"))
    ).to_be_visible(timeout=LONG)
    queues.xendit_is("normal")
    assert [one["amount"] for one in queues.xendit.books()["payouts"].values()] == [150_000]


def _stuck(desk: Device, text: str, *, tries: int = 1) -> Locator:
    """Open the queue of unknown outcomes; return the order of which it speaks, once so much was tried."""
    desk.open("/console/payouts")
    desk.page.get_by_role("link", name="Reconciliation").click()
    desk.page.wait_for_url("**/reconciliation")
    row = desk.page.get_by_role("row").filter(has_text=text)
    for _ in range(LOOKS):
        expect(row).to_be_visible()
        said = re.match(r"\d+", row.locator("summary").inner_text())
        if int(said[0] if said else 1) >= tries:
            break
        desk.page.wait_for_timeout(1_000)
        desk.page.reload()
    return row
