"""How far a person is in the open period of each component, what comes next, and what-if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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
from app.programs.models import Credit as CreditRow
from app.programs.models import Earning
from app.programs.queries import Published

_COUNTED: Final = (
    func.coalesce(CreditRow.part_micros, CreditRow.value_micros * CreditRow.share)
    * CreditRow.factor
)


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
    found = []
    for program in queries.published(db):
        today = day_in_zone(now, program.document.zone)
        spans = _quota_spans(db, program, person_id)
        for component in program.document.components:
            alone = component.period.kind == "activity"
            if alone or not isinstance(component.credit, DirectCredit):
                continue
            span = period_of(component, today, spans.get(component.id, ()))
            if span is not None:
                found.append(_progress(db, person_id, program, component, span=span, today=today))
    return found


def _quota_spans(db: Session, program: Published, person_id: UUID) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = {}
    for _, component, _, first, last in queries.targets(db, [program.program_id], [person_id]):
        spans.setdefault(component, []).append(Span(first, last))
    return spans


def _progress(
    db: Session,
    person_id: UUID,
    program: Published,
    component: Component,
    *,
    span: Span,
    today: date,
) -> Progress:
    earning = _find_earning(db, person_id, program, component, span)
    total = Fraction(0) if earning is None else core.from_micros(earning.total_micros)
    quota = quota_of(db, person_id, program, component, span)
    steps = (
        []
        if program.is_settled(component.id)
        else guidance.next_steps(component, total, quota, program.terms)
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
        currency=program.document.currency,
        done=total,
        done_today=_done_on(db, person_id, program, component, today),
        quota=quota,
        earned=Money(0 if earning is None else earning.amount_minor, program.document.currency),
        ahead=tuple(ahead(program, component, step) for step in steps),
    )


def _find_earning(
    db: Session, person_id: UUID, program: Published, component: Component, span: Span
) -> Earning | None:
    return db.scalar(
        select(Earning).where(
            Earning.tenant_id == tenant_of(db),
            Earning.payee_id == person_id,
            Earning.program_id == program.program_id,
            Earning.component == component.id,
            Earning.period_start == span.first,
        )
    )


def quota_of(
    db: Session, person_id: UUID, program: Published, component: Component, span: Span
) -> Fraction | None:
    """Return the quota of a person for exactly this period."""
    if span.last is None:
        return None
    targets = queries.targets(db, [program.program_id], [person_id])
    micros = targets.get((program.program_id, component.id, person_id, span.first, span.last))
    return None if micros is None else core.from_micros(micros)


def _done_on(
    db: Session, person_id: UUID, program: Published, component: Component, today: date
) -> Fraction:
    """Return what was done of the measure on one day of the program's zone."""
    zone = ZoneInfo(program.document.zone)
    start = datetime.combine(today, time(), zone)
    end = datetime.combine(date.fromordinal(today.toordinal() + 1), time(), zone)
    micros = db.scalar(
        select(func.coalesce(func.sum(_COUNTED), 0)).where(
            CreditRow.tenant_id == tenant_of(db),
            CreditRow.payee_id == person_id,
            CreditRow.program_id == program.program_id,
            CreditRow.component == component.id,
            CreditRow.figure == "measure",
            CreditRow.occurred_at >= start,
            CreditRow.occurred_at < end,
        )
    )
    return core.from_micros(micros or 0)


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
        today = day_in_zone(now, program.document.zone)
        spans = _quota_spans(db, program, person_id).get(component.id, ())
        span = period_of(component, today, spans)
        if span is None:
            continue
        if program.is_settled(component.id):
            read = {"amount": amount or Fraction(0), "units": units}
            return _what_if_settled(db, person_id, program, component, read)
        value = _value(component, amount, units)
        earning = _find_earning(db, person_id, program, component, span)
        total = Fraction(0) if earning is None else core.from_micros(earning.total_micros)
        quota = quota_of(db, person_id, program, component, span)
        credit = Credit("what-if", now, value)
        outcome = guidance.what_if(component, credit, total, quota, program.terms)
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
