"""Reads of the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from app.db import bulk, driver
from app.db.journal import Journal
from app.db.unit_of_work import tenant_of
from app.kernel.money import Money
from app.kernel.pages import Page, decode_cursor, page_of
from app.kernel.strict_json import dumps_canonical
from app.ledger.core import CONTEST, EARNING, PROVIDER_RETURN, AccountKind, AccountRef, Leg
from app.ledger.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerHead,
    LedgerQueued,
    LedgerReservation,
    LedgerResolution,
    LedgerSeal,
    LedgerTransaction,
)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A posted business fact with its legs."""

    id: UUID
    key: str
    kind: str
    cause_kind: str
    cause_id: UUID
    reverses: UUID | None
    posted_at: datetime
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside."""

    id: UUID
    person_id: UUID
    money: Money
    cause_kind: str
    cause_id: UUID


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a reservation ended."""

    outcome: str
    captured_minor: int
    transaction_id: UUID


@dataclass(frozen=True, slots=True)
class WalletLine:
    """What a person has in one currency, by state; `owed` is what was paid too much.

    `taken_back`: all that was taken back of what could be spent already, `owed` is what of it is still open.
    """

    currency: str
    earned: Money
    available: Money
    reserved: Money
    paid: Money
    owed: Money
    taken_back: Money


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One movement in a person's wallet."""

    transaction_id: UUID
    line: int
    position: int
    posted_at: datetime
    kind: str
    account: AccountKind
    money: Money
    cause_kind: str
    cause_id: UUID
    sequence: int | None


# Sealed entries are in the rolling total; those that still wait are added from the end of the account.
_BALANCE: Final = """coalesce(t.minor, 0) + coalesce((
               SELECT sum(e.minor) FROM ledger_entries e
               WHERE e.tenant_id = a.tenant_id AND e.account_id = a.id
                 AND e.position >= (SELECT min(q.position) FROM ledger_queued q
                                    WHERE q.tenant_id = a.tenant_id)
                 AND EXISTS (SELECT FROM ledger_queued q
                             WHERE q.tenant_id = e.tenant_id AND q.position = e.position)), 0)"""
_ACCOUNTS: Final = """ledger_accounts a
    LEFT JOIN ledger_totals t ON t.tenant_id = a.tenant_id AND t.account_id = a.id"""
BALANCES = text(f"""
    SELECT a.id, {_BALANCE} AS minor
    FROM {_ACCOUNTS}
    WHERE a.tenant_id = :tenant AND a.id = ANY(CAST(:ids AS uuid[]))
""")  # noqa: S608 - made of the two texts above
_AVAILABLE: Final = f"""
    SELECT a.currency, coalesce(sum({_BALANCE}) FILTER (WHERE a.kind = %(kind)s), 0)::bigint
    FROM {_ACCOUNTS}
    WHERE a.tenant_id = %(tenant)s AND a.owner_id = %(person)s
    GROUP BY a.currency ORDER BY a.currency
"""  # noqa: S608 - likewise


def balances(db: Session, accounts: Iterable[AccountRef]) -> dict[AccountRef, int]:
    """Return the balance of each account in minor units; 0 for one that was never used."""
    tenant = tenant_of(db)
    ids = {ref.id_in(tenant): ref for ref in accounts}
    found = dict.fromkeys(ids.values(), 0)
    for row in db.execute(BALANCES, {"tenant": tenant, "ids": list(ids)}):
        found[ids[row.id]] = int(row.minor)
    return found


def balance(db: Session, account: AccountRef) -> int:
    """Return the balance of one account in minor units."""
    return balances(db, [account])[account]


def available(db: Session, person_id: UUID) -> dict[str, Money]:
    """Return what a person can spend, in each currency that was ever used, in its order."""
    asked = {
        "tenant": tenant_of(db),
        "person": person_id,
        "kind": AccountKind.PERSON_AVAILABLE.value,
    }
    return {
        currency: Money(minor, currency) for currency, minor in driver.run(db, _AVAILABLE, asked)
    }


def wallet(db: Session, person_id: UUID) -> list[WalletLine]:
    """Return what a person has, a line for each currency that was ever used, in its order."""
    tenant = tenant_of(db)
    accounts = [
        AccountRef(AccountKind(kind), person_id, currency)
        for kind, currency in db.execute(
            select(LedgerAccount.kind, LedgerAccount.currency).where(
                LedgerAccount.tenant_id == tenant, LedgerAccount.owner_id == person_id
            )
        )
    ]
    by_currency: dict[str, dict[AccountKind, int]] = defaultdict(dict)
    for ref, minor in balances(db, accounts).items():
        by_currency[ref.currency][ref.kind] = minor
    history = _history(db, person_id)
    paid = _paid(db, person_id, history)
    return [
        WalletLine(
            currency=currency,
            earned=Money(kinds.get(AccountKind.PERSON_EARNED, 0), currency),
            available=Money(kinds.get(AccountKind.PERSON_AVAILABLE, 0), currency),
            reserved=Money(kinds.get(AccountKind.PERSON_RESERVED, 0), currency),
            paid=Money(paid.get(currency, 0), currency),
            owed=Money(-kinds.get(AccountKind.PERSON_OWED, 0), currency),
            taken_back=Money(-history.get((EARNING, currency), 0), currency),
        )
        for currency, kinds in sorted(by_currency.items())
    ]


