"""Paying out to a bank: which ways there are, what arrives by each, and taking one of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.destinations import core as accounts_core
from app.destinations import queries as destinations
from app.destinations.models import BankAccount
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import service as ledger
from app.people import queries as people
from app.providers import accounts, registry
from app.providers.bank_numbers import payable_step
from app.providers.contract import Recipient
from app.rewards import queries, service, withholding
from app.rewards.cash_core import Fee, Obstacle, Sums, obstacle, sums
from app.rewards.cash_models import PayoutMethod
from app.rewards.errors import AmountNotAllowed, NotOffered, QuoteChanged
from app.rewards.models import Redemption, Reward

ANYWHERE: Final = "ZZ"
"""What CLDR calls the country of something that is not of one country."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way of paying out, as a program admin describes it."""

    name: str
    provider: str
    currency: str
    least: int
    most: int | None
    fee: Fee
    is_instant: bool
    arrives_hours: int
    country: str | None = None
    role: str | None = None
    active: bool = True
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Payee:
    """Who asks, as what, and on which day of theirs."""

    person_id: UUID
    roles: Collection[str]
    today: date


@dataclass(frozen=True, slots=True)
class Option:
    """A way as it is for one person and amount: what arrives where, or why it cannot."""

    method: Method
    parts: Sums
    obstacle: Obstacle | None
    accounts: tuple[BankAccount, ...]
    """Those that could be paid this way, the ones that are held included."""
    ready: tuple[UUID, ...]


def methods(db: Session, *, only_active: bool = False) -> list[Method]:
    """Return the ways of paying out, by currency and name."""
    rows = db.execute(
        select(Reward, PayoutMethod)
        .join(
            PayoutMethod,
            (PayoutMethod.tenant_id == Reward.tenant_id) & (PayoutMethod.reward_id == Reward.id),
        )
        .where(Reward.tenant_id == tenant_of(db))
        .order_by(Reward.currency, Reward.brand, Reward.id)
    )
    found = [_method(reward, terms) for reward, terms in rows]
    return [one for one in found if one.active] if only_active else found


def _method(reward: Reward, terms: PayoutMethod) -> Method:
    assert reward.min_minor is not None
    return Method(
        name=reward.brand,
        provider=reward.provider,
        currency=reward.currency,
        least=reward.min_minor,
        most=reward.max_minor,
        fee=Fee(terms.fee_minor, terms.fee_ppm),
        is_instant=terms.is_instant,
        arrives_hours=terms.arrives_hours,
        country=terms.country,
        role=terms.role,
        active=reward.active,
        id=reward.id,
    )


def get_method(db: Session, method_id: UUID) -> Method:
    """Return a way of paying out; raise NotFound when there is none."""
    found = next((one for one in methods(db) if one.id == method_id), None)
    if found is None:
        raise NotFound("There is no such way of paying out.")
    return found


def allow(db: Session, new: Method) -> Method:
    """Let people have their money sent this way."""
    reward_id = new_id()
    db.add(
        Reward(
            tenant_id=tenant_of(db),
            id=reward_id,
            kind="bank_transfer",
            description="",
            hue=220,
            art="bank",
            low_stock_at=0,
            **_of_reward(new),
        )
    )
    db.flush()
    db.add(PayoutMethod(tenant_id=tenant_of(db), reward_id=reward_id, **_terms(new)))
    db.flush()
    _write_down(db, "payout_method.allowed", reward_id, None, new)
    return replace(new, id=reward_id)


def change(db: Session, method_id: UUID, new: Method) -> Method:
    """Describe a way of paying out anew; what is under way goes on as it was approved."""
    before = get_method(db, method_id)
    reward = queries.get_reward(db, method_id, lock=True)
    terms = db.get_one(PayoutMethod, (tenant_of(db), method_id))
    for name, value in _of_reward(new).items():
        setattr(reward, name, value)
    for name, value in _terms(new).items():
        setattr(terms, name, value)
    db.flush()
    _write_down(db, "payout_method.changed", method_id, before, new)
    return replace(new, id=method_id)


def _of_reward(new: Method) -> dict[str, Any]:
    return {
        "brand": new.name,
        "provider": new.provider,
        "country": new.country or ANYWHERE,
        "currency": new.currency,
        "delivery_code": "instant" if new.is_instant else "batched",
        "min_minor": new.least,
        "max_minor": new.most,
        "active": new.active,
    }


