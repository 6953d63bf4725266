"""What a bank said, applied: each payment goes where the bank says, and its redemption hears of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, and_, any_, literal, select, text
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue_each
from app.kernel.ids import new_id
from app.ledger import core as books
from app.ledger import service as ledger
from app.payouts import bank_books, collecting, queues, service
from app.payouts.core import LEFT, Line, State, after, contradicts, state_of
from app.payouts.errors import Unreadable
from app.payouts.files.answers import Answer, Named, Verdict, Whole
from app.payouts.files.iso_answers import read_xml
from app.payouts.files.layout import short_reference
from app.payouts.files.nacha_answers import is_nacha, read_returns
from app.payouts.files.statements import answer_of
from app.payouts.files.table_answers import read_csv
from app.payouts.models import PayoutAnswer, PayoutBatch, PayoutLine
from app.payouts.paying import PayingAccount
from app.payouts.queues import Finding
from app.rewards import books as reward_books
from app.rewards import queries as rewards
from app.rewards import saga

STATEMENTS: Final = ("camt.053", "statement_csv")

HAS_IT: Final = "bank_has_it"
"""The kind of what a bank has that we did not send: it would be paid twice."""


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
    _hold(db, answer, batch_id)
    known = _find(db, [named.reference for named in answer.named], batch_id)
    told = [(known[one.reference], one.verdict) for one in answer.named if one.reference in known]
    heard.unmatched = len(answer.named) - len(told)
    _apply(db, heard, told)
    if batch_id is None:
        strange = [one for one in answer.named if one.reference not in known]
        queues.note(db, _unsent(db, strange))
    for whole in answer.wholes:
        batch = _find_batch(db, whole.message_id)
        if batch is None:
            heard.unmatched += 1
            queues.note(db, _given_up(db, whole))
        else:
            _apply_to_rest(db, heard, batch, whole.verdict)
    for touched in sorted(heard.touched):
        _settle_batch(db, touched)
    return heard


def _hold(db: Session, answer: Answer, batch_id: UUID | None) -> None:
    """Lock the batches an answer is about before their payments, as whoever gives a file up does."""
    named = _named(one.reference for one in answer.named)
    of_lines = select(PayoutLine.batch_id).where(named)
    of_wholes = PayoutBatch.message_id.in_([whole.message_id for whole in answer.wholes])
    wanted = select(PayoutBatch.id).where(
        PayoutBatch.tenant_id == tenant_of(db),
        PayoutBatch.state.in_(LEFT),
        PayoutBatch.id.in_(of_lines) | of_wholes,
    )
    if batch_id is not None:
        wanted = wanted.where(PayoutBatch.id == batch_id)
    db.execute(wanted.order_by(PayoutBatch.id).with_for_update())


def _named(references: Iterable[str]) -> ColumnElement[bool]:
    ends = list({_end_of(one) for one in references})
    return and_(
        PayoutLine.tenant_id == PayoutBatch.tenant_id,
        PayoutLine.short_reference == any_(literal(ends, ARRAY(Text))),
        PayoutLine.state != Line.MOVED,
    )


def _lines() -> Select[PayoutLine]:
    return select(PayoutLine).join(
        PayoutBatch,
        (PayoutBatch.tenant_id == PayoutLine.tenant_id) & (PayoutBatch.id == PayoutLine.batch_id),
    )


def _unsent(db: Session, strange: Collection[Named]) -> list[Finding]:
    """Return payments that a bank has, or has paid, and that are in no file it could have from us.

    An earlier file of theirs was given up and got out after all; the next one would pay them again.
    """
    told = {one.reference: one.verdict for one in strange if one.verdict.outcome != "refused"}
    if not told:
        return []
    lines = db.scalars(
        _lines().where(
            PayoutBatch.tenant_id == tenant_of(db), _named(told), PayoutLine.state == Line.WAITING
        )
    ).all()
    return [
        Finding.of(line, HAS_IT)
        for line in lines
        if any(_is_of(line, reference) for reference in told)
    ]


def _given_up(db: Session, whole: Whole) -> list[Finding]:
    """Return the payments of a file that was given up, and of which a bank says as a whole that it has it."""
    if whole.verdict.outcome == "refused":
        return []
    keys = (
        select(PayoutLine.key)
        .join(
            PayoutBatch,
            (PayoutBatch.tenant_id == PayoutLine.tenant_id)
            & (PayoutBatch.id == PayoutLine.batch_id),
        )
        .where(
            PayoutBatch.tenant_id == tenant_of(db),
            PayoutBatch.message_id == whole.message_id,
            PayoutBatch.state == State.VOID,
        )
    )
    live = select(PayoutLine).where(
        PayoutLine.tenant_id == tenant_of(db),
        PayoutLine.key.in_(keys),
        PayoutLine.state == Line.WAITING,
    )
    return [Finding.of(line, HAS_IT) for line in db.scalars(live)]


def _find(db: Session, references: Collection[str], batch_id: UUID | None) -> dict[str, PayoutLine]:
    """Return payments by these references, locked; banks give back all of one or the end of it."""
    wanted = (
        _lines()
        .where(
            PayoutBatch.tenant_id == tenant_of(db),
            _named(references),
            PayoutBatch.state.in_(LEFT),
        )
        # An order that was tried again has a payment for each try: the last one is meant.
        .order_by(PayoutLine.id)
        .with_for_update(of=PayoutLine)
        .execution_options(populate_existing=True)
    )
    if batch_id is not None:
        wanted = wanted.where(PayoutLine.batch_id == batch_id)
    lines = {line.short_reference: line for line in db.scalars(wanted)}
    found = {one: lines[_end_of(one)] for one in references if _end_of(one) in lines}
    return {one: line for one, line in found.items() if _is_of(line, one)}


def _end_of(reference: str) -> str:
    return short_reference(reference).lower()


def _is_of(line: PayoutLine, reference: str) -> bool:
    return reference == line.reference or reference.lower() == line.short_reference


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
        differs = Finding(
            batch.id, batch.currency, "total_differs", expected=total, said=verdict.money.minor
        )
        queues.note(db, [differs])
        heard.unmatched += 1
        return
    single = Verdict(verdict.outcome, verdict.reason, verdict.detail, None, verdict.on)
    _apply(db, heard, [(line, single) for line in rest])
    heard.touched.add(batch.id)


@dataclass(slots=True)
class _Standing:
    """Where a payment comes to while an answer is read; its row is written when all is decided."""

    line: PayoutLine
    state: Line
    reason: str
    detail: str
    booked_in: UUID | None
    has_moved: bool = False


def _apply(db: Session, heard: Heard, told: Sequence[tuple[PayoutLine, Verdict]]) -> None:
    """Decide what each verdict does, in their order, and write it: the same few statements for any number."""
    standings: dict[UUID, _Standing] = {}
    findings: list[Finding] = []
    for line, verdict in told:
        now = _Standing(line, Line(line.state), line.reason, line.detail, line.booked_in)
        findings += _decide(heard, standings.setdefault(line.id, now), verdict)
    queues.note(db, findings)
    _write(db, list(standings.values()))
    moved = [one for one in standings.values() if one.has_moved]
    _post_back(db, [one.line for one in moved if one.state in (Line.REFUSED, Line.RETURNED)])
    orders = [{"redemption_id": str(one.line.redemption_id), "hint": True} for one in moved]
    enqueue_each(db, saga.advance_job, orders)


def _decide(heard: Heard, standing: _Standing, verdict: Verdict) -> list[Finding]:
    """Bring a payment to where the bank says; return what does not agree."""
    heard.matched += 1
    heard.touched.add(standing.line.batch_id)
    if contradicts(standing.state, verdict.outcome):
        return [Finding.of(standing.line, f"{verdict.outcome}_after_{standing.state}")]
    found = _compare(heard, standing, verdict) if verdict.outcome == "settled" else []
    state = after(standing.state, verdict.outcome)
    if state is not None:
        standing.state, standing.has_moved = state, True
        standing.reason, standing.detail = verdict.reason, verdict.detail[:500]
    return found


def _compare(heard: Heard, standing: _Standing, verdict: Verdict) -> list[Finding]:
    line, found = standing.line, []
    if verdict.money is not None and verdict.money.minor != line.minor:
        kind = "overpaid" if verdict.money.minor > line.minor else "underpaid"
        found.append(Finding.of(line, kind, said=verdict.money.minor))
    if heard.kind in STATEMENTS:
        # A statement books a payment once; a second booking is money that left twice.
        if standing.booked_in is not None:
            found.append(Finding.of(line, "paid_twice", said=2 * line.minor))
        standing.booked_in = standing.booked_in or heard.id
    return found


WRITE: Final = text("""
    UPDATE payout_lines l
    SET state = n.state, reason = n.reason, detail = n.detail, booked_in = n.booked_in,
        decided_at = CASE WHEN n.has_moved THEN :now ELSE l.decided_at END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]), CAST(:details AS text[]),
                CAST(:booked AS uuid[]), CAST(:moved AS boolean[]))
         AS n (id, state, reason, detail, booked_in, has_moved)
    WHERE l.tenant_id = :tenant AND l.id = n.id
