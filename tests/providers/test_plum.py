from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import accounts, wire
from app.providers.accounts import Memory
from app.providers.contract import (
    Accepted,
    Answer,
    Forged,
    Hint,
    Malformed,
    NotFound,
    Offer,
    Order,
    Refused,
    Reversed,
    Settled,
    Unknown,
)
from app.providers.plum import Plum
from app.providers.wire import BadReply, Wire
from tests.conftest import NOON, Work
from tests.providers.conformance import RemoteConformance
from tests.sandboxes import base
from tests.sandboxes import plum as vendor

HOOK_SECRET = "Zm9yb3VydGVzdHM1"
FIRST_MS = "1600000000000"
LATE_MS = "4000000000000"

Make = Callable[[], Plum]


@pytest.fixture
def there() -> Iterator[base.Remote]:
    """The vendor, at the time of the tests."""
    wire.connect(allows_loopback=True)
    sandbox = vendor.make_sandbox()
    sandbox.ahead = NOON - datetime.now(UTC)
    with base.running(sandbox) as url:
        yield base.Remote(url)


@pytest.fixture
def make(there: base.Remote, work: Work) -> Make:
    """Make adapters of one account, as many workers have them."""
    return maker(there, work, access_expiry=LATE_MS)


def maker(there: base.Remote, work: Work, **secrets: str) -> Make:
    url = f"{there.url}/chef/v1/oauth"
    with work() as db:
        row = accounts.add(
            db,
            provider="plum",
            label="Plum",
            base_url=url,
            settings={"timeout_seconds": "1"},
            secrets={
                "client_id": vendor.CLIENT_ID,
                "client_secret": vendor.CLIENT_SECRET,
                "access_token": vendor.FIRST_ACCESS,
                "refresh_token": vendor.FIRST_REFRESH,
                "webhook_secret": HOOK_SECRET,
                **secrets,
            },
        )
        account_id = row.id

    def make() -> Plum:
        with work() as db:
            account = accounts.opened(db, accounts.get(db, account_id))
        return Plum(account, Wire(url), Memory(work, account_id))

    return make


@pytest.fixture
def theirs(make: Make) -> Plum:
    return make()


def product(**wanted: str) -> dict[str, Any]:
    """Return a product of the vendor that is delivered at once."""
    wanted = {
        "countryCode": "IT",
        "deliveryType": "realtime",
        "valueType": "fixed_denomination",
        "usageType": "both",
    } | wanted
    return next(
        entry
        for entry in vendor.Plum.catalog
        if all(value in str(entry[field]) for field, value in wanted.items())
    )


def order(entry: dict[str, Any] | None = None, **changes: Any) -> Order:
    chosen = entry or product()
    amount = chosen["valueDenominations"].split(",")[0]
    money = Money(int(float(amount) * 100), chosen["currencyCode"])
    placed = Order(new_id().hex, new_id(), money, product_code=str(chosen["productId"]))
    return replace(placed, **changes)


def orders(there: base.Remote) -> list[dict[str, Any]]:
    return list(there.books()["orders"].values())


def test_an_order_brings_a_voucher_and_says_what_it_cost(there: base.Remote, theirs: Plum) -> None:
    wanted = order()

    answer = theirs.place(wanted)

    (placed,) = orders(there)
    (voucher,) = placed["said"]["vouchers"]
    assert isinstance(answer, Settled)
    assert answer.reference == str(placed["said"]["orderId"])
    assert answer.charged == wanted.money
    assert answer.deliveries[0].code == voucher["voucherCode"]
    assert answer.deliveries[0].pin == voucher["pin"]
    assert answer.expires_on is not None
    assert answer.expires_on.isoformat() == voucher["validity"]


def test_a_voucher_that_is_an_address_comes_as_an_address(theirs: Plum) -> None:
    entry = next(
        one
        for one in vendor.Plum.catalog
        if one["usageType"] == "online"
        and one["productId"] % 3 == 0
        and one["deliveryType"] == "realtime"
        and one["valueType"] == "fixed_denomination"
        and one["currencyCode"] == "EUR"
    )

    answer = theirs.place(order(entry))

    assert isinstance(answer, Settled)
    assert answer.deliveries[0].url is not None
    assert answer.deliveries[0].url.startswith("https://")
    assert answer.deliveries[0].code == ""


