"""The life of a bank account, as values: what may follow what, and whose name it bears."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from app.providers.contract import Match

Kind = Literal["iban", "ifsc", "id_bank", "us_ach"]
Change = Literal["added", "matched", "confirmed", "refused", "primary", "removed"]

CURRENCY: Final[Mapping[Kind, str]] = {
    "iban": "EUR",
    "ifsc": "INR",
    "id_bank": "IDR",
    "us_ach": "USD",
}
"""What an account of a kind is paid in: SEPA, NEFT and IMPS, BI-FAST, ACH know one currency each."""

CHECKS_A_DAY: Final = 3
DAY: Final = timedelta(hours=24)
HOLD_AT_LEAST: Final = 24
HOLD_AT_MOST: Final = 72
HOLD_HOURS: Final = 24
PATIENCE: Final = timedelta(minutes=2)
"""How long a check may take before another worker asks again."""
PAUSES: Final = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)


class State(StrEnum):
    """Where a bank account stands."""

    NEW = "new"
    CHECKING = "checking"
    REVIEW = "review"
    MATCHED = "matched"
    ACTIVE = "active"
    REFUSED = "refused"
    REMOVED = "removed"


FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    State.NEW: frozenset({State.CHECKING, State.REMOVED}),
    State.CHECKING: frozenset({State.MATCHED, State.REVIEW, State.REFUSED, State.REMOVED}),
    State.REVIEW: frozenset({State.MATCHED, State.REFUSED, State.REMOVED}),
    State.MATCHED: frozenset({State.ACTIVE, State.REFUSED, State.REMOVED}),
    State.ACTIVE: frozenset({State.REFUSED, State.REMOVED}),
    State.REFUSED: frozenset({State.CHECKING, State.REMOVED}),
    State.REMOVED: frozenset(),
}
"""What may follow what. Nothing makes an account active but its owner, after a check.

A bank may take back what it said: then an account is refused that was good before.
"""


def may_follow(before: State, after: State) -> bool:
    """Whether an account may go from `before` to `after`."""
    return after in FOLLOWS[before]


def is_usable(state: str, usable_from: datetime | None, now: datetime) -> bool:
    """Whether money may be sent: confirmed, and the days after the change are over."""
    return state == State.ACTIVE and usable_from is not None and usable_from <= now


def pause_after(tries: int) -> timedelta:
    """Return how long to wait when a bank has not answered for the `tries`-th time."""
    return PAUSES[min(tries, len(PAUSES)) - 1]


def judge(bank: Match, house: Match) -> State:
    """Return what becomes of an account from what the bank and the house say about its name.

    A name the bank does not know is refused. A person decides where either of them is not sure: the
    holder as entered may be the bank's, and still not be who is paid.
    """
    if bank == "no_match":
        return State.REFUSED
    if bank == "close" or house != "match":
        return State.REVIEW
    return State.MATCHED


def match_names(one: str, other: str) -> Match:
    """Return how two names of a person agree: the order of the words, accents and case mean nothing.

    "close": a middle name more, an initial for a name, or one slip of the pen.
    """
    first, second = _words(one), _words(other)
    if not first or not second:
        return "no_match"
    if sorted(first) == sorted(second) or "".join(first) == "".join(second):
        return "match"
    shorter, longer = sorted((first, second), key=len)
    rest = list(longer)
    for word in sorted(shorter, key=len, reverse=True):
        found = next((known for known in rest if _is_like(word, known)), None)
        if found is None:
            return "no_match"
        rest.remove(found)
    is_whole = any(len(word) > 1 and word in longer for word in shorter)
    return "close" if is_whole and len(shorter) > 1 else "no_match"


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return kept.split()


def _is_like(word: str, known: str) -> bool:
    if word == known or (len(word) == 1 and known.startswith(word)):
        return True
    if len(known) == 1:
        return word.startswith(known)
    return min(len(word), len(known)) > 3 and _is_one_slip(word, known)


def _is_one_slip(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = one[start : start + 2] == other[start : start + 2][::-1]
    return one[start + 1 :] == other[start + 1 :] or (
        swapped and one[start + 2 :] == other[start + 2 :]
    )


_BETWEEN: Final = " .,'\N{RIGHT SINGLE QUOTATION MARK}-&/()"


def is_name(text: str) -> bool:
    """Whether a bank could have written this over an account: letters, and what stands between them."""
    return any(c.isalpha() for c in text) and all(
        unicodedata.category(c)[0] in "LM" or c.isdigit() or c in _BETWEEN for c in text
    )
