"""Delivered codes that end soon, and which of their warnings have been said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Date, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.money import Money
from app.people import queries as people
from app.rewards.core import State
from app.rewards.models import ExpiryWarning, Redemption, Reward

STEPS: Final = (30, 7, 1)
"""So many days before the last one a warning is due."""

CODES: Final = ("gift_card", "experience")


@dataclass(frozen=True, slots=True)
class Expiring:
    """A code that ends soon, and the warning that is due for it."""

    redemption_id: UUID
    person_id: UUID
    brand: str
    money: Money
    expires_on: date
    step: int


def due(db: Session, *, after: UUID | None, limit: int) -> Sequence[Expiring]:
    """Return unused codes whose next warning is due and was not said, by the number of their orders.

    A step that had passed when the code was delivered is no news, and is left out.
    """
    tenant, today = tenant_of(db), people.today(db)
    left = Redemption.expires_on - today
    step = case(*((left <= days, days) for days in sorted(STEPS)))
    said = (
        select(ExpiryWarning.days)
        .where(
            ExpiryWarning.tenant_id == tenant,
            ExpiryWarning.redemption_id == Redemption.id,
            ExpiryWarning.days == step,
        )
        .exists()
    )
    delivered_on = cast(func.timezone(people.calendar(db).zone, Redemption.moved_at), Date)
    wanted = (
        select(
            Redemption.id,
            Redemption.person_id,
            Reward.brand,
            Redemption.minor,
            Redemption.currency,
            Redemption.expires_on,
            step.label("step"),
        )
        .join(
            Reward, (Reward.tenant_id == Redemption.tenant_id) & (Reward.id == Redemption.reward_id)
        )
        .where(
            Redemption.tenant_id == tenant,
            Redemption.state == State.CAPTURED,
            Redemption.expires_on.between(today, today + timedelta(days=max(STEPS))),
            Redemption.used_at.is_(None),
            Reward.kind.in_(CODES),
            Redemption.expires_on - delivered_on > step,
            ~said,
        )
        .order_by(Redemption.id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(Redemption.id > after)
    return [
        Expiring(row.id, row.person_id, row.brand, Money(row.minor, row.currency), *row[5:])
        for row in db.execute(wanted)
    ]


def claim(db: Session, one: Expiring) -> bool:
    """Take the one right to say this warning; False when it was said already."""
    claimed = db.scalar(
        insert(ExpiryWarning)
        .values(
            tenant_id=tenant_of(db),
            redemption_id=one.redemption_id,
            days=one.step,
            said_at=work_of(db).now,
        )
        .on_conflict_do_nothing()
        .returning(ExpiryWarning.days)
    )
    return claimed is not None
