"""Mobile numbers: read as people write them, shown as their owners know them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""Some countries do not tell the two apart by the number."""
LONGEST: Final = 32


def read_number(typed: str) -> str | None:
    """Return a mobile number as E.164; None for what is none.

    It begins with + (or 00) and the prefix of its country, so that nobody has to guess which country.
    """
    written = typed.strip()
    try:
        number = phonenumbers.parse("+" + written[2:] if written.startswith("00") else written)
    except NumberParseException:
        return None
    is_good = (
        number.extension is None
        and phonenumbers.is_valid_number(number)
        and phonenumbers.number_type(number) in _MOBILE
    )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if is_good else None


def is_in(number: str, countries: Collection[str]) -> bool:
    """Whether a number (E.164) belongs to one of `countries` (ISO 3166); to any when none is named."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return not countries or region in countries


def spelled(number: str) -> str:
    """Return a number as its country groups it: +39 347 123 4567."""
    return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)


def mask_number(number: str) -> str:
    """Return a number of which only the country and the last three digits are to be read."""
    return f"+{phonenumbers.parse(number).country_code} … {number[-3:]}"
