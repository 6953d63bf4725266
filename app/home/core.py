"""What opens a screen: the sentence, the pace of a day, how attainment spreads. Pure decisions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from app.kernel.money import Money, Rounding, exponent_of, round_fraction
from app.programs.progress import Ahead, Progress, nearest

Measure = float | Money
"""A number of things, or money."""

PERIODS: Final = frozenset({"week", "month", "quarter", "year"})

BANDS: Final = (0, 40, 60, 80, 90, 100, 110, 120, 140)
"""Where bands of attainment begin, in percent; the last has no end."""


def measure(value: Fraction, unit: str, currency: str, *, up: bool = False) -> Measure:
    """Return a measure as screens take it: a number of things, or money down (or up) to the coin."""
    if unit == "money":
        coins = value * 10 ** exponent_of(currency)
        return Money(round_fraction(coins, Rounding.UP if up else Rounding.DOWN), currency)
    return int(value) if value.denominator == 1 else float(value)


def working_days(first: date, last: date) -> int:
    """Return the days from `first` to `last` that count for a pace: Monday to Friday, and `first` itself."""
    return max(1, weekdays(first, last) + (first.weekday() >= 5))


def weekdays(first: date, last: date) -> int:
    """Return how many days from `first` to `last` are a Monday to Friday."""
    days = (last - first).days + 1
    return sum((first + timedelta(days=n)).weekday() < 5 for n in range(days))


def part_of_today(
    *, goal: Fraction, done: Fraction, done_today: Fraction, today: date, last: date
) -> Fraction | None:
    """Return what today has to bring so that an even pace reaches `goal` on `last`; None when it is reached."""
    missing = goal - (done - done_today)
    if done >= goal or missing <= 0:
        return None
    return Fraction(math.ceil(missing / working_days(today, last)))


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for every language."""

    code: str
    params: dict[str, Any]


def opening(found: Sequence[Progress]) -> Said:
    """Return the sentence that opens Today: the nearest step, else what there is to say."""
    step = nearest(found)
    if step is not None:
        if _done(found, step) == 0:
            return Said("no_sales", {})
        return _towards(step)
    reached = [one for one in found if one.quota is not None and one.done >= one.quota]
    if reached:
        return Said("target_reached", {"component": reached[0].component_name})
    return Said("no_target" if any(one.done for one in found) else "no_sales", {})


def _done(found: Sequence[Progress], step: Ahead) -> Fraction:
    return next(one.done for one in found if one.component_id == step.component_id)


def _towards(step: Ahead) -> Said:
    missing = measure(Fraction(step.distance), step.unit, step.earns.currency, up=True)
    if step.kind == "bonus":
        return Said("next_bonus", {"missing": missing, "prize": step.worth})
    return Said(f"next_{step.kind}", {"missing": missing})


def main_target(found: Sequence[Progress]) -> Progress | None:
    """Return the progress Today draws: of the nearest step, else of the first thing with a goal."""
    step = nearest(found)
    for one in found:
        if step is not None and one.component_id == step.component_id:
            return one
    return next((one for one in found if one.goal is not None), None)


@dataclass(frozen=True, slots=True)
class Band:
    """How many people attained so many percent; `to` is the first percent above (None: no end)."""

    first: int
    to: int | None
    count: int


def spread(percents: Iterable[Fraction]) -> list[Band]:
    """Return how attainment spreads over the bands."""
    known = list(percents)
    ends: list[int | None] = [*BANDS[1:], None]
    return [
        Band(first, end, sum(1 for p in known if first <= p and (end is None or p < end)))
        for first, end in zip(BANDS, ends, strict=True)
    ]


def direction(weeks: Sequence[int]) -> str:
    """Return whether the last whole weeks rise, fall, or neither, against those before (a tenth decides)."""
    recent, before = weeks[-3:-1], weeks[-7:-3]
    if not before or not recent or sum(before) == 0:
        return "steady"
    ratio = Fraction(sum(recent), len(recent)) / Fraction(sum(before), len(before))
    if ratio > Fraction(11, 10):
        return "rising"
    return "slower" if ratio < Fraction(9, 10) else "steady"
