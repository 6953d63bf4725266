"""A whole program on a set of facts: every payee's earnings of every period, explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from app.engine.attribution import Credit, Line, in_order, lines
from app.engine.crediting import credits_of, upline_from
from app.engine.document import Component, Program
from app.engine.exact import decimal_text
from app.engine.facts import Enrolment, Facts, Quota
from app.engine.payout import Outcome, payout, terms_of
from app.engine.periods import Span, key_of, period_of
from app.kernel.clock import day_in_zone


@dataclass(frozen=True, slots=True)
class Earning:
    """What one payee earns from one component in one period."""

    component: str
    payee: str
    period: str
    span: Span
    total: Fraction
    quota: Fraction | None
    outcome: Outcome
    credits: tuple[Credit, ...]

    def to_json(self, attribution: Sequence[Line]) -> dict[str, Any]:
        """Return the earning as JSON data, with the lines that `attribution` gives it."""
        return {
            "component": self.component,
            "payee": self.payee,
            "period": self.period,
            "measured": decimal_text(self.total),
            "quota": None if self.quota is None else decimal_text(self.quota),
            "amount_minor": self.outcome.amount_minor,
            "explanation": self.outcome.explanation.to_json(),
            "lines": [
                {
                    "activity": line.credit.activity,
                    "level": line.credit.level,
                    "amount_minor": line.outcome.amount_minor,
                    "explanation": line.outcome.explanation.to_json(),
                }
                for line in attribution
            ],
        }


def evaluate(program: Program, facts: Facts) -> list[Earning]:
    """Return all earnings, by component in document order, then payee, then period."""
    return [
        earning
        for component in program.components
        for earning in _earnings(program, component, facts)
    ]


def attribute(program: Program, earning: Earning) -> list[Line]:
    """Return the lines of `earning`: what each credit brought, in order."""
    component = program.component(earning.component)
    return list(lines(component, earning.credits, earning.quota, terms_of(program)))


def _earnings(program: Program, component: Component, facts: Facts) -> Iterator[Earning]:
    quotas = _quotas(component, facts.quotas)
    gathered = _gather(program, component, facts, quotas)
    for payee, span in sorted(gathered, key=lambda key: (key[0], key[1].first)):
        credited = tuple(in_order(gathered[payee, span]))
        total = sum((credit.counted for credit in credited), Fraction(0))
        quota = quotas.get(payee, {}).get(span)
        yield Earning(
            component=component.id,
            payee=payee,
            period=key_of(component.period, span),
            span=span,
            total=total,
            quota=quota,
            outcome=payout(component, total, quota, terms_of(program)),
            credits=credited,
        )


def _gather(
    program: Program,
    component: Component,
    facts: Facts,
    quotas: Mapping[str, Mapping[Span, Fraction]],
) -> dict[tuple[str, Span], list[Credit]]:
    """Collect the credits of `component` by payee and period."""
    upline = upline_from(facts.positions)
    gathered: dict[tuple[str, Span], list[Credit]] = {}
    for activity in facts.activities:
        day = day_in_zone(activity.occurred_at, program.zone)
        for payee, credit in credits_of(program, component, activity, upline):
            span = period_of(component, day, quotas.get(payee, ()))
            if span is not None and _takes_part(payee, day, facts.enrolments):
                gathered.setdefault((payee, span), []).append(credit)
    return gathered


def _quotas(component: Component, quotas: Sequence[Quota]) -> dict[str, dict[Span, Fraction]]:
    """Return the quotas that hold for `component`; one set for it alone goes before one for all."""
    held: dict[str, dict[Span, Fraction]] = {}
    for quota in sorted(quotas, key=lambda each: each.component is not None):
        if quota.component in (None, component.id):
            held.setdefault(quota.person, {})[quota.span] = Fraction(quota.target)
    return held


def _takes_part(payee: str, day: date, enrolments: Sequence[Enrolment] | None) -> bool:
    if enrolments is None:
        return True
    return any(each.person == payee and day in each.span for each in enrolments)
