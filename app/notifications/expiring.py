"""Warnings before codes expire: each once, by day, in the inbox and by mail as the person wishes."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import work_of
from app.http.shapes import MoneyShape
from app.jobs.queue import enqueue
from app.notifications import mailing, queries, service
from app.notifications.core import Settings, may_nudge
from app.notifications.service import Note
from app.people import queries as people
from app.rewards import expiring
from app.rewards.expiring import Expiring

BATCH: Final = 200


def warn_due(db: Session, *, after: UUID | None = None) -> UUID | None:
    """Say some of the warnings that are due; return after which order to go on, None at the end."""
    found = expiring.due(db, after=after, limit=BATCH)
    now = work_of(db).now
    zones = people.zones(db, {one.person_id for one in found}, people.today(db))
    for one in found:
        wishes = queries.settings(db, one.person_id)
        if not wishes.is_quiet_at(now, zones[one.person_id]) and expiring.claim(db, one):
            _warn(db, one, wishes, zone=zones[one.person_id])
    return found[-1].redemption_id if len(found) == BATCH else None


def _warn(db: Session, one: Expiring, wishes: Settings, *, zone: str) -> None:
    now = work_of(db).now
    if may_nudge("code_expires", wishes, now, zone):
        service.tell(db, [_note(one)])
    if may_nudge("code_expires_mail", wishes, now, zone):
        enqueue(
            db,
            mailing.expiry_job,
            person_id=str(one.person_id),
            redemption_id=str(one.redemption_id),
        )


def _note(one: Expiring) -> Note:
    params = {
        "reward": one.brand,
        "money": MoneyShape.model_validate(one.money).model_dump(),
        "until": one.expires_on.isoformat(),
    }
    link = f"/rewards/orders/{one.redemption_id}"
    return Note(one.person_id, "redemption", "code_expires", params, None, link)
