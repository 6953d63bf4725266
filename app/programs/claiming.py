"""Crediting by the engine itself, activity by activity: for what no query can tell.

A differential pays each person what the own rate has beyond that of those below; rates are only known
when others are settled. Here everybody above the seller is noted; settling says what of it counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.engine import crediting, memory
from app.engine.conditions import as_text, holds
from app.engine.credit_rules import DifferentialCredit
from app.engine.crediting import Chart, Claim
from app.engine.document import Component
from app.engine.facts import Activity
from app.engine.measures import DistinctMeasure, Tallied
from app.kernel.clock import day_in_zone
from app.kernel.money import MICROS
from app.programs import core, facts
from app.programs import crediting as crediting_in_sql
from app.programs.core import Key, Shift
from app.programs.queries import Published

_INSERT: Final = text(
    """
    INSERT INTO credits (tenant_id, program_id, activity_id, component, figure, payee_id,
                         period_start, period_end, occurred_at, value_micros, level, share,
                         part_micros, factor, distinct_text)
    SELECT :tenant, :program, activity, component, figure, payee, day, day, at, value, level,
           share, part, factor, distinct_text
      FROM unnest(CAST(:activities AS uuid[]), CAST(:components AS text[]),
                  CAST(:figures AS text[]), CAST(:payees AS uuid[]), CAST(:days AS date[]),
                  CAST(:ats AS timestamptz[]), CAST(:values AS bigint[]),
                  CAST(:levels AS smallint[]), CAST(:shares AS numeric[]),
                  CAST(:parts AS bigint[]), CAST(:factors AS numeric[]), CAST(:texts AS text[]))
           AS given(activity, component, figure, payee, day, at, value, level, share, part, factor,
                    distinct_text)
    """
)

_COLUMNS: Final = (
    "activities",
    "components",
    "figures",
    "payees",
    "days",
    "ats",
    "values",
    "levels",
    "shares",
    "parts",
    "factors",
    "texts",
)

_MICRO: Final = Decimal(1).scaleb(-6)


def add(
    db: Session,
    program: Published,
    components: Sequence[Component],
    activities: Sequence[Activity],
    shifts: dict[Key, Shift],
) -> None:
    """Credit `activities` under `components`; note whom it touches in `shifts`."""
    counting = [
        (component, name, activity)
        for component in components
        for name, figure in component.all_figures.items()
        if isinstance(figure, Tallied)
        for activity in activities
        if all(holds(counts, activity.read) for counts in component.counts_of(name))
    ]
    if not counting:
        return
    chart = _chart(db, program, activities)
    rows = [row for each in counting for row in _rows(program, *each, chart)]
    if not rows:
        return
    columns = zip(*rows, strict=True)
    given = {name: list(column) for name, column in zip(_COLUMNS, columns, strict=True)}
    db.execute(_INSERT, {"tenant": tenant_of(db), "program": program.program_id, **given})
    for row in rows:
        key = Key(UUID(row[3]), program.program_id, row[1], row[4])
        shifts.setdefault(key, Shift(row[4])).credits += 1


def _chart(db: Session, program: Published, activities: Sequence[Activity]) -> Chart:
    """Return what crediting asks about people, with no more of them than the program asks for."""
    plan = core.plan_of(program.document)
    takes_all = crediting_in_sql.takers_of(db, program.program_id).everybody
    known = facts.facts_of(
        db,
        program,
        payees=() if takes_all and not program.document.groups else None,
        as_of=day_in_zone(work_of(db).now, program.document.zone),
        places=plan.follows_positions,
    )
    named = set(_named(activities, plan.roles)) if plan.names_people else set()
    chart = memory.chart_of(program.document, known)
    return replace(chart, is_known=facts.known_among(db, named).__contains__)


def _named(activities: Sequence[Activity], roles: Collection[str]) -> Iterator[str]:
    """Yield everybody whom activities name in a role or with a share."""
    for activity in activities:
        yield from (share.person for share in activity.shares)
        for role in roles:
            if (named := activity.attributes.get(role)) is not None:
                yield str(named)


def _rows(
    program: Published, component: Component, name: str, activity: Activity, chart: Chart
) -> Iterator[tuple[Any, ...]]:
    """Yield the credits of an activity in a figure that it counts in, in the order of `_COLUMNS`."""
    day, figure = day_in_zone(activity.occurred_at, program.document.zone), component.figure(name)
    measured = crediting.measured_of(program.document, figure, activity, chart, day)
    if measured is None:
        return
    read, factor = measured
    seen = as_text(activity.read(figure.of)) if isinstance(figure, DistinctMeasure) else None
    for payee, level, share in _claims(component, name, activity, read, (chart, day)):
        if chart.takes_part(payee, day):
            part = None if share * MICROS == int(share * MICROS) else int(read * share * MICROS)
            yield (
                activity.id,
                component.id,
                name,
                payee,
                day,
                activity.occurred_at,
                int(read * MICROS),
                level,
                _decimal(share).quantize(_MICRO),
                part,
                _decimal(factor),
                seen,
            )


def _claims(
    component: Component,
    figure: str,
    activity: Activity,
    read: Fraction,
    people: tuple[Chart, date],
) -> list[Claim]:
    chart, day = people
    credit = component.credit_of(figure)
    if not isinstance(credit, DifferentialCredit):
        return crediting.claims(component, activity, read, day, chart, figure=figure)
    above = chart.upline(activity.person, day)[: credit.levels]
    climbing = [activity.person, *above]
    return [(payee, level, Fraction(1)) for level, payee in enumerate(climbing)]


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)
