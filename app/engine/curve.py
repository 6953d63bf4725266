"""The payout curve: how much money belongs to a measured total. Exact; rounded elsewhere, once."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache

from app.engine.document import (
    BonusPayout,
    Component,
    RatePayout,
    RateTiers,
    TierStep,
    UnitPayout,
    UnitTiers,
)
from app.engine.lines import Place, read_line
from app.engine.payout_rules import CurvePayout
from app.engine.same import Same

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the measure with one price: a rate, or an amount for each unit.

    `starts` is the number the document names, in the measure (a share of quota already multiplied
    out). The stretch itself lies above `edge`, which for whole units is one unit lower when the
    unit that reaches `starts` belongs to the band. The base band lies below all others.
    """

    tier: int
    starts: Fraction
    edge: Fraction | None
    price: Fraction
    multiplier: Fraction | None = None


@dataclass(frozen=True)
class Curve:
    """Bands in rising order, each stretch at its own price or, retroactively, all at one."""

    bands: tuple[Band, ...]
    retroactive: bool = False
    inclusive: bool = True

    @cached_property
    def _climb(self) -> tuple[list[Fraction], list[Fraction]]:
        """Where each band above the base begins, and what is paid up to there."""
        edges, paid, low, price = [], [ZERO], ZERO, self.base.price
        for band in self.bands[1:]:
            edges.append(band.starts if band.edge is None else band.edge)
            paid.append(paid[-1] + (edges[-1] - low) * price)
            low, price = edges[-1], band.price
        return edges, paid[1:]

    @property
    def base(self) -> Band:
        """The band below every step."""
        return self.bands[0]

    def reached(self, total: Fraction) -> Band:
        """Return the highest band that `total` reaches."""
        found = self.base
        for band in self.bands[1:]:
            if total > band.starts or (self.inclusive and total == band.starts):
                found = band
        return found

    def parts(self, before: Fraction, after: Fraction) -> Iterator[tuple[Band, Fraction]]:
        """Yield how much of the way to `after` lies in each band; negative on the way down."""
        low, high, sign = (before, after, 1) if before <= after else (after, before, -1)
        for index, band in enumerate(self.bands):
            following = self.bands[index + 1].edge if index + 1 < len(self.bands) else None
            start = low if band.edge is None else max(low, band.edge)
            end = high if following is None else min(high, following)
            if end > start:
                yield band, sign * (end - start)

    def pays(self, total: Fraction) -> Fraction:
        """Return the exact amount for `total`. Below zero the base price is taken back."""
        if self.retroactive:
            return total * self.reached(total).price
        edges, paid = self._climb
        tier = bisect_left(edges, total)
        if tier == 0:
            return total * self.base.price
        return paid[tier - 1] + (total - edges[tier - 1]) * self.bands[tier].price


@dataclass(frozen=True, slots=True)
class Mark:
    """One milestone of a bonus: `at` in the measure, `amount` in major units."""

    tier: int
    at: Fraction
    amount: Fraction


def curve_of(payout: RatePayout | UnitPayout, quota: Fraction | None) -> Curve:
    """Return the curve of `payout`; without a quota, or with one of 0, no step of attainment is reached."""
    on_quota = payout.tiers is not None and payout.tiers.on == "attainment"
    return _remembered(Same(payout), quota if on_quota else None)


@lru_cache(maxsize=4096)
def _remembered(same: Same[RatePayout | UnitPayout], quota: Fraction | None) -> Curve:
    payout = same.document
    price = Fraction(payout.rate if isinstance(payout, RatePayout) else payout.amount)
    return curve_at(price, payout.tiers, quota)


def curve_at(price: Fraction, tiers: RateTiers | UnitTiers | None, quota: Fraction | None) -> Curve:
    """Return the curve with the base `price` and the bands of `tiers`."""
    base = Band(0, ZERO, None, price)
    scale = Fraction(1) if tiers is None or tiers.on == "measure" else quota
    if tiers is None or not scale:
        return Curve((base,))
    in_units, inclusive = isinstance(tiers, UnitTiers), tiers.boundary == "inclusive"
    bands = [base]
    for index, step in enumerate(tiers.steps, start=1):
        starts = Fraction(step.from_) * scale
        edge = _unit_edge(starts, inclusive=inclusive) if in_units else starts
        multiplier = None if step.multiplier is None else Fraction(step.multiplier)
        bands.append(Band(index, starts, edge, _price(step, price), multiplier))
    return Curve(tuple(bands), tiers.mode == "retroactive", inclusive)


def _unit_edge(starts: Fraction, *, inclusive: bool) -> Fraction:
    """Return after how many whole units the band begins: unit n is the stretch from n - 1 to n."""
    return Fraction(math.ceil(starts) - 1 if inclusive else math.floor(starts))


def _price(step: TierStep, base: Fraction) -> Fraction:
    return base * Fraction(step.multiplier or 0) if step.price is None else Fraction(step.price)


def marks_of(payout: BonusPayout, quota: Fraction | None) -> tuple[Mark, ...]:
    """Return the milestones of `payout` in the measure; none when they need a quota and it is not set or 0."""
    scale = Fraction(1) if payout.on == "measure" else quota
    if not scale:
        return ()
    return tuple(
        Mark(index, Fraction(each.at) * scale, Fraction(each.amount))
        for index, each in enumerate(payout.milestones, start=1)
    )


@lru_cache(maxsize=4096)
def points_of(same: Same[CurvePayout]) -> tuple[Place, ...]:
    """Return the points of a payout curve."""
    return tuple(Place(Fraction(each.at), Fraction(each.pays)) for each in same.document.points)


def follows(component: Component) -> bool:
    """Tell whether what `component` pays follows from one total and one quota, through `pays`."""
    payout = component.payout
    if isinstance(payout, CurvePayout):
        known = isinstance(payout.target, Decimal | None)
    else:
        known = isinstance(payout, RatePayout | UnitPayout | BonusPayout)
    return known and payout.times is None and component.limits is None


def pays(component: Component, total: Fraction, quota: Fraction | None) -> Fraction:
    """Return the exact amount in major units that `component` pays for `total`.

    Factors and limits are not looked at; settling applies them. A payout that asks for more than a
    total and a quota raises TypeError.
    """
    payout = component.payout
    if isinstance(payout, RatePayout | UnitPayout):
        return curve_of(payout, quota).pays(total)
    if isinstance(payout, BonusPayout):
        return sum((mark.amount for mark in marks_of(payout, quota) if total >= mark.at), ZERO)
    if isinstance(payout, CurvePayout) and isinstance(payout.target, Decimal | None):
        return _on_points(payout, payout.target, total, quota)
    raise TypeError(f"A {payout.kind} does not follow from one total; settle it.")


def _on_points(
    payout: CurvePayout, target: Decimal | None, total: Fraction, quota: Fraction | None
) -> Fraction:
    """Return what a payout curve with a known target pays; on attainment nothing without a quota."""
    scale = Fraction(1) if payout.on == "measure" else quota
    if not scale:
        return ZERO
    points = points_of(Same(payout))
    found = read_line(points, total / scale, below=payout.below, beyond=payout.beyond).value
    if payout.pays == "rate":
        return found * total
    return found * Fraction(target or 0) if payout.pays == "share_of_target" else found
