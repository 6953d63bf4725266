"""Paying out to a bank: what arrives is what was shown, at the account that was approved, or it comes back."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.destinations import service as destinations
from app.destinations.errors import AccountNotReady
from app.http.principal import Role
from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as ledger
from app.ledger.errors import BalanceTooLow
from app.notifications.models import Message
from app.people import sessions, step_up
from app.people.challenges import hash_binding
from app.providers.contract import Refused, Reversed, Settled
from app.providers.registry import Contact
from app.rewards import cash, saga
from app.rewards.cash import Payee, Wish
from app.rewards.cash_core import Fee
from app.rewards.cash_models import TaxRule
from app.rewards.errors import AmountNotAllowed, NotOffered, QuoteChanged
from tests.conftest import NOON, Work
from tests.destinations.builders import NUMBERS, Purse, open_purse
from tests.ledger.builders import give_available
from tests.people.builders import give_person, give_session
from tests.people.phone import Phone
from tests.rewards.methods import BY_HAND
from tests.rewards.scripted import Scripted


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@dataclass(frozen=True)
class Counter:
    """A person with 100 euros and a bank account, and one way to have it sent."""

    work: Work
    purse: Purse
    account_id: UUID
    method_id: UUID

    @property
    def payee(self) -> Payee:
        return Payee(self.purse.person.id, {Role.REP}, NOON.date())

    def wish(self, gross: int, net: int, account_id: UUID | None = None) -> Wish:
        return Wish(self.method_id, account_id or self.account_id, eur(gross), eur(net))

    def pay(self, gross: int, net: int, *, now: datetime = NOON) -> UUID:
        with self.work(now=now) as db:
            return cash.pay(db, self.payee, self.wish(gross, net)).id

    def advance(self, payout: UUID, provider: Scripted, *, hint: bool = False) -> None:
        def open_work() -> AbstractContextManager[Session]:
            return self.work()

        saga.advance(
            open_work,
            payout,
            hint=hint,
            reach=lambda *_: Contact(provider),
        )

    def look(self, payout: UUID) -> cash.Payout:
        with self.work() as db:
            return cash.get_payout(db, payout, person_id=self.purse.person.id)

    def purse_of(self) -> tuple[int, int]:
        """Return what can be spent and what is set aside."""
        with self.work() as db:
            (line,) = ledger.wallet(db, self.purse.person.id)
        return line.available.minor, line.reserved.minor

    def house(self) -> dict[str, int]:
        """Return what the house kept and what is on its way, in cents."""
        with self.work() as db:
            return {
                "fees": ledger.balance(db, books.fees("EUR")),
                "tax": ledger.balance(db, books.withheld("EUR")),
                "clearing": ledger.balance(db, books.clearing(self.method_id, "EUR")),
            }


@pytest.fixture
def counter(work: Work) -> Counter:
    purse = open_purse(work)
    account_id = purse.ready("iban")
    with work() as db:
        give_available(db, purse.person.id, 10_000)
        method = cash.allow(db, BY_HAND)
    assert method.id is not None
    return Counter(work, purse, account_id, method.id)


def options(counter: Counter, gross: int | None = None) -> list[cash.Option]:
    with counter.work() as db:
        wanted = eur(gross) if gross is not None else None
        return cash.options(db, counter.payee, currency="EUR", gross=wanted)


def test_every_way_says_before_the_tap_what_it_costs_and_brings(counter: Counter) -> None:
    with counter.work() as db:
        cash.allow(db, replace(BY_HAND, name="At once", fee=Fee(200, 0), arrives_hours=0))

    slow, fast = options(counter, 5_000)

    assert [
        (one.method.name, one.parts.fee.minor, one.parts.net.minor, one.method.arrives_hours)
        for one in (slow, fast)
    ] == [("Bank transfer", 75, 4_925, 48), ("At once", 200, 4_800, 0)]
    assert slow.ready == (counter.account_id,)


def test_without_an_amount_everything_is_paid_out_as_far_as_the_way_allows(
    counter: Counter,
) -> None:
    with counter.work() as db:
        cash.allow(db, replace(BY_HAND, name="Small", most=4_000))

    found = {one.method.name: one.parts.gross.minor for one in options(counter)}

    assert found == {"Bank transfer": 10_000, "Small": 4_000}


@pytest.mark.parametrize(
    ("gross", "why"),
    [(499, "too_little"), (50_001, "too_much"), (10_001, "not_enough"), (10_000, None)],
)
def test_a_way_that_cannot_be_taken_says_why(counter: Counter, gross: int, why: str | None) -> None:
    (one,) = options(counter, gross)

    assert one.obstacle == why


def test_a_held_account_and_a_missing_one_are_told_apart(counter: Counter) -> None:
    with counter.work() as db:
        destinations.remove(db, person_id=counter.purse.person.id, account_id=counter.account_id)
    (missing,) = options(counter)
    held = counter.purse.add("iban")
    counter.purse.verify(held)
    counter.purse.confirm(held)
    (waiting,) = options(counter)

    assert (missing.obstacle, waiting.obstacle) == ("no_account", "held")
    assert [account.id for account in waiting.accounts] == [held]


def test_ways_are_for_the_roles_currencies_and_countries_that_were_named(
    counter: Counter,
) -> None:
    with counter.work() as db:
        cash.allow(db, replace(BY_HAND, name="Managers", role="manager"))
        cash.allow(db, replace(BY_HAND, name="Dollars", currency="USD"))
        cash.allow(db, replace(BY_HAND, name="France", country="FR"))
        cash.allow(db, replace(BY_HAND, name="Closed", active=False))

    found = {one.method.name: one.obstacle for one in options(counter, 5_000)}

    assert found == {"Bank transfer": None, "France": "no_account"}


def test_a_pay_out_sends_the_net_and_the_house_keeps_the_fee(counter: Counter) -> None:
    payout = counter.pay(5_000, 4_925)
    reserved = counter.purse_of()
    provider = Scripted(Settled("r-1", eur(4_925)))
    counter.advance(payout, provider)

    (order,) = provider.orders
    assert order.money == eur(4_925)
    assert order.destination is not None
    assert dict(order.destination.fields) == NUMBERS["iban"]
    assert order.recipient is not None
    assert order.recipient.name == "Ada Ferri"
    seen = counter.look(payout)
    assert seen.line.state == "captured"
    assert seen.account.endswith("IT •••• 3456")
    assert seen.arrives_by == NOON + timedelta(hours=48)
    assert (seen.parts.gross, seen.parts.fee, seen.parts.net) == (eur(5_000), eur(75), eur(4_925))
    assert (reserved, counter.purse_of()) == ((5_000, 5_000), (5_000, 0))
    assert counter.house() == {"fees": 75, "tax": 0, "clearing": 4_925}


def test_a_refusal_gives_everything_back_the_fee_too(counter: Counter) -> None:
    payout = counter.pay(5_000, 4_925)

    counter.advance(payout, Scripted(Refused("account_closed")))

    assert counter.look(payout).line.state == "voided"
    assert counter.look(payout).line.reason == "account_closed"
    assert counter.purse_of() == (10_000, 0)
    assert counter.house() == {"fees": 0, "tax": 0, "clearing": 0}


def test_what_comes_back_weeks_later_is_given_back_with_the_fee(counter: Counter) -> None:
    payout = counter.pay(5_000, 4_925)
    counter.advance(payout, Scripted(Settled("r-1", eur(4_925))))

    counter.advance(payout, Scripted(Reversed("r-1", "account_closed")), hint=True)

    seen = counter.look(payout)
    assert (seen.line.state, seen.line.reason) == ("returned", "account_closed")
    assert counter.purse_of() == (10_000, 0)
    assert counter.house() == {"fees": 0, "tax": 0, "clearing": 0}


def test_a_provider_that_took_another_amount_than_the_net_is_looked_at(counter: Counter) -> None:
    payout = counter.pay(5_000, 4_925)

    counter.advance(payout, Scripted(Settled("r-1", eur(5_000))))

    assert counter.look(payout).line.state == "manual"


def test_an_account_that_was_removed_before_the_money_left_stops_it(counter: Counter) -> None:
    payout = counter.pay(5_000, 4_925)
    with counter.work() as db:
        destinations.remove(db, person_id=counter.purse.person.id, account_id=counter.account_id)
    provider = Scripted()

    counter.advance(payout, provider)

    assert provider.orders == []
    seen = counter.look(payout)
    assert (seen.line.state, seen.line.reason) == ("voided", "account_gone")
    assert seen.account.endswith("3456")
    assert counter.purse_of() == (10_000, 0)


def test_another_account_added_later_changes_nothing_about_what_was_approved(
    counter: Counter,
) -> None:
    payout = counter.pay(5_000, 4_925)
    other = counter.purse.ready("us_ach")
    with counter.work() as db:
        destinations.prefer(db, person_id=counter.purse.person.id, account_id=other)
    provider = Scripted(Settled("r-1", eur(4_925)))

    counter.advance(payout, provider)

    assert provider.orders[0].destination is not None
    assert dict(provider.orders[0].destination.fields) == NUMBERS["iban"]


def test_what_was_shown_is_what_is_sent_or_nothing_is(counter: Counter) -> None:
    with counter.work() as db:
        cash.change(db, counter.method_id, replace(BY_HAND, fee=Fee(500, 0)))

    with pytest.raises(QuoteChanged):
        counter.pay(5_000, 4_925)

    assert counter.purse_of() == (10_000, 0)


def test_more_than_there_is_cannot_be_paid_out(counter: Counter) -> None:
    with pytest.raises(BalanceTooLow):
        counter.pay(20_000, 19_775)


def test_less_than_the_least_cannot_be_paid_out(counter: Counter) -> None:
    with pytest.raises(AmountNotAllowed) as refused:
        counter.pay(499, 470)

    assert refused.value.params == {"reason": "too_little"}


def test_a_held_account_and_somebody_elses_are_not_paid(counter: Counter) -> None:
    held = counter.purse.add("iban", iban="DE89370400440532013000")
    counter.purse.verify(held)
    counter.purse.confirm(held)
    with counter.work() as db:
        other = Purse(counter.work, give_person(db, name="Bo Lind"))
    theirs = other.add("iban", holder="Bo Lind")

    with counter.work() as db, pytest.raises(AccountNotReady):
        cash.pay(db, counter.payee, counter.wish(5_000, 4_925, held))
    with counter.work() as db, pytest.raises(NotFound):
        cash.pay(db, counter.payee, counter.wish(5_000, 4_925, theirs))


def test_an_account_of_another_currency_is_not_paid_this_way(counter: Counter) -> None:
    dollars = counter.purse.ready("us_ach")

    with counter.work() as db, pytest.raises(NotOffered):
        cash.pay(db, counter.payee, counter.wish(5_000, 4_925, dollars))


def tax_from(
    db: Session, from_on: date, *, threshold: int, ppm: int, income: str = "earnings"
) -> None:
    db.add(
        TaxRule(
            tenant_id=tenant_of(db),
            id=new_id(),
            country="IT",
            currency="EUR",
            income=income,
            from_on=from_on,
            threshold_minor=threshold,
            ppm=ppm,
            basis="excess",
            year_starts=1,
            note="",
            created_at=NOON,
        )
    )
    db.flush()


def test_tax_is_withheld_of_what_is_above_the_years_threshold(counter: Counter) -> None:
    with counter.work() as db:
        tax_from(db, date(2026, 1, 1), threshold=6_000, ppm=200_000)
    first = counter.pay(5_000, 4_925)
    counter.advance(first, Scripted(Settled("r-1", eur(4_925))))

    (second,) = options(counter, 5_000)
    payout = counter.pay(5_000, second.parts.net.minor)
    counter.advance(payout, Scripted(Settled("r-2", second.parts.net)))

    assert second.parts.withheld == eur(800)  # 20 % of the 40 euros beyond 60
    assert second.parts.net == eur(5_000 - 75 - 800)
    assert counter.look(payout).parts.withheld == eur(800)
    assert counter.house()["tax"] == 800


def test_what_came_back_no_longer_counts_as_income(counter: Counter) -> None:
    with counter.work() as db:
        tax_from(db, date(2026, 1, 1), threshold=6_000, ppm=200_000)
    first = counter.pay(5_000, 4_925)
    counter.advance(first, Scripted(Refused("account_closed")))

    (second,) = options(counter, 5_000)

    assert second.parts.withheld == eur(0)


@pytest.fixture
def rep(app: Flask, counter: Counter) -> Phone:
    with counter.work(now=clock.utc_now()) as db:
        token = give_session(db, counter.purse.person)
    phone = Phone(app.test_client())
    phone.take(token)
    return phone


def proof(counter: Counter, asked: dict[str, Any]) -> dict[str, str]:
    with counter.work(now=clock.utc_now()) as db:
        (session,) = sessions.open_sessions(db, counter.purse.person.id)
        token = step_up.grant(
            db,
            session_id=session.id,
            binding_hash=hash_binding(asked["action"], asked["binding"]),
        ).token
    return {"X-Step-Up": token, "Idempotency-Key": "k1"}


def test_a_passkey_is_bound_to_amount_way_and_account(counter: Counter, rep: Phone) -> None:
    body = {
        "method_id": str(counter.method_id),
        "account_id": str(counter.account_id),
        "amount": {"amount": "50.00", "currency": "EUR"},
        "net": {"amount": "49.25", "currency": "EUR"},
    }
    refused = rep.post("/me/payouts", body, **{"Idempotency-Key": "k0"})
    assert refused.json is not None
    headers = proof(counter, refused.json["params"])
    more = {
        "amount": {"amount": "60.00", "currency": "EUR"},
        "net": {"amount": "59.15", "currency": "EUR"},
    }

    other = rep.post("/me/payouts", body | more, **headers | {"Idempotency-Key": "k2"})
    placed = rep.post("/me/payouts", body, **headers)
    again = rep.post("/me/payouts", body, **headers)

    assert refused.status_code == other.status_code == 403
    assert placed.status_code == 201
    assert placed.json is not None
    assert (placed.json["state"], placed.json["net"]["amount"]) == ("reserved", "49.25")
    assert again.json == placed.json
    listed = rep.get("/me/payouts").json
    assert listed is not None
    assert [item["id"] for item in listed["items"]] == [placed.json["id"]]
    assert NUMBERS["iban"]["iban"] not in rep.get("/me/payouts").get_data(as_text=True)


def test_the_phone_compares_and_a_transfer_is_no_card_of_the_catalog(
    counter: Counter, rep: Phone
) -> None:
    compared = rep.get("/me/payouts/options?currency=EUR&amount=50.00").json
    catalog = rep.get("/me/rewards").json

    assert compared is not None
    assert catalog is not None
    assert compared["available"] == {"amount": "100.00", "currency": "EUR"}
    (option,) = compared["options"]
    assert (option["fee"]["amount"], option["net"]["amount"]) == ("0.75", "49.25")
    assert option["ready"] == [str(counter.account_id)]
    assert catalog["items"] == []


def test_keepers_describe_ways_and_mistakes_are_told(app: Flask, counter: Counter) -> None:
    with counter.work(now=clock.utc_now()) as db:
        token = give_session(db, give_person(db, name="Pro Gram", roles=[Role.PROGRAM_ADMIN]))
    desk = Phone(app.test_client())
    desk.take(token)
    body = {
        "name": "SEPA",
        "provider": "manual",
        "currency": "EUR",
        "least": {"amount": "10.00", "currency": "EUR"},
        "most": {"amount": "5.00", "currency": "EUR"},
        "fee": {"amount": "0.00", "currency": "EUR"},
        "fee_percent": "1.5",
        "is_instant": False,
        "arrives_hours": 48,
    }

    wrong = desk.post("/payout-methods", body)
    made = desk.post("/payout-methods", body | {"most": None})
    assert made.json is not None
    changed = desk.send(
        "PUT", f"/payout-methods/{made.json['id']}", body | {"most": None, "active": False}
    )
    listed = desk.get("/payout-methods").json

    assert wrong.status_code == 422
    assert (made.status_code, made.json["fee_percent"]) == (201, "1.5")
    assert changed.json is not None
    assert changed.json["active"] is False
    assert listed is not None
    assert [item["name"] for item in listed["items"]] == ["Bank transfer", "SEPA"]
    assert "manual" in listed["providers"]


def test_what_came_back_is_told_in_the_inbox_and_leads_to_the_pay_out(counter: Counter) -> None:
    payout = counter.pay(5_000, 4_925)
    counter.advance(payout, Scripted(Settled("r-1", eur(4_925))))
    counter.advance(payout, Scripted(Reversed("r-1", "account_closed")), hint=True)

    with counter.work() as db:
        told = db.execute(
            select(Message.code, Message.link).where(
                Message.person_id == counter.purse.person.id, Message.code.like("payout%")
            )
        ).all()

    assert sorted(told) == [
        ("payout_paid", f"/wallet/payouts/{payout}"),
        ("payout_returned", f"/wallet/payouts/{payout}"),
    ]


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ("AC04", "payout_refused"),
        ("ZZ99", "payout_refused"),
        ("taken_out", "payout_stopped"),
        ("account_gone", "payout_stopped"),
    ],
)
def test_no_bank_is_blamed_for_what_never_reached_one(
    counter: Counter, refused: str, code: str
) -> None:
    payout = counter.pay(5_000, 4_925)
    counter.advance(payout, Scripted(Refused(refused)))

    with counter.work() as db:
        told = db.scalars(select(Message.code).where(Message.code.like("payout%"))).all()

    assert told == [code]
