"""Pure decisions about earnings: what a difference takes from where, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

from app.engine.credit_rules import DifferentialCredit
from app.engine.document import Component, Program
from app.engine.periods import Span
from app.kernel.money import MICROS


NO_ACTIVITY: Final = UUID(int=0)
"""Stands for the activity of an earning that is for a whole period."""

_SUMMED_PERIODS: Final = frozenset({"week", "month", "quarter", "year", "window", "quota"})


def is_fast(program: Program, component: Component) -> bool:
    """Tell whether a component is paid from one running total and one quota, without being settled."""
    return (
        component.is_simple
        and component.period.kind in _SUMMED_PERIODS
        and program.budget is None
        and not program.caps
        and component.holdback is None
        and not component.holds
        and component.clawback is None
        and not isinstance(component.credit, DifferentialCredit)
    )


class Key(NamedTuple):
    """What an earning is known by."""

    payee_id: UUID
    program_id: UUID
    component: str
    period_start: date
    activity_id: UUID = NO_ACTIVITY


@dataclass(slots=True)
class Shift:
    """By how much the credits of an earning changed."""

    period_end: date | None
    total_micros: Decimal = Decimal(0)
    credits: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What a difference does to the released part of an earning."""

    unreleased_minor: int
    released_minor: int


def settle(amount_minor: int, released_minor: int, delta_minor: int, *, at_once: bool) -> Settled:
    """Return what of the earning was unreleased before `delta_minor`, and the released part after.

    A raise is released `at_once` or waits; a cut first takes what waits, then what was released.
    """
    unreleased = amount_minor - released_minor
    if delta_minor >= 0:
        return Settled(unreleased, released_minor + (delta_minor if at_once else 0))
    return Settled(unreleased, released_minor - max(0, -delta_minor - unreleased))


def due_minor(amount_minor: int, released_minor: int, matured_minor: int) -> int:
    """Return what can be released now: what has matured, never more than what stands.

    `matured_minor` is the sum of the positive differences whose day has come; what was taken back
    counts against the differences that mature last.
    """
    return max(0, min(amount_minor, matured_minor) - released_minor)


def from_micros(micros: Decimal | int) -> Fraction:
    """Return millionths as the exact number they stand for."""
    return Fraction(micros) / MICROS


def span(period_start: date, period_end: date | None) -> Span:
    """Return the period of an earning for the engine."""
    return Span(period_start, period_end)
