"""Set-based reads for the overview: one statement for each thing it shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Select, and_, cast, func, select
from sqlalchemy.orm import Session

from app.activities.queries import activities_table
from app.db.unit_of_work import tenant_of
from app.kernel.money import MICROS
from app.people import queries as people
from app.programs import queries as programs
from app.programs import totals

WEEKS: Final = 8
SALE: Final = "sale"


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales of some days: how many, and what they came to in the tenant's currency."""

    count: int
    micros: int


def sales(
    db: Session, visible: Select[UUID], spans: dict[str, tuple[datetime, datetime]], currency: str
) -> dict[str, Sales]:
    """Return the sales of each span, in one pass."""
    activity = activities_table()
    columns: list[Any] = []
    for since, until in spans.values():
        inside = and_(activity.c.occurred_at >= since, activity.c.occurred_at < until)
        columns += [
            func.count().filter(inside),
            func.coalesce(
                func.sum(activity.c.amount_micros).filter(inside, activity.c.currency == currency),
                0,
            ),
        ]
    row = db.execute(
        select(*columns).where(
            activity.c.tenant_id == tenant_of(db),
            activity.c.status == "counted",
            activity.c.kind == SALE,
            activity.c.occurred_at >= min(since for since, _ in spans.values()),
            activity.c.occurred_at < max(until for _, until in spans.values()),
            activity.c.person_id.in_(visible),
        )
    ).one()
    return {name: Sales(int(row[2 * at]), int(row[2 * at + 1])) for at, name in enumerate(spans)}


def attainment(db: Session, visible: Select[UUID], day: date) -> dict[UUID, Fraction]:
    """Return by person how much of the quotas of the day is reached, in percent.

    Somebody with several quotas has the mean of them.
    """
    person_ids = list(db.scalars(visible))
    published = programs.published(db)
    goals = {
        (person, program, component, first): Fraction(micros, MICROS)
        for (program, component, person, first, last), micros in programs.targets(
            db, [one.program_id for one in published], person_ids
        ).items()
        if first <= day <= last
    }
    if not goals:
        return {}
    done = {
        (one.person_id, one.program_id, one.component, one.period_start): Fraction(one.measured)
        for one in totals.totals(
            db,
            group_by="person_period",
            visible=visible,
            first=min(first for *_, first in goals),
            last=day,
        )
    }
    percents: dict[UUID, list[Fraction]] = defaultdict(list)
    for key, goal in goals.items():
        percents[key[0]].append(done.get(key, Fraction(0)) / goal * 100)
    return {person: sum(found, Fraction(0)) / len(found) for person, found in percents.items()}


def weekly_sales(
    db: Session, visible: Select[UUID], day: date, zone: str
) -> dict[UUID | None, list[int]]:
    """Return sales a week of each team over the last weeks, oldest first."""
    monday = day - timedelta(days=day.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    activity, person = activities_table(), people.people_table(day)
    week = cast(func.date_trunc("week", func.timezone(zone, activity.c.occurred_at)), Date)
    rows = db.execute(
        select(person.c.team_id, week.label("week"), func.count())
        .join(
            person,
            and_(
                person.c.tenant_id == activity.c.tenant_id,
                person.c.id == activity.c.person_id,
            ),
        )
        .where(
            activity.c.tenant_id == tenant_of(db),
            activity.c.status == "counted",
            activity.c.kind == SALE,
            activity.c.occurred_at >= midnight(first, zone),
            activity.c.person_id.in_(visible),
        )
        .group_by(person.c.team_id, week)
    )
    found: dict[UUID | None, list[int]] = defaultdict(lambda: [0] * WEEKS)
    for team_id, monday_of, count in rows:
        at = (monday_of - first).days // 7
        if 0 <= at < WEEKS:
            found[team_id][at] = count
    return dict(found)


def midnight(day: date, zone: str) -> datetime:
    """Return the instant a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))


@dataclass(frozen=True, slots=True)
class Seen:
    """A person of the overview."""

    id: UUID
    name: str
    team_id: UUID | None
    manager_id: UUID | None


def seen(db: Session, person_ids: Collection[UUID], day: date) -> dict[UUID, Seen]:
    """Return people with the team and manager of the day."""
    person = people.people_table(day)
    rows = db.execute(
        select(person.c.id, person.c.name, person.c.team_id, person.c.manager_id).where(
            person.c.id.in_(person_ids)
        )
    )
    return {row.id: Seen(row.id, row.name, row.team_id, row.manager_id) for row in rows}
