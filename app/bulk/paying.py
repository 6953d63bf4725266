"""Many totals paid at once: the curve of `engine.curve` as integer arithmetic over columns.

Where a number would leave 64 bits, or a rule is not a curve of the total alone, each different total is
paid by `engine.payout` instead. Both give the same minor units.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from app.engine import curve, payout
from app.engine.document import BonusPayout, Component, RatePayout, UnitPayout
from app.engine.payout import Terms
from app.kernel.money import Rounding, exponent_of

_POWERS: Final = (10**6, 10**4, 10**2, 10)
_WHOLE: Final = pa.int64()


def amounts(component: Component, totals: Any, parts: int, terms: Terms) -> Any:
    """Return the minor units for each of `totals`, whole numbers of which `parts` are one of the measure.

    The component pays by the total alone: it is simple and needs no quota.
    """
    if len(totals) == 0:
        return pa.array([], _WHOLE)
    try:
        narrow, parts = _narrow(totals, parts)
        return _vector(component, narrow, parts, terms)
    except pa.ArrowInvalid:
        return _one_by_one(component, totals, parts, terms)


def _narrow(totals: Any, parts: int) -> tuple[Any, int]:
    """Return the totals in 64 bits, without the zeros that all of them end with."""
    narrow = totals.cast(_WHOLE)
    for power in _POWERS:
        while parts % power == 0:
            smaller = pc.divide(narrow, power)
            if not pc.all(pc.equal(pc.multiply(smaller, power), narrow)).as_py():
                break
            narrow, parts = smaller, parts // power
    return narrow, parts


def _vector(component: Component, totals: Any, parts: int, terms: Terms) -> Any:
    rule = component.payout
    if isinstance(rule, BonusPayout):
        return _bonus(rule, totals, parts, terms)
    assert isinstance(rule, RatePayout | UnitPayout)
    line = curve.curve_of(rule, None)
    prices = [band.price for band in line.bands]
    scale = lcm(*((_edge(band) * parts).denominator for band in line.bands))
    totals, parts = pc.multiply_checked(totals, scale), parts * scale
    share = lcm(*(price.denominator for price in prices))
    weights = [int(price * share) for price in prices]
    pays = _retroactive if line.retroactive else _marginal
    exact = pays(line, totals, parts, weights)
    return _rounded(exact, Fraction(10 ** exponent_of(terms.currency), parts * share), terms)


def _edge(band: curve.Band) -> Fraction:
    return band.starts if band.edge is None else band.edge


def _marginal(line: curve.Curve, totals: Any, parts: int, weights: list[int]) -> Any:
    """Pay the base price for all, and above each edge what its price adds to the one below."""
    exact = pc.multiply_checked(totals, weights[0])
    for nth, band in enumerate(line.bands[1:], start=1):
        edge = _edge(band) * parts
        assert edge.denominator == 1
        beyond = pc.max_element_wise(pc.subtract_checked(totals, int(edge)), 0)
        more = pc.multiply_checked(beyond, weights[nth] - weights[nth - 1])
        exact = pc.add_checked(exact, more)
    return exact


def _retroactive(line: curve.Curve, totals: Any, parts: int, weights: list[int]) -> Any:
    price: Any = pa.scalar(weights[0], _WHOLE)
    for nth, band in enumerate(line.bands[1:], start=1):
        reached = _reaches(totals, band.starts * parts, inclusive=line.inclusive)
        price = pc.if_else(reached, pa.scalar(weights[nth], _WHOLE), price)
    return pc.multiply_checked(totals, price)


def _reaches(totals: Any, at: Fraction, *, inclusive: bool) -> Any:
    """Tell which whole `totals` are at or beyond the place `at`."""
    least = -(-at.numerator // at.denominator)
    if not inclusive and at.denominator == 1:
        least += 1
    return pc.greater_equal(totals, least)


def _bonus(rule: BonusPayout, totals: Any, parts: int, terms: Terms) -> Any:
    marks = curve.marks_of(rule, None)
    share = lcm(*(mark.amount.denominator for mark in marks))
    exact: Any = pc.multiply(totals, 0)
    for mark in marks:
        reached = _reaches(totals, mark.at * parts, inclusive=True)
        amount = pc.if_else(reached, pa.scalar(int(mark.amount * share), _WHOLE), 0)
        exact = pc.add_checked(exact, amount)
    return _rounded(exact, Fraction(10 ** exponent_of(terms.currency), share), terms)


def _rounded(exact: Any, unit: Fraction, terms: Terms) -> Any:
    """Return `exact` times `unit` as whole minor units, rounded as the terms say."""
    size = pc.multiply_checked(pc.abs_checked(exact), unit.numerator)
    whole = pc.divide(size, unit.denominator)
    rest = pc.subtract(size, pc.multiply(whole, unit.denominator))
    twice = pc.multiply_checked(rest, 2)
    mode = terms.rounding
    if mode is Rounding.DOWN:
        up = pc.greater(rest, size)
    elif mode is Rounding.UP:
        up = pc.greater(rest, 0)
    elif mode is Rounding.HALF_UP:
        up = pc.greater_equal(twice, unit.denominator)
    else:
        odd = pc.equal(pc.bit_wise_and(whole, 1), 1)
        half = pc.and_(pc.equal(twice, unit.denominator), odd)
        up = pc.or_(pc.greater(twice, unit.denominator), half)
    magnitude = pc.add_checked(whole, up.cast(_WHOLE))
    return pc.if_else(pc.less(exact, 0), pc.negate(magnitude), magnitude)


def _one_by_one(component: Component, totals: Any, parts: int, terms: Terms) -> Any:
    paid: dict[Any, int] = {}
    for total in totals.to_pylist():
        if total not in paid:
            exact = Fraction(int(total), parts)
            paid[total] = payout.amount(component, exact, None, terms)
    return pa.array([paid[total] for total in totals.to_pylist()], _WHOLE)
