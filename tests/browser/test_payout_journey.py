"""Money to a bank on the phone: add an account, have the bank asked, wait, pay out; and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.acts import PROVEN, Devices, join, pay_out
from tests.browser.backstage import stage
from tests.browser.conftest import Device, LiveSite
from tests.sandboxes.base import Remote, process

ACCOUNT = {"Account number": "026291800001191", "IFSC": "YESB0000262"}
"""The account of JOHN DOE in the vendor's own list of test accounts."""


@dataclass(frozen=True)
class Counter:
    """The vendors behind a live site."""

    site: LiveSite
    bank: Remote
    join: str

    def release(self) -> None:
        """Let the hold of every account be over."""
        stage(self.site, "payouts_stage", "release")

    def bank_is(self, mode: str, **options: object) -> None:
        """Have the bank behave in some way from now on."""
        self.bank.mode("normal")
        if mode != "normal":
            self.bank.mode(mode, **options)


@pytest.fixture(scope="module")
def counter(live_site: LiveSite) -> Iterator[Counter]:
    """A rep with 5,000 rupees, a bank checker and a bank."""
    with process("cashfree") as at_cashfree, process("razorpayx") as at_razorpayx:
        told = stage(live_site, "payouts_stage", "open", at_cashfree, at_razorpayx)
        bank = Remote(at_razorpayx)
        bank.hook(url=f"{live_site.url}/api/v1/hooks/{told['hook_path']}", secret=told["secret"])
        yield Counter(live_site, bank, told["join"])


def test_money_reaches_a_bank_account_after_a_penny_drop_and_a_hold(
    device: Devices, counter: Counter
) -> None:
    phone = join(device(expected=PROVEN), counter.join)
    page = phone.page

    phone.open("/wallet")
    expect(page.get_by_text(re.compile("₹5,000.00 to use"))).to_be_visible()
    page.get_by_role("link", name="Pay out").click()
    expect(page.get_by_text("Needs a bank account.")).to_be_visible()
    page.get_by_role("link", name="Add an account").click()

    # One slip of the pen is told before the passkey is asked for.
    page.get_by_label("Account number").fill(ACCOUNT["Account number"])
    page.get_by_label("IFSC").fill("YESB1000262")
    page.get_by_role("button", name="Add with passkey").click()
    phone.expected.append("status of 422")
    expect(page.get_by_text(re.compile("An IFSC has four letters"))).to_be_visible()
    page.get_by_label("IFSC").fill(ACCOUNT["IFSC"])
    page.get_by_role("button", name="Add with passkey").click()

    page.get_by_role("button", name="Have it checked").click()
    expect(page.get_by_text("Is this you?")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("J*** D**")).to_be_visible()
    assert "026291800001191" not in page.content()
    page.get_by_role("button", name="Yes, this is me").click()
    expect(page.get_by_text(re.compile("It can be paid from"))).to_be_visible()

    phone.open("/wallet/pay-out")
    expect(page.get_by_text("Your account is held a little longer.")).to_be_visible()
    counter.release()
    pay_out(phone, "1000")
    expect(page.get_by_text("₹995.00 has been paid.")).to_be_visible(timeout=120_000)
    phone.open("/wallet")
    expect(page.get_by_text(re.compile("₹4,000.00 to use"))).to_be_visible()

    _what_may_go_wrong(phone, counter)


def _what_may_go_wrong(phone: Device, counter: Counter) -> None:
    page = phone.page
    # A refusal gives everything back, the fee too, and asks for other details.
    counter.bank_is("failed", on="payout.create")
    pay_out(phone, "500")
    expect(page.get_by_text(re.compile("₹500.00 is back in your wallet"))).to_be_visible(
        timeout=120_000
    )
    expect(page.get_by_role("link", name="Give other bank details")).to_be_visible()
    phone.open("/wallet")
    expect(page.get_by_text(re.compile("₹4,000.00 to use"))).to_be_visible()

    # The bank is away: nobody says more than is known, and later it is paid once.
    counter.bank_is("down")
    pay_out(phone, "700")
    expect(page.get_by_text(re.compile("Your money is safe"))).to_be_visible(timeout=120_000)
    counter.bank_is("normal")
    expect(page.get_by_text("₹695.00 has been paid.")).to_be_visible(timeout=150_000)

    # Weeks later the bank sends the money back.
    counter.bank_is("reversed", on="payout.create")
    pay_out(phone, "800")
    expect(page.get_by_text("₹795.00 has been paid.")).to_be_visible(timeout=120_000)
    counter.bank.forward(4 * 86_400)
    expect(page.get_by_text(re.compile("₹800.00 is in your wallet again"))).to_be_visible(
        timeout=120_000
    )
    paid = [one for one in counter.bank.books()["payouts"].values() if one["status"] == "processed"]
    assert [one["amount"] for one in paid] == [99_500, 69_500]


@pytest.mark.parametrize(
    "path", ["/wallet", "/wallet/accounts", "/wallet/accounts/new", "/wallet/help"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_wallet_is_open_to_everybody(device: Devices, path: str, scheme: str) -> None:
    phone = device(color_scheme=scheme)
    phone.sign_in_as("rep")

    phone.open(path)

    assert phone.axe() == []
