from __future__ import annotations

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
from app.providers.wire import BadReply, Wire
from app.providers.xendit import Xendit
from tests.providers.conformance import LOST, RemoteConformance
from tests.sandboxes import base
from tests.sandboxes import xendit as sandbox

RUPIAH = Money(150_000_00, "IDR")
TO = Destination(
    "id_bank", "Siti Rahma", "ID", "IDR", {"bank_code": "014", "account": "5270012345"}
)
TOKEN = "callback-token"
PAYOUT = "disb-00000001-sandbox"
DAY = 86_400


def nobody() -> Any:
    raise AssertionError("No memory is needed here.")


def adapter(url: str, **secrets: str) -> Xendit:
    held = {"api_key": sandbox.API_KEY, "webhook_secret": TOKEN, **secrets}
    account = Account(new_id(), new_id(), "xendit", url, {}, held)
    return Xendit(account, Wire(url), Memory(nobody, account.id))


@pytest.fixture
def there() -> Iterator[base.Remote]:
    wire.connect(allows_loopback=True)
    with base.running(sandbox.make_sandbox()) as url:
        yield base.Remote(url)


@pytest.fixture
def theirs(there: base.Remote) -> Xendit:
    return adapter(there.url)


def order(**changes: Any) -> Order:
    return replace(Order(new_id().hex, new_id(), RUPIAH, destination=TO), **changes)


def payouts(there: base.Remote) -> list[dict[str, Any]]:
    return list(there.books()["payouts"].values())


def test_money_goes_to_the_account_of_the_order_in_whole_rupiah(
    there: base.Remote, theirs: Xendit
) -> None:
    wanted = order()

    answer = theirs.place(wanted)

    (payout,) = payouts(there)
    assert answer == Settled(payout["id"], RUPIAH)
    assert (payout["amount"], payout["channel_code"]) == (150_000, "ID_BCA")
    assert payout["channel_properties"] == {
        "account_number": "5270012345",
        "account_holder_name": "Siti Rahma",
    }
    assert json.loads(there.calls("payout.create")[0]["body"])["amount"] == 150_000


@pytest.mark.parametrize("minor", [1, 99, 150_000_01, 150_000_50, 150_000_99, 0, -100])
def test_hundredths_of_a_rupiah_are_refused_before_anything_is_sent(
    there: base.Remote, theirs: Xendit, minor: int
) -> None:
    money = Money(minor, "IDR")

    refused = Refused("amount_not_whole", "Banks in Indonesia pay whole rupiah.")

    assert theirs.quote(new_id(), money) == refused
    assert theirs.place(order(money=money)) == refused
    assert there.calls() == []


def test_a_balance_in_whole_rupiah_is_kept_in_hundredths(
    there: base.Remote, theirs: Xendit
) -> None:
    there._ask("/_state", {"balance": 7})

    assert theirs.balance() == {"IDR": 700}


def test_the_same_key_and_body_pays_once(there: base.Remote, theirs: Xendit) -> None:
    there._ask("/_state", {"pace": 60})
    wanted = order()

    first, second = theirs.place(wanted), theirs.place(wanted)

    assert first == second == Accepted(PAYOUT)
    assert len(payouts(there)) == 1


def test_the_same_key_with_another_amount_pays_nothing_and_is_looked_into(
    there: base.Remote, theirs: Xendit
) -> None:
    wanted = order()
    theirs.place(wanted)

    answer = theirs.place(replace(wanted, money=Money(200_000_00, "IDR")))

    assert answer == Unknown("key_conflict")
    assert [payout["amount"] for payout in payouts(there)] == [150_000]


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ({"mode": "failed"}, Refused("invalid_destination")),
        ({"mode": "failed", "code": "REJECTED_BY_CHANNEL"}, Refused("rejected_by_channel")),
        ({"mode": "failed", "code": "NEVER_SEEN_BEFORE"}, Refused("never_seen_before")),
        ({"mode": "compliance"}, Accepted(PAYOUT)),
        ({"mode": "locked"}, Accepted(PAYOUT)),
        ({"mode": "stuck"}, Accepted(PAYOUT)),
        ({"mode": "novel"}, Unknown("state_UNDER_REVIEW_BY_PARTNER")),
    ],
)
def test_every_state_has_one_meaning_and_new_ones_are_looked_into(
    there: base.Remote, theirs: Xendit, mode: dict[str, Any], answer: object
) -> None:
    wanted = order()
    there.mode(**mode, times=1)

    assert theirs.place(wanted) == answer
    assert theirs.lookup(wanted.key) == answer


