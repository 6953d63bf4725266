"""What bounds a component's pay: gates, thresholds, proration, floors, caps, draws and guarantees.

Every function takes the exact amount so far, in major units, and returns the amount after the limit
with the steps that say so. A step that changes the amount has the difference as its result, so the
steps of an earning still sum to it. The order in which settlement calls them is fixed.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from app.engine.draws import Draw, Drawn, drawn, guaranteed
from app.engine.limit_rules import Proration, RampStep
from app.engine.payout import Terms
from app.engine.periods import Span
from app.engine.proration import Days, apportion, plus_months
from app.engine.steps import Rule, Step, Value, number, percent, text
from app.kernel.money import round_fraction

ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Limited:
    """An exact amount (or a quota) after a limit, and the steps that say what the limit did."""

    amount: Fraction
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Here:
    """Which component a limit belongs to, and the terms its numbers are written in."""

    component: str
    terms: Terms

    def step(self, code: str, result: Value | None, /, **params: Value) -> Step:
        """Return a step of this component."""
        return Step(code, params, result, Rule(self.component))

    def changed(self, code: str, before: Fraction, after: Fraction, /, **params: Value) -> Limited:
        """Return `after` with the step `code` for the difference; without one when there is none."""
        if before == after:
            return Limited(after)
        return Limited(after, (self.step(code, self.terms.money(after - before), **params),))

    def coins(self, amount: Fraction) -> Fraction:
        """Return `amount` taken down to whole minor units, so that rounding cannot exceed it."""
        return self.terms.major(math.floor(amount / self.terms.major(1)))


# 1 The quota somebody is measured against


def ramp_share(period: Span, joined_on: date, ramp: Sequence[RampStep]) -> Fraction:
    """Return the part of a quota for `period` under `ramp`: the mean over the days since joining.

    The steps follow each other. A month runs from the day of joining to the day before its day in
    the next month. A period that ended before `joined_on` counts as the first step does.
    """
    assert period.last is not None
    after = period.last + timedelta(days=1)
    start = max(period.first, joined_on)
    if start >= after:
        return Fraction(ramp[0].quota)
    counted, at, months = ZERO, start, 0
    for step in ramp:
        months += step.months
        until = min(after, max(at, plus_months(joined_on, months)))
        counted, at = counted + (until - at).days * Fraction(step.quota), until
    return (counted + (after - at).days) / (after - start).days


def ramped(quota: Fraction, share: Fraction, here: Here) -> Limited:
    """Return the quota of someone new, of which `share` is expected."""
    if share == 1:
        return Limited(quota)
    step = here.step("ramp", number(quota * share), quota=number(quota), share=percent(share))
    return Limited(quota * share, (step,))


def prorated_quota(quota: Fraction, days: Days, rule: Proration, here: Here) -> Limited:
    """Return the quota for the days that someone was there, in multiples of the rule's `round_to`.

    Someone who was there throughout keeps the quota as it is.
    """
    if days.share == 1:
        return Limited(quota)
    result = quota * days.share
    if rule.round_to is not None:
        unit = Fraction(rule.round_to)
        result = round_fraction(result / unit, rule.mode) * unit
    params = {"quota": number(quota), **_days(days, rule.days)}
    return Limited(result, (here.step("prorated_quota", number(result), **params),))


def _days(days: Days, count: str) -> dict[str, Value]:
    return {"worked": number(days.worked), "days": number(days.whole), "count": text(count)}


# 2 Whether it pays at all


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition to be paid, in the plan's words, and whether it is met."""

    says: str
    met: bool


def gated(amount: Fraction, gates: Iterable[Gate], here: Here) -> Limited:
    """Return `amount` when every gate is met, nothing otherwise; the first closed gate is named.

    A negative amount stays: nobody keeps money of a sale that came back because a gate is closed.
    """
    steps: list[Step] = []
    for gate in gates:
        if gate.met:
            steps.append(here.step("gate_met", None, gate=text(gate.says)))
            continue
        after = min(ZERO, amount)
        closed = here.step("gate_closed", here.terms.money(after - amount), gate=text(gate.says))
        return Limited(after, (*steps, closed))
    return Limited(amount, tuple(steps))


