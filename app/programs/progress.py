"""How far a person is in the open period of each component, what comes next, and what-if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.db import driver
from app.db.unit_of_work import tenant_of, work_of
from app.engine import guidance
from app.engine.attribution import Credit
from app.engine.document import Component, DirectCredit, SumMeasure
from app.engine.exact import decimal_text
from app.engine.periods import Span, key_of, period_of
from app.engine.steps import Step
from app.kernel.clock import day_in_zone
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.programs import core, queries, settling
from app.programs.queries import Published
from app.programs.tallying import COUNTED


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next tier, bonus or quota: where it is, how far, and what it is worth."""

    kind: str
    program_id: UUID
    component_id: str
    component_name: str
    unit: str
    """money, or count for things."""
    at: str
    distance: str
    earns: Money
    worth: Money


@dataclass(frozen=True, slots=True)
class Progress:
    """One component in its open period, for one person."""

    program_id: UUID
    component_id: str
    component_name: str
    period: str
    period_kind: str
    period_start: date
    period_end: date | None
    unit: str
    currency: str
    done: Fraction
    done_today: Fraction
    quota: Fraction | None
    earned: Money
    ahead: tuple[Ahead, ...]

    @property
    def goal(self) -> Fraction | None:
        """What the person works towards: the quota, else the farthest step ahead."""
        if self.quota is not None:
            return self.quota
        return Fraction(self.ahead[-1].at) if self.ahead else None