def test_a_payout_that_succeeded_may_be_reversed_weeks_later(
    there: base.Remote, theirs: Xendit
) -> None:
    wanted = order()
    there.mode("reversed", times=1)
    assert theirs.place(wanted) == Settled(PAYOUT, RUPIAH)

    there.forward(20 * DAY + 1)

    assert theirs.lookup(wanted.key) == Reversed(PAYOUT, "reversed")
    assert theirs.balance() == {"IDR": 1_000_000_000_00}
    (placed,) = theirs.history(datetime.now(UTC) - timedelta(days=1))
    assert placed.finding == Reversed(PAYOUT, "reversed")


def test_compliance_may_refuse_after_it_was_asked(there: base.Remote, theirs: Xendit) -> None:
    wanted = order()
    there.mode("compliance", times=1)
    theirs.place(wanted)

    there.forward(601)

    assert theirs.lookup(wanted.key) == Refused("compliance_rejected")


def test_an_account_that_holds_too_little_fails_the_payout_for_good(
    there: base.Remote, theirs: Xendit
) -> None:
    there._ask("/_state", {"balance": 10_000})

    assert theirs.place(order()) == Refused("insufficient_balance")
    assert theirs.balance() == {"IDR": 10_000_00}


def test_a_payout_no_bank_has_yet_can_be_cancelled(there: base.Remote, theirs: Xendit) -> None:
    waiting, paid = order(), order()
    there.mode("stuck", times=1)
    theirs.place(waiting)
    answer = theirs.place(paid)

    assert theirs.cancel(waiting.key) == Refused("cancelled")
    assert theirs.cancel(paid.key) == answer
    assert theirs.cancel("nobody") == NotFound()
    assert [call["operation"] for call in there.calls("payout.cancel")] == ["payout.cancel"]


@pytest.mark.parametrize(("mode", "reason"), LOST.items())
def test_a_payout_whose_answer_was_lost_is_unknown_and_found_by_its_reference(
    there: base.Remote, theirs: Xendit, mode: str, reason: str
) -> None:
    wanted = order()
    there.mode(mode, on="payout.create", times=1)

    answer = theirs.place(wanted)

    assert isinstance(answer, Unknown)
    assert answer.reason.startswith(reason)
    assert theirs.lookup(wanted.key) == Settled(PAYOUT, RUPIAH)
    assert len(payouts(there)) == 1


def test_a_payout_that_was_never_made_is_unknown_and_then_not_found(
    there: base.Remote, theirs: Xendit
) -> None:
    wanted = order()
    there.mode("error", on="payout.create", times=1, status=503)

    assert theirs.place(wanted) == Unknown("http_503")
    assert theirs.lookup(wanted.key) == NotFound()


def test_a_payout_may_be_found_late(there: base.Remote, theirs: Xendit) -> None:
    wanted = order()
    there.mode("unlisted", times=1, seconds=30)
    theirs.place(wanted)
    assert theirs.lookup(wanted.key) == NotFound()

    there.forward(31)

    assert theirs.lookup(wanted.key) == Settled(PAYOUT, RUPIAH)
    assert Xendit.consistency >= timedelta(seconds=31)