def test_an_experience_is_ordered_like_a_card(theirs: Plum) -> None:
    answer = theirs.place(order(product(categories="Experiences,Wellness", usageType="offline")))

    assert isinstance(answer, Settled)


def test_what_is_charged_is_what_plum_says_in_its_own_currency(theirs: Plum) -> None:
    rupees = order(product(countryCode="IN"))

    answer = theirs.place(rupees)

    assert rupees.money.currency == "INR"
    assert isinstance(answer, Settled)
    assert answer.charged.currency == "EUR"
    assert 0 < answer.charged.minor < rupees.money.minor


def test_another_price_than_the_face_value_is_told_as_charged(
    there: base.Remote, theirs: Plum
) -> None:
    there.mode("other_price", percent=110)
    wanted = order()

    answer = theirs.place(wanted)

    assert isinstance(answer, Settled)
    assert answer.charged.minor == wanted.money.minor * 110 // 100


def test_the_same_number_orders_once(there: base.Remote, theirs: Plum) -> None:
    wanted = order()

    first, second = theirs.place(wanted), theirs.place(wanted)

    assert first == second
    assert len(orders(there)) == 1


def test_a_vendor_that_replays_the_number_is_understood_too(
    there: base.Remote, theirs: Plum
) -> None:
    there.mode("replays")
    wanted = order()

    assert theirs.place(wanted) == theirs.place(wanted)


def test_a_delayed_delivery_is_accepted_then_settled(there: base.Remote, theirs: Plum) -> None:
    there.mode("delayed", times=1, seconds=3600)
    wanted = order()

    at_first, between = theirs.place(wanted), theirs.lookup(wanted.key)
    there.forward(4000)
    at_last = theirs.lookup(wanted.key)

    assert isinstance(at_first, Accepted)
    assert between == at_first
    assert isinstance(at_last, Settled)


def test_a_delivery_that_is_cancelled_is_refused(there: base.Remote, theirs: Plum) -> None:
    there.mode("cancels", times=1, seconds=60)
    wanted = order()
    theirs.place(wanted)

    there.forward(100)

    found = theirs.lookup(wanted.key)
    assert isinstance(found, Refused)
    assert found.code == "cancelled"


def test_states_in_capitals_mean_the_same(there: base.Remote, theirs: Plum) -> None:
    there.mode("shouting")

    assert isinstance(theirs.place(order()), Settled)


def test_amounts_as_text_are_read_exactly(there: base.Remote, theirs: Plum) -> None:
    there.mode("words")
    wanted = order()

    answer = theirs.place(wanted)

    assert isinstance(answer, Settled)
    assert answer.charged == wanted.money


def test_three_vouchers_of_five_are_nobodys_success(there: base.Remote, theirs: Plum) -> None:
    there.mode("partial", times=1, quantity=5, delivered=3)
    wanted = order()

    answer = theirs.place(wanted)

    assert isinstance(answer, Unknown)
    assert answer.reason == "partial"
    assert len(answer.deliveries) == 3
    assert theirs.lookup(wanted.key) == answer


@pytest.mark.parametrize("ugly", ["timeout", "dropped", "reset", "html", "cut", "empty", "huge"])
def test_an_answer_that_is_lost_is_unknown_and_found_by_looking(
    there: base.Remote, theirs: Plum, ugly: str
) -> None:
    there.mode(ugly, on="placeOrder", times=1)
    wanted = order()

    answer = theirs.place(wanted)

    assert isinstance(answer, Unknown)
    assert isinstance(theirs.lookup(wanted.key), Settled)
    assert len(orders(there)) == 1


@pytest.mark.parametrize("ugly", ["charset", "nan", "duplicate_keys"])
def test_an_answer_that_can_be_read_two_ways_is_not_read(
    there: base.Remote, theirs: Plum, ugly: str
) -> None:
    there.mode(ugly, on="placeOrder", times=1)

    answer = theirs.place(order())

    assert isinstance(answer, Unknown)
    assert answer.reason.startswith("unreadable")


def test_an_answer_that_takes_too_long_is_unknown(there: base.Remote, theirs: Plum) -> None:
    there.mode("slow", on="placeOrder", times=1, seconds=2)
    wanted = order()

    answer = theirs.place(wanted)

    assert answer == Unknown("timeout")
    assert isinstance(theirs.lookup(wanted.key), Settled)