""")


def _write(db: Session, standings: Sequence[_Standing]) -> None:
    if not standings:
        return
    db.execute(
        WRITE,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "ids": [one.line.id for one in standings],
            "states": [str(one.state) for one in standings],
            "reasons": [one.reason for one in standings],
            "details": [one.detail for one in standings],
            "booked": [one.booked_in for one in standings],
            "moved": [one.has_moved for one in standings],
        },
    )


def _post_back(db: Session, lines: Sequence[PayoutLine]) -> None:
    """Take payments that did not leave, or came back, out of what their files have paid."""
    redemptions = rewards.redemptions(db, [line.redemption_id for line in lines])
    ledger.post_many(
        db,
        [
            books.Entry(
                key=f"payout_back:{line.id}",
                kind="payout_back",
                cause_kind="payout_batch",
                cause_id=line.batch_id,
                legs=(
                    books.Leg(books.clearing(line.batch_id, line.currency), -line.minor),
                    books.Leg(
                        reward_books.clearing_of(redemptions[line.redemption_id]), line.minor
                    ),
                ),
            )
            for line in lines
        ],
    )


def _settle_batch(db: Session, batch_id: UUID) -> None:
    batch = service.get(db, batch_id, lock=True)
    state = state_of(_states(db, batch_id))
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


def _states(db: Session, batch_id: UUID) -> list[Line]:
    """Return where the payments of a batch stand, each state once."""
    found = db.scalars(
        select(PayoutLine.state)
        .where(
            PayoutLine.tenant_id == tenant_of(db),
            PayoutLine.batch_id == batch_id,
            PayoutLine.state.not_in((Line.MOVED, Line.WITHDRAWN)),
        )
        .distinct()
    )
    return [Line(state) for state in found]
