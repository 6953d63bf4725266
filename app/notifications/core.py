"""Messages and nudges: what is near enough to say, and when somebody may be spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from fractions import Fraction
from typing import Final, Literal
from zoneinfo import ZoneInfo

Kind = Literal["earning", "badge", "nudge", "result", "reply", "redemption"]
NudgeKind = Literal["next_tier", "share_place", "code_expires", "code_expires_mail"]

NUDGES: Final[tuple[NudgeKind, ...]] = (
    "next_tier",
    "share_place",
    "code_expires",
    "code_expires_mail",
)
QUIET_FROM: Final = time(20)
QUIET_TO: Final = time(8)

FEW: Final = 3
"""So many more things are near enough to say."""
NEAR: Final = Fraction(1, 10)
"""So much more of an amount, of the whole way, is near enough to say."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person wishes: nudges that are silent, and the hours in which nobody speaks."""

    muted: frozenset[str] = frozenset()
    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO

    def is_quiet_at(self, now: datetime, zone: str) -> bool:
        """Tell whether nobody speaks at `now` to somebody who lives in `zone`."""
        return is_quiet(self, now.astimezone(ZoneInfo(zone)))


def may_nudge(kind: NudgeKind, settings: Settings, now: datetime, zone: str) -> bool:
    """Tell whether `kind` may be said at `now` to somebody who lives in `zone`."""
    return kind not in settings.muted and not settings.is_quiet_at(now, zone)


def is_quiet(settings: Settings, local: datetime) -> bool:
    """Tell whether the clock on the wall says to be quiet; equal ends mean never.

    The wall decides, so a change of clocks moves nothing: quiet until 8 is until 8.
    """
    at, start, end = local.time(), settings.quiet_from, settings.quiet_to
    if start <= end:
        return start <= at < end
    return at >= start or at < end


def is_near(distance: Fraction, whole: Fraction, *, is_money: bool) -> bool:
    """Tell whether `distance` more, of `whole` in all, is near enough to say."""
    if distance <= 0:
        return False
    return distance <= whole * NEAR if is_money else distance <= FEW
