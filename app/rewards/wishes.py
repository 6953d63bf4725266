"""Where word of an order is to go when it is there, as its owner said when they ordered."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.people import contacts
from app.people import queries as people
from app.people.contacts import IN_APP, ToldBy
from app.rewards.models import Redemption
from app.rewards.wish_models import NoticeWish


def keep(db: Session, order: Redemption, told_by: ToldBy) -> None:
    """Remember where word of an order goes; raise NotReachable when its owner cannot be reached there."""
    if told_by == IN_APP:
        return
    contacts.get_contact(db, people.get_person(db, order.person_id), told_by)
    db.add(NoticeWish(tenant_id=tenant_of(db), redemption_id=order.id, channel=told_by))
    db.flush()


def find(db: Session, redemption_id: UUID) -> str | None:
    """Return where word of an order goes, None when the app is enough."""
    return db.scalar(
        select(NoticeWish.channel).where(
            NoticeWish.tenant_id == tenant_of(db), NoticeWish.redemption_id == redemption_id
        )
    )