def past_threshold(measured: Fraction, at: Fraction, *, cliff: bool) -> Fraction | None:
    """Return the measure that pays, None when `measured` has not reached `at`.

    Whoever reaches it exactly has reached it. A cliff pays from nothing; otherwise only the part
    above counts.
    """
    if measured < at:
        return None
    return measured if cliff else measured - at


def below_threshold(amount: Fraction, here: Here, **params: Value) -> Limited:
    """Return what stays of `amount` where a threshold is not reached: nothing, or what is owed.

    A negative amount stays as it does behind a closed gate: nobody keeps money of a sale that came
    back because little was sold since.
    """
    after = min(ZERO, amount)
    missed = here.step("threshold_missed", here.terms.money(after - amount), **params)
    return Limited(after, (missed,))


# 3 How much it pays


def prorated_pay(amount: Fraction, days: Days, count: str, here: Here) -> Limited:
    """Return the part of `amount` for the days that someone was there."""
    return here.changed("prorated_pay", amount, amount * days.share, **_days(days, count))


def floored(amount: Fraction, least: Fraction, here: Here) -> Limited:
    """Return `amount`, or `least` when it is more."""
    return here.changed("floor", amount, max(amount, least), least=here.terms.money(least))


def capped(
    amount: Fraction, most: Fraction, here: Here, *, per: str = "period", before: Fraction = ZERO
) -> Limited:
    """Return what is left of `amount` under a cap of `most`, of which `before` is already claimed.

    `before` is what earlier periods come to without this cap, rounded as each was. What all of
    them get together is the smaller of their sum and the cap, after every single one.
    """
    top = here.coins(most)
    after = min(before + amount, top) - min(before, top)
    params = {"most": here.terms.money(most), "before": here.terms.money(before)}
    return here.changed(f"cap_{per}", amount, after, **params)


def under_draw(earned: Fraction, draw: Draw, owed: Fraction, here: Here) -> tuple[Drawn, Limited]:
    """Return the period under `draw` when `owed` is open from earlier ones, and what it pays."""
    found = drawn(earned, draw, owed)
    money = here.terms.money
    steps: list[Step] = []
    if found.advanced:
        params = {"earned": money(earned), "draw": money(draw.amount)}
        steps.append(here.step("draw_advanced", money(found.advanced), **params))
    if found.recovered:
        steps.append(here.step("draw_recovered", money(-found.recovered), owed=money(owed)))
    if draw.recoverable and found.balance:
        code = "draw_balance" if found.owed else "draw_excess"
        steps.append(here.step(code, money(found.balance)))
    return found, Limited(found.net, tuple(steps))


def with_guarantee(earned: Fraction, least: Fraction, here: Here) -> Limited:
    """Return `earned`, topped up to the guarantee of `least`."""
    after = earned + guaranteed(earned, least)
    return here.changed("guarantee", earned, after, least=here.terms.money(least))


def within_months(start: date, months: int | None, period: Span) -> bool:
    """Whether `period` begins within so many months of `start`; without a number, always."""
    return months is None or period.first < plus_months(start, months)


# 4 One pot for many people


@dataclass(frozen=True, slots=True)
class Claim:
    """What one activity would bring someone, in minor units, before a cap or budget of all."""

    owner: Hashable
    at: datetime
    activity: str
    minor: int


def first_come(claims: Iterable[Claim], most: int) -> list[tuple[Claim, int]]:
    """Return the claims in order, each with what it gets while `most` minor units last.

    The order is that of the activities' time, then their id, then the order given; later ones go
    without. After each of them the pot has paid the smaller of all claims so far and `most`: a
    return makes room again only once the claims themselves are below it.
    """
    asked, found = 0, []
    for claim in sorted(claims, key=lambda each: (each.at, each.activity)):
        before, asked = asked, asked + claim.minor
        found.append((claim, min(asked, most) - min(before, most)))
    return found


def scaled_down(claimed: Sequence[int], most: int) -> list[int]:
    """Return what everybody gets when all are scaled down so that together it is `most`.

    Amounts below zero stay as they are. The parts sum to `most` exactly (largest remainder).
    """
    positive = [max(0, each) for each in claimed]
    pot = max(0, most - sum(each for each in claimed if each < 0))
    if sum(positive) <= pot:
        return list(claimed)
    parts = apportion(pot, [Fraction(each) for each in positive])
    return [part if each > 0 else each for part, each in zip(parts, claimed, strict=True)]
