"""Money: integers of minor units inside, exact decimal strings outside, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

MICROS: Final = 1_000_000
"""Activity amounts are exact: integers of millionths of the major unit, because real files carry
three and four decimals. They become minor units once, last, by the rounding rule of the plan."""

POINTS: Final = "PTS"
"""Points are a currency of their own, with no minor unit."""

MOST_MINOR: Final = 2**63 - 1
"""The ledger keeps minor units in 64 bits."""

_DEFAULT_EXPONENT: Final = 2
_EXPONENTS: Final = {
    # ISO 4217, the currencies whose minor unit is not a hundredth; IDR keeps 2 although it is paid
    # out in whole rupiah (that edge belongs to the payout method).
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
         "VUV", "XAF", "XOF", "XPF", POINTS),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip


class Rounding(StrEnum):
    """How a fraction of a minor unit is settled."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


def exponent_of(currency: str) -> int:
    """Return the number of decimals of `currency` (ISO 4217; points have none)."""
    return _EXPONENTS.get(currency, _DEFAULT_EXPONENT)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of one currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("Money counts whole minor units.")
        if abs(self.minor) > MOST_MINOR:
            raise ValueError("The amount is beyond what the ledger can hold.")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} cannot be added to {self.currency}.")
        return other

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    @property
    def decimal(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.minor).scaleb(-exponent_of(self.currency))


def parse_money(text: str, currency: str) -> Money:
    """Read a plain decimal string such as "12.34" exactly.

    Raise ValueError when it is finer than a minor unit.
    """
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(f"{text} is not an amount.")
    minor = amount.scaleb(exponent_of(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{text} is finer than a minor unit of {currency}.")
    return Money(int(minor), currency)


def round_fraction(value: Fraction, mode: Rounding = Rounding.HALF_EVEN) -> int:
    """Return the whole number `value` becomes under `mode`; DOWN is towards zero, UP away."""
    return round_ratio(value.numerator, value.denominator, mode)


def round_ratio(numerator: int, denominator: int, mode: Rounding = Rounding.HALF_EVEN) -> int:
    """Return `numerator` / `denominator` (positive, in any terms) as `round_fraction` rounds it."""
    whole, rest = divmod(abs(numerator), denominator)
    if rest and _goes_up(whole, 2 * rest - denominator, mode):
        whole += 1
    return whole if numerator >= 0 else -whole


def _goes_up(whole: int, beyond_half: int, mode: Rounding) -> bool:
    """Tell whether a fraction above `whole`, so far beyond one half, becomes the next number."""
    if mode == Rounding.HALF_EVEN:
        return beyond_half > 0 or (beyond_half == 0 and whole % 2 == 1)
    return mode == Rounding.UP or (mode == Rounding.HALF_UP and beyond_half >= 0)


def micros_to_minor(
    micros: Fraction | int, currency: str, mode: Rounding = Rounding.HALF_EVEN
) -> int:
    """Turn millionths of a major unit into minor units of `currency`, rounding once by `mode`."""
    return round_fraction(Fraction(micros) * 10 ** exponent_of(currency) / MICROS, mode)


def decimal_to_micros(amount: Decimal) -> int:
    """Return `amount` (major units) as millionths; raise ValueError when it is finer than that."""
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount.")
    micros = amount.scaleb(6)
    if micros != micros.to_integral_value():
        raise ValueError(f"{amount} has more than six decimals.")
    return int(micros)


def micros_to_decimal(micros: int) -> Decimal:
    """Return millionths as an exact decimal of major units, without trailing zeros beyond two."""
    exact = Decimal(micros).scaleb(-6)
    trimmed = exact.normalize()
    return trimmed if -int(trimmed.as_tuple().exponent) >= 2 else exact.quantize(Decimal("0.01"))
