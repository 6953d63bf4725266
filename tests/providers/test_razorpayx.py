from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import wire
from app.providers.accounts import Account, Memory
from app.providers.contract import (
    Accepted,
    Destination,
    Forged,
    Hint,
    NotFound,
    Order,
    Quote,
    Refused,
    Reversed,
    Settled,
    Unknown,
)
from app.providers.razorpayx import RazorpayX
from app.providers.wire import BadReply, Wire
from tests.providers.conformance import LOST, RemoteConformance
from tests.sandboxes import base
from tests.sandboxes import razorpayx as sandbox

RUPEES = Money(50_000, "INR")
TO = Destination(
    "ifsc", "Asha Rao", "IN", "INR", {"ifsc": "YESB0000262", "account": "026291800001191"}
)
SECRET = "hook-secret"
DAY = 86_400


def nobody() -> Any:
    raise AssertionError("No memory is needed here.")


def adapter(url: str, **secrets: str) -> RazorpayX:
    account = Account(
        new_id(),
        new_id(),
        "razorpayx",
        url,
        {"account_number": sandbox.ACCOUNT},
        {
            "key_id": sandbox.KEY_ID,
            "key_secret": sandbox.KEY_SECRET,
            "webhook_secret": SECRET,
            **secrets,
        },
    )
    return RazorpayX(account, Wire(url), Memory(nobody, account.id))


@pytest.fixture
def there() -> Iterator[base.Remote]:
    wire.connect(allows_loopback=True)
    with base.running(sandbox.make_sandbox()) as url:
        yield base.Remote(url)


@pytest.fixture
def theirs(there: base.Remote) -> RazorpayX:
    return adapter(there.url)


def order(**changes: Any) -> Order:
    return replace(Order(new_id().hex, new_id(), RUPEES, destination=TO), **changes)


def ask(there: base.Remote, path: str, value: object) -> Any:
    return there._ask(path, value)


def payouts(there: base.Remote) -> list[dict[str, Any]]:
    return list(there.books()["payouts"].values())


def test_money_goes_to_the_account_of_the_order(there: base.Remote, theirs: RazorpayX) -> None:
    wanted = order()

    answer = theirs.place(wanted)

    (payout,) = payouts(there)
    assert answer == Settled(payout["id"], RUPEES)
    assert (payout["amount"], payout["mode"], payout["reference_id"]) == (
        50_000,
        "IMPS",
        wanted.key,
    )
    (account,) = there.books()["fund_accounts"].values()
    assert account["bank_account"] == {
        "name": "Asha Rao",
        "ifsc": "YESB0000262",
        "account_number": "026291800001191",
    }


def test_the_same_key_and_body_pays_once(there: base.Remote, theirs: RazorpayX) -> None:
    ask(there, "/_pace", {"seconds": 60})
    wanted = order()

    first, second = theirs.place(wanted), theirs.place(wanted)

    assert isinstance(first, Accepted)
    assert first == second
    assert len(payouts(there)) == 1


def test_the_same_key_with_another_amount_pays_nothing_and_is_looked_into(
    there: base.Remote, theirs: RazorpayX
) -> None:
    wanted = order()
    theirs.place(wanted)

    answer = theirs.place(replace(wanted, money=Money(60_000, "INR")))

    assert answer == Unknown("key_conflict")
    assert [payout["amount"] for payout in payouts(there)] == [50_000]


def test_after_a_failure_only_a_new_key_pays(there: base.Remote, theirs: RazorpayX) -> None:
    wanted = order()
    there.mode("failed", times=1)

    assert theirs.place(wanted) == Refused("beneficiary_bank_offline", "Payout failed")
    assert theirs.place(wanted) == Unknown("key_conflict")
    assert theirs.lookup(wanted.key) == Refused("beneficiary_bank_offline", "Payout failed")
    assert isinstance(theirs.place(replace(wanted, key=new_id().hex)), Settled)


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("pending", Accepted("pout_00000000000001")),
        ("stuck", Accepted("pout_00000000000001")),
        ("rejected", Refused("payout_rejected", "Payout rejected")),
        ("cancelled", Refused("payout_cancelled", "Payout cancelled")),
        ("reversed_at_once", Unknown("reversed_at_once")),
        ("utr_late", Settled("pout_00000000000001", RUPEES)),
    ],
)
def test_every_state_has_one_meaning(
    there: base.Remote, theirs: RazorpayX, mode: str, answer: object
) -> None:
    there.mode(mode, times=1)

    assert theirs.place(order()) == answer


def test_a_payout_that_came_back_days_later_is_reversed(
    there: base.Remote, theirs: RazorpayX
) -> None:
    wanted = order()
    there.mode("reversed", times=1)
    paid = theirs.place(wanted)
    assert isinstance(paid, Settled)

    there.forward(3 * DAY + 1)

    assert theirs.lookup(wanted.key) == Reversed(paid.reference, "beneficiary_account_frozen")
    assert theirs.balance() == {"INR": 100_000_000_00}


