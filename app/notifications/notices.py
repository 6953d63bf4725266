"""Word of a voucher outside the app: when it is there, and again when its owner asks.

What is sent names the reward, the money and the last day, and leads to the voucher; the code stays where a
fresh passkey opens it. Every notice is written down, with when it was asked for and when it left. A mail
whose worker dies may leave twice; a text does not (`texting.service`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue, job
from app.kernel.errors import TooManyRequests
from app.kernel.ids import new_id
from app.notifications import mailing
from app.notifications import texting as words
from app.notifications.models import VoucherNotice
from app.people import contacts
from app.people import queries as people
from app.people.contacts import Channel, Contact
from app.people.errors import NotReachable
from app.rewards import queries as rewards
from app.rewards import wishes
from app.rewards.core import State
from app.rewards.errors import NothingToReveal
from app.texting import queries as texts
from app.texting import service as texting
from app.texting.core import State as TextState
from app.texting.models import TextMessage
from app.texting.service import Written

MOST_AN_HOUR: Final = 3
HOUR: Final = timedelta(hours=1)
KINDS: Final = ("gift_card", "experience")


@dataclass(frozen=True, slots=True)
class Notice:
    """Word of a voucher as its owner is shown it."""

    id: UUID
    channel: str
    recipient: str
    asked_at: datetime
    sent_at: datetime | None
    state: TextState


def announce(db: Session, redemption_id: UUID) -> None:
    """Send word of what was just delivered where its owner wished it when they ordered.

    Who cannot be reached there any more is told in the app, as everybody is.
    """
    channel = wishes.find(db, redemption_id)
    if channel is None:
        return
    person = people.get_person(db, rewards.get_redemption(db, redemption_id).person_id)
    for contact in contacts.contacts_of(db, person):
        if contact.channel == channel:
            _ask(db, redemption_id, contact)


def send_again(db: Session, redemption_id: UUID, *, person_id: UUID, channel: Channel) -> Notice:
    """Send word of an own voucher once more; raise TooManyRequests when it was sent often lately."""
    order = rewards.get_redemption(db, redemption_id, person_id=person_id, lock=True)
    kind = rewards.get_reward(db, order.reward_id).kind
    if order.state != State.CAPTURED or kind not in KINDS:
        raise NothingToReveal("There is nothing to tell of yet.")
    contact = contacts.get_contact(db, people.get_person(db, person_id), channel)
    _refuse_often(db, redemption_id)
    return _shown(db, [_ask(db, redemption_id, contact)])[0]


def of_order(db: Session, redemption_id: UUID, *, person_id: UUID) -> list[Notice]:
    """Return what was sent about an own order, latest first."""
    rewards.get_redemption(db, redemption_id, person_id=person_id)
    found = db.scalars(
        select(VoucherNotice)
        .where(
            VoucherNotice.tenant_id == tenant_of(db),
            VoucherNotice.redemption_id == redemption_id,
        )
        .order_by(VoucherNotice.id.desc())
    )
    return _shown(db, found.all())


def _shown(db: Session, rows: Sequence[VoucherNotice]) -> list[Notice]:
    of_rows = texts.texts(db, [row.text_id for row in rows if row.text_id is not None])
    return [_one_shown(row, of_rows.get(row.text_id) if row.text_id else None) for row in rows]


def _one_shown(row: VoucherNotice, text: TextMessage | None) -> Notice:
    sent_at = text.sent_at if text else row.sent_at
    state = TextState(text.state) if text else TextState.SENT if sent_at else TextState.QUEUED
    return Notice(row.id, row.channel, row.recipient, row.asked_at, sent_at, state)


def _refuse_often(db: Session, redemption_id: UUID) -> None:
    now = work_of(db).now
    lately = db.scalars(
        select(VoucherNotice.asked_at)
        .where(
            VoucherNotice.tenant_id == tenant_of(db),
            VoucherNotice.redemption_id == redemption_id,
            VoucherNotice.asked_at > now - HOUR,
        )
        .order_by(VoucherNotice.asked_at.desc())
        .limit(MOST_AN_HOUR)
    ).all()
    if len(lately) == MOST_AN_HOUR:
        wait = max(1, round((lately[-1] + HOUR - now).total_seconds()))
        raise TooManyRequests("This was sent several times already.", retry_after=wait)


def _ask(db: Session, redemption_id: UUID, contact: Contact) -> VoucherNotice:
    notice = VoucherNotice(
        tenant_id=tenant_of(db),
        id=new_id(),
        redemption_id=redemption_id,
        channel=contact.channel,
        recipient=contact.shown,
        asked_at=work_of(db).now,
        text_id=texting.put(db, purpose="voucher", shown=contact.shown)
        if contact.channel == "sms"
        else None,
    )
    db.add(notice)
    db.flush()
    if notice.text_id is None:
        enqueue(db, send_job, notice_id=str(notice.id))
    else:
        enqueue(db, text_job, notice_id=str(notice.id), text_id=str(notice.text_id))
    _record(db, notice, "asked")
    return notice


@job(name="notifications.send_notice")
def send_job(db: Session, *, notice_id: str) -> None:
    """Send one notice, once: not when it has left, nor when the voucher was taken back meanwhile."""
    notice = _locked(db, notice_id)
    order = rewards.line_of(db, rewards.get_redemption(db, notice.redemption_id))
    if notice.sent_at is not None or order.state != State.CAPTURED:
        return
    try:
        contact = contacts.get_contact(db, people.get_person(db, order.person_id), notice.channel)
    except NotReachable:
        return
    mailing.mail_delivered(db, order, to=contact.address)
    notice.recipient, notice.sent_at = contact.shown, work_of(db).now
    db.flush()
    _record(db, notice, "sent")


@job(name="notifications.text_notice", queue_name="providers", transaction=False)
def text_job(tenant_id: UUID, notice_id: str, text_id: str) -> None:
    """Send one notice as a text, once."""

    def compose(db: Session) -> Written | None:
        return _write(db, _locked(db, notice_id))

    def again(db: Session, at: datetime) -> None:
        enqueue(db, text_job, at=at, notice_id=notice_id, text_id=text_id)

    texting.send(tenant_id, UUID(text_id), compose=compose, again=again)


def _write(db: Session, notice: VoucherNotice) -> Written | None:
    """Return the text; None when the voucher was taken back or the number removed meanwhile."""
    order = rewards.line_of(db, rewards.get_redemption(db, notice.redemption_id))
    if order.state != State.CAPTURED:
        return None
    try:
        contact = contacts.get_contact(db, people.get_person(db, order.person_id), notice.channel)
    except NotReachable:
        return None
    notice.recipient = contact.shown
    db.flush()
    return words.delivered(db, order, to=contact.address)


def _locked(db: Session, notice_id: str) -> VoucherNotice:
    return db.execute(
        select(VoucherNotice)
        .where(VoucherNotice.tenant_id == tenant_of(db), VoucherNotice.id == UUID(notice_id))
        .with_for_update()
    ).scalar_one()


def _record(db: Session, notice: VoucherNotice, what: str) -> None:
    audit.record(
        db,
        action=f"voucher_notice.{what}",
        object_kind="redemption",
        object_id=notice.redemption_id,
        after={
            "notice_id": str(notice.id),
            "channel": notice.channel,
            "recipient": notice.recipient,
        },
    )
