"""What does not agree and waits for a person: amounts that changed after a file was written, or at the bank."""

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
from app.ledger import core as books
from app.ledger import queries as ledger
from app.payouts.core import WITH_NOBODY, Line
from app.payouts.models import PayoutBatch, PayoutDiscrepancy, PayoutLine
from app.rewards import queries as rewards


def look_at_people(db: Session, person_ids: Collection[UUID]) -> None:
    """Note what has changed for payments to these people in files that no bank has yet."""
    lines = db.scalars(
        select(PayoutLine)
        .join(
            PayoutBatch,
            (PayoutLine.tenant_id == PayoutBatch.tenant_id)
            & (PayoutLine.batch_id == PayoutBatch.id),
        )
        .where(
            PayoutBatch.tenant_id == tenant_of(db),
            PayoutBatch.state.in_(WITH_NOBODY),
            PayoutLine.state == Line.WAITING,
            PayoutLine.person_id.in_(person_ids),
        )
    ).all()
    look_for_changes(db, lines)


def look_for_changes(db: Session, lines: Collection[PayoutLine]) -> None:
    """Note what has changed for a payment since its batch was closed: its amount, or what its person owes."""
    debts = ledger.balances(db, {_owed(line) for line in lines})
    ordered = rewards.redemptions(db, [line.redemption_id for line in lines])
    found = []
    for line in lines:
        asked = rewards.net_of(ordered[line.redemption_id])
        if (asked.minor, asked.currency) != (line.minor, line.currency):
            found.append(Finding.of(line, "amount_changed", said=asked.minor))
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
    INSERT INTO payout_discrepancies AS d
        (tenant_id, id, batch_id, line_id, kind, expected_minor, said_minor, currency, found_at, note)
    SELECT :tenant, n.id, n.batch_id, n.line_id, n.kind, n.expected, n.said, n.currency, :now, ''
    FROM unnest(CAST(:ids AS uuid[]), CAST(:batches AS uuid[]), CAST(:lines AS uuid[]), CAST(:kinds AS text[]),
                CAST(:expected AS bigint[]), CAST(:said AS bigint[]), CAST(:currencies AS text[]))
         AS n (id, batch_id, line_id, kind, expected, said, currency)
    ON CONFLICT (tenant_id, batch_id, line_id, kind) DO UPDATE
    SET expected_minor = excluded.expected_minor, said_minor = excluded.said_minor,
        found_at = excluded.found_at, closed_at = NULL, closed_by = NULL, note = ''
    WHERE (d.expected_minor, d.said_minor)
        IS DISTINCT FROM (excluded.expected_minor, excluded.said_minor)
""")


def note(db: Session, findings: Iterable[Finding]) -> None:
    """Put what does not agree before a person: once, and again when it comes to another amount."""
    found = list({(one.batch_id, one.line_id, one.kind): one for one in findings}.values())
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
