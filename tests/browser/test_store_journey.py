"""Rewards from a vendor on the phone: a gift card, an experience, and what goes wrong on the way."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from app.runtime import sandboxes
from app.settings import sandbox_hook_in
from tests.browser.acts import PROVEN, Devices, is_clean, join
from tests.browser.backstage import stage
from tests.browser.conftest import Device, LiveSite
from tests.sandboxes import plum_catalog
from tests.sandboxes.base import Remote, process

Product = dict[str, Any]

SOON = 30_000
TRIES = 20
AFTER_SOME_LOOKS = 150_000
"""Milliseconds in which an order whose provider was away is looked up again."""


@dataclass(frozen=True)
class Assortment:
    """The few products of Plum's catalog that this journey is about."""

    card: Product
    open_card: Product
    page_card: Product
    dinner: Product

    @property
    def numbers(self) -> set[int]:
        """What Plum knows them by."""
        return {one["productId"] for one in vars(self).values()}


@dataclass(frozen=True)
class Store:
    """The vendor behind a live site, and who can be somebody there."""

    site: LiveSite
    plum: Remote
    sells: Assortment
    hidden: list[int] = field(default_factory=list)

    def stage(self, *arguments: str) -> dict[str, str]:
        """Do something behind the scenes."""
        port = str(urlsplit(self.site.url).port)
        beside = {"PORT": port, sandboxes.VARIABLE: f"plum={self.plum.url}"}
        return stage(self.site, "store_stage", *arguments, **beside)

    def welcome(self, phone: Device, name: str, email: str) -> Device:
        """Let somebody with 500 euros join on a new phone; end on Today, with a passkey."""
        return join(phone, self.stage("person", name, email)["join"])

    def plum_is(self, mode: str, **options: object) -> None:
        """Have Plum behave in some way from now on."""
        self.plum.mode("normal")
        self.plum.mode("withdrawn", products=self.hidden)
        if mode != "normal":
            self.plum.mode(mode, **options)

    def orders(self) -> list[dict[str, Any]]:
        """Return what Plum has in its own books."""
        return list(self.plum.books()["orders"].values())


def assortment(catalog: list[Product]) -> Assortment:
    """Choose products of Italy that are delivered at once."""

    def first(fits: Callable[[Product], bool]) -> Product:
        return next(
            one
            for one in catalog
            if one["countryCode"] == "IT" and one["deliveryType"] == "realtime" and fits(one)
        )

    def is_card(one: Product) -> bool:
        return "Experiences" not in one["categories"]

    return Assortment(
        card=first(
            lambda one: (
                is_card(one)
                and one["usageType"] == "both"
                and "25" in one["valueDenominations"].split(",")
            )
        ),
        open_card=first(
            lambda one: (
                is_card(one) and one["usageType"] == "both" and one["valueType"] == "open_value"
            )
        ),
        page_card=first(
            lambda one: (
                is_card(one)
                and one["usageType"] == "online"
                and one["productId"] % 3 == 0
                and one["valueType"] == "fixed_denomination"
            )
        ),
        dinner=first(lambda one: one["categories"] == "Experiences,Fine Dining"),
    )


@pytest.fixture(scope="module")
def store(live_site: LiveSite) -> Iterator[Store]:
    """Plum beside the demo, which is told of it as by `make run`; a small part of its catalog."""
    catalog = plum_catalog.products()
    sells = assortment(catalog)
    hidden = [one["productId"] for one in catalog if one["productId"] not in sells.numbers]
    with process("plum") as at_plum:
        opened = Store(live_site, Remote(at_plum), sells, hidden)
        opened.plum_is("normal")
        opened.stage("open")
        hook = json.loads(sandbox_hook_in(live_site.home, "plum").read_text())
        opened.plum.hook(**hook)
        yield opened


def brand(product: Product) -> str:
    """Return a product's name as the phone shows it."""
    return str(product["name"]).removesuffix(" Italy")


