"""Vouchers that were paid for and never opened: what may never be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import bulk
from app.db.unit_of_work import tenant_of
from app.rewards.models import Redemption, Reward

SOON: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Unopened:
    """Vouchers nobody has looked at, in one currency: all, those that end soon, those that have ended."""

    currency: str
    count: int
    minor: int
    ending_minor: int
    ended_minor: int


def unopened(db: Session, today: date) -> list[Unopened]:
    """Return the delivered gift cards that were never revealed, by currency."""
    ended = Redemption.expires_on < today
    ending = Redemption.expires_on.between(today, today + SOON)
    rows = db.execute(
        select(
            Redemption.currency,
            func.count(),
            func.sum(Redemption.minor),
            func.coalesce(func.sum(Redemption.minor).filter(ending), 0),
            func.coalesce(func.sum(Redemption.minor).filter(ended), 0),
        )
        .join(
            Reward,
            (Reward.tenant_id == Redemption.tenant_id) & (Reward.id == Redemption.reward_id),
        )
        .where(
            Redemption.tenant_id == tenant_of(db),
            Redemption.state == "captured",
            Redemption.reveals == 0,
            Reward.kind == "gift_card",
        )
        .group_by(Redemption.currency)
        .order_by(Redemption.currency)
    )
    return [
        Unopened(currency, count, int(minor), int(ending_minor), int(ended_minor))
        for currency, count, minor, ending_minor, ended_minor in rows
    ]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered, and what of its price was a fee or went to the tax office."""

    brand: str
    fee_minor: int
    withheld_minor: int


def orders(db: Session, redemption_ids: list[UUID]) -> dict[UUID, Ordered]:
    """Return what was ordered, by the id of the order; ids of other things are left out."""
    rows = db.execute(
        select(Redemption.id, Reward.brand, Redemption.fee_minor, Redemption.withheld_minor)
        .join(
            Reward,
            (Reward.tenant_id == Redemption.tenant_id) & (Reward.id == Redemption.reward_id),
        )
        .where(Redemption.tenant_id == tenant_of(db), Redemption.id == bulk.any_of(redemption_ids))
    )
    return {row.id: Ordered(row.brand, row.fee_minor, row.withheld_minor) for row in rows}
