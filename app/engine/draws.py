"""Draws and guarantees: what is paid ahead of earnings, and how it is worked off again.

All amounts are exact, in major units; a balance below zero is what the person still owes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Draw:
    """What is advanced in a period up to `amount`; recoverable draws are owed, up to `limit`."""

    amount: Fraction
    recoverable: bool = True
    limit: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A period under a draw: `net` is earned plus `advanced` minus `recovered`.

    `balance` is what it leaves: above zero the excess of this period alone, below it what is owed.
    """

    net: Fraction
    advanced: Fraction
    recovered: Fraction
    balance: Fraction

    @property
    def owed(self) -> Fraction:
        """What is still to be recovered from later periods; an excess is not carried forward."""
        return max(ZERO, -self.balance)


def drawn(earned: Fraction, draw: Draw, owed: Fraction = ZERO) -> Drawn:
    """Return what is paid for `earned` under `draw` when `owed` is open from earlier periods.

    Below the draw the difference is advanced, as far as the limit of what may be owed allows.
    Above it the excess pays back what is owed first. A draw that is not recoverable is a floor.
    """
    missing = max(ZERO, draw.amount - earned)
    if not draw.recoverable:
        return Drawn(earned + missing, missing, ZERO, max(ZERO, earned - draw.amount))
    room = missing if draw.limit is None else max(ZERO, draw.limit - owed)
    advanced = min(missing, room)
    excess = max(ZERO, earned - draw.amount)
    recovered = min(excess, owed)
    balance = excess - owed if not missing else -(owed + advanced)
    return Drawn(earned + advanced - recovered, advanced, recovered, balance)


def guaranteed(earned: Fraction, minimum: Fraction) -> Fraction:
    """Return what is added to `earned` so that it comes to `minimum`."""
    return max(ZERO, minimum - earned)
