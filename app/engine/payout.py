"""What a total pays, and why. A pure function of the total, rounded once, last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from app.engine import curve
from app.engine.curve import Band, Curve, Mark
from app.engine.document import BonusPayout, Component, Program, RatePayout, UnitPayout
from app.engine.exact import Exactly
from app.engine.steps import Rule, Step, Value, money, number, percent, text
from app.kernel.money import Rounding, exponent_of, round_ratio


@dataclass(frozen=True, slots=True)
class Terms:
    """What every component of a program shares: its currency and its rounding."""

    currency: str
    rounding: Rounding

    def minor(self, exact: Fraction) -> int:
        """Return `exact` major units as whole minor units."""
        scale = 10 ** exponent_of(self.currency)
        return round_ratio(exact.numerator * scale, exact.denominator, self.rounding)

    def major(self, minor: int) -> Fraction:
        """Return `minor` units as exact major units."""
        return Fraction(minor, 10 ** exponent_of(self.currency))

    def money(self, exact: Exactly) -> Value:
        """Return `exact` major units as a value of an explanation."""
        return money(exact, self.currency)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An amount in minor units and the tree that explains it."""

    amount_minor: int
    explanation: Step


def terms_of(program: Program) -> Terms:
    """Return the terms that the components of `program` share."""
    return Terms(program.currency, program.rounding.mode)


def exactly(value: Exactly | None) -> Fraction | None:
    """Return `value` as a fraction; None stays None."""
    return None if value is None else Fraction(value)


def amount(component: Component, total: Exactly, quota: Exactly | None, terms: Terms) -> int:
    """Return the minor units that `component` pays for `total`, without the explanation.

    `total` and `quota` are in the measure of the component: major units of money, units or a count.
    """
    return terms.minor(curve.pays(component, Fraction(total), exactly(quota)))


def payout(component: Component, total: Exactly, quota: Exactly | None, terms: Terms) -> Outcome:
    """Return what `component` pays for `total` and why."""
    exact_total, exact_quota = Fraction(total), exactly(quota)
    exact = curve.pays(component, exact_total, exact_quota)
    minor = terms.minor(exact)
    children = (
        *attainment_steps(component, exact_total, exact_quota, terms),
        *_parts(component, exact_total, exact_quota, terms),
        *rounding_steps(component, exact, terms.major(minor), terms),
    )
    root = Step(
        code="payout",
        params={
            "component": text(component.name),
            "measured": measured(component, exact_total, terms),
        },
        result=terms.money(terms.major(minor)),
        rule=Rule(component.id),
        children=children,
    )
    return Outcome(minor, root)


def measured(component: Component, value: Fraction, terms: Terms) -> Value:
    """Return `value` in the measure of `component`."""
    return terms.money(value) if component.measures_money else number(value)


def threshold(component: Component, at: Fraction, quota: Fraction | None, terms: Terms) -> Value:
    """Return the place `at` as the document says it: a share of quota or a measured number."""
    if component.needs_quota and quota:
        return percent(at / quota)
    return measured(component, at, terms)


def attainment_steps(
    component: Component, total: Fraction, quota: Fraction | None, terms: Terms
) -> Iterator[Step]:
    """Yield the step that compares `total` with the quota, where the component speaks of it."""
    if not component.needs_quota:
        return
    if not quota:
        yield Step("no_quota", {}, None, Rule(component.id))
        return
    params = {
        "measured": measured(component, total, terms),
        "quota": measured(component, quota, terms),
    }
    yield Step("attainment", params, percent(total / quota), Rule(component.id))


def rounding_steps(
    component: Component, exact: Fraction, rounded: Fraction, terms: Terms
) -> Iterator[Step]:
    """Yield the step that settles a fraction of a minor unit, when there is one."""
    if exact != rounded:
        params = {"exact": terms.money(exact), "mode": text(terms.rounding)}
        yield Step("rounding", params, terms.money(rounded - exact), Rule(component.id))


def price_value(component: Component, price: Fraction, terms: Terms) -> Value:
    """Return a price of `component`: a rate as a percentage, or money for each unit."""
    return percent(price) if component.payout.kind == "rate" else terms.money(price)


def price_steps(component: Component, band: Band, base: Fraction, terms: Terms) -> tuple[Step, ...]:
    """Return how the price of `band` comes about, when it is the base price times a multiplier."""
    if band.multiplier is None:
        return ()
    params = {"base": price_value(component, base, terms), "multiplier": number(band.multiplier)}
    price = price_value(component, band.price, terms)
    return (Step("price_times", params, price, Rule(component.id, band.tier)),)


def prefix(payout_rule: RatePayout | UnitPayout) -> str:
    """Return the family of codes that speaks of this payout."""
    return "rate" if isinstance(payout_rule, RatePayout) else "unit"


def _parts(
    component: Component, total: Fraction, quota: Fraction | None, terms: Terms
) -> Iterator[Step]:
    if isinstance(component.payout, BonusPayout):
        marks = curve.marks_of(component.payout, quota)
        return mark_steps(component, marks, total, quota, terms)
    if not isinstance(component.payout, RatePayout | UnitPayout):
        raise TypeError(f"A {component.payout.kind} does not follow from one total; settle it.")
    line = curve.curve_of(component.payout, quota)
    return band_steps(component, line, total, quota, terms)


def band_steps(
    component: Component, line: Curve, total: Fraction, quota: Fraction | None, terms: Terms
) -> Iterator[Step]:
    """Yield what each band of `line` pays of `total`; these sum to what the curve pays."""
    family = "rate" if component.payout.kind == "rate" else "unit"
    stretches = (
        [(line.reached(total), total)] if line.retroactive else line.parts(curve.ZERO, total)
    )
    for band, part in stretches:
        params = {
            "part": measured(component, part, terms),
            "price": price_value(component, band.price, terms),
        }
        code = f"{family}_base"
        if band.tier:
            code = f"{family}_{'all' if line.retroactive else 'band'}"
            params["from"] = threshold(component, band.starts, quota, terms)
        yield Step(
            code,
            params,
            terms.money(part * band.price),
            Rule(component.id, band.tier),
            price_steps(component, band, line.base.price, terms),
        )


def mark_steps(
    component: Component,
    marks: Iterable[Mark],
    total: Fraction,
    quota: Fraction | None,
    terms: Terms,
) -> Iterator[Step]:
    """Yield what each milestone pays for `total`, and how far those are that it has not reached."""
    for mark in marks:
        at = threshold(component, mark.at, quota, terms)
        reference = Rule(component.id, mark.tier)
        if total >= mark.at:
            yield Step("bonus_reached", {"at": at}, terms.money(mark.amount), reference)
            continue
        missing = measured(component, mark.at - total, terms)
        params = {"at": at, "missing": missing, "amount": terms.money(mark.amount)}
        yield Step("bonus_open", params, terms.money(0), reference)
