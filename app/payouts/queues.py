"""What does not agree and waits for a person: amounts that changed, money paid too much."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as ledger
from app.payouts.core import Line
from app.payouts.models import PayoutDiscrepancy, PayoutLine
from app.people import queries as people
from app.rewards import queries as rewards


@dataclass(frozen=True, slots=True)
class Overpaid:
    """A person who was paid and owes since: what was earned was taken back after the payment."""

    person_id: UUID
    person_name: str
    owed: Money


def look_for_changes(db: Session, lines: Collection[PayoutLine]) -> None:
    """Note what has changed for a payment since its batch was closed: its amount, or what its person owes."""
    debts = ledger.balances(db, {_owed(line) for line in lines})
    ordered = rewards.redemptions(db, [line.redemption_id for line in lines])
    found = []
    for line in lines:
        redemption = ordered[line.redemption_id]
        if (redemption.minor, redemption.currency) != (line.minor, line.currency):
            found.append(Finding.of(line, "amount_changed", said=redemption.minor))
        debt = -debts[_owed(line)]
        if debt > 0:
            found.append(Finding.of(line, "person_owes", said=max(line.minor - debt, 0)))
    note(db, found)


def _owed(line: PayoutLine) -> books.AccountRef:
    return books.owed(line.person_id, line.currency)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree: of one payment, or of a whole file."""

    batch_id: UUID
    currency: str
    kind: str
    line_id: UUID | None = None
    expected: int | None = None
    said: int | None = None

    @classmethod
    def of(cls, line: PayoutLine, kind: str, *, said: int | None = None) -> Finding:
        """Return a finding on one payment."""
        return cls(line.batch_id, line.currency, kind, line.id, line.minor, said)


NOTE: Final = text("""
    INSERT INTO payout_discrepancies
        (tenant_id, id, batch_id, line_id, kind, expected_minor, said_minor, currency, found_at, note)
    SELECT :tenant, n.id, n.batch_id, n.line_id, n.kind, n.expected, n.said, n.currency, :now, ''
    FROM unnest(CAST(:ids AS uuid[]), CAST(:batches AS uuid[]), CAST(:lines AS uuid[]), CAST(:kinds AS text[]),
                CAST(:expected AS bigint[]), CAST(:said AS bigint[]), CAST(:currencies AS text[]))
         AS n (id, batch_id, line_id, kind, expected, said, currency)
    ON CONFLICT DO NOTHING
""")


def note(db: Session, findings: Iterable[Finding]) -> None:
    """Put what does not agree before a person, each once."""
    found = list(findings)
    if not found:
        return
    db.execute(
        NOTE,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "ids": sorted(new_id() for _ in found),
            "batches": [one.batch_id for one in found],
            "lines": [one.line_id for one in found],
            "kinds": [one.kind for one in found],
            "expected": [one.expected for one in found],
            "said": [one.said for one in found],
            "currencies": [one.currency for one in found],
        },
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