def test_the_answer_of_another_order_is_not_taken_for_ours(
    there: base.Remote, theirs: Plum
) -> None:
    theirs.place(order())
    there.mode("crossed", on="placeOrder", times=1)

    answer = theirs.place(order())

    assert isinstance(answer, Unknown)
    assert "another order" in answer.reason


def test_a_provider_that_is_down_has_ordered_nothing(there: base.Remote, theirs: Plum) -> None:
    there.mode("down")
    wanted = order()

    assert isinstance(theirs.place(wanted), Unknown)
    there.mode("normal")
    assert theirs.lookup(wanted.key) == NotFound()


def test_not_found_at_first_is_said_as_it_is(there: base.Remote, theirs: Plum) -> None:
    wanted = order()
    theirs.place(wanted)
    there.mode("not_found_first", times=2)

    found = [theirs.lookup(wanted.key) for _ in range(3)]

    assert found[:2] == [NotFound(), NotFound()]
    assert isinstance(found[2], Settled)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("PLE10001", "invalid_order"),
        ("PLE10015", "not_offered"),
        ("PLE10017", "not_offered"),
        ("PLE10018", "not_offered"),
        ("PLE10019", "not_offered"),
        ("PLE10036", "cancelled"),
        ("PLE10041", "not_offered"),
        ("PLE10042", "not_offered"),
    ],
)
def test_definitive_errors_refuse(there: base.Remote, theirs: Plum, error: str, code: str) -> None:
    there.mode("fails", on="placeOrder", times=1, id=error)

    assert theirs.place(order()) == Refused(code, error)


def test_sold_out_takes_the_product_from_the_shelf(there: base.Remote, theirs: Plum) -> None:
    wanted = order()
    there.mode("sold_out", products=[int(wanted.product_code)])

    answer = theirs.place(wanted)

    assert isinstance(answer, Refused)
    assert (answer.code, answer.restock, answer.pauses) == ("out_of_stock", True, False)


@pytest.mark.parametrize(
    "error", ["PLE10005", "PLE10006", "PLE10014", "PIPE10015", "PIPE10016", "PIPE10017"]
)
def test_trouble_with_our_account_pauses(there: base.Remote, theirs: Plum, error: str) -> None:
    there.mode("fails", on="placeOrder", times=1, id=error)

    answer = theirs.place(order())

    assert isinstance(answer, Refused)
    assert answer.pauses


@pytest.mark.parametrize("error", ["PLE10012", "PLE10025", "PLE10035"])
@pytest.mark.parametrize("commits", [True, False])
def test_errors_after_which_nobody_knows_are_unknown(
    there: base.Remote, theirs: Plum, error: str, commits: bool
) -> None:
    there.mode("fails", on="placeOrder", times=1, id=error, commit=commits)
    wanted = order()

    assert isinstance(theirs.place(wanted), Unknown)
    assert isinstance(theirs.lookup(wanted.key), Settled if commits else NotFound)


@pytest.mark.parametrize("error", ["PLE10007", "PLE10010", "PLE10011"])
def test_errors_half_way_are_looked_up_once(there: base.Remote, theirs: Plum, error: str) -> None:
    there.mode("fails", on="placeOrder", times=1, id=error, commit=True)
    found = theirs.place(order())
    there.mode("fails", on="placeOrder", times=1, id=error)
    lost = theirs.place(order())

    assert isinstance(found, Settled)
    assert isinstance(lost, Refused)


def test_an_empty_wallet_holds_orders_until_it_is_filled(there: base.Remote, theirs: Plum) -> None:
    there.mode("out_of_money", on="placeOrder", times=1)

    answer = theirs.place(order())

    assert isinstance(answer, Refused)
    assert (answer.code, answer.pauses) == ("provider_out_of_money", True)


def test_a_refund_that_failed_is_nobodys_refusal(there: base.Remote, theirs: Plum) -> None:
    there.mode("refund_failed", times=1)
    wanted = order()

    answer = theirs.place(wanted)

    assert answer == Unknown("refund_failed")
    assert theirs.lookup(wanted.key) == answer


