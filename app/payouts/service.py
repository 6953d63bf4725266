"""What finance does with a batch: prepare its file, approve, download, send, void."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.crash import crash_point
from app.db.unit_of_work import before_commit, tenant_of, work_of
from app.jobs.queue import enqueue
from app.kernel.clock import day_in_zone
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import service as ledger
from app.payouts import collecting, paying, pushing, queues
from app.payouts.core import UNDONE, WRITTEN, Line, State, Step, approvals_needed, may_approve
from app.payouts.errors import FileStale, MayNotApprove, NotNow
from app.payouts.files.batch import Batch, File
from app.payouts.files.control import total_in
from app.payouts.files.formats import FORMATS
from app.payouts.models import PayoutApproval, PayoutBatch, PayoutLine, PayoutStep
from app.payouts.paying import PayingAccount
from app.providers import safe
from app.rewards import books as reward_books
from app.rewards import queries as rewards
from app.rewards import saga

_WHY = {
    "prepared_it": "You prepared this file; somebody else approves it.",
    "approved_it": "You have approved this file already.",
    "is_paid": "This file pays you; somebody else approves it.",
}


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file as it is downloaded, every time the same."""

    name: str
    media_type: str
    content: bytes


def get(db: Session, batch_id: UUID, *, lock: bool = False) -> PayoutBatch:
    """Return a batch; raise NotFound when there is none."""
    wanted = select(PayoutBatch).where(
        PayoutBatch.tenant_id == tenant_of(db), PayoutBatch.id == batch_id
    )
    if lock:
        wanted = wanted.with_for_update()
    found = db.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such batch.")
    return found


def prepare(db: Session, batch_id: UUID, *, pay_on: date, person_id: UUID | None) -> PayoutBatch:
    """Close a batch and write its file, so that everybody sees what would be approved.

    Raise Unfit with everything that keeps the file from being written; the batch stays open then.
    """
    batch = _in(db, batch_id, State.OPEN)
    account = paying.get(db, batch.account_id, lock=True)
    lines = [
        line for line in collecting.lines_of(db, batch.id, lock=True) if line.state == Line.WAITING
    ]
    made_on = day_in_zone(work_of(db).now, account.zone)
    serial = _next_serial(db, account, made_on)
    total = Money(sum(line.minor for line in lines), batch.currency)
    given = Batch(
        message_id=f"LRL-{made_on:%Y%m%d}-{serial:03}-{batch.id.hex[-8:]}",
        made_at=work_of(db).now,
        pay_on=pay_on,
        serial=serial,
        total=total,
        payer=account.payer,
        payments=tuple(collecting.payments_of(db, lines)),
    )
    file = FORMATS[batch.format].build(given)
    batch.message_id, batch.made_on, batch.serial = given.message_id, made_on, serial
    batch.pay_on, batch.count, batch.prepared_by = file.pay_on, len(lines), person_id
    batch.total_minor, batch.file_minor = total.minor, total_in(file, given).minor
    batch.approvals_needed = _needed(db, batch)
    _keep_file(db, batch, file)
    _move(db, batch, State.PREPARED, total=str(total), sha256=batch.sha256, count=batch.count)
    return batch


def _needed(db: Session, batch: PayoutBatch) -> int:
    """Return how many have to approve a file as things stand; never fewer than when it was written."""
    together = (batch.total_minor or 0) + _beside(db, batch)
    return max(batch.approvals_needed or 0, approvals_needed(steps(db, batch.currency), together))


def _beside(db: Session, batch: PayoutBatch) -> int:
    """Return what other files written, or to be paid, on the same day come to.

    They count together: a total that needs more people cannot be paid in parts that need fewer.
    """
    same_day = or_(PayoutBatch.made_on == batch.made_on, PayoutBatch.pay_on == batch.pay_on)
    found = db.scalar(
        select(func.coalesce(func.sum(PayoutBatch.total_minor), 0)).where(
            PayoutBatch.tenant_id == tenant_of(db),
            PayoutBatch.currency == batch.currency,
            PayoutBatch.state.not_in((State.OPEN, State.VOID)),
            PayoutBatch.id != batch.id,
            same_day,
        )
    )
    return int(found or 0)


def _next_serial(db: Session, account: PayingAccount, day: date) -> int:
    # The account is locked: nobody else counts.
    last = db.scalar(
        select(func.max(PayoutBatch.serial)).where(
            PayoutBatch.tenant_id == tenant_of(db),
            PayoutBatch.account_id == account.id,
            PayoutBatch.made_on == day,
        )
    )
    return (last or 0) + 1


def _keep_file(db: Session, batch: PayoutBatch, file: File) -> None:
    sealed = safe.sealer(db).seal(batch.id, file=base64.b64encode(file.content).decode())
    batch.file_sealed, batch.data_key, batch.key_id = (
        sealed.fields["file"],
        sealed.data_key,
        sealed.key_id,
    )
    batch.file_name, batch.media_type = file.name, file.media_type
    batch.sha256 = hashlib.sha256(file.content).hexdigest()
    batch.changes = [asdict(change) for change in file.changes]


