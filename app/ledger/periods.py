"""The books cut by time: what stood before an instant, and what moved between two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.money import Money
from app.ledger.core import AccountKind

PERSON: Final = (
    AccountKind.PERSON_EARNED,
    AccountKind.PERSON_AVAILABLE,
    AccountKind.PERSON_RESERVED,
    AccountKind.PERSON_OWED,
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One business fact as it moved the accounts of one person, in one currency."""

    transaction_id: UUID
    posted_at: datetime
    kind: str
    cause_kind: str
    cause_id: UUID
    currency: str
    moved: dict[AccountKind, int]

    @property
    def minor(self) -> int:
        """What the person has more or less by it, wherever it lies."""
        return sum(self.moved.values())


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One leg of the journal."""

    posted_at: datetime
    transaction_id: UUID
    key: str
    kind: str
    cause_kind: str
    cause_id: UUID
    account_kind: str
    owner_id: UUID | None
    money: Money


_OF_PERSON: Final = """
    SELECT t.id, t.posted_at, t.position, t.kind, t.cause_kind, t.cause_id, e.currency,
           a.kind AS account_kind, e.minor
      FROM ledger_accounts a
      JOIN ledger_entries e ON e.tenant_id = a.tenant_id AND e.account_id = a.id
      JOIN ledger_transactions t ON t.tenant_id = e.tenant_id AND t.id = e.transaction_id
     WHERE a.tenant_id = :tenant AND a.owner_id = :person AND a.kind = ANY(:kinds)
"""


def balances_before(
    db: Session, person_id: UUID, at: datetime
) -> dict[tuple[str, AccountKind], int]:
    """Return what the accounts of a person held before `at`, by currency and kind."""
    rows = db.execute(
        text(
            f"SELECT currency, account_kind, sum(minor) AS minor FROM ({_OF_PERSON}) moved"  # noqa: S608 - our own text
            " WHERE posted_at < :at GROUP BY currency, account_kind"
        ),
        {**_person(db, person_id), "at": at},
    )
    return {(row.currency, AccountKind(row.account_kind)): int(row.minor) for row in rows}


def movements(db: Session, person_id: UUID, since: datetime, until: datetime) -> list[Movement]:
    """Return what moved the accounts of a person from `since` on and before `until`, oldest first."""
    rows = db.execute(
        text(
            _OF_PERSON + " AND t.posted_at >= :since AND t.posted_at < :until"
            " ORDER BY t.posted_at, t.position, e.line"
        ),
        {**_person(db, person_id), "since": since, "until": until},
    )
    found: dict[tuple[UUID, str], Movement] = {}
    for row in rows:
        movement = found.setdefault(
            (row.id, row.currency),
            Movement(
                row.id,
                row.posted_at,
                row.kind,
                row.cause_kind,
                row.cause_id,
                row.currency,
                defaultdict(int),
            ),
        )
        movement.moved[AccountKind(row.account_kind)] += row.minor
    return list(found.values())


def people_with_money(db: Session, until: datetime) -> list[UUID]:
    """Return who had an account before `until`, in the order of their ids."""
    return list(
        db.scalars(
            text(
                "SELECT DISTINCT a.owner_id FROM ledger_accounts a"
                " WHERE a.tenant_id = :tenant AND a.kind = ANY(:kinds) AND EXISTS ("
                "   SELECT FROM ledger_entries e"
                "   JOIN ledger_transactions t ON t.tenant_id = e.tenant_id"
                "    AND t.id = e.transaction_id"
                "   WHERE e.tenant_id = a.tenant_id AND e.account_id = a.id"
                "     AND t.posted_at < :until)"
                " ORDER BY a.owner_id"
            ),
            {"tenant": tenant_of(db), "kinds": _kinds(), "until": until},
        )
    )


def totals(db: Session) -> dict[tuple[str, str], int]:
    """Return what all accounts of a kind hold now, by kind and currency, in minor units."""
    rows = db.execute(
        text("""
            SELECT a.kind, a.currency, sum(part.minor) AS minor
              FROM (SELECT account_id, minor FROM ledger_totals WHERE tenant_id = :tenant
                    UNION ALL
                    SELECT e.account_id, e.minor FROM ledger_entries e
                      JOIN ledger_queued q ON q.tenant_id = e.tenant_id AND q.position = e.position
                     WHERE e.tenant_id = :tenant) part
              JOIN ledger_accounts a ON a.tenant_id = :tenant AND a.id = part.account_id
             GROUP BY a.kind, a.currency
        """),
        {"tenant": tenant_of(db)},
    )
    return {(row.kind, row.currency): int(row.minor) for row in rows}


def idle_balances(db: Session) -> list[tuple[str, datetime, int]]:
    """Return what people could spend: currency, when it last moved, minor units; one for each purse."""
    rows = db.execute(
        text("""
            SELECT a.currency, b.minor,
                   (SELECT t.posted_at FROM ledger_entries e
                      JOIN ledger_transactions t ON t.tenant_id = e.tenant_id
                       AND t.id = e.transaction_id
                     WHERE e.tenant_id = a.tenant_id AND e.account_id = a.id
                     ORDER BY e.position DESC LIMIT 1) AS moved_at
              FROM ledger_accounts a
              JOIN ledger_balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
             WHERE a.tenant_id = :tenant AND a.kind = 'person_available' AND b.minor > 0
        """),
        {"tenant": tenant_of(db)},
    )
    return [(row.currency, row.moved_at, row.minor) for row in rows]


def debts(db: Session) -> dict[tuple[UUID, str], int]:
    """Return what people were overpaid, by person and currency, in minor units."""
    rows = db.execute(
        text("""
            SELECT a.owner_id, a.currency, -b.minor AS minor
              FROM ledger_accounts a
              JOIN ledger_balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
             WHERE a.tenant_id = :tenant AND a.kind = 'person_owed' AND b.minor < 0
        """),
        {"tenant": tenant_of(db)},
    )
    return {(row.owner_id, row.currency): int(row.minor) for row in rows}


def journal(db: Session, since: datetime, until: datetime, *, most: int) -> Sequence[JournalLine]:
    """Return the legs posted from `since` on and before `until`, in the order of the journal, at most `most`."""
    rows = db.execute(
        text("""
            SELECT t.posted_at, t.id, t.key, t.kind, t.cause_kind, t.cause_id,
                   a.kind AS account_kind, a.owner_id, e.minor, e.currency
              FROM ledger_transactions t
              JOIN ledger_entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
              JOIN ledger_accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
             WHERE t.tenant_id = :tenant AND t.posted_at >= :since AND t.posted_at < :until
             ORDER BY t.posted_at, t.position, e.line
             LIMIT :most
        """),
        {"tenant": tenant_of(db), "since": since, "until": until, "most": most},
    )
    return list(_lines(rows))


def _lines(rows: Any) -> Iterator[JournalLine]:
    for row in rows:
        yield JournalLine(
            row.posted_at,
            row.id,
            row.key,
            row.kind,
            row.cause_kind,
            row.cause_id,
            row.account_kind,
            row.owner_id,
            Money(row.minor, row.currency),
        )


def _person(db: Session, person_id: UUID) -> dict[str, Any]:
    return {"tenant": tenant_of(db), "person": person_id, "kinds": _kinds()}


def _kinds() -> list[str]:
    return [kind.value for kind in PERSON]