def find(phone: Device, product: Product) -> Page:
    """Look a product up in the store, once the catalog has come from the vendor, and open it."""
    page = phone.page
    # A shelf tells what it is apart from where it is.
    found = page.get_by_role("link").filter(has_text=brand(product).partition(", ")[0]).first
    for _ in range(TRIES):
        phone.open("/rewards")
        page.get_by_role("searchbox").fill(brand(product))
        with contextlib.suppress(NotInTime):
            found.wait_for(timeout=SOON / 5)
            break
    found.click()
    page.wait_for_url("**/rewards/*")
    return page


def confirm(page: Page) -> None:
    """Say yes in the sheet; end on the page of the order."""
    page.get_by_role("dialog").get_by_role("button", name="Confirm with passkey").click()
    page.wait_for_url("**/rewards/orders/*")


def order(phone: Device, product: Product, amount: str | None = None) -> Page:
    """Order a product at one of its amounts."""
    page = find(phone, product)
    if amount is not None:
        page.get_by_role("radio", name=amount, exact=True).check()
    page.get_by_role("button", name="Next").click()
    confirm(page)
    return page


def test_a_card_and_an_experience_of_plum_reach_the_phone(device: Devices, store: Store) -> None:
    phone = store.welcome(device(expected=PROVEN), "Mara Conti", "mara@example.test")
    page = find(phone, store.sells.card)
    assert is_clean(phone) == []

    # A card: the passkey of this morning is too old for an order, a fresh one confirms it.
    store.stage("later", "mara@example.test")
    page.get_by_role("radio", name="€25", exact=True).check()
    page.get_by_role("button", name="Next").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("€475.00")).to_be_visible()
    expect(sheet.get_by_text("The code is there at once")).to_be_visible()
    assert is_clean(phone) == []
    with page.expect_response("**/api/v1/step-up/verify") as proof:
        confirm(page)
    assert proof.value.ok
    expect(page.get_by_text(re.compile("s yours: €25.00"))).to_be_visible(timeout=SOON)
    (bought,) = store.orders()
    voucher = bought["said"]["vouchers"][0]
    assert voucher["voucherCode"] not in page.content()
    with page.expect_response("**/api/v1/step-up/verify"):
        page.get_by_role("button", name="Show the code").click()
    expect(page.locator(".code").first).to_have_text(voucher["voucherCode"])
    expect(page.get_by_role("img", name=re.compile("Barcode"))).to_be_visible()
    assert is_clean(phone) == []
    phone.open("/rewards")
    expect(page.get_by_text("You have €475.00 to spend.")).to_be_visible()

    # A card that is a page of the vendor and no code.
    order(phone, store.sells.page_card, "€10")
    page.get_by_role("button", name="Show the code").click()
    link = page.get_by_role("link", name="Open the voucher page")
    expect(link).to_have_attribute("href", re.compile("^https://redeem.example.com/"))

    _an_evening_out(phone, store)


