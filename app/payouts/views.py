"""Batches as screens show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.pages import Page, decode_cursor, page_of
from app.payouts import collecting, paying, pushing, queues, service
from app.payouts.core import Line, State
from app.payouts.models import (
    PayoutApproval,
    PayoutBatch,
    PayoutDiscrepancy,
    PayoutLine,
    PayoutPush,
)
from app.people import queries as people
from app.providers.bank_reasons import Meaning, meaning_of


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list."""

    id: UUID
    account_id: UUID
    account: str
    format: str
    lane: str
    state: str
    total: Money
    count: int
    pay_on: date | None
    message_id: str | None
    moved_at: datetime
    approvals: int
    approvals_needed: int
    discrepancies: int


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment on a screen: its account is masked."""

    id: UUID
    redemption_id: UUID
    person_id: UUID
    person_name: str
    masked: str
    money: Money
    state: str
    reason: str
    meaning: Meaning | None
    detail: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Who said yes, and when."""

    person_id: UUID
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WholeBatch:
    """A batch with everything somebody has to see before saying yes."""

    batch: BatchLine
    payments: Sequence[PaymentLine]
    approved_by: Sequence[Approval]
    prepared_by: str | None
    file_name: str | None
    sha256: str | None
    changes: Sequence[dict[str, Any]]
    reason: str | None
    replaces_id: UUID | None
    downloads: int
    discrepancies: Sequence[PayoutDiscrepancy]
    push: PayoutPush | None
    may_approve: bool


def page_of_batches(
    db: Session, *, cursor: str | None, limit: int, state: State | None
) -> Page[BatchLine]:
    """Return batches, newest first."""
    wanted = select(PayoutBatch).where(PayoutBatch.tenant_id == tenant_of(db))
    if state is not None:
        wanted = wanted.where(PayoutBatch.state == state)
    if cursor is not None:
        (before,) = decode_cursor(cursor, str)
        wanted = wanted.where(PayoutBatch.id < _uuid(before))
    rows = db.scalars(wanted.order_by(PayoutBatch.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (str(row.id),))
    return Page(_lines(db, page.items), page.next_cursor)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such page.") from None


def _lines(db: Session, batches: Sequence[PayoutBatch]) -> list[BatchLine]:
    ids = [batch.id for batch in batches]
    labels = {one.id: one.label for one in paying.all_of(db)}
    sums = {
        row.batch_id: row
        for row in db.execute(
            select(
                PayoutLine.batch_id,
                func.count().label("payments"),
                func.sum(PayoutLine.minor).label("minor"),
            )
            .where(
                PayoutLine.tenant_id == tenant_of(db),
                PayoutLine.batch_id.in_(ids),
                PayoutLine.state != Line.WITHDRAWN,
            )
            .group_by(PayoutLine.batch_id)
        )
    }
    approvals = Counter(
        db.scalars(
            select(PayoutApproval.batch_id).where(
                PayoutApproval.tenant_id == tenant_of(db), PayoutApproval.batch_id.in_(ids)
            )
        )
    )
    wrong = Counter(one.batch_id for one in queues.open_ones(db))
    return [
        BatchLine(
            id=batch.id,
            account_id=batch.account_id,
            account=labels.get(batch.account_id, ""),
            format=batch.format,
            lane=batch.lane,
            state=batch.state,
            total=Money(int(sums[batch.id].minor) if batch.id in sums else 0, batch.currency),
            count=sums[batch.id].payments if batch.id in sums else 0,
            pay_on=batch.pay_on,
            message_id=batch.message_id,
            moved_at=batch.moved_at,
            approvals=approvals[batch.id],
            approvals_needed=batch.approvals_needed or 0,
            discrepancies=wrong[batch.id],
        )
        for batch in batches
    ]


def whole(db: Session, batch_id: UUID, *, person_id: UUID | None) -> WholeBatch:
    """Return one batch; `person_id` is who looks, and may or may not approve it."""
    batch = service.get(db, batch_id)
    lines = collecting.lines_of(db, batch_id)
    approvals = list(
        db.scalars(
            select(PayoutApproval)
            .where(PayoutApproval.tenant_id == tenant_of(db), PayoutApproval.batch_id == batch_id)
            .order_by(PayoutApproval.at)
        )
    )
    asked = {line.person_id for line in lines} | {one.person_id for one in approvals}
    names = people.names(db, asked | ({batch.prepared_by} if batch.prepared_by else set()))
    return WholeBatch(
        batch=_lines(db, [batch])[0],
        payments=[_payment(line, names.get(line.person_id, "")) for line in lines],
        approved_by=[
            Approval(one.person_id, names.get(one.person_id, ""), one.at) for one in approvals
        ],
        prepared_by=names.get(batch.prepared_by) if batch.prepared_by else None,
        file_name=batch.file_name,
        sha256=batch.sha256,
        changes=batch.changes or [],
        reason=batch.reason,
        replaces_id=batch.replaces_id,
        downloads=batch.downloads,
        discrepancies=queues.open_ones(db, batch_id=batch_id),
        push=pushing.push_of(db, batch_id),
        may_approve=person_id is not None and service.why_not(db, batch, person_id) is None,
    )


def names_of_lines(db: Session, line_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return whom payments are to, by their ids."""
    to = {
        row.id: row.person_id
        for row in db.execute(
            select(PayoutLine.id, PayoutLine.person_id).where(
                PayoutLine.tenant_id == tenant_of(db), PayoutLine.id.in_(line_ids)
            )
        )
    }
    names = people.names(db, set(to.values()))
    return {line_id: names.get(person_id, "") for line_id, person_id in to.items()}


def _payment(line: PayoutLine, name: str) -> PaymentLine:
    return PaymentLine(
        id=line.id,
        redemption_id=line.redemption_id,
        person_id=line.person_id,
        person_name=name,
        masked=line.masked,
        money=Money(line.minor, line.currency),
        state=line.state,
        reason=line.reason,
        meaning=meaning_of(line.reason, currency=line.currency),
        detail=line.detail,
    )
