"""What a program pays, as its people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from app.engine import curve, formulas
from app.engine.document import Component
from app.engine.expressions import Expr, MeasureOf
from app.engine.payout import Terms, price_value
from app.engine.payout_rules import (
    AwardPayout,
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
    RateTiers,
    TicketsPayout,
    UnitPayout,
    UnitTiers,
)
from app.engine.steps import Value, number, percent, text

Said = tuple[str, dict[str, Value]]
"""The code of a sentence and its parameters."""


def payout_sentences(component: Component, terms: Terms) -> Iterator[Said]:
    """Yield what the payout of `component` says, its factors last."""
    speaker = _Speaker(component, terms)
    yield from _SAY[type(component.payout)](speaker, component.payout)
    for factor in component.payout.times or ():
        yield "times", {"factor": speaker.stated(factor, number)}


def stated(expression: Expr, plain: Callable[[Decimal], Value]) -> Value:
    """Return a number of the document as `plain` writes it, anything computed as a formula."""
    if isinstance(expression, Decimal):
        return plain(expression)
    return text(formulas.formula(expression))


class _Speaker:
    """Says the parts of one component's payout."""

    def __init__(self, component: Component, terms: Terms) -> None:
        self.component, self.terms = component, terms
        self.period = text(component.period.kind)

    def stated(self, expression: Expr, plain: Callable[[Decimal], Value]) -> Value:
        return stated(expression, plain)

    def money(self, expression: Expr) -> Value:
        return stated(expression, self.terms.money)

    def measured(self, at: Decimal | Fraction) -> Value:
        return self.terms.money(at) if self.component.measures_money else number(at)

    def place(self, on: str, at: Decimal | Fraction) -> Value:
        return percent(at) if on == "attainment" else self.measured(at)

    def scored(self, expression: Expr) -> Value:
        """Return what shares are measured by; the measure itself is named as what it adds up."""
        of_measure = isinstance(expression, MeasureOf)
        return text(measure_name(self.component) if of_measure else formulas.formula(expression))

    def bonus(self, payout: BonusPayout) -> Iterator[Said]:
        for mark in payout.milestones:
            at, amount = self.place(payout.on, mark.at), self.terms.money(mark.amount)
            yield "bonus", {"at": at, "amount": amount, "period": self.period}

    def priced(self, payout: RatePayout | UnitPayout) -> Iterator[Said]:
        price = payout.rate if isinstance(payout, RatePayout) else payout.amount
        yield self._base(price_value(self.component, Fraction(price), self.terms))
        yield from self._tiers(payout.tiers, Fraction(price))

    def computed(self, payout: ComputedRatePayout | ComputedUnitPayout) -> Iterator[Said]:
        price = payout.rate if isinstance(payout, ComputedRatePayout) else payout.amount
        if isinstance(price, MandateRate):
            yield "mandated", {}
            if payout.within is not None:
                low, high = payout.within.min, payout.within.max
                yield "mandated_within", {"low": self._price(low), "high": self._price(high)}
        else:
            yield self._base(stated(price, self._price))
        yield from self._tiers(payout.tiers, None)

    def _base(self, price: Value) -> Said:
        code = "rate" if self.component.payout.kind == "rate" else "unit"
        measure = text(measure_name(self.component))
        return code, {"price": price, "measure": measure, "period": self.period}

    def _price(self, price: Decimal) -> Value:
        return price_value(self.component, Fraction(price), self.terms)

    def _tiers(self, tiers: RateTiers | UnitTiers | None, base: Fraction | None) -> Iterator[Said]:
        """Yield each tier; without a base price that is known, a multiplier says itself."""
        if tiers is None:
            return
        code = f"from_{tiers.mode}_{tiers.boundary}"
        shape = curve.curve_at(base or curve.ZERO, tiers, Fraction(1))
        for step, band in zip(tiers.steps, shape.bands[1:], strict=True):
            price = price_value(self.component, band.price, self.terms)
            if base is None and band.multiplier is not None:
                price = text(f"x {number(band.multiplier).text}")
            yield code, {"from": self.place(tiers.on, step.from_), "price": price}

    def fixed(self, payout: FixedPayout) -> Iterator[Said]:
        yield "fixed", {"amount": self.money(payout.amount), "period": self.period}

    def formula(self, payout: FormulaPayout) -> Iterator[Said]:
        says = text(formulas.formula(payout.value))
        yield "formula", {"formula": says, "period": self.period}

    def curve(self, payout: CurvePayout) -> Iterator[Said]:
        if payout.pays == "share_of_target" and payout.target is not None:
            target = self.money(payout.target)
            yield "curve_target", {"target": target, "period": self.period}
        pays = self.terms.money if payout.pays == "amount" else percent
        for point in payout.points:
            yield "curve_at", {"at": self.place(payout.on, point.at), "pays": pays(point.pays)}
        yield "curve_straight", {}
        if payout.below == "nothing":
            yield "curve_starts", {}
        yield "curve_extends" if payout.beyond == "extend" else "curve_ends", {}

    def matrix(self, payout: MatrixPayout) -> Iterator[Said]:
        row, column = (text(formulas.formula(axis.value)) for axis in (payout.rows, payout.columns))
        yield "matrix", {"row": row, "column": column, "period": self.period}
        pays = {"amount": self.terms.money, "rate": percent, "multiplier": number}[payout.pays]
        for at, cells in zip(payout.rows.from_, payout.cells, strict=True):
            for beside, cell in zip(payout.columns.from_, cells, strict=True):
                params = {"row": number(at), "column": number(beside), "pays": pays(cell)}
                yield "matrix_cell", params
        if payout.pays == "multiplier" and payout.target is not None:
            yield "matrix_target", {"target": self.money(payout.target)}

    def pool(self, payout: PoolPayout) -> Iterator[Said]:
        params = {"figure": self.scored(payout.on), "period": self.period}
        if payout.amount is None:
            yield "pool_prizes", params
        else:
            yield f"pool_{payout.by}", {"pool": self.money(payout.amount)} | params
        pays = self.terms.money if payout.amount is None else percent
        for place, share in enumerate(payout.places, start=1):
            yield "pool_place", {"place": number(place), "pays": pays(share)}
        if payout.among is not None:
            yield "pool_group", {"group": text(payout.among)}

    def group_bonus(self, payout: GroupBonusPayout) -> Iterator[Said]:
        yield (
            "group_bonus_shared" if payout.shared else "group_bonus",
            {
                "group": text(payout.group),
                "amount": self.money(payout.amount),
                "condition": text(formulas.condition(payout.when)),
                "period": self.period,
            },
        )

    def tickets(self, payout: TicketsPayout) -> Iterator[Said]:
        measure = text(measure_name(self.component))
        each = self.measured(payout.for_each)
        yield "tickets", {"each": each, "measure": measure, "period": self.period}

    def award(self, payout: AwardPayout) -> Iterator[Said]:
        at, award = self.place(payout.on, payout.at), text(payout.award)
        yield "award", {"at": at, "award": award, "period": self.period}


_SAY: Final[dict[type, Callable[[_Speaker, Any], Iterator[Said]]]] = {
    RatePayout: _Speaker.priced,
    UnitPayout: _Speaker.priced,
    ComputedRatePayout: _Speaker.computed,
    ComputedUnitPayout: _Speaker.computed,
    BonusPayout: _Speaker.bonus,
    FixedPayout: _Speaker.fixed,
    FormulaPayout: _Speaker.formula,
    CurvePayout: _Speaker.curve,
    MatrixPayout: _Speaker.matrix,
    PoolPayout: _Speaker.pool,
    GroupBonusPayout: _Speaker.group_bonus,
    TicketsPayout: _Speaker.tickets,
    AwardPayout: _Speaker.award,
}


def measure_name(component: Component) -> str:
    """Return what the measure is called in a sentence: the field it adds up, or its formula."""
    measure = component.measure
    if measure.kind == "sum":
        return measure.of
    return measure.kind if measure.kind == "count" else formulas.figure(measure)
