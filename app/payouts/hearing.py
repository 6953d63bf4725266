"""What a bank said, applied: each payment goes where the bank says, and its redemption hears of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue
from app.kernel.ids import new_id
from app.ledger import core as books
from app.ledger import service as ledger
from app.payouts import bank_books, collecting, queues, service
from app.payouts.core import LEFT, Line, after, contradicts, state_of
from app.payouts.errors import Unreadable
from app.payouts.files.answers import Answer, Verdict
from app.payouts.files.iso_answers import read_xml
from app.payouts.files.nacha_answers import is_nacha, read_returns
from app.payouts.files.statements import answer_of
from app.payouts.files.table_answers import read_csv
from app.payouts.models import PayoutAnswer, PayoutBatch, PayoutLine
from app.payouts.paying import PayingAccount
from app.rewards import books as reward_books
from app.rewards import queries as rewards
from app.rewards import saga

STATEMENTS: Final = ("camt.053", "statement_csv")


@dataclass(slots=True)
class Heard:
    """What became of one answer."""

    id: UUID
    kind: str
    matched: int = 0
    unmatched: int = 0
    is_repeated: bool = False
    touched: set[UUID] = field(default_factory=set)


def read(db: Session, raw: bytes, *, account: PayingAccount) -> Heard:
    """Apply a file that the bank sent: status report, statement, notice, return or table. The same bytes once.

    Of a statement every booking is kept and laid beside what `account` has paid.
    """
    digest = hashlib.sha256(raw).hexdigest()
    earlier = db.execute(
        select(PayoutAnswer).where(
            PayoutAnswer.tenant_id == tenant_of(db), PayoutAnswer.sha256 == digest
        )
    ).scalar_one_or_none()
    if earlier is not None:
        return Heard(earlier.id, earlier.kind, earlier.matched, earlier.unmatched, is_repeated=True)
    statement = bank_books.parse(raw, currency=account.currency)
    if statement is None:
        answer = parse(raw, currency=account.currency)
    else:
        kept = bank_books.keep(db, account, statement)
        answer = answer_of(statement.kind, kept.fresh)
    heard = apply(db, answer)
    if statement is not None:
        bank_books.compare(db, account.id)
    db.add(
        PayoutAnswer(
            tenant_id=tenant_of(db),
            id=heard.id,
            sha256=digest,
            kind=answer.kind,
            came_at=work_of(db).now,
            matched=heard.matched,
            unmatched=heard.unmatched,
        )
    )
    db.flush()
    audit.record(
        db,
        action="payout_answer.read",
        object_kind="payout_answer",
        object_id=heard.id,
        after={"kind": answer.kind, "sha256": digest, "matched": heard.matched},
    )
    return heard


def parse(raw: bytes, *, currency: str) -> Answer:
    """Return what a bank's file says, whichever of the known kinds it is."""
    if not raw.strip():
        raise Unreadable("The file is empty.")
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_xml(raw)
    if is_nacha(raw):
        return read_returns(raw)
    return read_csv(raw, currency=currency)


def apply(db: Session, answer: Answer, *, batch_id: UUID | None = None) -> Heard:
    """Bring every payment that the answer speaks of to where it says, and tell its redemption.

    With `batch_id` the answer may speak of payments of that batch only.
    """
    heard = Heard(new_id(), answer.kind)
    for named in answer.named:
        line = _find(db, named.reference)
        if line is None or batch_id not in (None, line.batch_id):
            heard.unmatched += 1
        else:
            _apply(db, heard, line, named.verdict)
    for whole in answer.wholes:
        batch = _find_batch(db, whole.message_id)
        if batch is None:
            heard.unmatched += 1
        else:
            _apply_to_rest(db, heard, batch, whole.verdict)
    for touched in sorted(heard.touched):
        _settle_batch(db, touched)
    return heard


