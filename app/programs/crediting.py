"""Who is credited for what, as set-based SQL: the same rules as `engine.crediting`, over any number of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Interval,
    Numeric,
    Select,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from app.activities.filters import condition_sql, number_sql
from app.activities.queries import activities_table
from app.db import bulk
from app.db.unit_of_work import tenant_of
from app.engine.document import Component, OverrideCredit, SumMeasure
from app.kernel.money import MICROS
from app.people.queries import positions_table
from app.programs.core import Key, Shift
from app.programs.models import Credit, Enrolment, Quota
from app.programs.queries import Published

TEAM_DEPTH: Final = 8
"""How far up a rule "the people under a manager" looks for that manager."""


@dataclass(frozen=True, slots=True)
class Takers:
    """Who takes part in a program; `everybody` means always and all."""

    everybody: bool


def remove(db: Session, activity_ids: Collection[UUID], shifts: dict[Key, Shift]) -> None:
    """Take away the credits of `activity_ids` and add what that changes to `shifts`."""
    gone = (
        delete(Credit)
        .where(Credit.tenant_id == tenant_of(db), Credit.activity_id == _any(activity_ids))
        .returning(*_RETURNED)
        .cte("gone")
    )
    _gather(db, gone, -1, shifts)


def remove_payees(
    db: Session,
    program_id: UUID,
    component: str,
    payee_ids: Collection[UUID],
    shifts: dict[Key, Shift],
) -> None:
    """Take away the credits that some payees have under one component; note what that changes."""
    gone = (
        delete(Credit)
        .where(
            Credit.tenant_id == tenant_of(db),
            Credit.program_id == program_id,
            Credit.component == component,
            Credit.payee_id == _any(payee_ids),
        )
        .returning(*_RETURNED)
        .cte("gone")
    )
    _gather(db, gone, -1, shifts)


def remove_program(db: Session, program_id: UUID) -> None:
    """Take away every credit of a program, before it is rebuilt."""
    db.execute(
        delete(Credit).where(Credit.tenant_id == tenant_of(db), Credit.program_id == program_id)
    )


def add(
    db: Session,
    program: Published,
    component: Component,
    takers: Takers,
    shifts: dict[Key, Shift],
    *,
    activity_ids: Collection[UUID] | None = None,
    payee_ids: Collection[UUID] | None = None,
) -> None:
    """Credit activities under `component`, all or the given, to all or the given payees."""
    query, payee = _query(db, program, component, takers, activity_ids)
    if payee_ids is not None:
        query = query.where(payee == _any(payee_ids))
    added = insert(Credit).from_select(_COLUMNS, query).returning(*_RETURNED).cte("added")
    _gather(db, added, 1, shifts)


def takers_of(db: Session, program_id: UUID) -> Takers:
    """Return who takes part in a program."""
    unbounded = select(literal(1)).where(
        Enrolment.tenant_id == tenant_of(db),
        Enrolment.program_id == program_id,
        Enrolment.kind == "everybody",
        func.lower_inf(Enrolment.valid),
        func.upper_inf(Enrolment.valid),
    )
    return Takers(everybody=db.scalar(select(unbounded.exists())) or False)


_RETURNED: Final = (
    Credit.payee_id,
    Credit.program_id,
    Credit.component,
    Credit.period_start,
    Credit.period_end,
    Credit.value_micros,
    Credit.share,
)


def _any(ids: Collection[UUID]) -> ColumnElement[Any]:
    return any_(cast(literal(list(ids), ARRAY(Uuid)), ARRAY(Uuid)))


def _gather(db: Session, moved: Any, sign: int, shifts: dict[Key, Shift]) -> None:
    rows = db.execute(
        select(
            moved.c.payee_id,
            moved.c.program_id,
            moved.c.component,
            moved.c.period_start,
            func.max(moved.c.period_end),
            func.sum(moved.c.value_micros * moved.c.share),
            func.count(),
        ).group_by(moved.c.payee_id, moved.c.program_id, moved.c.component, moved.c.period_start)
    )
    for payee_id, program_id, component, start, end, total, count in rows:
        shift = shifts.setdefault(Key(payee_id, program_id, component, start), Shift(end))
        shift.period_end = end
        shift.total_micros += sign * Decimal(total)
        shift.credits += sign * count


def _query(
    db: Session,
    program: Published,
    component: Component,
    takers: Takers,
    activity_ids: Collection[UUID] | None,
) -> tuple[Select[Any], ColumnElement[Any]]:
    """Return the rows to credit under `component`, and their payee."""
    activities, source = _activities(activity_ids)
    day = cast(func.timezone(program.document.zone, activities.c.occurred_at), Date)
    source, payee, level, share = _payees(component, activities, source, day)
    source, start, end = _period(program, component, source, payee, day)
    query: Select[Any] = (
        select(
            activities.c.tenant_id,
            activities.c.id,
            literal(program.program_id, Uuid),
            literal(component.id, Text),
            payee,
            start,
            end,
            activities.c.occurred_at,
            _value(component, activities),
            level,
            share,
        )
        .select_from(source)
        .where(
            activities.c.tenant_id == tenant_of(db),
            activities.c.status == "counted",
            payee.is_not(None),
            _value(component, activities).is_not(None),
            condition_sql(component.counts, activities),
            *_within(program, component, activities),
            *_in_currency(program, component, activities),
        )
    )
    if not takers.everybody:
        query = query.where(_takes_part(db, program.program_id, payee, day))
    return query, payee


def _activities(ids: Collection[UUID] | None) -> tuple[FromClause, FromClause]:
    """Return the activities (of `ids`, else all) and where they are selected from."""
    table = activities_table()
    if ids is None:
        return table, table
    # LATERAL with LIMIT keeps the plan at one index lookup a row, however little the planner knows.
    given = bulk.rows(id=(Uuid(), list(ids)))
    found = select(table).where(table.c.id == given.c.id).limit(1).lateral("activity")
    return found, given.join(found, literal(True))


_COLUMNS: Final = [
    "tenant_id",
    "activity_id",
    "program_id",
    "component",
    "payee_id",
    "period_start",
    "period_end",
    "occurred_at",
    "value_micros",
    "level",
    "share",
]


def _within(
    program: Published, component: Component, activities: FromClause
) -> Iterable[ColumnElement[bool]]:
    """Yield the bounds of the component's days, as instants of the program's zone."""
    zone, days = ZoneInfo(program.document.zone), component.effective
    yield activities.c.occurred_at >= datetime.combine(days.from_, time(), zone)
    if days.to is not None:
        after = days.to + timedelta(days=1)
        yield activities.c.occurred_at < datetime.combine(after, time(), zone)


def _in_currency(
    program: Published, component: Component, activities: FromClause
) -> Iterable[ColumnElement[bool]]:
    if component.measures_money:
        yield func.coalesce(activities.c.currency, program.document.currency) == (
            program.document.currency
        )


def _value(component: Component, activities: FromClause) -> ColumnElement[Any]:
    if isinstance(component.measure, SumMeasure):
        return number_sql(component.measure.of, activities)
    return literal(MICROS, Integer)


def _payees(
    component: Component, activities: FromClause, source: FromClause, day: ColumnElement[Any]
) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]]:
    """Return the activities joined with who is credited for them, at which level and share."""
    if not isinstance(component.credit, OverrideCredit):
        one = literal(Decimal(1), Numeric)
        return source, activities.c.person_id, literal(0, SmallInteger), one
    depth = max(each.level for each in component.credit.levels)
    source, above = upline(source, activities.c.person_id, day, depth)
    levels = [(each.level, each.share) for each in component.credit.levels]
    credited = (
        func.unnest(
            cast(array([above[level - 1] for level, _ in levels]), ARRAY(Uuid)),
            cast(array([literal(level) for level, _ in levels]), ARRAY(SmallInteger)),
            cast(array([literal(share, Numeric) for _, share in levels]), ARRAY(Numeric)),
        )
        .table_valued(
            column("payee_id", Uuid),
            column("level", SmallInteger),
            column("share", Numeric),
            name="credited",
        )
        .render_derived()
    )
    joined = source.join(credited, literal(True))
    return joined, credited.c.payee_id, credited.c.level, credited.c.share


def upline(
    source: FromClause, person: ColumnElement[Any], day: ColumnElement[Any], depth: int
) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Join who stood above `person` on `day`, nearest first; a circle ends where it would begin again."""
    seen: list[ColumnElement[Any]] = [person]
    for _ in range(depth):
        place = positions_table().alias()
        source = source.outerjoin(
            place,
            and_(
                place.c.person_id == seen[-1],
                place.c.from_on <= day,
                or_(place.c.to_on.is_(None), place.c.to_on > day),
            ),
        )
        seen.append(_fresh(place.c.manager_id, seen))
    return source, seen[1:]


