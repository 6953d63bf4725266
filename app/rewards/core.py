"""The life of a redemption, as values: which states there are and what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
            State.RESERVED,
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
    State.MANUAL: frozenset(
        {State.MANUAL, State.SENDING, State.ACCEPTED, State.SETTLED, State.REFUSED}
    ),
    State.SETTLED: frozenset({State.CAPTURED}),
    State.REFUSED: frozenset({State.VOIDED}),
    State.CAPTURED: frozenset({State.RETURNED}),
    State.VOIDED: frozenset(),
    State.RETURNED: frozenset(),
}
"""What may follow what. Nothing leads from "unknown" to "voided": money is never given back on a guess."""

LIVE: Final = (State.RESERVED, State.SENDING, State.ACCEPTED, State.UNKNOWN, State.MANUAL)
"""States in which the provider's answer is still to come."""

STUCK: Final = (State.UNKNOWN, State.MANUAL)
"""States in which the desk is asked, or waits with us."""

DECIDED: Final = (State.SETTLED, State.REFUSED)
"""States in which the answer is known and the books do not have it yet."""

GIVEN_BACK: Final = (State.REFUSED, State.VOIDED, State.RETURNED)
"""States in which a person has their money again, or is about to."""

BACK_IN_BOOKS: Final = (State.VOIDED, State.RETURNED)
"""States in which the books have given it back, under the lock of the person's balance."""

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
UNHEARD: Final = 20
"""After so many calls of which nobody came back with an answer, a person looks."""

OF_KIND: Final[Mapping[str, str]] = {"gift_card": "code_vault", "experience": "manual"}
"""Who delivers a kind of reward when nothing else is said."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What an attempt has behind it when somebody is about to call."""

    is_ready: bool
    first_sent_at: datetime | None
    sent_at: datetime | None
    misses: int
    has_reference: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What a provider promises about an order that is sent again."""

    replay: str
    resend_until: timedelta | None
    consistency: timedelta


def may_follow(before: State, after: State) -> bool:
    """Whether a redemption may go from `before` to `after`."""
    return after in FOLLOWS[before]


def pause_after(lookups: int) -> timedelta:
    """Return how long to wait after the `lookups`-th time nobody knew."""
    return BACKOFF[min(lookups, len(BACKOFF)) - 1]


def may_send(tried: Tried, policy: Policy, now: datetime) -> bool:
    """Whether an order may leave now; if not, it is looked up.

    It may leave when it never left, or when "not found" can be believed: the provider had its time and
    said so twice. What was refused because of our account alone goes again without a lookup only where
    the same key is the same order, and is still remembered. What the provider has accepted never goes
    again.
    """
    if tried.first_sent_at is None or tried.sent_at is None:
        return True
    if tried.has_reference:
        return False
    if tried.misses >= SURE_AFTER_LOOKUPS and now >= tried.sent_at + policy.consistency:
        return True
    until = policy.resend_until
    is_remembered = until is None or now - tried.first_sent_at < until
    return tried.is_ready and policy.replay == "same_key" and is_remembered