def test_an_answer_about_another_payout_is_not_believed(there: base.Remote, theirs: Xendit) -> None:
    theirs.place(order())
    there.mode("crossed", on="payout.create", times=1)
    wanted = order()

    assert isinstance(theirs.place(wanted), Unknown)
    assert isinstance(theirs.lookup(wanted.key), Settled)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"money": Money(9_999_00, "IDR")}, "invalid_amount"),
        ({"money": Money(10_000_000_001_00, "IDR")}, "maximum_transfer_limit"),
        ({"destination": replace(TO, fields={**TO.fields, "account": "x"})}, "recipient_account_number"),
        ({"destination": replace(TO, fields={**TO.fields, "bank_code": "019"})}, "channel_code_not_supported"),
    ],
)  # fmt: skip
def test_what_xendit_refuses_is_refused(theirs: Xendit, changes: dict[str, Any], code: str) -> None:
    answer = theirs.place(order(**changes))

    assert isinstance(answer, Refused)
    assert (answer.code, answer.pauses) == (code, False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"money": Money(50_000, "EUR")}, "currency_not_served"),
        ({"destination": None}, "destination_not_served"),
        ({"destination": replace(TO, fields={**TO.fields, "bank_code": "128"})}, "destination_not_served"),
        ({"destination": replace(TO, fields={"iban": "IT60X0542811101000000123456"})}, "destination_not_served"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_refused_before_anything_is_sent(
    there: base.Remote, theirs: Xendit, changes: dict[str, Any], code: str
) -> None:
    answer = theirs.place(order(**changes))

    assert isinstance(answer, Refused)
    assert answer.code == code
    assert there.calls() == []


@pytest.mark.parametrize(
    ("mode", "code"),
    [("unauthorized", "provider_access"), ("out_of_money", "provider_out_of_money")],
)
def test_trouble_with_our_account_pauses_and_refuses_no_order_for_good(
    there: base.Remote, theirs: Xendit, mode: str, code: str
) -> None:
    there.mode(mode)

    answer = theirs.place(order())

    assert isinstance(answer, Refused)
    assert (answer.code, answer.pauses) == (code, True)
    assert theirs.lookup("k1") == Unknown(f"lookup_refused: {code}")
    assert theirs.balance() is None


def test_a_quote_is_the_amount_itself(theirs: Xendit) -> None:
    assert theirs.quote(new_id(), RUPIAH) == Quote(RUPIAH, Money(0, "IDR"), at_once=True)


def test_its_history_has_every_payout_on_all_pages(there: base.Remote, theirs: Xendit) -> None:
    wanted = [order() for _ in range(53)]
    for one in wanted:
        theirs.place(one)

    history = list(theirs.history(datetime.now(UTC) - timedelta(days=1)))

    assert [placed.key for placed in history] == [one.key for one in wanted]
    assert {placed.money for placed in history} == {RUPIAH}
    assert list(theirs.history(datetime.now(UTC) + timedelta(days=1))) == []


def test_half_a_history_is_none(there: base.Remote, theirs: Xendit) -> None:
    there.mode("error", on="transactions")

    with pytest.raises(BadReply):
        list(theirs.history(datetime.now(UTC) - timedelta(days=1)))


BODY = json.dumps(
    {"event": "payout.succeeded", "data": {"id": "disb-1", "reference_id": "k1"}}
).encode()


def test_a_webhook_with_our_token_says_which_payout_to_look_up(theirs: Xendit) -> None:
    headers = {"x-callback-token": TOKEN, "webhook-id": "w1"}

    assert theirs.parse_webhook(headers, BODY) == Hint("w1", "k1", "disb-1")
    assert theirs.parse_webhook({"x-callback-token": TOKEN}, b"[]") == Hint()
    assert theirs.parse_webhook(headers, b"<") == Forged("unreadable")


@pytest.mark.parametrize("token", ["", "Callback-Token", "callback-token ", "\N{EURO SIGN}"])
def test_a_webhook_with_another_token_is_forged(theirs: Xendit, token: str) -> None:
    assert theirs.parse_webhook({"x-callback-token": token}, BODY) == Forged("token")


def test_without_a_token_no_webhook_is_believed(there: base.Remote) -> None:
    theirs = adapter(there.url, webhook_secret="")

    assert theirs.parse_webhook({"x-callback-token": ""}, BODY) == Forged("token")


class TestConformance(RemoteConformance):
    """What every provider must do, done over HTTP."""

    speaks = "xendit"
    placing, looking, listing = "payout.create", "payout.list", "transactions"
    price = RUPIAH
    secrets: ClassVar = {"api_key": sandbox.API_KEY, "webhook_secret": TOKEN}

    def make_sandbox(self) -> sandbox.Xendit:
        return sandbox.make_sandbox()

    def order(self, product_id: UUID, key: str = "") -> Order:
        return Order(key or new_id().hex, product_id, self.price, destination=TO)
