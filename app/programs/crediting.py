"""Who is credited for what, as set-based SQL: the same rules as `engine.crediting`, over any number of rows.

Building a statement costs more than running it for one sale, so each is built once for the components of
a sealed document and kept; tenant, program, activities and payees are its parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Interval,
    Numeric,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.activities.queries import activities_table, given_activities
from app.bulk import claims, definition, naming
from app.bulk.inputs import Relations
from app.db import driver
from app.db.unit_of_work import tenant_of
from app.engine.credit_rules import GroupCredit, SplitCredit
from app.engine.crediting import roles_of
from app.engine.document import Component, Group, ListGroup, Program, TeamGroup
from app.kernel.money import MICROS
from app.people.queries import positions_table
from app.programs.core import Key, Shift
from app.programs.models import Credit, Enrolment, ExchangeRate, Quota
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
    ((everybody,),) = driver.run(db, _everybody(), {"tenant": tenant_of(db), "program": program_id})
    return Takers(everybody=everybody)


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
    Credit.part_micros,
    Credit.factor,
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
    counted = func.coalesce(moved.c.part_micros, moved.c.value_micros * moved.c.share)
    return select(
        moved.c.payee_id,
        moved.c.program_id,
        moved.c.component,
        moved.c.period_start,
        func.max(moved.c.period_end),
        func.sum(counted * moved.c.factor),
        func.count(),
    ).group_by(moved.c.payee_id, moved.c.program_id, moved.c.component, moved.c.period_start)


def _gather(
    db: Session,
    statement: Select[Any],
    given: Mapping[str, Any],
    sign: int,
    shifts: dict[Key, Shift],
) -> None:
    rows = driver.run(db, statement, {"tenant": tenant_of(db), **given})
    for payee_id, program_id, component, start, end, total, count in rows:
        shift = shifts.setdefault(Key(payee_id, program_id, component, start), Shift(end))
        shift.period_end = end
        shift.total_micros += sign * Decimal(total)
        shift.credits += sign * count


def _query(form: _Form, component: Component) -> Select[Any]:
    """Return the rows to credit under one component: `bulk.definition` over our own tables."""
    relations = _relations(form, component)
    credited = definition.credited(form.document, component, "measure", relations)
    rows = (union_all(*credited) if len(credited) > 1 else credited[0]).subquery("credited")
    source, start, end = _period(component, rows)
    share, part = _share(component, rows)
    query = select(
        _TENANT,
        rows.c.activity_id,
        _PROGRAM,
        literal(component.id, Text),
        rows.c.payee_id,
        start,
        end,
        rows.c.occurred_at,
        rows.c.read_micros,
        rows.c.level,
        share,
        part,
        _factor(rows),
    ).select_from(source)
    return query.where(rows.c.payee_id == any_(_PAYEES)) if form.of_payees else query


def _relations(form: _Form, component: Component) -> Relations:
    """Return our tables as crediting reads them, and what every credit of a component must meet."""
    document, credit = form.document, component.credit
    activities, source = _activities(form)
    roles = roles_of(credit)
    holders = naming.holders_sql(activities, roles, _TENANT) if roles else None
    by = credit.by if isinstance(credit, SplitCredit) else None
    return Relations(
        activities=activities,
        source=source if holders is None else source.join(holders, true()),
        day=cast(func.timezone(document.zone, activities.c.occurred_at), Date),
        positions=lambda: positions_table().alias(),
        takes_part=None if form.everybody else _takes_part,
        holder=None if holders is None else holders.c.__getitem__,
        person=lambda name: naming.id_sql(literal(name, Text)),
        members=_members(document) if isinstance(credit, GroupCredit) else None,
        rates=_rates(document) if getattr(component.measure, "convert", None) else None,
        shares=naming.shares_sql(activities, source, _TENANT) if by == "shares" else None,
        carried=("occurred_at",),
        reads=True,
        is_few=form.of_activities,
        conditions=(
            activities.c.tenant_id == _TENANT,
            activities.c.status == "counted",
            *definition.effective_sql(document, component, activities),
        ),
    )


def _share(component: Component, rows: FromClause) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the share, and the part in whole millionths where the activity was split."""
    if isinstance(component.credit, SplitCredit):
        whole = func.nullif(rows.c.read_micros, 0)
        share = cast(rows.c.value_micros, Numeric) / whole
        return func.coalesce(func.round(share, 6), 1), rows.c.value_micros
    if "share_micros" in rows.c:
        return cast(rows.c.share_micros, Numeric) / MICROS, _NO_PART
    return literal(Decimal(1), Numeric), _NO_PART