def binding_of(batch: PayoutBatch) -> dict[str, Any]:
    """Return what an approval is bound to: this batch, this total, these bytes."""
    total = Money(batch.total_minor or 0, batch.currency)
    return {"batch_id": str(batch.id), "total": str(total), "sha256": batch.sha256}


def approve(db: Session, batch_id: UUID, *, person_id: UUID) -> PayoutBatch:
    """Say yes to a file; with the last yes that is needed it enters the books and may be downloaded."""
    batch = _in(db, batch_id, State.PREPARED)
    if (reason := why_not(db, batch, person_id)) is not None:
        raise MayNotApprove(_WHY[reason], reason=reason)
    lines, earlier = _paid_lines(db, batch), approvers(db, batch.id)
    # Of two files that were written at the same moment neither knew of the other.
    batch.approvals_needed = _needed(db, batch)
    _check_day(db, batch)
    queues.look_for_changes(db, lines)
    assert batch.sha256 is not None
    db.add(
        PayoutApproval(
            tenant_id=batch.tenant_id,
            batch_id=batch.id,
            person_id=person_id,
            total_minor=batch.total_minor or 0,
            sha256=batch.sha256,
            at=work_of(db).now,
        )
    )
    db.flush()
    if len(earlier) + 1 < (batch.approvals_needed or 0):
        _note(db, batch, "approval_given")
        return batch
    _post(db, batch, lines, kind="payout_file", sign=1)
    _move(db, batch, State.APPROVED, sha256=batch.sha256)
    pushing.start(db, batch)
    before_commit(db, lambda _: crash_point("payout.approve.before_commit"))
    return batch


def why_not(db: Session, batch: PayoutBatch, person_id: UUID) -> str | None:
    """Return why a person may not approve a batch, None when they may."""
    return may_approve(
        person_id,
        prepared_by=batch.prepared_by,
        approved_by=approvers(db, batch.id),
        paid={line.person_id for line in _paid_lines(db, batch)},
    )


def _check_day(db: Session, batch: PayoutBatch) -> None:
    account = paying.get(db, batch.account_id)
    if batch.pay_on is not None and batch.pay_on < day_in_zone(work_of(db).now, account.zone):
        raise FileStale("This file pays on a day that has passed. Void it and prepare it again.")


def approvers(db: Session, batch_id: UUID) -> list[UUID]:
    """Return who has approved a batch."""
    return list(
        db.scalars(
            select(PayoutApproval.person_id).where(
                PayoutApproval.tenant_id == tenant_of(db), PayoutApproval.batch_id == batch_id
            )
        )
    )


def _post(
    db: Session, batch: PayoutBatch, lines: Collection[PayoutLine], *, kind: str, sign: int
) -> None:
    """Move what the file pays from the paying account's clearing to the file's own, or back."""
    sources: Counter[books.AccountRef] = Counter()
    redemptions = rewards.redemptions(db, [line.redemption_id for line in lines])
    for line in lines:
        sources[reward_books.clearing_of(redemptions[line.redemption_id])] += line.minor
    ledger.post(
        db,
        books.Entry(
            key=f"{kind}:{batch.id}",
            kind=kind,
            cause_kind="payout_batch",
            cause_id=batch.id,
            legs=(
                *(books.Leg(account, -sign * minor) for account, minor in sources.items()),
                books.Leg(books.clearing(batch.id, batch.currency), sign * sum(sources.values())),
            ),
            memo={"sha256": batch.sha256, "message_id": batch.message_id},
        ),
    )


def download(db: Session, batch_id: UUID) -> Bytes:
    """Return the file, byte for byte the one that was approved, however often it is asked for."""
    batch = get(db, batch_id, lock=True)
    if batch.state not in WRITTEN:
        raise NotNow("This batch has no file that may be downloaded.")
    content = bytes_of(db, batch)
    batch.downloads += 1
    if batch.state == State.APPROVED:
        queues.look_for_changes(db, _paid_lines(db, batch))
        _move(db, batch, State.DOWNLOADED, sha256=batch.sha256)
    else:
        _note(db, batch, "downloaded_again")
    assert batch.file_name is not None
    assert batch.media_type is not None
    return Bytes(batch.file_name, batch.media_type, content)


def bytes_of(db: Session, batch: PayoutBatch) -> bytes:
    """Return the sealed file in clear; a file that is not the approved one is a bug and raised."""
    assert batch.file_sealed is not None
    assert batch.data_key is not None
    assert batch.key_id is not None
    sealed = safe.Sealed({"file": batch.file_sealed}, batch.data_key, batch.key_id)
    content = base64.b64decode(safe.unseal(db, batch.id, sealed)["file"])
    if hashlib.sha256(content).hexdigest() != batch.sha256:
        raise RuntimeError(f"The file of batch {batch.id} is not the one that was approved.")
    return content


