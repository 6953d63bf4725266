"""Exact numbers: decimal strings in documents, fractions while computing, never a float."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

MAX_INTEGER_DIGITS: Final = 15
MAX_DECIMALS: Final = 6
PLAIN_NUMBER: Final = rf"-?[0-9]{{1,{MAX_INTEGER_DIGITS}}}(\.[0-9]{{1,{MAX_DECIMALS}}})?"
_SHOWN_DECIMALS: Final = 6
_SHOWN_SCALE: Final = 10**_SHOWN_DECIMALS

Exactly = int | Decimal | Fraction
"""What callers may hand in wherever a measured value is meant."""


def read_number(value: Any) -> Decimal:
    """Read a whole number or a plain decimal string exactly; raise ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError('Write the number as text, such as "0.05".')  # noqa: TRY004 - pydantic's protocol
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if re.fullmatch(PLAIN_NUMBER, text) is None:
        raise ValueError(
            f'Write a plain number such as "12.50", with at most {MAX_INTEGER_DIGITS} digits '
            f"before and {MAX_DECIMALS} after the point."
        )
    return Decimal(text)


def _bounded(low: Decimal | None, *, above: bool) -> Any:
    def check(value: Any) -> Decimal:
        number = read_number(value)
        if low is not None and (number < low or (above and number == low)):
            raise ValueError(f"Must be {'more than' if above else 'at least'} {low}.")
        return number

    return check


def _as_text(number: Decimal) -> str:
    return format(number, "f")


_SCHEMA = WithJsonSchema({"type": "string", "pattern": f"^{PLAIN_NUMBER}$", "examples": ["12.50"]})
_TEXT = PlainSerializer(_as_text, return_type=str)

Number = Annotated[Decimal, BeforeValidator(_bounded(None, above=False)), _TEXT, _SCHEMA]
Positive = Annotated[Decimal, BeforeValidator(_bounded(Decimal(0), above=True)), _TEXT, _SCHEMA]
NotNegative = Annotated[Decimal, BeforeValidator(_bounded(Decimal(0), above=False)), _TEXT, _SCHEMA]


def decimal_text(value: Exactly) -> str:
    """Write `value` as a plain decimal; what has no finite one is shown to six places."""
    fraction = value if type(value) is Fraction else Fraction(value)
    return ratio_text(fraction.numerator, fraction.denominator)


def ratio_text(numerator: int, denominator: int) -> str:
    """Write `numerator` / `denominator` as `decimal_text` does; the denominator is positive."""
    if denominator == 1:
        return str(numerator)
    width = _SHOWN_DECIMALS
    if _SHOWN_SCALE % denominator == 0:
        scaled = numerator * (_SHOWN_SCALE // denominator)
    else:
        width, scaled = _scaled(Fraction(numerator, denominator))
    digits = f"{abs(scaled):0{width + 1}d}"
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-width]}.{digits[-width:]}".rstrip("0").rstrip(".")


def _scaled(fraction: Fraction) -> tuple[int, int]:
    """Return how many decimals to show of `fraction`, and the fraction in units of the last."""
    places = _places(fraction.denominator)
    if places is None:
        return _SHOWN_DECIMALS, round(fraction * _SHOWN_SCALE)
    return places, fraction.numerator * 10**places // fraction.denominator


def _places(denominator: int) -> int | None:
    """Return how many decimals a fraction needs, None when no number is enough."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None
