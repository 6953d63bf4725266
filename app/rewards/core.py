"""The life of a redemption, as values: which states there are and what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a redemption stands."""

    RESERVED = "reserved"
    SENDING = "sending"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    REFUSED = "refused"
    CAPTURED = "captured"
    VOIDED = "voided"
    RETURNED = "returned"
    MANUAL = "manual"


FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    State.RESERVED: frozenset({State.SENDING, State.MANUAL}),
    State.SENDING: frozenset(
        {
            State.SENDING,
            State.ACCEPTED,
            State.UNKNOWN,
            State.SETTLED,
            State.REFUSED,
            State.MANUAL,
        }
    ),
    State.ACCEPTED: frozenset(
        {State.ACCEPTED, State.UNKNOWN, State.SETTLED, State.REFUSED, State.MANUAL}
    ),
    State.UNKNOWN: frozenset(
        {
            State.UNKNOWN,
            State.SENDING,
            State.ACCEPTED,
            State.SETTLED,
            State.REFUSED,
            State.MANUAL,
        }
    ),
    State.MANUAL: frozenset({State.SENDING, State.ACCEPTED, State.SETTLED, State.REFUSED}),
    State.SETTLED: frozenset({State.CAPTURED}),
    State.REFUSED: frozenset({State.VOIDED}),
    State.CAPTURED: frozenset({State.RETURNED}),
    State.VOIDED: frozenset(),
    State.RETURNED: frozenset(),
}
"""What may follow what. Nothing leads from "unknown" to "voided": money is never given back on a guess."""

LIVE: Final = (State.RESERVED, State.SENDING, State.ACCEPTED, State.UNKNOWN, State.MANUAL)
"""States in which the provider's answer is still to come."""

DECIDED: Final = (State.SETTLED, State.REFUSED)
"""States in which the answer is known and the books do not have it yet."""

BACKOFF: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
GIVE_UP_AFTER: Final = timedelta(hours=24)
LOOK_AGAIN: Final = timedelta(hours=1)
SURE_AFTER_LOOKUPS: Final = 2


def may_follow(before: State, after: State) -> bool:
    """Whether a redemption may go from `before` to `after`."""
    return after in FOLLOWS[before]


def pause_after(lookups: int) -> timedelta:
    """Return how long to wait after the `lookups`-th time nobody knew."""
    return BACKOFF[min(lookups, len(BACKOFF)) - 1]


def may_send_again(
    *, sent_at: datetime, now: datetime, consistency: timedelta, misses: int
) -> bool:
    """Whether "not found" can be believed: the provider had its time, and said so twice."""
    return misses >= SURE_AFTER_LOOKUPS and now >= sent_at + consistency
