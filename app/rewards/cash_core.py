"""Money paid to a bank account, as values: what a method costs, what arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from app.kernel.money import Money, Rounding, round_ratio

PPM: Final = 1_000_000
Obstacle = Literal[
    "too_little", "too_much", "not_whole", "nothing_left", "not_enough", "no_account", "held"
]


@dataclass(frozen=True, slots=True)
class Fee:
    """What sending costs the person: so many minor units, and so many millionths of the amount."""

    minor: int
    ppm: int

    def of(self, gross: int, *, step: int = 1) -> int:
        """Return the fee for `gross` minor units in steps of `step`, a fraction in the person's favour."""
        minor = self.minor + round_ratio(gross * self.ppm, PPM, Rounding.DOWN)
        return minor - minor % step


@dataclass(frozen=True, slots=True)
class Sums:
    """A pay-out in its parts: gross = fee + withheld + net.

    Of gross, `prize_minor` was won in contests; of withheld, `prize_withheld_minor` is the tax on that.
    """

    gross: Money
    fee: Money
    withheld: Money
    prize_minor: int = 0
    prize_withheld_minor: int = 0

    @property
    def prize(self) -> Money:
        """What of gross was won."""
        return Money(self.prize_minor, self.gross.currency)

    @property
    def prize_withheld(self) -> Money:
        """What of the tax is for what was won."""
        return Money(self.prize_withheld_minor, self.gross.currency)

    @property
    def net(self) -> Money:
        """What arrives."""
        return self.gross - self.fee - self.withheld


def sums(gross: Money, fee: Fee, withheld: Money, *, step: int = 1) -> Sums:
    """Return what a pay-out of `gross` comes to, so that the net is a multiple of `step`, as banks send it.

    What of the tax is finer than a step stays with the fee: it cannot be sent.
    """
    kept = fee.of(gross.minor, step=step)
    rest = (gross.minor - withheld.minor - kept) % step
    return Sums(gross, Money(kept + rest, gross.currency), withheld)


def obstacle(
    parts: Sums, *, least: int, most: int | None, step: int, available: int
) -> Obstacle | None:
    """Return why this amount cannot go this way; None when it can.

    `step` is the smallest amount banks send: nobody gets half a rupiah.
    """
    gross = parts.gross.minor
    if gross < least:
        return "too_little"
    if most is not None and gross > most:
        return "too_much"
    if gross > available:
        return "not_enough"
    if gross % step:
        return "not_whole"
    if parts.net.minor < step:
        return "nothing_left"
    return None