def _an_evening_out(phone: Device, store: Store) -> None:
    """An experience: where it is, a day in mind, a voucher with a QR code."""
    dinner, day = store.sells.dinner, datetime.now(UTC).date() + timedelta(days=30)
    page = find(phone, dinner)
    expect(page.get_by_text(dinner["name"].rsplit(", ", 1)[1]).first).to_be_visible()
    page.get_by_role("button", name="Next").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("You book the day with the host")).to_be_visible()
    sheet.get_by_label("Day you have in mind").fill(day.isoformat())
    assert is_clean(phone) == []
    confirm(page)
    expect(page.get_by_text(f"s yours: {dinner['name']}.")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Show the voucher").click()
    expect(page.get_by_role("img", name=re.compile("QR"))).to_be_visible()
    assert is_clean(phone) == []
    kept = page.evaluate(
        "async () => (await (await fetch('/api/v1/me/redemptions')).json()).items[0].wished_on"
    )
    assert kept == day.isoformat()


def test_a_vendor_that_is_away_takes_nothing_and_one_that_refuses_gives_back(
    device: Devices, store: Store
) -> None:
    phone = store.welcome(device(expected=PROVEN), "Nino Basile", "nino@example.test")
    page = phone.page

    # Away: nobody says more than is known; the code comes by itself, without a reload.
    store.plum_is("down")
    order(phone, store.sells.card, "€25")
    expect(page.get_by_text(re.compile("No word yet about this order"))).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Being checked")).to_be_visible()
    assert is_clean(phone) == []
    page.evaluate("() => { window.isTheSamePage = true }")
    store.plum_is("normal")
    store.stage("wait")
    expect(page.get_by_text(re.compile("s yours: €25.00"))).to_be_visible(timeout=AFTER_SOME_LOOKS)
    assert page.evaluate("window.isTheSamePage")
    page.get_by_role("button", name="Show the code").click()
    theirs = {one["said"]["vouchers"][0]["voucherCode"] for one in store.orders()}
    expect(page.locator(".code").first).to_have_text(re.compile("-"))
    assert page.locator(".code").first.inner_text() in theirs

    # Later: the vendor's own news brings it, long before anybody would look again.
    store.plum_is("delayed", on="placeOrder", seconds=3600)
    order(phone, store.sells.card, "€25")
    expect(page.get_by_text(re.compile("has the order. The code is on its way"))).to_be_visible(
        timeout=SOON
    )
    page.evaluate("() => { window.isTheSamePage = true }")
    store.plum.forward(3601)
    expect(page.get_by_text(re.compile("s yours: €25.00"))).to_be_visible(timeout=SOON)
    assert page.evaluate("window.isTheSamePage")
    assert store.plum.hooks()["sent"][-1]["statuses"] == [204]

    # Refused: all of it is back, with the reason, and the balance says so.
    store.plum_is("sold_out", products=[store.sells.card["productId"]])
    order(phone, store.sells.card, "€25")
    expect(page.get_by_text(re.compile("€25.00 is back in your balance"))).to_be_visible(
        timeout=SOON
    )
    expect(page.get_by_text("It was sold out when it was ordered.")).to_be_visible()
    expect(page.get_by_text("Money returned").first).to_be_visible()
    assert is_clean(phone) == []
    phone.open("/rewards")
    expect(page.get_by_text("You have €450.00 to spend.")).to_be_visible()


def test_what_cannot_be_ordered_says_so_and_costs_nothing(device: Devices, store: Store) -> None:
    phone = store.welcome(device(expected=PROVEN), "Pia Greco", "pia@example.test")
    store.plum_is("normal")
    before = len(store.orders())

    # More than there is.
    page = find(phone, store.sells.open_card)
    amount = page.get_by_label("Your amount")
    amount.fill("500.01")
    amount.blur()
    expect(page.get_by_text("That is more than you have.")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    amount.fill("20")
    amount.blur()
    page.get_by_role("button", name="Next").click()

    # The signal goes and comes back; two taps are one order.
    button = page.get_by_role("dialog").get_by_role("button", name="Confirm with passkey")
    phone.context.set_offline(True)
    expect(button).to_be_disabled()
    phone.context.set_offline(False)
    expect(button).to_be_enabled()
    button.dblclick()
    page.wait_for_url("**/rewards/orders/*")
    expect(page.get_by_text(re.compile("s yours: €20.00"))).to_be_visible(timeout=SOON)
    assert len(store.orders()) == before + 1

    # Taken off the shelf while somebody looks at it.
    page = find(phone, store.sells.page_card)
    page.get_by_role("radio", name="€10", exact=True).check()
    page.get_by_role("button", name="Next").click()
    store.stage("retire", brand(store.sells.page_card))
    phone.expected.append("status of 422")
    page.get_by_role("dialog").get_by_role("button", name="Confirm with passkey").click()
    expect(
        page.get_by_text("This is no longer offered. Your balance is untouched.")
    ).to_be_visible()
    phone.open("/rewards")
    expect(page.get_by_text("You have €480.00 to spend.")).to_be_visible()
    assert len(store.orders()) == before + 1
