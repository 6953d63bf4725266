"""An amount as people read it: the signs of their language, and points as a word instead of a code."""

from __future__ import annotations

from typing import Final

from babel import Locale
from babel.numbers import format_currency, format_decimal

from app.kernel.money import POINTS, Money

_POINTS: Final = {"it": ("punto", "punti"), "id": ("poin", "poin")}
_IN_ENGLISH_AND_FRENCH: Final = ("point", "points")


def written(money: Money, language: str, pattern: str | None = None) -> str:
    """Return `money` with its decimals, as in "€12.30" or "1,200 points"; blanks in it do not break.

    `pattern`: another form of the locale data (CLDR), for money proper.
    """
    if money.currency == POINTS:
        shown = f"{format_decimal(money.decimal, locale=language)} {_points(money.minor, language)}"
    else:
        shown = format_currency(money.decimal, money.currency, pattern, locale=language)
    return shown.replace("\u202f", "\u00a0").replace(" ", "\u00a0")


def _points(number: int, language: str) -> str:
    one, others = _POINTS.get(language, _IN_ENGLISH_AND_FRENCH)
    return one if Locale.parse(language).plural_form(abs(number)) == "one" else others
