"""Who is credited for what, as set-based SQL: the same rules as `engine.crediting`, over any number of rows.

Building a statement costs more than running it for one sale, so each is built once for the components of
a sealed document and kept; tenant, program, activities and payees are its parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
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
    bindparam,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from app.activities.filters import condition_sql, number_sql
from app.activities.queries import activities_table, given_activities
from app.db.unit_of_work import tenant_of
from app.engine.document import Component, OverrideCredit, Program, SumMeasure
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


@dataclass(frozen=True, slots=True)
class _Form:
    """What the statement that credits components depends on; the fingerprint stands for the document."""

    sha256: str
    component_ids: tuple[str, ...]
    everybody: bool
    of_activities: bool
    of_payees: bool
    document: Program = field(compare=False, repr=False)
    components: tuple[Component, ...] = field(compare=False, repr=False)


_TENANT: Final = bindparam("tenant", type_=Uuid())
_PROGRAM: Final = bindparam("program", type_=Uuid())
_COMPONENT: Final = bindparam("component", type_=Text())
_ACTIVITIES: Final = cast(bindparam("activities", type_=ARRAY(Uuid())), ARRAY(Uuid()))
_PAYEES: Final = cast(bindparam("payees", type_=ARRAY(Uuid())), ARRAY(Uuid()))


def remove(db: Session, activity_ids: Collection[UUID], shifts: dict[Key, Shift]) -> None:
    """Take away the credits of `activity_ids` and add what that changes to `shifts`."""
    _gather(db, _removal(), {"activities": list(activity_ids)}, -1, shifts)


def remove_payees(
    db: Session,
    program_id: UUID,
    component: str,
    payee_ids: Collection[UUID],
    shifts: dict[Key, Shift],
) -> None:
    """Take away the credits that some payees have under one component; note what that changes."""
    given = {"program": program_id, "component": component, "payees": list(payee_ids)}
    _gather(db, _removal_of_payees(), given, -1, shifts)


def remove_program(db: Session, program_id: UUID) -> None:
    """Take away every credit of a program, before it is rebuilt."""
    db.execute(
        delete(Credit).where(Credit.tenant_id == tenant_of(db), Credit.program_id == program_id)
    )


def add(
    db: Session,
    program: Published,
    components: Sequence[Component],
    takers: Takers,
    shifts: dict[Key, Shift],
    *,
    activity_ids: Collection[UUID] | None = None,
    payee_ids: Collection[UUID] | None = None,
) -> None:
    """Credit activities under `components`, all or the given, to all or the given payees."""
    form = _Form(
        program.sha256,
        tuple(component.id for component in components),
        takers.everybody,
        activity_ids is not None,
        payee_ids is not None,
        program.document,
        tuple(components),
    )
    given: dict[str, Any] = {"program": program.program_id}
    if activity_ids is not None:
        given["activities"] = list(activity_ids)
    if payee_ids is not None:
        given["payees"] = list(payee_ids)
    _gather(db, _addition(form), given, 1, shifts)


def takers_of(db: Session, program_id: UUID) -> Takers:
    """Return who takes part in a program."""
    everybody = db.scalar(_everybody(), {"tenant": tenant_of(db), "program": program_id})
    return Takers(everybody=everybody or False)


@cache
def _everybody() -> Select[bool]:
    unbounded = select(literal(1)).where(
        Enrolment.tenant_id == _TENANT,
        Enrolment.program_id == _PROGRAM,
        Enrolment.kind == "everybody",
        func.lower_inf(Enrolment.valid),
        func.upper_inf(Enrolment.valid),
    )
    return select(unbounded.exists())


_RETURNED: Final = (
    Credit.payee_id,
    Credit.program_id,
    Credit.component,
    Credit.period_start,
    Credit.period_end,
    Credit.value_micros,
    Credit.share,
)


@cache
def _removal() -> Select[Any]:
    return _summed(
        delete(Credit)
        .where(Credit.tenant_id == _TENANT, Credit.activity_id == any_(_ACTIVITIES))
        .returning(*_RETURNED)
        .cte("gone")
    )


@cache
def _removal_of_payees() -> Select[Any]:
    return _summed(
        delete(Credit)
        .where(
            Credit.tenant_id == _TENANT,
            Credit.program_id == _PROGRAM,
            Credit.component == _COMPONENT,
            Credit.payee_id == any_(_PAYEES),
        )
        .returning(*_RETURNED)
        .cte("gone")
    )


@lru_cache(maxsize=1024)
def _addition(form: _Form) -> Select[Any]:
    """Return the statement that credits activities under components and sums what it credited."""
    credited = union_all(*(_query(form, component) for component in form.components))
    return _summed(
        insert(Credit).from_select(_COLUMNS, credited).returning(*_RETURNED).cte("added")
    )


def _summed(moved: FromClause) -> Select[Any]:
    return select(
        moved.c.payee_id,
        moved.c.program_id,
        moved.c.component,
        moved.c.period_start,
        func.max(moved.c.period_end),
        func.sum(moved.c.value_micros * moved.c.share),
        func.count(),
    ).group_by(moved.c.payee_id, moved.c.program_id, moved.c.component, moved.c.period_start)


def _gather(
    db: Session,
    statement: Select[Any],
    given: Mapping[str, Any],
    sign: int,
    shifts: dict[Key, Shift],
) -> None:
    rows = db.execute(statement, {"tenant": tenant_of(db), **given})
    for payee_id, program_id, component, start, end, total, count in rows:
        shift = shifts.setdefault(Key(payee_id, program_id, component, start), Shift(end))
        shift.period_end = end
        shift.total_micros += sign * Decimal(total)
        shift.credits += sign * count


def _query(form: _Form, component: Component) -> Select[Any]:
    """Return the rows to credit under one component."""
    document = form.document
    activities, source = _activities(form)
    day = cast(func.timezone(document.zone, activities.c.occurred_at), Date)
    source, payee, level, share = _payees(component, activities, source, day)
    source, start, end = _period(component, source, payee, day)
    query: Select[Any] = (
        select(
            activities.c.tenant_id,
            activities.c.id,
            _PROGRAM,
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
            activities.c.tenant_id == _TENANT,
            activities.c.status == "counted",
            payee.is_not(None),
            _value(component, activities).is_not(None),
            condition_sql(component.counts, activities),
            *_within(document, component, activities),
            *_in_currency(document, component, activities),
        )
    )
    if not form.everybody:
        query = query.where(_takes_part(payee, day))
    if form.of_payees:
        query = query.where(payee == any_(_PAYEES))
    return query


def _activities(form: _Form) -> tuple[FromClause, FromClause]:
    """Return the activities (the given, else all) and where they are selected from."""
    table = activities_table()
    if not form.of_activities:
        return table, table
    return given_activities(_ACTIVITIES)


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
    document: Program, component: Component, activities: FromClause
) -> Iterable[ColumnElement[bool]]:
    """Yield the bounds of the component's days, as instants of the program's zone."""
    zone, days = ZoneInfo(document.zone), component.effective
    yield activities.c.occurred_at >= datetime.combine(days.from_, time(), zone)
    if days.to is not None:
        after = days.to + timedelta(days=1)
        yield activities.c.occurred_at < datetime.combine(after, time(), zone)


def _in_currency(
    document: Program, component: Component, activities: FromClause
) -> Iterable[ColumnElement[bool]]:
    if component.measures_money:
        yield func.coalesce(activities.c.currency, document.currency) == document.currency


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
            Quota.program_id == _PROGRAM,
            Quota.component == component.id,
            Quota.person_id == payee,
            Quota.valid.contains(day),
        )
        first, after = func.lower(Quota.valid, type_=Date), func.upper(Quota.valid, type_=Date)
        return source.join(Quota.__table__, held), first, after - 1
    start = cast(func.date_trunc(kind, cast(day, DateTime)), Date)
    length = {"week": "7 days", "month": "1 month", "quarter": "3 months", "year": "1 year"}[kind]
    return source, start, cast(start + cast(length, Interval), Date) - 1


def _takes_part(payee: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether a rule of the program includes `payee` on `day`."""
    start = select(literal(1).label("one")).subquery("start")
    source, above = upline(start, payee, day, TEAM_DEPTH)
    return (
        select(literal(1))
        .select_from(source.join(Enrolment.__table__, literal(True)))
        .where(
            Enrolment.tenant_id == _TENANT,
            Enrolment.program_id == _PROGRAM,
            Enrolment.valid.contains(day),
            or_(
                Enrolment.kind == "everybody",
                Enrolment.person_id == payee,
                and_(Enrolment.kind == "team_of", Enrolment.person_id.in_(above)),
            ),
        )
        .exists()
    )