def _terms(new: Method) -> dict[str, Any]:
    return {
        "country": new.country,
        "role": new.role,
        "fee_minor": new.fee.minor,
        "fee_ppm": new.fee.ppm,
        "is_instant": new.is_instant,
        "arrives_hours": new.arrives_hours,
    }


def _write_down(
    db: Session, action: str, method_id: UUID, before: Method | None, after: Method
) -> None:
    audit.record(
        db,
        action=action,
        object_kind="payout_method",
        object_id=method_id,
        before=_of_reward(before) | _terms(before) if before else None,
        after=_of_reward(after) | _terms(after),
    )


def options(db: Session, payee: Payee, *, currency: str, gross: Money | None) -> list[Option]:
    """Return every way this person may take, the one that brings most first, what cannot be had last."""
    available = _available(db, payee.person_id, currency)
    mine = destinations.accounts_of(db, payee.person_id)
    found = [
        _option(
            db,
            payee,
            method,
            gross=gross or _as_much_as_goes(method, available),
            available=available,
            mine=mine,
        )
        for method in methods(db, only_active=True)
        if _is_for(method, payee.roles, currency) and _is_reachable(db, method)
    ]
    return sorted(found, key=_by_use)


def _by_use(option: Option) -> tuple[bool, int, int, str]:
    arrives = option.method.arrives_hours
    return (option.obstacle is not None, -option.parts.net.minor, arrives, option.method.name)


def _is_for(method: Method, roles: Collection[str], currency: str) -> bool:
    return method.currency == currency and (method.role is None or method.role in roles)


def _is_reachable(db: Session, method: Method) -> bool:
    return method.provider in registry.OWN or accounts.find_for(db, method.provider) is not None


def _available(db: Session, person_id: UUID, currency: str) -> Money:
    return queries.spendable(db, person_id).get(currency, Money(0, currency))


def _as_much_as_goes(method: Method, available: Money) -> Money:
    most = available.minor if method.most is None else min(available.minor, method.most)
    step = payable_step(method.currency)
    return Money(most - most % step, method.currency)


def _option(
    db: Session,
    payee: Payee,
    method: Method,
    *,
    gross: Money,
    available: Money,
    mine: Collection[BankAccount],
) -> Option:
    fitting = tuple(account for account in mine if _takes(method, account))
    now = work_of(db).now
    ready = tuple(
        account.id
        for account in fitting
        if accounts_core.is_usable(account.state, account.usable_from, now)
    )
    first = next((one for one in fitting if one.id in ready), fitting[0] if fitting else None)
    country = first.country if first else method.country or ANYWHERE
    parts = _sums(db, payee, method, gross, country=country)
    why = _obstacle(method, parts, available=available.minor)
    if why is None and not ready:
        why = "held" if fitting else "no_account"
    return Option(method, parts, why, fitting, ready)


def _obstacle(method: Method, parts: Sums, *, available: int) -> Obstacle | None:
    step = payable_step(method.currency)
    return obstacle(parts, least=method.least, most=method.most, step=step, available=available)


def _takes(method: Method, account: BankAccount) -> bool:
    return account.currency == method.currency and method.country in (None, account.country)


