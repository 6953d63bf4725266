from __future__ import annotations

import hmac
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
    Forged,
    Hint,
    Malformed,
    NotFound,
    Offer,
    Order,
    Recipient,
    Refused,
    Reversed,
    Settled,
    Unknown,
)
from app.providers.tremendous import Tremendous
from app.providers.wire import BadReply, Wire
from tests.conftest import NOON, Work
from tests.providers.conformance import RemoteConformance
from tests.sandboxes import base
from tests.sandboxes import tremendous as vendor
from tests.sandboxes.tremendous_products import products

HOOK_SECRET = "hook-secret"
DOLLARS = Money(2_500, "USD")
CARD = next(one for one in products() if one["name"] == "Cartwheel US")

Make = Callable[[], Tremendous]


@pytest.fixture
def there() -> Iterator[base.Remote]:
    """The vendor, at the time of the tests."""
    wire.connect(allows_loopback=True)
    sandbox = vendor.make_sandbox()
    sandbox.ahead = NOON - datetime.now(UTC)
    sandbox.set_mode("unlimited")
    with base.running(sandbox) as url:
        yield base.Remote(url)


@pytest.fixture
def make(there: base.Remote, work: Work) -> Make:
    """Make adapters of one account, as many workers have them."""
    url = f"{there.url}{vendor.PREFIX}"
    with work() as db:
        row = accounts.add(
            db,
            provider="tremendous",
            label="Tremendous",
            base_url=url,
            settings={"timeout_seconds": "1"},
            secrets={"api_key": vendor.API_KEY, "webhook_secret": HOOK_SECRET},
        )
        account_id = row.id

    def make() -> Tremendous:
        with work() as db:
            account = accounts.opened(db, accounts.get(db, account_id))
        return Tremendous(account, Wire(url), Memory(work, account_id))

    return make


@pytest.fixture
def theirs(make: Make) -> Tremendous:
    return make()


def order(**changes: Any) -> Order:
    code = f"{CARD['id']}-US-USD"
    placed = Order(new_id().hex, new_id(), DOLLARS, product_code=code, recipient=Recipient("Ada"))
    return replace(placed, **changes)


def orders(there: base.Remote) -> list[dict[str, Any]]:
    return list(there.books()["orders"].values())


def test_an_order_brings_a_link_and_says_what_it_cost(
    there: base.Remote, theirs: Tremendous
) -> None:
    there.mode("priced", times=1, fees=1.5, discount=0.25)

    answer = theirs.place(order())

    (placed,) = orders(there)
    ((link,),) = there.books()["links"].values()
    assert isinstance(answer, Settled)
    assert answer.reference == placed["id"]
    assert answer.charged == Money(2_625, "USD")
    assert answer.deliveries[0].url == link
    assert answer.expires_on is not None


def test_the_same_order_again_is_the_same_order_with_a_new_link(
    there: base.Remote, theirs: Tremendous
) -> None:
    wanted = order()

    first, second = theirs.place(wanted), theirs.place(wanted)

    assert first == second
    assert isinstance(second, Settled)
    assert second.deliveries[0].url == next(iter(there.books()["links"].values()))[-1]
    assert len(orders(there)) == 1


def test_twenty_workers_with_one_key_order_once(there: base.Remote, make: Make) -> None:
    wanted, workers = order(), [make() for _ in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: one.place(wanted), workers))

    assert len({answer.reference for answer in answers if isinstance(answer, Settled)}) == 1
    assert len(orders(there)) == 1


def test_the_same_key_for_another_amount_is_our_mistake(
    there: base.Remote, theirs: Tremendous
) -> None:
    wanted = order()
    theirs.place(wanted)

    answer = theirs.place(replace(wanted, money=Money(5_000, "USD")))

    assert answer == Unknown("key_conflict")
    assert len(orders(there)) == 1


def test_a_vendor_that_forgives_another_amount_is_not_believed(
    there: base.Remote, theirs: Tremendous
) -> None:
    there.mode("careless")
    wanted = order()
    theirs.place(wanted)

    answer = theirs.place(replace(wanted, money=Money(5_000, "USD")))

    assert isinstance(answer, Unknown)
    assert "another order" in answer.reason


def test_a_lost_answer_is_found_and_its_link_made_anew(
    there: base.Remote, theirs: Tremendous
) -> None:
    there.mode("timeout", on="POST /orders", times=1)
    wanted = order()

    lost, found = theirs.place(wanted), theirs.lookup(wanted.key)

    assert isinstance(lost, Unknown)
    assert isinstance(found, Settled)
    assert found.deliveries[0].url == next(iter(there.books()["links"].values()))[-1]


