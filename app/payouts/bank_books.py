"""Our pay-outs beside the bank's statements, whenever one is read, each day, and when somebody asks.

The third leg of reconciliation (reference: money-safety 3.3): the statements of the account that pays by file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue, job
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.payouts import bank_core, paying
from app.payouts.bank_core import Paid
from app.payouts.core import LEFT, Line
from app.payouts.errors import Unreadable
from app.payouts.files import iso_statements, table_statements
from app.payouts.files.statements import Booking, Statement, marks
from app.payouts.models import BankBooking, BankStatement, PayoutBatch, PayoutLine
from app.payouts.paying import PayingAccount
from app.rewards import reconciling

REACHES_BACK: Final = timedelta(days=75)
"""Further than a returned payment takes: banks take money back after weeks."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A statement that was read: how much of it is new to us, and which payments it tells anew."""

    id: UUID
    statement: Statement
    fresh: tuple[Booking, ...]


def parse(raw: bytes, *, currency: str) -> Statement | None:
    """Return the statement in a bank's file; None when the file is something else."""
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return iso_statements.read_statement(raw) if b"BkToCstmrStmt" in raw else None
    if table_statements.is_statement(raw):
        return table_statements.read_statement(raw, currency=currency)
    return None


def keep(db: Session, account: PayingAccount, statement: Statement) -> Kept:
    """Keep the bookings of a statement, each once however many statements show it."""
    _check_account(account, statement)
    row = BankStatement(
        tenant_id=tenant_of(db),
        id=new_id(),
        account_id=account.id,
        kind=statement.kind,
        first_on=statement.first_on,
        last_on=statement.last_on,
        read_at=work_of(db).now,
    )
    db.add(row)
    db.flush()
    fresh = _insert(db, row, statement.bookings)
    audit.record(
        db,
        action="bank_statement.read",
        object_kind="paying_account",
        object_id=account.id,
        after={
            "first_on": statement.first_on.isoformat(),
            "last_on": statement.last_on.isoformat(),
            "bookings": len(statement.bookings),
            "new": len(fresh),
        },
    )
    return Kept(row.id, statement, fresh)


def _check_account(account: PayingAccount, statement: Statement) -> None:
    ours = account.fields.get("iban", "").replace(" ", "").upper()
    if ours and statement.iban and statement.iban != ours:
        raise Unreadable(f"This statement is of another account, {statement.iban[-4:]} at its end.")
    others = {one.money.currency for one in statement.bookings} - {account.currency}
    if others:
        raise Unreadable(
            f"This account holds {account.currency}; the statement says {min(others)}."
        )


def _insert(db: Session, row: BankStatement, bookings: Sequence[Booking]) -> tuple[Booking, ...]:
    if not bookings:
        return ()
    by_mark = dict(zip(marks(bookings), bookings, strict=True))
    inserted = db.scalars(
        # Rows apart from the statement: it is sent in parts that hold as many values as a driver can.
        insert(BankBooking).on_conflict_do_nothing().returning(BankBooking.mark),
        [
            {
                "tenant_id": row.tenant_id,
                "id": new_id(),
                "account_id": row.account_id,
                "statement_id": row.id,
                "mark": mark,
                "booked_on": one.on,
                "direction": one.direction,
                "minor": one.money.minor,
                "currency": one.money.currency,
                "reference_list": list(one.references),
                "message_id": one.message_id,
                "bank_reference": one.bank_reference,
            }
            for mark, one in by_mark.items()
        ],
    )
    return tuple(by_mark[mark] for mark in inserted)


def compare(db: Session, account_id: UUID) -> UUID:
    """Lay the files of an account beside its statements; keep what does not agree."""
    account = paying.get(db, account_id, lock=True)
    now = work_of(db).now
    since = (now - REACHES_BACK).date()
    statements = _statements(db, account_id, since)
    begins = datetime.combine(since, time(), UTC)
    if not statements:
        return reconciling.write(db, account_id, begins, "unreadable", leg="bank").id
    paid, bookings = _paid(db, account_id, since), _bookings(db, account_id, since)
    found = bank_core.compare(
        paid,
        bookings,
        covered=bank_core.spans_of((one.first_on, one.last_on) for one in statements),
        is_shared=account.fields.get("shared") == "yes",
    )
    row = reconciling.write(db, account_id, begins, "done", leg="bank")
    row.matched, row.returned = found.matched, found.returned
    row.ours, row.theirs = len(paid), len(bookings)
    row.covered_until = max(one.last_on for one in statements)
    reconciling.keep(db, account_id, found.differences, leg="bank")
    return row.id


def _statements(db: Session, account_id: UUID, since: date) -> Sequence[BankStatement]:
    return db.scalars(
        select(BankStatement).where(
            BankStatement.tenant_id == tenant_of(db),
            BankStatement.account_id == account_id,
            BankStatement.last_on >= since,
        )
    ).all()


def _paid(db: Session, account_id: UUID, since: date) -> list[Paid]:
    rows = db.execute(
        select(
            PayoutLine.reference,
            PayoutLine.short_reference,
            PayoutBatch.message_id,
            PayoutLine.minor,
            PayoutLine.currency,
            PayoutLine.state,
            PayoutBatch.pay_on,
        )
        .join(
            PayoutBatch,
            (PayoutBatch.tenant_id == PayoutLine.tenant_id)
            & (PayoutBatch.id == PayoutLine.batch_id),
        )
        .where(
            PayoutBatch.tenant_id == tenant_of(db),
            PayoutBatch.account_id == account_id,
            PayoutBatch.pay_on >= since,
            PayoutBatch.state.in_(LEFT),
            PayoutLine.state.not_in((Line.MOVED, Line.WITHDRAWN)),
        )
    )
    return [
        Paid(reference, short, message_id or "", Money(minor, currency), Line(state), due_on)
        for reference, short, message_id, minor, currency, state, due_on in rows
        if due_on is not None
    ]


def _bookings(db: Session, account_id: UUID, since: date) -> list[Booking]:
    rows = db.scalars(
        select(BankBooking)
        .where(
            BankBooking.tenant_id == tenant_of(db),
            BankBooking.account_id == account_id,
            BankBooking.booked_on >= since,
        )
        .order_by(BankBooking.booked_on, BankBooking.id)
    )
    return [
        Booking(
            row.booked_on,
            "out" if row.direction == "out" else "back",
            Money(row.minor, row.currency),
            tuple(row.reference_list),
            row.message_id,
            row.bank_reference,
        )
        for row in rows
    ]


@job(name="payouts.compare_bank", queue_name="providers")
def compare_job(db: Session, account_id: str) -> None:
    """Compare one account with its statements."""
    compare(db, UUID(account_id))


@job(name="payouts.compare_banks", queue_name="providers")
def compare_all_job(db: Session) -> None:
    """Send a worker to every account that has paid something or was told something."""
    told = select(BankStatement.account_id).where(BankStatement.tenant_id == tenant_of(db))
    left = select(PayoutBatch.account_id).where(
        PayoutBatch.tenant_id == tenant_of(db), PayoutBatch.state.in_(LEFT)
    )
    for account_id in sorted(db.scalars(told.union(left))):
        ask(db, account_id)


def ask(db: Session, account_id: UUID) -> None:
    """Have an account compared with its statements by a worker, soon and once."""
    enqueue(
        db,
        compare_job,
        once=f"payouts.compare_bank:{tenant_of(db)}:{account_id}",
        account_id=str(account_id),
    )