def _sums(db: Session, payee: Payee, method: Method, gross: Money, *, country: str) -> Sums:
    if gross.minor <= 0:
        nothing = Money(0, gross.currency)
        return Sums(gross, nothing, nothing)
    kept = withholding.work_out(
        db, person_id=payee.person_id, gross=gross, country=country, on=payee.today
    )
    parts = sums(gross, method.fee, kept.money, step=payable_step(gross.currency))
    return replace(parts, prize_minor=kept.prize.minor, prize_withheld_minor=kept.prize_tax.minor)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person confirms: so much, this way, to that account, and what is to arrive."""

    method_id: UUID
    account_id: UUID
    gross: Money
    net: Money


def check(db: Session, payee: Payee, wish: Wish) -> Sums:
    """Return what a wish comes to; raise when it cannot go this way, or brings another amount."""
    method = get_method(db, wish.method_id)
    if not method.active or not _is_for(method, payee.roles, wish.gross.currency):
        raise NotOffered("This way of paying out is not open to you.")
    account = destinations.get_ready(db, wish.account_id, person_id=payee.person_id)
    if not _takes(method, account):
        raise NotOffered("This account cannot be paid this way.")
    parts = _sums(db, payee, method, wish.gross, country=account.country)
    # What is not there is refused by the books, which know it under their lock.
    why = _obstacle(method, parts, available=wish.gross.minor)
    if why is not None:
        raise AmountNotAllowed("This amount cannot be paid out this way.", reason=why)
    if parts.net != wish.net:
        raise QuoteChanged("What arrives has changed. Look at it again.")
    return parts


_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:person, 10))")


def pay(db: Session, payee: Payee, wish: Wish) -> Redemption:
    """Set the money aside and have it sent to exactly this account; a worker sends it after commit."""
    # One at a time for a person: what is withheld depends on what went before.
    db.execute(_LOCK, {"person": f"{tenant_of(db)}:{payee.person_id}"})
    # And what of it was won depends on everything that leaves the purse.
    ledger.hold(db, [books.available(payee.person_id, wish.gross.currency)])
    parts = check(db, payee, wish)
    account = destinations.get_ready(db, wish.account_id, person_id=payee.person_id)
    person = people.get_person(db, payee.person_id)
    redemption = service.redeem(
        db,
        person_id=payee.person_id,
        reward_id=wish.method_id,
        money=wish.gross,
        today=payee.today,
        recipient=Recipient(person.name, email=person.email, language=person.language),
        destination=destinations.unseal(db, account),
        destination_id=account.id,
    )
    redemption.fee_minor, redemption.withheld_minor = parts.fee.minor, parts.withheld.minor
    redemption.prize_withheld_minor = parts.prize_withheld_minor
    db.flush()
    return redemption


@dataclass(frozen=True, slots=True)
class Payout:
    """A pay-out as its owner sees it."""

    line: queries.RedemptionLine
    parts: Sums
    account_id: UUID
    account: str
    is_instant: bool
    arrives_by: datetime


def payouts_of(db: Session, person_id: UUID, *, only: UUID | None = None) -> list[Payout]:
    """Return a person's pay-outs to banks, newest first, at most a hundred."""
    wanted = select(Redemption).where(
        Redemption.tenant_id == tenant_of(db),
        Redemption.person_id == person_id,
        Redemption.destination_id.is_not(None),
    )
    if only is not None:
        wanted = wanted.where(Redemption.id == only)
    rows = db.scalars(wanted.order_by(Redemption.id.desc()).limit(100)).all()
    labels = destinations.labels(db, {row.destination_id for row in rows if row.destination_id})
    known = {method.id: method for method in methods(db)}
    lines = {line.id: line for line in queries.lines_of(db, rows)}
    return [
        _payout(row, lines[row.id], known[row.reward_id], labels)
        for row in rows
        if row.destination_id is not None
    ]


def _payout(
    row: Redemption, line: queries.RedemptionLine, method: Method, labels: dict[UUID, str]
) -> Payout:
    assert row.destination_id is not None
    return Payout(
        line=line,
        parts=Sums(
            Money(row.minor, row.currency),
            Money(row.fee_minor, row.currency),
            Money(row.withheld_minor, row.currency),
            row.prize_minor,
            row.prize_withheld_minor,
        ),
        account_id=row.destination_id,
        account=labels.get(row.destination_id, ""),
        is_instant=method.is_instant,
        arrives_by=row.created_at + timedelta(hours=method.arrives_hours),
    )


def get_payout(db: Session, payout_id: UUID, *, person_id: UUID) -> Payout:
    """Return one pay-out of a person; raise NotFound when there is none."""
    found = payouts_of(db, person_id, only=payout_id)
    if not found:
        raise NotFound("There is no such pay-out.")
    return found[0]


def cards_in(db: Session, currency: str) -> int:
    """Return how many gift cards one could take instead, which cost nothing to send."""
    found = db.scalar(
        select(func.count()).where(
            Reward.tenant_id == tenant_of(db),
            Reward.kind == "gift_card",
            Reward.currency == currency,
            Reward.active,
            Reward.sold_out_at.is_(None),
        )
    )
    return int(found or 0)