def _history(db: Session, person_id: UUID) -> dict[tuple[str, str], int]:
    """Return by kind and currency what came back to a person, and what earnings took from spendable money."""
    spendable = (AccountKind.PERSON_AVAILABLE, AccountKind.PERSON_OWED)
    kind, minor = LedgerTransaction.kind, LedgerEntry.minor
    rows = db.execute(
        select(kind, LedgerEntry.currency, func.sum(minor))
        .join(
            LedgerAccount,
            (LedgerAccount.tenant_id == LedgerEntry.tenant_id)
            & (LedgerAccount.id == LedgerEntry.account_id),
        )
        .join(
            LedgerTransaction,
            (LedgerTransaction.tenant_id == LedgerEntry.tenant_id)
            & (LedgerTransaction.id == LedgerEntry.transaction_id),
        )
        .where(
            LedgerEntry.tenant_id == tenant_of(db),
            LedgerAccount.owner_id == person_id,
            LedgerAccount.kind.in_(spendable),
            or_(
                (kind == PROVIDER_RETURN) & (LedgerAccount.kind == AccountKind.PERSON_AVAILABLE),
                (kind == EARNING) & (minor < 0),
            ),
        )
        .group_by(kind, LedgerEntry.currency)
    )
    return {(found, currency): int(total) for found, currency, total in rows}