def test_a_late_utr_changes_nothing_for_us(there: base.Remote, theirs: RazorpayX) -> None:
    wanted = order()
    there.mode("utr_late", times=1)
    paid = theirs.place(wanted)
    assert payouts(there)[0]["utr"] is None

    there.forward(700)

    assert theirs.lookup(wanted.key) == paid
    assert payouts(there)[0]["utr"]


def test_on_a_low_balance_the_payout_waits_and_is_paid_when_money_comes(
    there: base.Remote, theirs: RazorpayX
) -> None:
    ask(there, "/_balance", {"minor": 10_000})
    wanted = order()
    assert isinstance(theirs.place(wanted), Accepted)
    assert payouts(there)[0]["status"] == "queued"

    ask(there, "/_balance", {"minor": 1_000_000})

    assert isinstance(theirs.lookup(wanted.key), Settled)
    assert theirs.balance() == {"INR": 950_000}


def test_a_queued_payout_can_be_cancelled_and_others_cannot(
    there: base.Remote, theirs: RazorpayX
) -> None:
    ask(there, "/_balance", {"minor": 0})
    waiting = order()
    theirs.place(waiting)
    assert theirs.cancel(waiting.key) == Refused("payout_cancelled", "Payout cancelled")

    ask(there, "/_balance", {"minor": 1_000_000})
    paid = order()
    answer = theirs.place(paid)

    assert theirs.cancel(paid.key) == answer
    assert theirs.cancel("nobody") == NotFound()


@pytest.mark.parametrize(("mode", "reason"), LOST.items())
def test_a_payout_whose_answer_was_lost_is_unknown_and_found_by_its_reference(
    there: base.Remote, theirs: RazorpayX, mode: str, reason: str
) -> None:
    wanted = order()
    there.mode(mode, on="payout.create", times=1)

    answer = theirs.place(wanted)

    assert isinstance(answer, Unknown)
    assert answer.reason.startswith(reason)
    assert isinstance(theirs.lookup(wanted.key), Settled)
    assert len(payouts(there)) == 1


def test_a_payout_that_was_never_made_is_unknown_and_then_not_found(
    there: base.Remote, theirs: RazorpayX
) -> None:
    wanted = order()
    there.mode("error", on="payout.create", times=1, status=502)

    assert theirs.place(wanted) == Unknown("http_502")
    assert theirs.lookup(wanted.key) == NotFound()
    assert payouts(there) == []


def test_a_payout_may_be_found_late(there: base.Remote, theirs: RazorpayX) -> None:
    wanted = order()
    there.mode("unlisted", times=1, seconds=30)
    there.mode("timeout", on="payout.create", times=1)
    theirs.place(wanted)
    assert theirs.lookup(wanted.key) == NotFound()

    there.forward(31)

    assert isinstance(theirs.lookup(wanted.key), Settled)
    assert RazorpayX.consistency >= timedelta(seconds=31)


def test_an_answer_about_another_payout_is_not_believed(
    there: base.Remote, theirs: RazorpayX
) -> None:
    theirs.place(order())
    wanted = order()
    there.mode("crossed", on="payout.create", times=1)

    answer = theirs.place(wanted)

    assert isinstance(answer, Unknown)
    assert isinstance(theirs.lookup(wanted.key), Settled)


def test_a_refused_key_pauses_and_refuses_no_order_for_good(
    there: base.Remote, theirs: RazorpayX
) -> None:
    there.mode("unauthorized")

    answer = theirs.place(order())

    assert isinstance(answer, Refused)
    assert (answer.code, answer.pauses) == ("provider_access", True)
    assert theirs.lookup("k1") == Unknown("lookup_refused: provider_access")
    assert theirs.balance() is None


def test_an_account_number_the_bank_does_not_take_is_refused_with_its_words(
    there: base.Remote, theirs: RazorpayX
) -> None:
    wrong = replace(TO, fields={"ifsc": "YESB1000262", "account": "026291800001191"})

    answer = theirs.place(order(destination=wrong))

    assert answer == Refused("invalid_ifsc", "Invalid IFSC Code in Bank Account")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"money": Money(50_000, "EUR")}, "currency_not_served"),
        ({"money": Money(99, "INR")}, "amount_too_small"),
        ({"destination": None}, "destination_not_served"),
    ],
)
def test_what_cannot_be_paid_is_refused_before_anything_is_sent(
    there: base.Remote, theirs: RazorpayX, changes: dict[str, Any], code: str
) -> None:
    answer = theirs.place(order(**changes))

    assert isinstance(answer, Refused)
    assert answer.code == code
    assert there.calls() == []


def test_more_than_imps_carries_goes_by_rtgs(there: base.Remote, theirs: RazorpayX) -> None:
    theirs.place(order(money=Money(50_000_100, "INR")))

    assert payouts(there)[0]["mode"] == "RTGS"


