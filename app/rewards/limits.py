"""How much people may order from the store: what finance set, what is left of it, and holding to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.clock import day_in_zone
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.people import queries as people
from app.rewards import audiences
from app.rewards.audience_core import Audience
from app.rewards.catalog_models import CatalogEntry, OrderLimit
from app.rewards.core import GIVEN_BACK
from app.rewards.errors import OrderTooLarge, OrderTooSmall, PeriodLimitReached
from app.rewards.limits_core import Book, Limit, Period, Product, Room, Spent, earliest
from app.rewards.models import Redemption, Reward

STORE: Final = ("gift_card", "experience")
"""The kinds that limits are about; ways of paying to a bank have limits of their own."""


def limits(db: Session) -> list[Limit]:
    """Return every limit, those of everything first."""
    rows = db.scalars(
        select(OrderLimit)
        .where(OrderLimit.tenant_id == tenant_of(db))
        .order_by(OrderLimit.value != "", OrderLimit.about, OrderLimit.value, OrderLimit.id)
    )
    return [_limit(row) for row in rows]


def _limit(row: OrderLimit) -> Limit:
    return Limit(
        audience=Audience(row.team_id, row.role, row.country),
        about=row.about,
        value=row.value,
        currency=row.currency,
        least=row.least_minor,
        most=row.most_minor,
        period=cast("Period | None", row.period),
        in_period=row.period_minor,
        id=row.id,
    )


def add(db: Session, new: Limit) -> Limit:
    """Set a limit; it holds from the next order on, with what was ordered in the period before."""
    audiences.require_team(db, new.audience)
    limit_id = new_id()
    values = _values(new)
    db.add(OrderLimit(tenant_id=tenant_of(db), id=limit_id, made_at=work_of(db).now, **values))
    db.flush()
    _write_down(db, "added", limit_id, after=values)
    return replace(new, id=limit_id)


def change(db: Session, limit_id: UUID, new: Limit) -> Limit:
    """Set a limit anew."""
    audiences.require_team(db, new.audience)
    row = _get(db, limit_id)
    before, after = _values(_limit(row)), _values(new)
    for name, value in after.items():
        setattr(row, name, value)
    db.flush()
    _write_down(db, "changed", limit_id, before=before, after=after)
    return replace(new, id=limit_id)


def remove(db: Session, limit_id: UUID) -> None:
    """Take a limit back."""
    row = _get(db, limit_id)
    _write_down(db, "removed", limit_id, before=_values(_limit(row)))
    db.delete(row)
    db.flush()


def _get(db: Session, limit_id: UUID) -> OrderLimit:
    row = db.get(OrderLimit, (tenant_of(db), limit_id), with_for_update=True)
    if row is None:
        raise NotFound("There is no such limit.")
    return row


def _values(limit: Limit) -> dict[str, Any]:
    return {
        "team_id": limit.audience.team_id,
        "role": limit.audience.role,
        "country": limit.audience.country,
        "about": limit.about,
        "value": limit.value,
        "currency": limit.currency,
        "least_minor": limit.least,
        "most_minor": limit.most,
        "period": limit.period,
        "period_minor": limit.in_period,
    }


def _write_down(db: Session, what: str, limit_id: UUID, **states: dict[str, Any]) -> None:
    told = {
        name: values | {"team_id": values["team_id"] and str(values["team_id"])}
        for name, values in states.items()
    }
    audit.record(
        db,
        action=f"order_limit.{what}",
        object_kind="order_limit",
        object_id=limit_id,
        before=told.get("before"),
        after=told.get("after"),
    )


def room(db: Session, reward: Reward, *, person_id: UUID) -> Room:
    """Return how much a person may order of a reward now."""
    if reward.kind not in STORE:
        return Room()
    told = [one for one in limits(db) if one.currency == reward.currency]
    if not told:
        return Room()
    product = _product(reward, db.get(CatalogEntry, (reward.tenant_id, reward.id)))
    visitor = audiences.visitor(db, person_id)
    mine = [one for one in told if one.holds_for(product) and one.audience.includes(visitor)]
    today = people.today(db)
    since = earliest(mine, today)
    spent = _spent(db, person_id, reward.currency, since) if since is not None else ()
    return Book(mine, spent).room(today)


def _product(reward: Reward, entry: CatalogEntry | None) -> Product:
    categories = tuple(entry.categories) if entry is not None else ()
    return Product(reward.kind, reward.country, reward.currency, reward.brand, categories)


def _spent(db: Session, person_id: UUID, currency: str, since: date) -> Sequence[Spent]:
    """Return what a person ordered since a day and was not given back."""
    zone = people.calendar(db).zone
    rows = db.execute(
        select(Redemption.minor, Redemption.created_at, Reward, CatalogEntry)
        .join(
            Reward, (Reward.tenant_id == Redemption.tenant_id) & (Reward.id == Redemption.reward_id)
        )
        .outerjoin(
            CatalogEntry,
            (CatalogEntry.tenant_id == Reward.tenant_id) & (CatalogEntry.reward_id == Reward.id),
        )
        .where(
            Redemption.tenant_id == tenant_of(db),
            Redemption.person_id == person_id,
            Redemption.currency == currency,
            Redemption.created_at >= datetime.combine(since, time(), ZoneInfo(zone)),
            Redemption.state.not_in(GIVEN_BACK),
            Reward.kind.in_(STORE),
        )
    )
    return [
        Spent(_product(reward, entry), minor, day_in_zone(at, zone))
        for minor, at, reward, entry in rows
    ]


def hold_to(db: Session, reward: Reward, money: Money, *, person_id: UUID) -> None:
    """Raise when a person may not order so much of a reward.

    Two orders of one person at once: call it when the money is set aside, under the lock of their balance,
    so that the second one counts the first.
    """
    found = room(db, reward, person_id=person_id)
    why = found.obstacle(money.minor)
    if why is None:
        return

    def said(minor: int | None) -> str:
        return str(Money(minor or 0, money.currency))

    if why == "too_little":
        raise OrderTooSmall(
            f"One order must be at least {said(found.least)}.", least=said(found.least)
        )
    if why == "too_much":
        raise OrderTooLarge(f"One order may be at most {said(found.most)}.", most=said(found.most))
    assert found.left is not None
    left = said(found.left.minor)
    raise PeriodLimitReached(
        f"You may order {left} more until {found.left.anew_on}.",
        left=left,
        anew_on=found.left.anew_on.isoformat(),
    )