def _paid(db: Session, person_id: UUID, history: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Return by currency what was captured for a person and has not come back."""
    captured = db.execute(
        select(LedgerReservation.currency, func.sum(LedgerResolution.captured_minor))
        .join(
            LedgerResolution,
            (LedgerResolution.tenant_id == LedgerReservation.tenant_id)
            & (LedgerResolution.reservation_id == LedgerReservation.id),
        )
        .where(
            LedgerReservation.tenant_id == tenant_of(db),
            LedgerReservation.person_id == person_id,
        )
        .group_by(LedgerReservation.currency)
    )
    return {
        currency: int(minor) - history.get((PROVIDER_RETURN, currency), 0)
        for currency, minor in captured
    }


def won(db: Session, person_id: UUID, currency: str) -> int:
    """Return what of a person's prizes came to be spent, in minor units; what settled a debt did not."""
    account = AccountRef(AccountKind.PERSON_AVAILABLE, person_id, currency)
    tenant = tenant_of(db)
    total = db.scalar(
        select(func.sum(LedgerEntry.minor))
        .join(
            LedgerTransaction,
            (LedgerTransaction.tenant_id == LedgerEntry.tenant_id)
            & (LedgerTransaction.id == LedgerEntry.transaction_id),
        )
        .where(
            LedgerEntry.tenant_id == tenant,
            LedgerEntry.account_id == account.id_in(tenant),
            LedgerTransaction.cause_kind == CONTEST,
        )
    )
    return int(total or 0)


def entries_of(
    db: Session, person_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> Page[PersonEntry]:
    """Return the movements in a person's wallet, newest first."""
    entry, posted, account, seal = (
        LedgerEntry,
        LedgerTransaction,
        LedgerAccount,
        LedgerSeal,
    )
    wanted = (
        select(
            entry.transaction_id,
            entry.line,
            entry.position,
            posted.posted_at,
            posted.kind,
            account.kind,
            entry.minor,
            entry.currency,
            posted.cause_kind,
            posted.cause_id,
            seal.sequence,
        )
        .join(account, (account.tenant_id == entry.tenant_id) & (account.id == entry.account_id))
        .join(posted, (posted.tenant_id == entry.tenant_id) & (posted.id == entry.transaction_id))
        .outerjoin(seal, (seal.tenant_id == posted.tenant_id) & (seal.item_id == posted.id))
        .where(entry.tenant_id == tenant_of(db), account.owner_id == person_id)
        .order_by(entry.position.desc(), entry.line.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        position, line = decode_cursor(cursor, int, int)
        wanted = wanted.where(
            (entry.position < position) | ((entry.position == position) & (entry.line < line))
        )
    found = [
        PersonEntry(
            transaction_id, line, position, at, kind, AccountKind(account_kind),
            Money(minor, currency), cause_kind, cause_id, sequence,
        )
        for (
            transaction_id, line, position, at, kind, account_kind, minor, currency, cause_kind,
            cause_id, sequence,
        ) in db.execute(wanted)
    ]  # fmt: skip
    return page_of(found, limit, lambda entry: (entry.position, entry.line))


def find_transaction(db: Session, transaction_id: UUID) -> Transaction | None:
    """Return a transaction with its legs."""
    return _find(db, LedgerTransaction.id == transaction_id)


def find_by_key(db: Session, key: str) -> Transaction | None:
    """Return what was posted under `key`, with its legs."""
    return _find(db, LedgerTransaction.key == key)


def _find(db: Session, which: ColumnElement[bool]) -> Transaction | None:
    tenant = tenant_of(db)
    found = db.execute(
        select(LedgerTransaction).where(LedgerTransaction.tenant_id == tenant, which)
    ).scalar_one_or_none()
    if found is None:
        return None
    legs = db.execute(
        select(LedgerAccount.kind, LedgerAccount.owner_id, LedgerEntry.currency, LedgerEntry.minor)
        .join(
            LedgerAccount,
            (LedgerAccount.tenant_id == LedgerEntry.tenant_id)
            & (LedgerAccount.id == LedgerEntry.account_id),
        )
        .where(LedgerEntry.tenant_id == tenant, LedgerEntry.transaction_id == found.id)
        .order_by(LedgerEntry.line)
    )
    return Transaction(
        id=found.id,
        key=found.key,
        kind=found.kind,
        cause_kind=found.cause_kind,
        cause_id=found.cause_id,
        reverses=found.reverses,
        posted_at=found.posted_at,
        legs=tuple(
            Leg(AccountRef(AccountKind(kind), owner_id, currency), minor)
            for kind, owner_id, currency, minor in legs
        ),
    )


def reversal_of(db: Session, transaction_id: UUID) -> Transaction | None:
    """Return the transaction that reverses this one."""
    found = db.scalar(
        select(LedgerTransaction.id).where(
            LedgerTransaction.tenant_id == tenant_of(db),
            LedgerTransaction.reverses == transaction_id,
        )
    )
    return find_transaction(db, found) if found is not None else None


def find_reservation(db: Session, reservation_id: UUID) -> Reservation | None:
    """Return a reservation."""
    found = db.execute(
        select(LedgerReservation).where(
            LedgerReservation.tenant_id == tenant_of(db), LedgerReservation.id == reservation_id
        )
    ).scalar_one_or_none()
    if found is None:
        return None
    money = Money(found.minor, found.currency)
    return Reservation(found.id, found.person_id, money, found.cause_kind, found.cause_id)


def find_resolution(db: Session, reservation_id: UUID) -> Resolution | None:
    """Return how a reservation ended, None while it is open."""
    found = db.execute(
        select(
            LedgerResolution.outcome,
            LedgerResolution.captured_minor,
            LedgerResolution.transaction_id,
        ).where(
            LedgerResolution.tenant_id == tenant_of(db),
            LedgerResolution.reservation_id == reservation_id,
        )
    ).one_or_none()
    return Resolution(*found) if found is not None else None


def get_resolution(db: Session, reservation_id: UUID) -> Resolution:
    """Return how a reservation ended; it has."""
    found = find_resolution(db, reservation_id)
    if found is None:
        raise LookupError("This reservation is open.")
    return found


def contents(db: Session, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Return the bytes that a leaf stands for, by id."""
    tenant = tenant_of(db)
    transaction, entry = LedgerTransaction, LedgerEntry
    facts = select(
        transaction.id,
        transaction.position,
        transaction.posted_at,
        transaction.key,
        transaction.kind,
        transaction.cause_kind,
        transaction.cause_id,
        transaction.reverses,
        transaction.memo,
    ).where(transaction.tenant_id == tenant, transaction.id == bulk.any_of(ids))
    legs = (
        select(
            entry.transaction_id,
            entry.line,
            entry.account_id,
            entry.currency,
            entry.minor,
            entry.account_sequence,
        )
        .where(entry.tenant_id == tenant, entry.transaction_id == bulk.any_of(ids))
        .order_by(entry.transaction_id, entry.line)
    )
    legs_of: dict[UUID, list[list[Any]]] = defaultdict(list)
    for transaction_id, *leg in db.execute(legs):
        legs_of[transaction_id].append(leg)
    return {
        row.id: dumps_canonical(
            [
                tenant,
                row.id,
                row.position,
                row.posted_at.astimezone(UTC).isoformat(),
                *row[3:],
                legs_of[row.id],
            ]
        )
        for row in db.execute(facts)
    }


JOURNAL = Journal("ledger", LedgerQueued, LedgerSeal, LedgerHead, contents)
