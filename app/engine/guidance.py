"""What comes next: the distance to a tier, a bonus or the quota, what it is worth, and what-if."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from app.engine import curve
from app.engine.attribution import Credit, line
from app.engine.curve import Curve
from app.engine.document import BonusPayout, Component, RatePayout, SumMeasure, UnitPayout
from app.engine.exact import Exactly
from app.engine.payout import Outcome, Terms, exactly
from app.kernel.money import exponent_of


@dataclass(frozen=True, slots=True)
class NextStep:
    """The nearest thing above a total.

    `distance` and `at` are in the measure. `earns_minor` is all that the way there brings;
    `worth_minor` is the part of it that only reaching the step brings (a bonus, the leap of a
    retroactive tier); `price` is what the measure pays from there on, for a tier.
    """

    kind: Literal["tier", "bonus", "quota"]
    component: str
    tier: int | None
    at: Fraction
    distance: Fraction
    earns_minor: int
    worth_minor: int
    price: Fraction | None = None


def next_steps(
    component: Component, total: Exactly, quota: Exactly | None, terms: Terms
) -> list[NextStep]:
    """Return what lies above `total`, nearest first; at one place the bonus leads.

    Nothing is said of a component whose pay does not follow from one total and one quota.
    """
    if not curve.follows(component):
        return []
    start, goal = Fraction(total), exactly(quota)
    found = [
        *_bonuses(component, start, goal, terms),
        *_tiers(component, start, goal, terms),
        *_quota(component, start, goal, terms),
    ]
    return sorted(found, key=lambda step: step.distance)


def next_step(
    component: Component, total: Exactly, quota: Exactly | None, terms: Terms
) -> NextStep | None:
    """Return the nearest step above `total`, None when everything is reached."""
    return next(iter(next_steps(component, total, quota, terms)), None)


def what_if(
    component: Component, credit: Credit, total: Exactly, quota: Exactly | None, terms: Terms
) -> Outcome | None:
    """Return what one more `credit` would bring on top of `total`, through the code that pays.

    None where that does not follow from one total and one quota: it has to be settled.
    """
    return line(component, credit, total, quota, terms) if component.is_simple else None


def _landing(component: Component, at: Fraction, *, beyond: bool, terms: Terms) -> Fraction:
    """Return the smallest total at which `at` is reached, in whole things or the smallest coin."""
    in_things = not isinstance(component.measure, SumMeasure) or component.measure.of == "units"
    grain = Fraction(1) if in_things else Fraction(1, 10 ** exponent_of(terms.currency))
    steps = at / grain
    return grain * (math.floor(steps) + 1 if beyond else math.ceil(steps))


def _bonuses(
    component: Component, start: Fraction, quota: Fraction | None, terms: Terms
) -> Iterator[NextStep]:
    if not isinstance(component.payout, BonusPayout):
        return
    for mark in curve.marks_of(component.payout, quota):
        if start < mark.at:
            landing = _landing(component, mark.at, beyond=False, terms=terms)
            earns = _difference(component, start, landing, quota, terms)
            worth = terms.minor(mark.amount)
            yield NextStep("bonus", component.id, mark.tier, mark.at, landing - start, earns, worth)


def _tiers(
    component: Component, start: Fraction, quota: Fraction | None, terms: Terms
) -> Iterator[NextStep]:
    if not isinstance(component.payout, RatePayout | UnitPayout):
        return
    shape = curve.curve_of(component.payout, quota)
    for band in shape.bands[shape.reached(start).tier + 1 :]:
        landing = _landing(component, band.starts, beyond=not shape.inclusive, terms=terms)
        earns = _difference(component, start, landing, quota, terms)
        plain = terms.minor(
            Curve(shape.bands[: band.tier], shape.retroactive, shape.inclusive).pays(landing)
        )
        worth = terms.minor(shape.pays(landing)) - plain
        distance = landing - start
        yield NextStep(
            "tier", component.id, band.tier, band.starts, distance, earns, worth, band.price
        )


def _quota(
    component: Component, start: Fraction, quota: Fraction | None, terms: Terms
) -> Iterator[NextStep]:
    if quota is not None and start < quota:
        landing = _landing(component, quota, beyond=False, terms=terms)
        earns = _difference(component, start, landing, quota, terms)
        yield NextStep("quota", component.id, None, quota, landing - start, earns, 0)


def _difference(
    component: Component, start: Fraction, end: Fraction, quota: Fraction | None, terms: Terms
) -> int:
    after = terms.minor(curve.pays(component, end, quota))
    return after - terms.minor(curve.pays(component, start, quota))
