"""What does not agree and waits for a person: amounts that changed, money paid too much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as ledger
from app.payouts.core import Line
from app.payouts.models import PayoutBatch, PayoutDiscrepancy, PayoutLine
from app.people import queries as people
from app.rewards import queries as rewards


@dataclass(frozen=True, slots=True)
class Overpaid:
    """A person who was paid and owes since: what was earned was taken back after the payment."""

    person_id: UUID
    person_name: str
    owed: Money


def look_for_changes(db: Session, batch: PayoutBatch, lines: Collection[PayoutLine]) -> None:
    """Note what has changed for a payment since its batch was closed: its amount, or what its person owes."""
    refs = {books.owed(line.person_id, line.currency) for line in lines}
    debts = ledger.balances(db, refs)
    for line in lines:
        redemption = rewards.get_redemption(db, line.redemption_id)
        if (redemption.minor, redemption.currency) != (line.minor, line.currency):
            note(db, batch, "amount_changed", line=line, said=redemption.minor)
        debt = -debts.get(books.owed(line.person_id, line.currency), 0)
        if debt > 0:
            note(db, batch, "person_owes", line=line, said=max(line.minor - debt, 0))


def note(
    db: Session,
    batch: PayoutBatch,
    kind: str,
    *,
    line: PayoutLine | None = None,
    expected: int | None = None,
    said: int | None = None,
) -> None:
    """Put something that does not agree before a person, once."""
    db.execute(
        insert(PayoutDiscrepancy)
        .values(
            tenant_id=tenant_of(db),
            id=new_id(),
            batch_id=batch.id,
            line_id=line.id if line else None,
            kind=kind,
            expected_minor=line.minor if line and expected is None else expected,
            said_minor=said,
            currency=batch.currency,
            found_at=work_of(db).now,
            note="",
        )
        .on_conflict_do_nothing()
    )


def open_ones(db: Session, *, batch_id: UUID | None = None) -> list[PayoutDiscrepancy]:
    """Return what waits for a person, the oldest first."""
    wanted = (
        select(PayoutDiscrepancy)
        .where(PayoutDiscrepancy.tenant_id == tenant_of(db), PayoutDiscrepancy.closed_at.is_(None))
        .order_by(PayoutDiscrepancy.id)
    )
    if batch_id is not None:
        wanted = wanted.where(PayoutDiscrepancy.batch_id == batch_id)
    return list(db.scalars(wanted))


def close(db: Session, discrepancy_id: UUID, *, person_id: UUID | None, note: str) -> None:
    """Say what was done about something that did not agree."""
    row = db.execute(
        select(PayoutDiscrepancy)
        .where(
            PayoutDiscrepancy.tenant_id == tenant_of(db),
            PayoutDiscrepancy.id == discrepancy_id,
            PayoutDiscrepancy.closed_at.is_(None),
        )
        .with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("There is nothing open of this kind.")
    row.closed_at, row.closed_by, row.note = work_of(db).now, person_id, note
    audit.record(
        db,
        action="payout_discrepancy.closed",
        object_kind="payout_batch",
        object_id=row.batch_id,
        after={"kind": row.kind, "note": note},
    )


def overpaid(db: Session) -> list[Overpaid]:
    """Return who was paid by file and owes since, the largest debt first."""
    pairs = db.execute(
        select(PayoutLine.person_id, PayoutLine.currency)
        .where(PayoutLine.tenant_id == tenant_of(db), PayoutLine.state == Line.SETTLED)
        .distinct()
    ).all()
    refs = {books.owed(person, currency): person for person, currency in pairs}
    names = people.names(db, set(refs.values()))
    found = [
        Overpaid(refs[ref], names.get(refs[ref], ""), Money(-minor, ref.currency))
        for ref, minor in ledger.balances(db, refs).items()
        if minor < 0
    ]
    return sorted(found, key=lambda one: -one.owed.minor)
