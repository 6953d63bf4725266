"""Payments come into the open batch of their account; a voided batch gives its payments to the next one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.payouts.core import Line, State
from app.payouts.errors import NotNow
from app.payouts.files.batch import Payment
from app.payouts.files.formats import FORMATS
from app.payouts.files.layout import short_reference
from app.payouts.models import PayoutBatch, PayoutLine
from app.payouts.paying import PayingAccount
from app.people import queries as people
from app.providers import bank_numbers, safe
from app.providers.contract import Destination, Recipient


@dataclass(frozen=True, slots=True)
class New:
    """A payment that comes in."""

    key: str
    redemption_id: UUID
    person_id: UUID
    money: Money
    destination: Destination | None
    recipient: Recipient | None = None
    note: str = ""


def add(db: Session, account: PayingAccount, new: New) -> PayoutLine:
    """Put a payment into the open batch of its account, sealed as it was approved."""
    person = people.get_person(db, new.person_id)
    payment = Payment(
        reference=new.redemption_id.hex,
        name=new.destination.holder if new.destination else person.name,
        money=new.money,
        destination=new.destination,
        remark=account.fields.get("remark", "") or account.name,
        personnel_number=person.employee_number or "",
        email=(new.recipient.email if new.recipient else None) or "",
    )
    lane = FORMATS[account.format].lane(payment, account.payer)
    batch = open_batch(db, account, new.money.currency, lane)
    # Under the lock of the batch: whoever sent the same order at the same moment was first.
    if (earlier := find(db, new.key)) is not None:
        return earlier
    to = new.destination
    line_id = new_id()
    sealed = _seal(safe.sealer(db), line_id, payment)
    line = PayoutLine(
        tenant_id=tenant_of(db),
        id=line_id,
        batch_id=batch.id,
        redemption_id=new.redemption_id,
        person_id=new.person_id,
        key=new.key,
        reference=payment.reference,
        short_reference=short_reference(payment.reference),
        minor=new.money.minor,
        currency=new.money.currency,
        masked=bank_numbers.mask(to.kind, bank_numbers.check(to.kind, to.fields)) if to else "",
        state=Line.WAITING,
        reason="",
        detail="",
        added_at=work_of(db).now,
        sealed=sealed.fields["payment"],
        data_key=sealed.data_key,
        key_id=sealed.key_id,
    )
    db.add(line)
    db.flush()
    return line


def find(db: Session, key: str) -> PayoutLine | None:
    """Return the payment with this key of the provider, in the batch that carries it now."""
    return db.execute(
        select(PayoutLine)
        .where(
            PayoutLine.tenant_id == tenant_of(db),
            PayoutLine.key == key,
            PayoutLine.state != Line.MOVED,
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def open_batch(
    db: Session,
    account: PayingAccount,
    currency: str,
    lane: str,
    *,
    replaces_id: UUID | None = None,
) -> PayoutBatch:
    """Return the batch that takes payments now, locked; open one where there is none."""
    now = work_of(db).now
    wanted = (
        select(PayoutBatch)
        .where(
            PayoutBatch.tenant_id == tenant_of(db),
            PayoutBatch.account_id == account.id,
            PayoutBatch.currency == currency,
            PayoutBatch.lane == lane,
            PayoutBatch.state == State.OPEN,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = None
    # The one that was open may be closed by whoever holds its lock: then another is opened.
    while found is None:
        db.execute(
            insert(PayoutBatch)
            .values(
                tenant_id=tenant_of(db),
                id=new_id(),
                account_id=account.id,
                format=account.format,
                currency=currency,
                lane=lane,
                state=State.OPEN,
                opened_at=now,
                moved_at=now,
                replaces_id=replaces_id,
                downloads=0,
            )
            .on_conflict_do_nothing()
        )
        found = db.execute(wanted).scalar_one_or_none()
    return found


def withdraw(db: Session, line: PayoutLine) -> None:
    """Take a payment out while its batch is open; later only the bank decides."""
    batch = db.execute(
        select(PayoutBatch)
        .where(PayoutBatch.tenant_id == line.tenant_id, PayoutBatch.id == line.batch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if batch.state == State.OPEN and line.state == Line.WAITING:
        line.state, line.reason = Line.WITHDRAWN, "taken_out"
        line.decided_at = work_of(db).now


def let_go(db: Session, redemption_id: UUID, *, is_paid: bool) -> None:
    """Take the payment of an order out that is over for the books; raise NotNow where only a bank can tell.

    In its own course an order ends when the bank has answered, and nothing waits any more.
    """
    line = db.execute(
        select(PayoutLine).where(
            PayoutLine.tenant_id == tenant_of(db),
            PayoutLine.redemption_id == redemption_id,
            PayoutLine.state == Line.WAITING,
        )
    ).scalar_one_or_none()
    if line is None:
        return
    if not is_paid:
        withdraw(db, line)
    if line.state == Line.WAITING:
        raise NotNow("A file holds this payment. Void it, or wait for what the bank says.")


MOVE: Final = text("""
    UPDATE payout_lines SET state = 'moved'
    WHERE tenant_id = :tenant AND id = ANY(CAST(:old AS uuid[]))