def test_a_quote_is_the_amount_itself(theirs: RazorpayX) -> None:
    assert theirs.quote(new_id(), RUPEES) == Quote(RUPEES, Money(0, "INR"), at_once=True)
    assert isinstance(theirs.quote(new_id(), Money(1, "INR")), Refused)


def test_its_history_has_every_payout_on_all_pages(there: base.Remote, theirs: RazorpayX) -> None:
    wanted = [order() for _ in range(103)]
    for one in wanted:
        theirs.place(one)

    history = list(theirs.history(datetime.now(UTC) - timedelta(days=1)))

    assert {placed.key for placed in history} == {one.key for one in wanted}
    assert len(history) == 103
    assert list(theirs.history(datetime.now(UTC) + timedelta(days=1))) == []


def test_half_a_history_is_none(there: base.Remote, theirs: RazorpayX) -> None:
    theirs.place(order())
    there.mode("error", on="payout.list")

    with pytest.raises(BadReply):
        list(theirs.history(datetime.now(UTC) - timedelta(days=1)))


def test_when_asked_to_slow_down_every_worker_does(there: base.Remote) -> None:
    asked: list[str] = []

    class Listening(Memory):
        def now(self) -> datetime:
            return datetime(2026, 11, 19, tzinfo=UTC)

        def set_penalty(self, until: datetime) -> None:
            asked.append(until.isoformat())

    theirs = adapter(there.url)
    theirs._memory = Listening(nobody, new_id())
    there.mode("throttled", on="payout.create", times=1)

    answer = theirs.place(order())

    assert answer == Unknown("throttled", retry_after=timedelta(seconds=10))
    assert asked == ["2026-11-19T00:00:10+00:00"]


def hook(body: bytes, secret: str = SECRET, **headers: str) -> dict[str, str]:
    return {
        "x-razorpay-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "x-razorpay-event-id": "evt_1",
        **headers,
    }


BODY = json.dumps(
    {
        "event": "payout.processed",
        "payload": {"payout": {"entity": {"id": "pout_1", "reference_id": "k1"}}},
    }
).encode()


def test_a_webhook_says_which_payout_to_look_up(theirs: RazorpayX) -> None:
    assert theirs.parse_webhook(hook(BODY), BODY) == Hint("evt_1", "k1", "pout_1")


def test_the_signature_may_be_in_capitals(theirs: RazorpayX) -> None:
    signed = hook(BODY)
    signed["x-razorpay-signature"] = signed["x-razorpay-signature"].upper()

    assert isinstance(theirs.parse_webhook(signed, BODY), Hint)


@pytest.mark.parametrize("signature", ["", "00", "zz", "\N{EURO SIGN}", "a" * 64])
def test_a_webhook_without_our_signature_is_forged(theirs: RazorpayX, signature: str) -> None:
    forged = hook(BODY) | {"x-razorpay-signature": signature}

    assert theirs.parse_webhook(forged, BODY) == Forged("signature")


def test_a_webhook_written_anew_is_forged(theirs: RazorpayX) -> None:
    rewritten = json.dumps(json.loads(BODY), indent=1).encode()

    assert theirs.parse_webhook(hook(BODY), rewritten) == Forged("signature")
    assert theirs.parse_webhook(hook(BODY, "other"), BODY) == Forged("signature")


def test_without_a_secret_no_webhook_is_believed(there: base.Remote) -> None:
    theirs = adapter(there.url, webhook_secret="")

    assert theirs.parse_webhook(hook(BODY, ""), BODY) == Forged("signature")


def test_a_signed_webhook_of_something_else_names_no_payout(theirs: RazorpayX) -> None:
    downtime = b'{"event": "payout.downtime.started", "payload": {}}'

    assert theirs.parse_webhook(hook(downtime), downtime) == Hint("evt_1")
    assert theirs.parse_webhook(hook(b"[]"), b"[]") == Hint("evt_1")
    assert theirs.parse_webhook(hook(b"{"), b"{") == Forged("unreadable")


def test_the_sandbox_signs_as_we_read(there: base.Remote, theirs: RazorpayX) -> None:
    signed = sandbox.make_sandbox().signed(BODY, SECRET)

    lowered = {name.lower(): value for name, value in signed.items()}

    assert isinstance(theirs.parse_webhook(lowered, BODY), Hint)


class TestConformance(RemoteConformance):
    """What every provider must do, done over HTTP."""

    speaks = "razorpayx"
    placing, looking, listing = "payout.create", "payout.list", "payout.list"
    price = RUPEES
    settings: ClassVar = {"account_number": sandbox.ACCOUNT}
    secrets: ClassVar = {
        "key_id": sandbox.KEY_ID,
        "key_secret": sandbox.KEY_SECRET,
        "webhook_secret": SECRET,
    }

    def make_sandbox(self) -> sandbox.RazorpayX:
        return sandbox.make_sandbox()

    def order(self, product_id: UUID, key: str = "") -> Order:
        return Order(key or new_id().hex, product_id, self.price, destination=TO)