def mark_sent(db: Session, batch_id: UUID) -> PayoutBatch:
    """Say that the bank has the file; from now on only the bank can refuse it."""
    batch = get(db, batch_id, lock=True)
    if batch.state == State.SENT:
        return batch
    if batch.state not in (State.APPROVED, State.DOWNLOADED):
        raise NotNow("Only a file that was approved can be with the bank.")
    queues.look_for_changes(db, _paid_lines(db, batch))
    _move(db, batch, State.SENT)
    return batch


def confirm(db: Session, batch_id: UUID, *, sha256: str) -> PayoutBatch:
    """Take another system's word that it has exactly these bytes and pays them."""
    batch = get(db, batch_id, lock=True)
    if batch.state not in WRITTEN or batch.sha256 != sha256:
        raise NotNow("This is not the batch that was approved. Ask for it again.")
    if batch.state in (State.APPROVED, State.DOWNLOADED):
        mark_sent(db, batch_id)
    pushing.stop(db, batch)
    return batch


def read_by_machine(db: Session, batch: PayoutBatch) -> None:
    """Write down that a system read the payments of a batch in clear."""
    _note(db, batch, "read")


def void(db: Session, batch_id: UUID, *, reason: str) -> PayoutBatch:
    """Give a file up before the bank has it; its payments go into the open batch, under a new id."""
    batch = get(db, batch_id, lock=True)
    if batch.state not in UNDONE or batch.state == State.OPEN:
        raise NotNow("This batch cannot be voided any more.")
    account = paying.get(db, batch.account_id)
    if batch.state != State.PREPARED:
        _post(db, batch, _paid_lines(db, batch), kind="payout_void", sign=-1)
    new = collecting.hand_over(db, batch, account)
    batch.reason = reason
    _move(db, batch, State.VOID, reason=reason, replaced_by=str(new.id))
    pushing.stop(db, batch)
    return new


def take_out(db: Session, batch_id: UUID, line_id: UUID, *, reason: str) -> None:
    """Take a payment out of a batch that still collects; its money goes back to the person."""
    batch = _in(db, batch_id, State.OPEN)
    line = next(
        (one for one in collecting.lines_of(db, batch_id, lock=True) if one.id == line_id), None
    )
    if line is None or line.state != Line.WAITING:
        raise NotFound("There is no such payment in this batch.")
    collecting.withdraw(db, line)
    _note(db, batch, "payment_taken_out", payment=line.reference, reason=reason)
    enqueue(db, saga.advance_job, redemption_id=str(line.redemption_id), hint=True)


def steps(db: Session, currency: str) -> list[Step]:
    """Return how many people approve in a currency, from which total on."""
    rows = db.scalars(
        select(PayoutStep)
        .where(PayoutStep.tenant_id == tenant_of(db), PayoutStep.currency == currency)
        .order_by(PayoutStep.from_minor)
    )
    return [Step(row.from_minor, row.approvals) for row in rows]


def all_steps(db: Session) -> list[PayoutStep]:
    """Return the approval routes of every currency."""
    return list(
        db.scalars(
            select(PayoutStep)
            .where(PayoutStep.tenant_id == tenant_of(db))
            .order_by(PayoutStep.currency, PayoutStep.from_minor)
        )
    )


def set_steps(db: Session, wanted: Collection[tuple[Money, int]]) -> None:
    """Replace the approval routes; a file that was written never needs fewer than it did then."""
    before = [(row.currency, row.from_minor, row.approvals) for row in all_steps(db)]
    for row in all_steps(db):
        db.delete(row)
    db.flush()
    for money, approvals in wanted:
        db.add(
            PayoutStep(
                tenant_id=tenant_of(db),
                currency=money.currency,
                from_minor=money.minor,
                approvals=approvals,
            )
        )
    db.flush()
    audit.record(
        db,
        action="payout_routes.changed",
        object_kind="payout_routes",
        object_id=tenant_of(db),
        before={"steps": before},
        after={"steps": [(m.currency, m.minor, n) for m, n in wanted]},
    )


def _paid_lines(db: Session, batch: PayoutBatch) -> list[PayoutLine]:
    return [line for line in collecting.lines_of(db, batch.id) if line.state != Line.WITHDRAWN]


def _in(db: Session, batch_id: UUID, state: State) -> PayoutBatch:
    batch = get(db, batch_id, lock=True)
    if batch.state != state:
        raise NotNow("Somebody else has moved this batch on. Look again.", state=batch.state)
    return batch


def _move(db: Session, batch: PayoutBatch, state: State, **after: Any) -> None:
    batch.state, batch.moved_at = state, work_of(db).now
    _note(db, batch, str(state), **after)


def _note(db: Session, batch: PayoutBatch, what: str, **after: Any) -> None:
    db.flush()
    audit.record(
        db,
        action=f"payout_batch.{what}",
        object_kind="payout_batch",
        object_id=batch.id,
        after={"message_id": batch.message_id, **after},
    )
