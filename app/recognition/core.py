"""Badges: what they are for, and when one is won, kept, lost or won again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

Code = Literal["first_sale", "target_reached"]
What = Literal["won", "revoked", "won_again", "moved"]

CODES: Final[tuple[Code, ...]] = ("first_sale", "target_reached")
CORRECTION: Final = "correction"
"""The reason of every revocation: what the badge was won by no longer counts."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a badge was won by, and when that happened."""

    kind: str
    id: UUID
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A badge as it stands."""

    cause: Cause
    is_revoked: bool


def decide(held: Held | None, cause: Cause | None) -> What | None:
    """Return what happens to a badge whose cause is now `cause` (None: there is none any more).

    A badge is won once. While there is a cause it stays, even when the first one is corrected away: then
    it is won by the next. Without a cause it is revoked; won again, it keeps the date it was first won.
    """
    if held is None:
        return None if cause is None else "won"
    if cause is None:
        return None if held.is_revoked else "revoked"
    if held.is_revoked:
        return "won_again"
    return None if held.cause.id == cause.id else "moved"
