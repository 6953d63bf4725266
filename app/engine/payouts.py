"""What every kind of payout comes to for one payee in one period. Exact; rounded elsewhere, once.

The steps of a payout that carry money sum to its amount; their children tell where it came from.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from app.engine import curve, formulas, lines, reckoning
from app.engine.curve import Curve
from app.engine.limits import Limited
from app.engine.lines import Place
from app.engine.payout import band_steps, mark_steps, threshold
from app.engine.payout import measured as in_measure
from app.engine.payout_rules import (
    AwardPayout,
    Axis,
    BonusPayout,
    ComputedRatePayout,
    ComputedUnitPayout,
    CurvePayout,
    FixedPayout,
    FormulaPayout,
    GroupBonusPayout,
    MandateRate,
    MatrixPayout,
    PoolPayout,
    RatePayout,
    TicketsPayout,
    UnitPayout,
    Within,
)
from app.engine.payouts_shared import pay_all
from app.engine.same import Same
from app.engine.scope import Scope
from app.engine.steps import Rule, Step, Value, number, percent, text

__all__ = ["pay", "pay_all", "times"]

ZERO: Final = Fraction(0)


def pay(scope: Scope, measured: Fraction) -> Limited:
    """Return what the payout of the component gives for `measured`, before its factors."""
    payout = scope.component.payout
    return _PAYS[type(payout)](_Payer(scope, measured), payout)


def times(scope: Scope, amount: Fraction) -> Limited:
    """Return `amount` multiplied by each factor of the payout, with what each of them changed."""
    steps: list[Step] = []
    for each in scope.component.payout.times or ():
        factor, parts = reckoning.explained(each, scope)
        params = {"factor": number(factor), "formula": text(formulas.formula(each))}
        change = scope.terms.money(amount * (factor - 1))
        steps.append(Step("times", params, change, Rule(scope.component.id), parts))
        amount *= factor
    return Limited(amount, tuple(steps))


class _Payer:
    """One payee's payout while it is worked out: the scope, the measure and the steps so far."""

    def __init__(self, scope: Scope, measured: Fraction) -> None:
        self.scope, self.measured = scope, measured
        self.component, self.terms = scope.component, scope.terms
        self.quota = scope.quota()
        self.rule = Rule(self.component.id)

    def banded(self, line: Curve) -> Limited:
        steps = band_steps(self.component, line, self.measured, self.quota, self.terms)
        return Limited(line.pays(self.measured), (*self.attained(), *steps))

    def rate(self, payout: RatePayout | UnitPayout) -> Limited:
        return self.banded(curve.curve_of(payout, self.quota))

    def computed(self, payout: ComputedRatePayout | ComputedUnitPayout) -> Limited:
        stated = payout.rate if isinstance(payout, ComputedRatePayout) else payout.amount
        if isinstance(stated, MandateRate):
            price, steps = self.mandated(stated, payout.within)
        else:
            price, steps = reckoning.explained(stated, self.scope)
        paid = self.banded(curve.curve_at(price, payout.tiers, self.quota))
        return Limited(paid.amount, (*steps, *paid.steps))

    def mandated(
        self, stated: MandateRate, within: Within | None
    ) -> tuple[Fraction, tuple[Step, ...]]:
        """Return the rate that the payee's agent has set, kept within what the plan allows."""
        rate = self.scope.mandate_rate()
        if rate is None:
            price = Fraction(stated.default)
            return price, (Step("no_mandate", {}, self.price(price), self.rule),)
        price = rate
        if within is not None:
            price = min(max(rate, Fraction(within.min)), Fraction(within.max))
        params = {"rate": self.price(rate)}
        return price, (Step("mandate", params, self.price(price), self.rule),)

    def price(self, price: Fraction) -> Value:
        in_percent = self.component.payout.kind == "rate"
        return percent(price) if in_percent else self.terms.money(price)

    def bonus(self, payout: BonusPayout) -> Limited:
        marks = curve.marks_of(payout, self.quota)
        steps = mark_steps(self.component, marks, self.measured, self.quota, self.terms)
        amount = sum((mark.amount for mark in marks if self.measured >= mark.at), ZERO)
        return Limited(amount, (*self.attained(), *steps))

    def attained(self) -> tuple[Step, ...]:
        """Return the step that compares the measure with the quota, where the payout asks for it."""
        tiers = getattr(self.component.payout, "tiers", None)
        if getattr(tiers or self.component.payout, "on", "measure") != "attainment":
            return ()
        if not self.quota:
            return (Step("no_quota", {}, None, self.rule),)
        params = {"measured": self.shown(self.measured), "quota": self.shown(self.quota)}
        return (Step("attainment", params, percent(self.measured / self.quota), self.rule),)

    def shown(self, value: Fraction) -> Value:
        return in_measure(self.component, value, self.terms)

    def fixed(self, payout: FixedPayout) -> Limited:
        amount, parts = reckoning.explained(payout.amount, self.scope)
        return Limited(amount, (Step("fixed", {}, self.terms.money(amount), self.rule, parts),))

    def formula(self, payout: FormulaPayout) -> Limited:
        amount, parts = reckoning.explained(payout.value, self.scope)
        params = {"formula": text(formulas.formula(payout.value))}
        return Limited(
            amount, (Step("formula", params, self.terms.money(amount), self.rule, parts),)
        )

    def curve(self, payout: CurvePayout) -> Limited:
        at = self.measured
        if payout.on == "attainment":
            if not self.quota:
                return Limited(ZERO, self.attained())
            at = self.measured / self.quota
        found = lines.read_line(
            curve.points_of(Same(payout)), at, below=payout.below, beyond=payout.beyond
        )
        amount, params = found.value, {"at": self.place(payout.on, at)}
        way = self.between(payout, found)
        if payout.pays == "rate":
            amount *= self.measured
            params |= {"rate": percent(found.value), "part": self.shown(self.measured)}
        elif payout.pays == "share_of_target":
            target, parts = self.target(payout)
            amount, way = amount * target, (*way, *parts)
            params |= {"share": percent(found.value), "target": self.terms.money(target)}
        paid = Step(f"curve_{payout.pays}", params, self.terms.money(amount), self.rule, way)
        return Limited(amount, (*self.attained(), paid))

    def place(self, on: str, at: Fraction) -> Value:
        return percent(at) if on == "attainment" else self.shown(at)

    def between(self, payout: CurvePayout, found: lines.Reading) -> tuple[Step, ...]:
        """Return the step that names the two points between which the value was read."""
        if found.low is None or found.high is None:
            return ()
        pays = self.terms.money if payout.pays == "amount" else percent
        params = {
            "low": self.place(payout.on, found.low.at),
            "low_pays": pays(found.low.value),
            "high": self.place(payout.on, found.high.at),
            "high_pays": pays(found.high.value),
        }
        return (Step("curve_between", params, pays(found.value), self.rule),)

    def target(self, payout: CurvePayout | MatrixPayout) -> tuple[Fraction, tuple[Step, ...]]:
        """Return what shares and multipliers are of."""
        assert payout.target is not None
        return reckoning.explained(payout.target, self.scope)

    def matrix(self, payout: MatrixPayout) -> Limited:
        (row, row_value, row_parts), (column, column_value, column_parts) = (
            self.side(axis, inclusive=payout.boundary == "inclusive")
            for axis in (payout.rows, payout.columns)
        )
        params = {"row": number(row_value), "column": number(column_value)}
        parts = (*row_parts, *column_parts)
        if row is None or column is None:
            return self.paid("matrix_below", ZERO, params, parts)
        cell = Fraction(payout.cells[row][column])
        if payout.pays == "amount":
            return self.paid("matrix_amount", cell, params, parts)
        if payout.pays == "rate":
            params |= {"rate": percent(cell), "part": self.shown(self.measured)}
            return self.paid("matrix_rate", cell * self.measured, params, parts)
        target, more = self.target(payout)
        params |= {"factor": number(cell), "target": self.terms.money(target)}
        return self.paid("matrix_multiplier", cell * target, params, (*parts, *more))

    def side(self, axis: Axis, *, inclusive: bool) -> tuple[int | None, Fraction, tuple[Step, ...]]:
        """Return which row (or column) a value falls into, None below the first; and the value."""
        value, parts = reckoning.explained(axis.value, self.scope)
        found = lines.step_at(_axis_of(Same(axis)), value, inclusive=inclusive)
        return None if found is None else int(found.value), value, parts

    def paid(
        self, code: str, amount: Fraction, params: dict[str, Value], parts: tuple[Step, ...] = ()
    ) -> Limited:
        return Limited(amount, (Step(code, params, self.terms.money(amount), self.rule, parts),))

    def tickets(self, payout: TicketsPayout) -> Limited:
        count = max(ZERO, Fraction(self.measured // Fraction(payout.for_each)))
        params = {"part": self.shown(self.measured), "each": self.shown(Fraction(payout.for_each))}
        return self.paid("tickets", count, params)

    def award(self, payout: AwardPayout) -> Limited:
        scale = Fraction(1) if payout.on == "measure" else self.quota
        if not scale:
            return Limited(ZERO, self.attained())
        at = Fraction(payout.at) * scale
        params = {
            "award": text(payout.award),
            "at": threshold(self.component, at, self.quota, self.terms),
        }
        if self.measured < at:
            params["missing"] = self.shown(at - self.measured)
        code = "award_open" if self.measured < at else "award"
        return Limited(ZERO, (*self.attained(), Step(code, params, None, self.rule)))

    def among_all(self, _: PoolPayout | GroupBonusPayout) -> Limited:
        return pay_all({self.scope.payee: self.scope})[self.scope.payee]


_PAYS: Final[dict[type, Callable[[_Payer, Any], Limited]]] = {
    RatePayout: _Payer.rate,
    UnitPayout: _Payer.rate,
    ComputedRatePayout: _Payer.computed,
    ComputedUnitPayout: _Payer.computed,
    BonusPayout: _Payer.bonus,
    FixedPayout: _Payer.fixed,
    FormulaPayout: _Payer.formula,
    CurvePayout: _Payer.curve,
    MatrixPayout: _Payer.matrix,
    TicketsPayout: _Payer.tickets,
    AwardPayout: _Payer.award,
    PoolPayout: _Payer.among_all,
    GroupBonusPayout: _Payer.among_all,
}


@lru_cache(maxsize=4096)
def _axis_of(same: Same[Axis]) -> tuple[Place, ...]:
    return tuple(
        Place(Fraction(at), Fraction(index)) for index, at in enumerate(same.document.from_)
    )