""")
COPY: Final = text("""
    INSERT INTO payout_lines
        (tenant_id, id, batch_id, redemption_id, person_id, key, reference, short_reference, minor, currency,
         masked, state, reason, detail, added_at, sealed, data_key, key_id)
    SELECT l.tenant_id, n.new, :batch, l.redemption_id, l.person_id, l.key, l.reference, l.short_reference,
           l.minor, l.currency, l.masked, 'waiting', '', '', l.added_at, n.sealed, n.data_key, :key_id
    FROM payout_lines l
    JOIN unnest(CAST(:old AS uuid[]), CAST(:new AS uuid[]), CAST(:sealed AS bytea[]), CAST(:data_keys AS bytea[]))
        AS n (old, new, sealed, data_key) ON n.old = l.id
    WHERE l.tenant_id = :tenant
""")


def hand_over(db: Session, old: PayoutBatch, account: PayingAccount) -> PayoutBatch:
    """Give the waiting payments of a batch to the one that is open now."""
    new = open_batch(db, account, old.currency, old.lane, replaces_id=old.id)
    waiting = [line for line in lines_of(db, old.id, lock=True) if line.state == Line.WAITING]
    if not waiting:
        return new
    sealer, ids = safe.sealer(db), sorted(new_id() for _ in waiting)
    payments = payments_of(db, waiting)
    sealed = [_seal(sealer, line_id, one) for line_id, one in zip(ids, payments, strict=True)]
    moved = {"tenant": tenant_of(db), "old": [line.id for line in waiting]}
    db.execute(MOVE, moved)
    db.execute(
        COPY,
        moved
        | {
            "batch": new.id,
            "new": ids,
            "sealed": [one.fields["payment"] for one in sealed],
            "data_keys": [one.data_key for one in sealed],
            "key_id": sealer.key_id,
        },
    )
    return new


def lines_of(db: Session, batch_id: UUID, *, lock: bool = False) -> list[PayoutLine]:
    """Return the payments of a batch in the order they came."""
    wanted = (
        select(PayoutLine)
        .where(PayoutLine.tenant_id == tenant_of(db), PayoutLine.batch_id == batch_id)
        .order_by(PayoutLine.id)
        .execution_options(populate_existing=True)
    )
    return list(db.scalars(wanted.with_for_update() if lock else wanted))


def payments_of(db: Session, lines: Sequence[PayoutLine]) -> list[Payment]:
    """Return payments in clear, as they go into a file, in the order of their lines."""
    sealed = [
        (line.id, safe.Sealed({"payment": line.sealed}, line.data_key, line.key_id))
        for line in lines
    ]
    opened = safe.unseal_all(db, sealed)
    return [_read(line, one["payment"]) for line, one in zip(lines, opened, strict=True)]


def _read(line: PayoutLine, told: str) -> Payment:
    read: dict[str, Any] = json.loads(told)
    to = read.pop("destination")
    return Payment(
        reference=line.reference,
        money=Money(line.minor, line.currency),
        destination=Destination(**to) if to else None,
        **read,
    )


def _seal(sealer: safe.Sealer, line_id: UUID, payment: Payment) -> safe.Sealed:
    to = payment.destination
    told = json.dumps(
        {
            "name": payment.name,
            "remark": payment.remark,
            "town": payment.town,
            "personnel_number": payment.personnel_number,
            "email": payment.email,
            "destination": to
            and {
                "kind": to.kind,
                "holder": to.holder,
                "country": to.country,
                "currency": to.currency,
                "fields": dict(to.fields),
            },
        }
    )
    return sealer.seal(line_id, payment=told)