def _fresh(manager: ColumnElement[Any], seen: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return `manager` unless already seen; whoever stands above an empty level is empty too."""
    return case((and_(*(manager != each for each in seen)), manager))


def _period(
    program: Published,
    component: Component,
    source: FromClause,
    payee: ColumnElement[Any],
    day: ColumnElement[Any],
) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any]]:
    """Return the first and the last day of the period that `day` lies in."""
    kind, days = component.period.kind, component.effective
    if kind == "window":
        return source, literal(days.from_, Date), literal(days.to, Date)
    if kind == "quota":
        held = and_(
            Quota.program_id == program.program_id,
            Quota.component == component.id,
            Quota.person_id == payee,
            Quota.valid.contains(day),
        )
        first, after = func.lower(Quota.valid, type_=Date), func.upper(Quota.valid, type_=Date)
        return source.join(Quota.__table__, held), first, after - 1
    start = cast(func.date_trunc(kind, cast(day, DateTime)), Date)
    length = {"week": "7 days", "month": "1 month", "quarter": "3 months", "year": "1 year"}[kind]
    return source, start, cast(start + cast(length, Interval), Date) - 1


def _takes_part(
    db: Session, program_id: UUID, payee: ColumnElement[Any], day: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Tell whether a rule of the program includes `payee` on `day`."""
    start = select(literal(1).label("one")).subquery("start")
    source, above = upline(start, payee, day, TEAM_DEPTH)
    return (
        select(literal(1))
        .select_from(source.join(Enrolment.__table__, literal(True)))
        .where(
            Enrolment.tenant_id == tenant_of(db),
            Enrolment.program_id == program_id,
            Enrolment.valid.contains(day),
            or_(
                Enrolment.kind == "everybody",
                Enrolment.person_id == payee,
                and_(Enrolment.kind == "team_of", Enrolment.person_id.in_(above)),
            ),
        )
        .exists()
    )
