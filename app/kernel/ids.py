"""Identifiers: UUID version 7, so that new rows land at the end of an index."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a fresh time-ordered UUID (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (random >> 62) << 64
    value |= 0b10 << 62
    value |= random & ((1 << 62) - 1)
    return UUID(int=value)


def new_secret(bytes_of_entropy: int = 32) -> str:
    """Return a random token, safe in URLs, with at least `bytes_of_entropy` bytes of entropy."""
    return secrets.token_urlsafe(bytes_of_entropy)
