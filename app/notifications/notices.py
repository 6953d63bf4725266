"""Word of a voucher outside the app: when it is there, and again when its owner asks.

What is sent names the reward, the money and the last day, and leads to the voucher; the code stays where a
fresh passkey opens it. Every notice is written down, with when it was asked for and when it left.
"""

from __future__ import annotations

from datetime import timedelta
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
from app.notifications.models import VoucherNotice
from app.people import contacts
from app.people import queries as people
from app.people.contacts import Channel, Contact
from app.people.errors import NotReachable
from app.rewards import queries as rewards
from app.rewards import wishes
from app.rewards.core import State
from app.rewards.errors import NothingToReveal

MOST_AN_HOUR: Final = 3
HOUR: Final = timedelta(hours=1)
KINDS: Final = ("gift_card", "experience")


def announce(db: Session, redemption_id: UUID) -> None:
    """Send word of what was just delivered where its owner wished it when they ordered.

    Who cannot be reached there any more is told in the app, as everybody is.
    """
    channel = wishes.find(db, redemption_id)
    if channel is None:
        return
    person = people.get_person(db, rewards.get_redemption(db, redemption_id).person_id)
    for contact in contacts.contacts_of(person):
        if contact.channel == channel:
            _ask(db, redemption_id, contact)


def send_again(
    db: Session, redemption_id: UUID, *, person_id: UUID, channel: Channel
) -> VoucherNotice:
    """Send word of an own voucher once more; raise TooManyRequests when it was sent often lately."""
    order = rewards.get_redemption(db, redemption_id, person_id=person_id, lock=True)
    kind = rewards.get_reward(db, order.reward_id).kind
    if order.state != State.CAPTURED or kind not in KINDS:
        raise NothingToReveal("There is nothing to tell of yet.")
    contact = contacts.get_contact(people.get_person(db, person_id), channel)
    _refuse_often(db, redemption_id)
    return _ask(db, redemption_id, contact)


def of_order(db: Session, redemption_id: UUID, *, person_id: UUID) -> list[VoucherNotice]:
    """Return what was sent about an own order, latest first."""
    rewards.get_redemption(db, redemption_id, person_id=person_id)
    return list(
        db.scalars(
            select(VoucherNotice)
            .where(
                VoucherNotice.tenant_id == tenant_of(db),
                VoucherNotice.redemption_id == redemption_id,
            )
            .order_by(VoucherNotice.id.desc())
        )
    )


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
    )
    db.add(notice)
    db.flush()
    enqueue(db, send_job, notice_id=str(notice.id))
    _record(db, notice, "asked")
    return notice


@job(name="notifications.send_notice")
def send_job(db: Session, *, notice_id: str) -> None:
    """Send one notice, once: not when it has left, nor when the voucher was taken back meanwhile."""
    notice = db.execute(
        select(VoucherNotice)
        .where(VoucherNotice.tenant_id == tenant_of(db), VoucherNotice.id == UUID(notice_id))
        .with_for_update()
    ).scalar_one()
    order = rewards.line_of(db, rewards.get_redemption(db, notice.redemption_id))
    if notice.sent_at is not None or order.state != State.CAPTURED:
        return
    try:
        contact = contacts.get_contact(people.get_person(db, order.person_id), notice.channel)
    except NotReachable:
        return
    mailing.mail_delivered(db, order, to=contact.address)
    notice.recipient, notice.sent_at = contact.shown, work_of(db).now
    db.flush()
    _record(db, notice, "sent")


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
