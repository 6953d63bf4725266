"""Reading what a provider says: no value is believed before it has the shape it should have.

Vendors are loose with types (7, 7.0, "7"); we are loose about the type and strict about the value.
Everything here raises BadReply, which an adapter turns into Unknown.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.kernel.money import Money, exponent_of
from app.providers.wire import BadReply


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise BadReply("An object was expected.")
    return value


def at(document: Any, *path: str) -> Any:
    """Return the value at the end of `path`, None where it ends early."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def rows(value: Any) -> Sequence[Mapping[str, Any]]:
    """Return a list of objects."""
    if not isinstance(value, list):
        raise BadReply("A list was expected.")
    return [mapping(row) for row in value]


def text(document: Any, *path: str) -> str:
    """Return a text that is there and not empty; a whole number counts as one."""
    value = at(document, *path)
    if type(value) is int:
        return str(value)
    if not isinstance(value, str) or not value:
        raise BadReply(f"{'.'.join(path)} should be a text.")
    return value


def decimal(document: Any, *path: str) -> Decimal:
    """Return an exact number, however it is written."""
    value = at(document, *path)
    try:
        if type(value) in (int, str, Decimal):
            number = Decimal(value)
            if number.is_finite():
                return number
    except InvalidOperation:
        pass
    raise BadReply(f"{'.'.join(path)} should be a number.")


def whole(document: Any, *path: str) -> int:
    """Return a whole number."""
    number = decimal(document, *path)
    if number != number.to_integral_value():
        raise BadReply(f"{'.'.join(path)} should be a whole number.")
    return int(number)


def in_minor(document: Any, currency: str, *path: str) -> Money:
    """Return an amount that is given in minor units."""
    return _money(whole(document, *path), currency)


def in_major(document: Any, currency: str, *path: str) -> Money:
    """Return an amount that is given in major units, with or without decimals."""
    minor = decimal(document, *path).scaleb(exponent_of(currency))
    if minor != minor.to_integral_value():
        raise BadReply(f"{'.'.join(path)} is finer than a minor unit.")
    return _money(int(minor), currency)


def _money(minor: int, currency: str) -> Money:
    try:
        return Money(minor, currency)
    except ValueError:
        raise BadReply("The amount is beyond all bounds.") from None


def instant(document: Any, *path: str) -> datetime:
    """Return a time given in ISO 8601 with a zone, or in seconds since 1970."""
    value = at(document, *path)
    try:
        if isinstance(value, str) and not value.isdigit():
            parsed = datetime.fromisoformat(value)
            if parsed.tzinfo is not None:
                return parsed
        elif type(value) in (int, str):
            return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise BadReply(f"{'.'.join(path)} should be a time.")


def is_signed(signature: str, expected: bytes) -> bool:
    """Whether a hexadecimal signature, in either case, is the one expected; takes the same time always."""
    try:
        given = bytes.fromhex(signature)
    except ValueError:
        return False
    return hmac.compare_digest(given, expected)