_NO_PART: Final = cast(null(), BigInteger)


def _factor(rows: FromClause) -> ColumnElement[Any]:
    factor: ColumnElement[Any] = literal(Decimal(1), Numeric)
    for name in ("factor_micros", "rate_micros"):
        if name in rows.c:
            factor = factor * rows.c[name] / MICROS
    return factor


def _rates(document: Program) -> FromClause:
    """Return what one unit of a currency is in the program's, from one row to the next."""
    following = func.lead(ExchangeRate.from_on).over(
        partition_by=ExchangeRate.currency, order_by=ExchangeRate.from_on
    )
    return (
        select(
            ExchangeRate.currency,
            (ExchangeRate.rate * MICROS).label("rate_micros"),
            ExchangeRate.from_on,
            following.label("to_on"),
        )
        .where(ExchangeRate.tenant_id == _TENANT, ExchangeRate.into == document.currency)
        .subquery("rates")
    )


def _members(document: Program) -> FromClause | None:
    """Return who belongs to the groups of a program, from day to day."""
    found = [
        query
        for name, group in (document.groups or {}).items()
        for query in _members_of(name, group)
    ]
    return union_all(*found).subquery("members") if found else None


def _members_of(name: str, group: Group) -> Iterable[Select[Any]]:
    named = literal(name, Text).label("group_name")
    if isinstance(group, ListGroup):
        for person in sorted(set(group.people)):
            yield _always(named, naming.id_sql(literal(person, Text)))
    if isinstance(group, TeamGroup):
        leader = naming.id_sql(literal(group.team_of, Text))
        yield _always(named, leader)
        for level in range(1, TEAM_DEPTH + 1):
            below = claims.above(lambda: positions_table().alias(), level, None).subquery()
            columns = (below.c.person_id, below.c.from_on, below.c.to_on)
            yield select(named, *columns).where(below.c.manager_id == leader)


def _always(named: ColumnElement[Any], person: ColumnElement[Any]) -> Select[Any]:
    since, never = literal(_LONG_AGO, Date).label("from_on"), cast(null(), Date).label("to_on")
    return select(named, person.label("person_id"), since, never)


_LONG_AGO: Final = date(1900, 1, 1)


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
    "part_micros",
    "factor",
]


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
    component: Component, rows: FromClause
) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any]]:
    """Return the first and the last day of the period that the day of a credit lies in."""
    kind, days, day = component.period.kind, component.effective, rows.c.day
    if kind == "window":
        return rows, literal(days.from_, Date), literal(days.to, Date)
    if kind == "quota":
        held = and_(
            Quota.program_id == _PROGRAM,
            Quota.component == component.id,
            Quota.person_id == rows.c.payee_id,
            Quota.valid.contains(day),
        )
        first, after = func.lower(Quota.valid, type_=Date), func.upper(Quota.valid, type_=Date)
        return rows.join(Quota.__table__, held), first, after - 1
    start = cast(func.date_trunc(kind, cast(day, DateTime)), Date)
    return rows, start, cast(start + cast(_LENGTHS[kind], Interval), Date) - 1


_LENGTHS: Final = {"week": "7 days", "month": "1 month", "quarter": "3 months", "year": "1 year"}


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
