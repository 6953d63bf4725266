"""What settling carries along: amounts on their way through the steps, and what periods leave behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

from app.engine.attribution import Line
from app.engine.limit_rules import Limits
from app.engine.limits import Limited
from app.engine.payout import Outcome
from app.engine.periods import Span
from app.engine.standing import Standing
from app.engine.steps import Step
from app.engine.tallies import PeriodKey
from app.engine.timing import Portion

ZERO: Final = Fraction(0)


@dataclass(slots=True)
class Brought:
    """What the payout of a period comes to after none, one, two ... of its activities."""

    amounts: list[Fraction]
    beyond: dict[tuple[Fraction, Fraction], list[Fraction]] = field(default_factory=dict)

    def over(self, top: Fraction, count: int, share: Fraction) -> Fraction:
        """Return what a share of what the first `count` activities brought is above `top` each."""
        if (top, share) not in self.beyond:
            each = (
                max(ZERO, (after - before) * share - top)
                for before, after in pairwise(self.amounts)
            )
            self.beyond[top, share] = list(accumulate(each, initial=ZERO))
        return self.beyond[top, share][count]


@dataclass(slots=True)
class Carried:
    """What settled periods leave to later ones: what is owed, and what was claimed under caps."""

    owed: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    claimed: dict[tuple[str, str, int], list[tuple[Span, Fraction]]] = field(default_factory=dict)
    paid: dict[tuple[str, str], list[tuple[Span, Fraction]]] = field(default_factory=dict)
    asked: dict[tuple[str, int], int] = field(default_factory=dict)
    brought: dict[tuple[str, str, PeriodKey], Brought] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """The amount of one payee in one period, what each activity brought, and when it can be used."""

    outcome: Outcome
    lines: tuple[Line, ...] | None = None
    portions: tuple[Portion, ...] = ()


@dataclass(slots=True)
class Draft:
    """An amount on its way through the steps.

    `share` is what proration of pay leaves. `granted` is what a cap of everybody leaves of it, in
    minor units: by activity, and under "" of what no activity brought.
    """

    standing: Standing
    rules: Limits
    amount: Fraction = ZERO
    share: Fraction = Fraction(1)
    steps: list[Step] = field(default_factory=list)
    claims: dict[int, Fraction] = field(default_factory=dict)
    owed: Fraction | None = None
    paid: Fraction = ZERO
    granted: Counter[str] = field(default_factory=Counter)

    def take(self, limited: Limited) -> None:
        self.amount = limited.amount
        self.steps.extend(limited.steps)
