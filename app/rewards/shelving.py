"""Laying out the store: what each country sees first, from what its people order."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, func, select, text, update
from sqlalchemy.orm import Session

from app.db import driver
from app.db.unit_of_work import tenant_of, work_of
from app.rewards.catalog_models import CatalogEntry
from app.rewards.core import GIVEN_BACK
from app.rewards.models import Redemption, Reward
from app.rewards.shelf_core import LAST_PLACE, PLACES, Thing, family_of, laid_out

POPULAR_WITHIN: Final = timedelta(days=90)
LATELY: Final = timedelta(days=21)
WEIGHT_LATELY: Final = 3
"""An order of the last weeks says more about what people want now than one of last season."""

_PLACE: Final = text(
    """
    UPDATE catalog_entries AS e SET place = coalesce(w.place, :last)
    FROM catalog_entries AS o
      LEFT JOIN unnest(CAST(:ids AS uuid[]), CAST(:places AS bigint[])) AS w (id, place)
        ON w.id = o.reward_id
    WHERE o.tenant_id = :tenant AND e.tenant_id = o.tenant_id AND e.reward_id = o.reward_id
      AND e.place <> coalesce(w.place, :last)
    """
)


def keep(db: Session) -> None:
    """Lay the store out again where what people order has changed, or nobody has done so yet."""
    if count_popularity(db) or not _is_laid_out(db):
        lay_out(db)


def count_popularity(db: Session) -> int:
    """Weigh what people of this company ordered lately; return for how many rewards that changed."""
    tenant, now = tenant_of(db), work_of(db).now
    weight = case((Redemption.created_at >= now - LATELY, WEIGHT_LATELY), else_=1)
    counted = (
        select(Redemption.reward_id, func.sum(weight).label("orders"))
        .where(
            Redemption.tenant_id == tenant,
            Redemption.created_at >= now - POPULAR_WITHIN,
            Redemption.state.not_in(GIVEN_BACK),
        )
        .group_by(Redemption.reward_id)
        .subquery()
    )
    orders = func.coalesce(
        select(counted.c.orders)
        .where(counted.c.reward_id == CatalogEntry.reward_id)
        .scalar_subquery(),
        0,
    )
    changed = db.execute(
        update(CatalogEntry)
        .where(CatalogEntry.tenant_id == tenant, CatalogEntry.popularity != orders)
        .values(popularity=orders)
        .returning(CatalogEntry.reward_id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _is_laid_out(db: Session) -> bool:
    placed = select(CatalogEntry.reward_id).where(
        CatalogEntry.tenant_id == tenant_of(db),
        CatalogEntry.retired_at.is_(None),
        CatalogEntry.place.between(1, PLACES),
    )
    return db.execute(placed.limit(1)).first() is not None


def lay_out(db: Session) -> None:
    """Give the first rewards of every country their places; what keeps its place is not written."""
    ids: list[UUID] = []
    places: list[int] = []
    for country, things in _things(db).items():
        order = laid_out(things, seed=country)
        ids += order
        places += range(len(order))
    driver.run(
        db, _PLACE, {"tenant": tenant_of(db), "last": LAST_PLACE, "ids": ids, "places": places}
    )


def _things(db: Session) -> dict[str, list[Thing]]:
    """Return what is offered, by country, in the order in which it was listed."""
    rows = db.execute(
        select(
            CatalogEntry.country,
            CatalogEntry.reward_id,
            CatalogEntry.kind,
            CatalogEntry.categories,
            CatalogEntry.popularity,
            CatalogEntry.account_id.is_(None).label("is_ours"),
            Reward.brand,
        )
        .join(
            Reward,
            (Reward.tenant_id == CatalogEntry.tenant_id) & (Reward.id == CatalogEntry.reward_id),
        )
        .where(
            CatalogEntry.tenant_id == tenant_of(db),
            CatalogEntry.retired_at.is_(None),
            Reward.active,
        )
        .order_by(CatalogEntry.country, CatalogEntry.reward_id)
    ).all()
    sold_in: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        sold_in[row.kind, family_of(row.kind, row.brand)].add(row.country)

    def thing(row: Any) -> Thing:
        family = family_of(row.kind, row.brand)
        return Thing(
            id=row.reward_id,
            kind=row.kind,
            family=family,
            department=row.categories[0] if row.categories else "",
            popularity=row.popularity,
            is_ours=row.is_ours,
            reach=len(sold_in[row.kind, family]),
        )

    return {
        country: [thing(row) for row in group]
        for country, group in groupby(rows, key=lambda row: row.country)
    }
