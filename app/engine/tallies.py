"""What credits add up to: tallies that can be merged, and the number that a figure reads from one.

This is the one definition that is also compiled to SQL: every figure of activities is read from a
`Tally` of the credits of somebody within a stretch of days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final, NamedTuple, Protocol

from app.engine.attribution import Credit
from app.engine.document import Component
from app.engine.measures import (
    AverageMeasure,
    DistinctMeasure,
    HighestMeasure,
    LowestMeasure,
    TalliedMeasure,
)
from app.engine.periods import Span

ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Tally:
    """What credits come to. Merging tallies gives the tally of all their credits.

    `total` adds up what was shared out; `whole`, `lowest` and `highest` look at what was read of the
    activities, before it was shared.
    """

    total: Fraction = ZERO
    count: int = 0
    lowest: Fraction | None = None
    highest: Fraction | None = None
    distinct: frozenset[str] = frozenset()
    whole: Fraction = ZERO

    def merge(self, other: Tally) -> Tally:
        """Return the tally of both."""
        lows = [each for each in (self.lowest, other.lowest) if each is not None]
        highs = [each for each in (self.highest, other.highest) if each is not None]
        return Tally(
            self.total + other.total,
            self.count + other.count,
            min(lows, default=None),
            max(highs, default=None),
            self.distinct | other.distinct,
            self.whole + other.whole,
        )


NOTHING: Final = Tally()


class PeriodKey(NamedTuple):
    """A period of a component; where each activity pays alone, also which activity it is and when."""

    span: Span
    activity: str = ""
    at: datetime | None = None


class Tallies(Protocol):
    """Where settling reads what was credited: from memory, or asked of a database beforehand."""

    def periods(self, component: Component) -> Mapping[str, Iterable[PeriodKey]]:
        """Return for each payee the periods in which something was credited to the component."""

    def payees(self, component: Component, figure: str) -> Iterable[str]:
        """Return everybody to whom anything was ever credited in a figure."""

    def tally(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Tally:
        """Return the tally of a payee's credits within some days, or those of one activity."""

    def credits(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Sequence[Credit]:
        """Return those credits in order; empty where they are not at hand."""


def tally_of(credited: Iterable[Credit]) -> Tally:
    """Return the tally of `credited`."""
    found = list(credited)
    values = [credit.value for credit in found]
    return Tally(
        sum((credit.counted for credit in found), ZERO),
        len(found),
        min(values, default=None),
        max(values, default=None),
        frozenset(credit.text for credit in found if credit.text is not None),
        sum(values, ZERO),
    )


def number_of(figure: TalliedMeasure, tally: Tally) -> Fraction:
    """Return the number that `figure` reads from a tally; 0 where there is nothing to read."""
    if isinstance(figure, DistinctMeasure):
        return Fraction(len(tally.distinct))
    if isinstance(figure, AverageMeasure):
        return tally.whole / tally.count if tally.count else ZERO
    if isinstance(figure, HighestMeasure):
        return tally.highest or ZERO
    if isinstance(figure, LowestMeasure):
        return tally.lowest or ZERO
    return tally.total
