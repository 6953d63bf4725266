"""Keyset pages: a cursor is an opaque, versioned name of the last row seen."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.kernel.errors import Invalid, Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and where the next ones begin (None at the end)."""

    items: Sequence[T]
    next_cursor: str | None


def encode_cursor(*parts: str | int) -> str:
    """Return the opaque cursor for the sort key `parts`."""
    raw = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str, *shape: type) -> tuple[Any, ...]:
    """Return the sort key inside `cursor`; raise Invalid when it is not one of ours of that `shape`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = json.loads(raw)
    except (ValueError, binascii.Error):
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) != len(shape)
        or not all(type(part) is kind for part, kind in zip(parts, shape, strict=True))
        or any(isinstance(part, str) and "\x00" in part for part in parts)
    ):
        raise Invalid(
            "This page marker is not valid.",
            problems=[Problem("/cursor", "cursor", "Start again from the first page.")],
        )
    return tuple(parts)


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], tuple[str | int, ...]]) -> Page[T]:
    """Cut `rows` (fetched with limit + 1) to a page of `limit`, with the cursor of its last row."""
    if len(rows) <= limit:
        return Page(rows, None)
    kept = rows[:limit]
    return Page(kept, encode_cursor(*key(kept[-1])))