def test_a_used_number_that_cannot_be_found_is_not_given_back(
    there: base.Remote, theirs: Plum
) -> None:
    wanted = order()
    theirs.place(wanted)
    there.mode("not_found_first", times=1)

    assert theirs.place(wanted) == Unknown("key_used")


def test_a_delivered_order_that_is_cancelled_later_is_reversed(work: Work) -> None:
    wire.connect(allows_loopback=True)
    sandbox = vendor.make_sandbox()
    with base.running(sandbox) as url:
        theirs = maker(base.Remote(url), work, access_expiry=LATE_MS)()
        wanted = order()
        placed = theirs.place(wanted)
        sandbox._cancel_order(sandbox.state["orders"][wanted.key])

        found = theirs.lookup(wanted.key)

    assert isinstance(placed, Settled)
    assert found == Reversed(placed.reference, "cancelled")


def test_too_many_calls_silence_every_worker_for_the_penalty(
    there: base.Remote, make: Make
) -> None:
    there.mode("throttled", on="placeOrder", times=1, seconds=45)

    first = make().place(order())
    other = make().place(order())

    assert isinstance(first, Unknown)
    assert isinstance(other, Unknown)
    assert first.retry_after == other.retry_after == timedelta(seconds=45)
    assert len(there.calls("placeOrder")) == 1


def test_a_listing_over_the_limit_does_not_silence_orders(there: base.Remote, make: Make) -> None:
    there.mode("throttled", on="getVouchers", times=1)

    with pytest.raises(BadReply):
        list(make().products(None))

    assert isinstance(make().place(order()), Settled)


@pytest.mark.parametrize("mode", ["strict", "grace"])
def test_twenty_workers_refresh_one_dead_token_once(
    there: base.Remote, make: Make, mode: str
) -> None:
    there.mode(mode)
    there.mode("unauthorized", on="placeOrder", times=1)
    workers = [make() for _ in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: one.place(order()), workers))

    books = there.books()
    assert all(isinstance(answer, Settled) for answer in answers)
    assert (books["refreshes"], books["reused_refresh_tokens"]) == (1, 0)
    assert len(books["orders"]) == 20


def test_the_token_is_replaced_at_half_its_life(there: base.Remote, work: Work) -> None:
    half = NOON + timedelta(days=7)
    make = maker(there, work, access_expiry=str(int(half.timestamp() * 1000)))

    make().balance()
    make().balance()

    assert there.books()["refreshes"] == 1
    assert len(there.calls("refreshToken")) == 1


def test_a_pair_of_unknown_age_is_replaced_at_once(there: base.Remote, work: Work) -> None:
    maker(there, work)().balance()

    assert there.books()["refreshes"] == 1


def test_a_refresh_that_is_not_answered_lets_the_old_token_work(
    there: base.Remote, work: Work
) -> None:
    there.mode("down", on="refreshToken", times=1)
    theirs = maker(there, work, access_expiry=FIRST_MS)()

    assert isinstance(theirs.place(order()), Settled)


def test_credentials_that_died_pause_and_order_nothing(there: base.Remote, work: Work) -> None:
    theirs = maker(there, work, refresh_token="spent", access_expiry=FIRST_MS)()

    answer = theirs.place(order())

    assert isinstance(answer, Refused)
    assert (answer.code, answer.pauses) == ("provider_access", True)
    assert orders(there) == []


def test_the_balance_is_whole_minor_units(theirs: Plum) -> None:
    assert theirs.balance() == {"EUR": 10_000_000}


def test_a_balance_that_is_not_told_is_none(there: base.Remote, theirs: Plum) -> None:
    there.mode("html", on="getBalance")

    assert theirs.balance() is None


def test_the_history_says_what_was_ordered(there: base.Remote, theirs: Plum) -> None:
    card, rupees = order(), order(product(countryCode="IN"))
    answers: list[Answer] = [theirs.place(card), theirs.place(rupees)]

    placed = {one.key: one for one in theirs.history(NOON - timedelta(days=1))}

    assert {key: one.money for key, one in placed.items()} == {
        card.key: card.money,
        rupees.key: rupees.money,
    }
    assert isinstance(answers[1], Settled)
    found = placed[rupees.key].finding
    assert isinstance(found, Settled)
    assert found.charged == answers[1].charged
    assert list(theirs.history(NOON + timedelta(days=1))) == []


