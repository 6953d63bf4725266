"""Which part of a period's amount each activity brought: differences of rounded payouts, in order.

The lines of a period sum to its amount exactly, because each is the payout after the activity minus
the payout before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from app.engine import curve
from app.engine.document import BonusPayout, Component, RatePayout, UnitPayout
from app.engine.exact import Exactly
from app.engine.payout import (
    Outcome,
    Terms,
    exactly,
    measured,
    prefix,
    price_steps,
    price_value,
    rounding_steps,
    threshold,
)
from app.engine.steps import Rule, Step, day, money, number, percent, text


@dataclass(frozen=True, slots=True)
class Conversion:
    """How an amount of another currency was converted: the rate and the day it was set."""

    amount: Fraction
    currency: str
    rate: Fraction
    set_on: date


@dataclass(frozen=True, slots=True)
class Credit:
    """What one activity counts for one payee: its value, the level and the share.

    `text` is what a distinct count looks at; `conversion` says where the value comes from.
    """

    activity: str
    occurred_at: datetime
    value: Fraction
    level: int = 0
    share: Fraction = Fraction(1)
    text: str | None = None
    conversion: Conversion | None = None

    @property
    def counted(self) -> Fraction:
        """The part of the value that counts."""
        return self.value * self.share


@dataclass(frozen=True, slots=True)
class Line:
    """What one credit brought, given all that came before it."""

    credit: Credit
    before: Fraction
    outcome: Outcome


def in_order(credited: Iterable[Credit]) -> list[Credit]:
    """Return credits in the order in which they count: time, then the activity's id."""
    return sorted(credited, key=lambda credit: (credit.occurred_at, credit.activity, credit.level))


def lines(
    component: Component,
    credited: Iterable[Credit],
    quota: Exactly | None,
    terms: Terms,
    *,
    before: Exactly = 0,
) -> Iterator[Line]:
    """Yield a line for each credit in order; `before` is what earlier credits add up to."""
    running = Fraction(before)
    for credit in in_order(credited):
        yield Line(credit, running, line(component, credit, running, quota, terms))
        running += credit.counted


def line(
    component: Component, credit: Credit, before: Exactly, quota: Exactly | None, terms: Terms
) -> Outcome:
    """Return what `credit` brings on top of the total `before`, and why."""
    start, exact_quota = Fraction(before), exactly(quota)
    end = start + credit.counted
    paid_before = terms.minor(curve.pays(component, start, exact_quota))
    minor = terms.minor(curve.pays(component, end, exact_quota)) - paid_before
    parts = tuple(_parts(component, start, end, exact_quota, terms))
    exact = curve.pays(component, end, exact_quota) - curve.pays(component, start, exact_quota)
    root = Step(
        code="line",
        params={
            "component": text(component.name),
            "counted": measured(component, credit.counted, terms),
            "before": measured(component, start, terms),
            "after": measured(component, end, terms),
        },
        result=terms.money(terms.major(minor)),
        rule=Rule(component.id),
        children=(
            *crediting_steps(component, credit, terms),
            *parts,
            *rounding_steps(component, exact, terms.major(minor), terms),
        ),
    )
    return Outcome(minor, root)


def crediting_steps(component: Component, credit: Credit, terms: Terms) -> Iterator[Step]:
    """Yield why the payee is credited with another's sale, and how its amount was converted."""
    if credit.conversion is not None:
        converted = credit.conversion
        params = {
            "amount": money(converted.amount, converted.currency),
            "rate": number(converted.rate),
            "day": day(converted.set_on),
        }
        result = terms.money(converted.amount * converted.rate)
        yield Step("converted", params, result, Rule(component.id))
    if credit.level:
        params = {
            "level": number(credit.level),
            "share": percent(credit.share),
            "sale": measured(component, credit.value, terms),
        }
        result = measured(component, credit.counted, terms)
        yield Step("credit_level", params, result, Rule(component.id))


def _parts(
    component: Component, start: Fraction, end: Fraction, quota: Fraction | None, terms: Terms
) -> Iterator[Step]:
    if isinstance(component.payout, BonusPayout):
        marks = curve.marks_of(component.payout, quota)
        yield from _crossed(component, marks, (start, end), quota, terms)
        return
    assert isinstance(component.payout, RatePayout | UnitPayout)
    shape = curve.curve_of(component.payout, quota)
    family, base = prefix(component.payout), shape.base.price
    yield Step(
        f"{family}_base",
        {
            "part": measured(component, end - start, terms),
            "price": price_value(component, base, terms),
        },
        terms.money((end - start) * base),
        Rule(component.id, 0),
    )
    reached = shape.reached(end)
    stretches = [(reached, end - start)] if shape.retroactive else shape.parts(start, end)
    for band, part in stretches:
        if band.tier:
            yield Step(
                f"{family}_more",
                {
                    "from": threshold(component, band.starts, quota, terms),
                    "part": measured(component, part, terms),
                    "price": price_value(component, band.price, terms),
                },
                terms.money(part * (band.price - base)),
                Rule(component.id, band.tier),
                price_steps(component, band, base, terms),
            )
    earlier = shape.reached(start)
    if shape.retroactive and start and reached.price != earlier.price:
        yield _jump(component, start, earlier, reached, terms)


def _jump(
    component: Component, start: Fraction, earlier: curve.Band, reached: curve.Band, terms: Terms
) -> Step:
    """Return the leap of a retroactive tier: everything before, at the new price."""
    return Step(
        "retroactive_jump",
        {
            "part": measured(component, start, terms),
            "old": price_value(component, earlier.price, terms),
            "new": price_value(component, reached.price, terms),
        },
        terms.money(start * (reached.price - earlier.price)),
        Rule(component.id, reached.tier),
    )


def _crossed(
    component: Component,
    marks: Iterable[curve.Mark],
    way: tuple[Fraction, Fraction],
    quota: Fraction | None,
    terms: Terms,
) -> Iterator[Step]:
    """Yield the milestones that the way from its start to its end crosses, up or down."""
    for mark in marks:
        was, now = (place >= mark.at for place in way)
        if was != now:
            params = {"at": threshold(component, mark.at, quota, terms)}
            code = "bonus_reached" if now else "bonus_lost"
            amount = mark.amount if now else -mark.amount
            yield Step(code, params, terms.money(amount), Rule(component.id, mark.tier))