def _find(db: Session, reference: str) -> PayoutLine | None:
    """Return the payment with this reference, locked; banks give back all of it or the end of it."""
    return db.execute(
        select(PayoutLine)
        .join(
            PayoutBatch,
            (PayoutBatch.tenant_id == PayoutLine.tenant_id)
            & (PayoutBatch.id == PayoutLine.batch_id),
        )
        .where(
            PayoutLine.tenant_id == tenant_of(db),
            PayoutLine.state != Line.MOVED,
            PayoutBatch.state.in_(LEFT),
            or_(
                PayoutLine.reference == reference,
                PayoutLine.short_reference == reference.lower(),
            ),
        )
        .with_for_update(of=PayoutLine)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _find_batch(db: Session, message_id: str) -> PayoutBatch | None:
    return db.execute(
        select(PayoutBatch)
        .where(
            PayoutBatch.tenant_id == tenant_of(db),
            PayoutBatch.message_id == message_id,
            PayoutBatch.state.in_(LEFT),
        )
        .with_for_update()
    ).scalar_one_or_none()


def _apply_to_rest(db: Session, heard: Heard, batch: PayoutBatch, verdict: Verdict) -> None:
    rest = [
        line for line in collecting.lines_of(db, batch.id, lock=True) if line.state == Line.WAITING
    ]
    total = sum(line.minor for line in rest)
    if verdict.money is not None and rest and verdict.money.minor != total:
        queues.note(db, batch, "total_differs", expected=total, said=verdict.money.minor)
        heard.unmatched += 1
        return
    single = Verdict(verdict.outcome, verdict.reason, verdict.detail, None, verdict.on)
    for line in rest:
        _apply(db, heard, line, single)
    heard.touched.add(batch.id)


def _apply(db: Session, heard: Heard, line: PayoutLine, verdict: Verdict) -> None:
    heard.matched += 1
    heard.touched.add(line.batch_id)
    batch = service.get(db, line.batch_id)
    if contradicts(Line(line.state), verdict.outcome):
        queues.note(db, batch, f"{verdict.outcome}_after_{line.state}", line=line)
        return
    if verdict.outcome == "settled":
        _compare(db, heard, batch, line, verdict)
    state = after(Line(line.state), verdict.outcome)
    if state is None:
        return
    line.state, line.reason, line.detail = state, verdict.reason, verdict.detail[:500]
    line.decided_at = work_of(db).now
    if state in (Line.REFUSED, Line.RETURNED):
        _post_back(db, batch, line)
    db.flush()
    enqueue(db, saga.advance_job, redemption_id=str(line.redemption_id), hint=True)


def _compare(
    db: Session, heard: Heard, batch: PayoutBatch, line: PayoutLine, verdict: Verdict
) -> None:
    if verdict.money is not None and verdict.money.minor != line.minor:
        kind = "overpaid" if verdict.money.minor > line.minor else "underpaid"
        queues.note(db, batch, kind, line=line, said=verdict.money.minor)
    if heard.kind in STATEMENTS:
        # A statement books a payment once; a second booking is money that left twice.
        if line.booked_in is not None:
            queues.note(db, batch, "paid_twice", line=line, said=2 * line.minor)
        line.booked_in = line.booked_in or heard.id


def _post_back(db: Session, batch: PayoutBatch, line: PayoutLine) -> None:
    """Take a payment that did not leave, or came back, out of what the file has paid."""
    redemption = rewards.get_redemption(db, line.redemption_id)
    ledger.post(
        db,
        books.Entry(
            key=f"payout_back:{line.id}",
            kind="payout_back",
            cause_kind="payout_batch",
            cause_id=batch.id,
            legs=(
                books.Leg(books.clearing(batch.id, line.currency), -line.minor),
                books.Leg(reward_books.clearing_of(redemption), line.minor),
            ),
        ),
    )


def _settle_batch(db: Session, batch_id: UUID) -> None:
    batch = service.get(db, batch_id, lock=True)
    state = state_of(_states(collecting.lines_of(db, batch_id)))
    if batch.state == state:
        return
    batch.state, batch.moved_at = state, work_of(db).now
    after_: dict[str, Any] = {"message_id": batch.message_id}
    audit.record(
        db,
        action=f"payout_batch.{state}",
        object_kind="payout_batch",
        object_id=batch.id,
        after=after_,
    )


def _states(lines: Iterable[PayoutLine]) -> list[Line]:
    gone = (Line.MOVED, Line.WITHDRAWN)
    return [Line(line.state) for line in lines if line.state not in gone]
