"""Strict JSON: no NaN, no duplicate names, no lone surrogates, no NUL, integers of 64 bits, bounded depth."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any, Final

import orjson

from app.kernel.errors import AppError

MAX_DEPTH = 64


class MalformedJson(AppError):
    """The body is not JSON as we accept it."""

    code = "malformed_json"
    status = 400
    title = "This is not valid JSON"


def loads(raw: bytes, name: str = "body") -> Any:
    """Read `raw` strictly; numbers with a fraction become Decimal. Raise MalformedJson otherwise.

    `name`: what it is to whoever sent it.
    """
    if b"\\u0000" in raw:
        raise MalformedJson("Text may not contain the character U+0000.")
    try:
        orjson.loads(
            raw
        )  # refuses what the RFC refuses: NaN, bad escapes, bad UTF-8, trailing text
        document = _DECODER.decode(raw.decode())
    except RecursionError:
        raise MalformedJson(f"The {name} is nested too deeply.") from None
    except ValueError as error:
        raise MalformedJson(f"The {name} could not be read: {_first_line(error)}.") from None
    # What opens few brackets cannot be deep.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _deeper_than(document, MAX_DEPTH):
        raise MalformedJson(f"The {name} is nested too deeply.")
    return document


def dumps_canonical(value: Any) -> bytes:
    """Return the one byte string for `value`: sorted names, no spaces (as RFC 8785 for our values)."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str)


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        twice = next(
            name for name, count in Counter(name for name, _ in pairs).items() if count > 1
        )
        raise ValueError(f"the name {twice[:40]} appears twice in one object")
    return names


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise ValueError(f"the number {text[:40]} is out of range")
    return number


def _bounded(text: str) -> int:
    if len(text) > 40:
        raise ValueError("a number is too long")
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"the number {text} does not fit 64 bits")
    return number


def _deeper_than(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _first_line(error: ValueError) -> str:
    return str(error).splitlines()[0].rstrip(".")[:120]


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_names, parse_float=_finite, parse_int=_bounded
)