def progress(db: Session, person_id: UUID) -> list[Progress]:
    """Return the open periods of everything that pays a person directly, in document order."""
    now = work_of(db).now
    programs = queries.published(db)
    targets = queries.targets(db, [program.program_id for program in programs], [person_id])
    places = [
        place
        for program in programs
        for component in program.document.components
        if component.period.kind != "activity" and isinstance(component.credit, DirectCredit)
        if (place := _open_place(program, component, targets, now)) is not None
    ]
    return [
        _progress(place, so_far)
        for place, so_far in zip(places, _so_far(db, person_id, places), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """A component in its open period, with the quota of exactly this period."""

    program: Published
    component: Component
    span: Span
    quota: Fraction | None
    today: date


@dataclass(frozen=True, slots=True)
class _SoFar:
    """The measured total of a period, what it earned, and what of the total is of today."""

    total: Fraction
    minor: int
    today: Fraction


def _open_place(
    program: Published, component: Component, targets: Mapping[queries.QuotaKey, int], now: datetime
) -> _Place | None:
    """Return where a component stands now, None where no period is open; `targets` are one person's."""
    today = day_in_zone(now, program.document.zone)
    mine = {
        Span(first, last): micros
        for (of, name, _, first, last), micros in targets.items()
        if of == program.program_id and name == component.id
    }
    span = period_of(component, today, list(mine))
    if span is None:
        return None
    micros = mine.get(span)
    quota = None if micros is None else core.from_micros(micros)
    return _Place(program, component, span, quota, today)


def _progress(place: _Place, so_far: _SoFar) -> Progress:
    program, component, span = place.program, place.component, place.span
    currency = program.document.currency
    steps = (
        []
        if program.is_settled(component.id)
        else guidance.next_steps(component, so_far.total, place.quota, program.terms)
    )
    return Progress(
        program_id=program.program_id,
        component_id=component.id,
        component_name=component.name,
        period=key_of(component.period, span),
        period_kind=component.period.kind,
        period_start=span.first,
        period_end=span.last,
        unit=unit_of(component),
        currency=currency,
        done=so_far.total,
        done_today=so_far.today,
        quota=place.quota,
        earned=Money(so_far.minor, currency),
        ahead=tuple(ahead(program, component, step) for step in steps),
    )


_SO_FAR: Final = f"""
    SELECT coalesce(e.total_micros, 0), coalesce(e.amount_minor, 0), (
             SELECT coalesce(sum({COUNTED}), 0) FROM credits c
              WHERE c.tenant_id = %(tenant)s AND c.payee_id = %(person)s
                AND c.program_id = place.program_id AND c.component = place.component
                AND c.figure = 'measure'
                AND c.occurred_at >= place.since AND c.occurred_at < place.until)
      FROM unnest(%(programs)s::uuid[], %(components)s::text[], %(starts)s::date[],
                  %(since)s::timestamptz[], %(until)s::timestamptz[])
           WITH ORDINALITY AS place (program_id, component, first, since, until, nth)
      LEFT JOIN earnings e ON e.tenant_id = %(tenant)s AND e.payee_id = %(person)s
       AND e.program_id = place.program_id AND e.component = place.component
       AND e.period_start = place.first AND e.activity_id = '{core.NO_ACTIVITY}'
     ORDER BY place.nth
"""  # noqa: S608 - one of our own expressions is written into it


def _so_far(db: Session, person_id: UUID, places: Sequence[_Place]) -> list[_SoFar]:
    """Return what stands at each place, in their order."""
    if not places:
        return []
    days = [_day(place.today, place.program.document.zone) for place in places]
    rows = driver.run(
        db,
        _SO_FAR,
        {
            "tenant": tenant_of(db),
            "person": person_id,
            "programs": [place.program.program_id for place in places],
            "components": [place.component.id for place in places],
            "starts": [place.span.first for place in places],
            "since": [since for since, _ in days],
            "until": [until for _, until in days],
        },
    )
    return [
        _SoFar(core.from_micros(total), minor, core.from_micros(today))
        for total, minor, today in rows
    ]


def _day(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return when a day begins and ends where the program's days do."""
    place = ZoneInfo(zone)
    return (
        datetime.combine(day, time(), place),
        datetime.combine(day + timedelta(days=1), time(), place),
    )


def ahead(program: Published, component: Component, step: guidance.NextStep) -> Ahead:
    """Return a step of the engine as the screens show it."""
    currency = program.document.currency
    return Ahead(
        kind=step.kind,
        program_id=program.program_id,
        component_id=component.id,
        component_name=component.name,
        unit=unit_of(component),
        at=decimal_text(step.at),
        distance=decimal_text(step.distance),
        earns=Money(step.earns_minor, currency),
        worth=Money(step.worth_minor, currency),
    )


def unit_of(component: Component) -> str:
    """Return what the measure of a component counts in: money or count."""
    return "money" if component.measures_money else "count"


def nearest(found: Sequence[Progress]) -> Ahead | None:
    """Return the step worth telling first: a bonus before a tier before a quota, then the relatively nearest."""
    order = {"bonus": 0, "tier": 1, "quota": 2}
    steps = [step for each in found for step in each.ahead]
    return min(
        steps,
        key=lambda step: (order[step.kind], Fraction(step.distance) / Fraction(step.at)),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What one more activity would bring, with its explanation."""

    money: Money
    explanation: Step


def what_if(
    db: Session, person_id: UUID, *, component_id: str, amount: Fraction | None, units: Fraction
) -> WhatIf:
    """Return what one more activity of `amount` and `units` would bring now, by the code that pays."""
    now = work_of(db).now
    for program in queries.published(db):
        component = program.find_component(component_id)
        if component is None:
            continue
        targets = queries.targets(db, [program.program_id], [person_id])
        place = _open_place(program, component, targets, now)
        if place is None:
            continue
        if program.is_settled(component.id):
            read = {"amount": amount or Fraction(0), "units": units}
            return _what_if_settled(db, person_id, program, component, read)
        credit = Credit("what-if", now, _value(component, amount, units))
        (so_far,) = _so_far(db, person_id, [place])
        outcome = guidance.what_if(component, credit, so_far.total, place.quota, program.terms)
        if outcome is None:
            raise NotFound("This cannot be told before it happens.")
        return WhatIf(Money(outcome.amount_minor, program.document.currency), outcome.explanation)
    raise NotFound("There is no such component open today.")


def _what_if_settled(
    db: Session,
    person_id: UUID,
    program: Published,
    component: Component,
    read: Mapping[str, Fraction],
) -> WhatIf:
    found = settling.what_if(db, program, component.id, person_id, read)
    if found is None:
        raise NotFound("This cannot be told before it happens.")
    return WhatIf(Money(found[0], program.document.currency), found[1])


def _value(component: Component, amount: Fraction | None, units: Fraction) -> Fraction:
    if not isinstance(component.measure, SumMeasure):
        return Fraction(1)
    return (amount or Fraction(0)) if component.measure.of == "amount" else units
