"""Exact sums of what counts, for checks and for the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session

from app.activities import queries
from app.http.principal import Principal
from app.kernel.money import micros_to_decimal
from app.people import queries as people

_GROUPS = {
    "person": ("person",),
    "month": ("month",),
    "day": ("day",),
    "person_month": ("person", "month"),
    "country": ("country",),
    "product": ("product",),
    "source": ("source",),
    "kind": ("kind",),
}


def totals(
    db: Session,
    principal: Principal,
    *,
    group_by: str,
    since: datetime | None = None,
    until: datetime | None = None,
    source: str | None = None,
) -> list[dict[str, Any]]:
    """Return the sums of the activities that count and that `principal` may see, by group and currency.

    Months and days are those of the tenant's calendar.
    """
    table = queries.activities_table()
    zone = people.calendar(db).zone
    local = func.timezone(zone, table.c.occurred_at)
    columns: dict[str, ColumnElement[Any]] = {
        "person": cast(table.c.person_id, String),
        "month": func.to_char(local, "YYYY-MM"),
        "day": func.to_char(local, "YYYY-MM-DD"),
        "country": table.c.country,
        "product": table.c.product,
        "source": table.c.source_name,
        "kind": table.c.kind,
    }
    names = _GROUPS[group_by]
    keys = [columns[name].label(f"key_{name}") for name in names]
    query: Select[Any] = select(
        *keys,
        table.c.currency,
        func.sum(table.c.amount_micros).label("amount"),
        func.sum(table.c.units_micros).label("units"),
        func.count().label("activities"),
    ).where(table.c.status == "counted")
    query = queries.within(query, table, since=since, until=until, source=source)
    query = queries.seen_by(query, table, db, principal)
    order = [key.name for key in keys] + ["currency"]
    rows = db.execute(query.group_by(*order).order_by(*order)).all()
    return [_total(names, row) for row in rows]


def _total(names: Sequence[str], row: Any) -> dict[str, Any]:
    return {
        "keys": {name: getattr(row, f"key_{name}") for name in names},
        "currency": row.currency,
        "amount": str(micros_to_decimal(int(row.amount))),
        "units": queries.plain(int(row.units)),
        "activities": row.activities,
    }
