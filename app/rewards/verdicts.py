"""Orders that no machine can tell: one person says what became of them, another agrees, then the books move."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.providers import deliveries
from app.rewards import books, queries, saga
from app.rewards.core import STUCK, State
from app.rewards.errors import NotStuck, SameEyes, VerdictWaits
from app.rewards.finance_models import RedemptionVerdict
from app.rewards.moves import move, tell_desk

Verdict = Literal["settled", "refused"]


def look_again(db: Session, redemption_id: UUID) -> None:
    """Have a worker ask the provider once more."""
    if queries.get_redemption(db, redemption_id).state not in (*STUCK, State.ACCEPTED):
        raise NotStuck("This order waits for nobody.")
    enqueue(db, saga.advance_job, redemption_id=str(redemption_id), hint=True)


def propose(
    db: Session,
    redemption_id: UUID,
    *,
    by: UUID,
    verdict: Verdict,
    evidence: str,
    reference: str = "",
) -> RedemptionVerdict:
    """Say what became of a stuck order, and how one knows; nothing moves until somebody else agrees."""
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    if redemption.state not in STUCK:
        raise NotStuck("This order waits for nobody.")
    if _open(db, redemption_id) is not None:
        raise VerdictWaits("Somebody has said what became of it; answer that first.")
    row = RedemptionVerdict(
        tenant_id=tenant_of(db),
        id=new_id(),
        redemption_id=redemption_id,
        verdict=verdict,
        evidence=evidence,
        reference=reference,
        proposed_by=by,
        proposed_at=work_of(db).now,
        was_dropped=False,
    )
    db.add(row)
    db.flush()
    audit.record(
        db,
        action="redemption.verdict_proposed",
        object_kind="redemption",
        object_id=redemption_id,
        after={"verdict": verdict, "evidence": evidence, "reference": reference},
    )
    tell_desk(db, redemption)
    return row


def approve(db: Session, redemption_id: UUID, verdict_id: UUID, *, by: UUID) -> RedemptionVerdict:
    """Agree with what somebody else said of a stuck order; the books follow in the same transaction."""
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    row = _get(db, redemption_id, verdict_id)
    if row.proposed_by == by:
        raise SameEyes("Somebody else must agree.")
    if redemption.state not in STUCK:
        row.decided_at, row.was_dropped = work_of(db).now, True
        return row
    attempt = queries.live_attempt(db, redemption_id)
    # Whoever is on the line now holds an older number: what they hear changes nothing any more.
    attempt.lease += 1
    if redemption.state == State.UNKNOWN:
        move(db, redemption, State.MANUAL, reason="verdict")
    row.approved_by, row.decided_at = by, work_of(db).now
    if row.verdict == "settled":
        attempt.state, attempt.reference = "settled", attempt.reference or row.reference or None
        deliveries.release(db, attempt.key)
        move(db, redemption, State.SETTLED, reason="verdict")
    else:
        attempt.state, attempt.answer = "refused", "verdict"
        deliveries.withhold(db, attempt.key)
        redemption.refusal = "verdict"
        move(db, redemption, State.REFUSED, reason="verdict")
    audit.record(
        db,
        action="redemption.verdict_approved",
        object_kind="redemption",
        object_id=redemption_id,
        after={"verdict": row.verdict},
    )
    books.finish(db, redemption_id)
    return row


def drop(db: Session, redemption_id: UUID, verdict_id: UUID) -> RedemptionVerdict:
    """Take back, or disagree with, what somebody said of an order."""
    # Under the lock of the order: whoever agrees at the same moment is first, or finds nothing to agree with.
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    row = _get(db, redemption_id, verdict_id)
    row.decided_at, row.was_dropped = work_of(db).now, True
    audit.record(
        db,
        action="redemption.verdict_dropped",
        object_kind="redemption",
        object_id=redemption_id,
        after={"verdict": row.verdict, "evidence": row.evidence},
    )
    tell_desk(db, redemption)
    return row


def _open(db: Session, redemption_id: UUID) -> RedemptionVerdict | None:
    return db.scalars(
        select(RedemptionVerdict).where(
            RedemptionVerdict.tenant_id == tenant_of(db),
            RedemptionVerdict.redemption_id == redemption_id,
            RedemptionVerdict.decided_at.is_(None),
        )
    ).one_or_none()


def _get(db: Session, redemption_id: UUID, verdict_id: UUID) -> RedemptionVerdict:
    row = _open(db, redemption_id)
    if row is None or row.id != verdict_id:
        raise NotFound("There is nothing to agree with.")
    return row