def test_without_its_link_an_order_is_not_settled(there: base.Remote, theirs: Tremendous) -> None:
    there.mode("linkless", times=2)
    wanted = order()

    first, later = theirs.place(wanted), theirs.lookup(wanted.key)

    assert first == Unknown("no_link")
    assert isinstance(later, Settled)


@pytest.mark.parametrize(
    "status",
    ["PENDING APPROVAL", "PENDING INTERNAL PAYMENT APPROVAL", "PENDING SETTLEMENT", "CART"],
)
def test_an_order_that_waits_is_accepted_then_settled(
    there: base.Remote, theirs: Tremendous, status: str
) -> None:
    there.mode("waits", times=1, status=status, seconds=60)
    wanted = order()

    at_first = theirs.place(wanted)
    there.forward(100)

    assert isinstance(at_first, Accepted)
    assert isinstance(theirs.lookup(wanted.key), Settled)


@pytest.mark.parametrize(("then", "code"), [("FAILED", "order_failed"), ("CANCELED", "cancelled")])
def test_an_order_that_is_not_executed_is_refused(
    there: base.Remote, theirs: Tremendous, then: str, code: str
) -> None:
    there.mode("waits", times=1, seconds=60, then=then)
    wanted = order()
    theirs.place(wanted)

    there.forward(100)

    found = theirs.lookup(wanted.key)
    assert isinstance(found, Refused)
    assert found.code == code


def test_a_state_nobody_knows_is_unknown(there: base.Remote, theirs: Tremendous) -> None:
    there.mode("waits", times=1, status="PONDERING")

    assert theirs.place(order()) == Unknown("state_PONDERING")


def test_a_reward_that_is_cancelled_brings_the_money_back(
    there: base.Remote, theirs: Tremendous
) -> None:
    wanted = order()
    placed = theirs.place(wanted)

    after = theirs.cancel(wanted.key)

    assert isinstance(placed, Settled)
    assert after == Reversed(placed.reference, "cancelled")
    assert theirs.lookup(wanted.key) == after
    assert theirs.balance() == {"USD": 10_000_000}


def test_a_key_it_never_saw_is_not_found(theirs: Tremendous) -> None:
    assert theirs.lookup("nobody") == NotFound()
    assert theirs.cancel("nobody") == NotFound()
    assert theirs.reveal("nobody") is None


@pytest.mark.parametrize(
    "ugly", ["dropped", "reset", "html", "cut", "empty", "huge", "charset", "nan", "duplicate_keys"]
)
def test_an_answer_that_cannot_be_read_is_unknown_and_found_by_looking(
    there: base.Remote, theirs: Tremendous, ugly: str
) -> None:
    there.mode(ugly, on="POST /orders", times=1)
    wanted = order()

    assert isinstance(theirs.place(wanted), Unknown)
    assert isinstance(theirs.lookup(wanted.key), Settled)
    assert len(orders(there)) == 1


def test_the_answer_of_another_order_is_not_taken_for_ours(
    there: base.Remote, theirs: Tremendous
) -> None:
    theirs.place(order())
    there.mode("crossed", times=2)
    wanted = order()

    assert isinstance(theirs.place(wanted), Unknown)


def test_an_empty_balance_holds_orders_until_it_is_filled(
    there: base.Remote, theirs: Tremendous
) -> None:
    there.mode("out_of_money", times=1)

    answer = theirs.place(order())

    assert isinstance(answer, Refused)
    assert (answer.code, answer.pauses) == ("provider_out_of_money", True)


def test_a_key_that_is_not_accepted_pauses(there: base.Remote, theirs: Tremendous) -> None:
    there.mode("unauthorized", times=1)

    answer = theirs.place(order())

    assert isinstance(answer, Refused)
    assert (answer.code, answer.pauses) == ("provider_access", True)


def test_an_amount_it_does_not_sell_is_refused_in_its_words(theirs: Tremendous) -> None:
    answer = theirs.place(order(money=Money(1_234, "USD")))

    assert answer == Refused("invalid_order", "No product can be bought at this amount")


def test_a_product_that_is_gone_is_refused(theirs: Tremendous) -> None:
    answer = theirs.place(order(product_code="GONE12345678-US-USD"))

    assert isinstance(answer, Refused)
    assert answer.code == "not_offered"