def test_a_history_that_breaks_off_is_no_history(there: base.Remote, theirs: Plum) -> None:
    theirs.place(order())
    there.mode("cut", on="getOrderHistory")

    with pytest.raises(BadReply):
        list(theirs.history(NOON - timedelta(days=1)))


def test_the_catalog_is_listed_whole(theirs: Plum) -> None:
    offers = list(theirs.products(None))

    cards = [one for one in offers if isinstance(one, Offer) and one.kind == "gift_card"]
    experiences = [one for one in offers if isinstance(one, Offer) and one.kind == "experience"]
    assert len(offers) == len(cards) + len(experiences) == len(vendor.Plum.catalog)
    assert len(cards) >= 5_000
    assert len(experiences) >= 10_000
    assert len({one.country for one in cards}) >= 80
    assert {category for one in experiences for category in one.categories} == {
        "Adventure",
        "Hobbies and Activities",
        "Fine Dining",
        "Wellness",
        "Getaways",
    }


def test_only_what_changed_is_listed_again(there: base.Remote, theirs: Plum) -> None:
    number = product()["productId"]
    there.mode("renamed", product=number, name="Freshly named")

    offers = list(theirs.products(NOON - timedelta(minutes=5)))

    assert len(there.calls("getVouchers")) == 1
    assert isinstance(offers[0], Offer)
    assert (offers[0].code, offers[0].name) == (str(number), "Freshly named")


def test_spoilt_products_are_named_and_the_others_listed(there: base.Remote, theirs: Plum) -> None:
    numbers = [entry["productId"] for entry in vendor.Plum.catalog[:6]]
    there.mode("malformed", products=numbers)

    offers = list(theirs.products(None))

    spoilt = [one for one in offers if isinstance(one, Malformed)]
    assert len(spoilt) == 6
    assert all(one.reason for one in spoilt)
    assert len(offers) == len(vendor.Plum.catalog)


def test_texts_of_the_catalog_lose_their_markup(theirs: Plum) -> None:
    offer = next(iter(theirs.products(None)))

    assert isinstance(offer, Offer)
    assert "<" not in offer.description + offer.terms + offer.expiry_text


def test_a_webhook_hints_at_the_order(theirs: Plum) -> None:
    body = {
        "id": 77,
        "data": {"orderId": 26_663_001, "poNumber": "abc", "deliveryStatus": "Delivered"},
    }

    hint = theirs.parse_webhook({"x-api-key": HOOK_SECRET}, json.dumps(body).encode())

    assert hint == Hint(event_id="77", order_key="abc", reference="26663001")


@pytest.mark.parametrize("key", ["", "wrong", HOOK_SECRET.lower(), "é"])
def test_a_webhook_with_another_key_is_forged(theirs: Plum, key: str) -> None:
    assert theirs.parse_webhook({"x-api-key": key}, b"{}") == Forged("api_key")


def test_a_webhook_that_cannot_be_read_is_forged(theirs: Plum) -> None:
    assert theirs.parse_webhook({"x-api-key": HOOK_SECRET}, b"{") == Forged("unreadable")


def test_secrets_are_in_no_words(theirs: Plum, tenant_id: UUID) -> None:
    assert vendor.CLIENT_SECRET not in repr(theirs._account)
    assert str(tenant_id) not in repr(theirs._account)


class TestConformance(RemoteConformance):
    """What every provider must do, done over HTTP."""

    speaks = "plum"
    placing, looking, listing = "placeOrder", "getOrderDetails", "getOrderHistory"
    path = "/chef/v1/oauth"
    settings: ClassVar = {"timeout_seconds": "10"}
    secrets: ClassVar = {
        "client_id": vendor.CLIENT_ID,
        "client_secret": vendor.CLIENT_SECRET,
        "access_token": vendor.FIRST_ACCESS,
        "refresh_token": vendor.FIRST_REFRESH,
        "access_expiry": LATE_MS,
        "webhook_secret": HOOK_SECRET,
    }

    def make_sandbox(self) -> vendor.Plum:
        return vendor.make_sandbox()

    def order(self, product_id: UUID, key: str = "") -> Order:
        code = str(product(valueType="open_value")["productId"])
        return Order(key or new_id().hex, product_id, self.price, product_code=code)