def test_too_many_calls_silence_every_worker(there: base.Remote, make: Make) -> None:
    there.mode("throttled", on="POST /orders", times=1)

    first, other = make().place(order()), make().place(order())

    assert first == other == Unknown("throttled", retry_after=timedelta(seconds=2))
    assert len(there.calls("POST /orders")) == 1


def test_the_history_says_what_was_ordered(theirs: Tremendous) -> None:
    wanted = order()
    answer = theirs.place(wanted)

    (placed,) = theirs.history(NOON - timedelta(days=1))

    assert (placed.key, placed.money, placed.finding) == (wanted.key, DOLLARS, answer)
    assert list(theirs.history(NOON + timedelta(days=1))) == []


def test_a_history_of_many_pages_is_whole(theirs: Tremendous) -> None:
    wanted = [order(key=f"many-{number}") for number in range(101)]
    for one in wanted:
        theirs.place(one)

    keys = {one.key for one in wanted}
    assert {placed.key for placed in theirs.history(NOON - timedelta(days=1))} == keys


def test_a_history_that_breaks_off_is_no_history(there: base.Remote, theirs: Tremendous) -> None:
    there.mode("error", on="GET /orders")

    with pytest.raises(BadReply):
        list(theirs.history(NOON))


def test_products_are_offered_by_country_and_currency(theirs: Tremendous) -> None:
    offers = [one for one in theirs.products(None) if isinstance(one, Offer)]

    by_code = {offer.code: offer for offer in offers}
    fixed = by_code[f"{CARD['id']}-US-USD"]
    assert len(by_code) == len(offers)
    assert (fixed.denominations, fixed.min_minor) == ((1_000, 2_500, 5_000, 10_000), None)
    assert {(offer.country, offer.currency) for offer in offers if offer.brand == "PayPal"} >= {
        ("IT", "EUR"),
        ("US", "USD"),
    }
    assert all(offer.brand != "Bank transfer" for offer in offers)


def test_spoilt_products_are_named_and_the_others_listed(
    there: base.Remote, theirs: Tremendous
) -> None:
    whole = len([*theirs.products(None)])
    there.mode("spoilt", times=1, products=2)

    listed = [*theirs.products(None)]

    assert len([one for one in listed if isinstance(one, Malformed)]) == 2
    assert len(listed) == whole


def signature(body: bytes, secret: str = HOOK_SECRET) -> str:
    return hmac.digest(secret.encode(), body, "sha256").hex()


def news(kind: str = "orders") -> bytes:
    resource = {"id": "ABCD1234EFGH", "type": kind}
    return json.dumps(
        {"event": "ORDERS.FAILED", "uuid": "u-1", "payload": {"resource": resource}}
    ).encode()


@pytest.mark.parametrize("prefix", ["sha256=", ""])
def test_a_webhook_is_believed_with_and_without_the_prefix(theirs: Tremendous, prefix: str) -> None:
    body = news()

    hint = theirs.parse_webhook({"tremendous-webhook-signature": prefix + signature(body)}, body)

    assert hint == Hint(event_id="u-1", reference="ABCD1234EFGH")


def test_news_of_a_reward_name_no_order(theirs: Tremendous) -> None:
    body = news("rewards")

    hint = theirs.parse_webhook({"tremendous-webhook-signature": signature(body)}, body)

    assert hint == Hint(event_id="u-1")


@pytest.mark.parametrize("given", ["", "sha256=", "sha256=zz", "sha256=" + "0" * 64])
def test_a_webhook_with_another_signature_is_forged(theirs: Tremendous, given: str) -> None:
    headers = {"tremendous-webhook-signature": given}

    assert theirs.parse_webhook(headers, news()) == Forged("signature")


def test_a_webhook_written_anew_is_forged(theirs: Tremendous) -> None:
    headers = {"tremendous-webhook-signature": signature(news())}

    assert theirs.parse_webhook(headers, news().replace(b" ", b"")) == Forged("signature")


class TestConformance(RemoteConformance):
    """What every provider must do, done over HTTP."""

    speaks = "tremendous"
    placing, looking, listing = "POST /orders", "GET /orders", "GET /orders"
    path = vendor.PREFIX
    price = DOLLARS
    settings: ClassVar = {"timeout_seconds": "10"}
    secrets: ClassVar = {"api_key": vendor.API_KEY, "webhook_secret": HOOK_SECRET}

    def make_sandbox(self) -> vendor.Tremendous:
        made = vendor.make_sandbox()
        made.set_mode("unlimited")
        return made

    def order(self, product_id: UUID, key: str = "") -> Order:
        wanted = order()
        return replace(wanted, key=key or wanted.key, product_id=product_id)
