"""A bank's statement as we need it: which money left the account, which came back, and for which payments."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from app.kernel.money import Money
from app.payouts.files.answers import Answer, Named, Verdict, Whole

Direction = Literal["out", "back"]

_OURS: Final = re.compile(r"\b([0-9a-f]{32})\b|\b(LRL-\d{8}-\d{3,}-[0-9a-f]{8})\b", re.IGNORECASE)
"""References as we write them: of a payment, and of a whole file."""


@dataclass(frozen=True, slots=True)
class Booking:
    """Money that left the account, or came back to it: for single payments, or for a whole file."""

    on: date
    direction: Direction
    money: Money
    references: tuple[str, ...] = ()
    message_id: str = ""
    bank_reference: str = ""
    reason: str = ""

    @property
    def names_us(self) -> bool:
        """Whether it names something that only we write."""
        return any(_OURS.search(text) for text in (*self.references, self.message_id))


@dataclass(frozen=True, slots=True)
class Statement:
    """What one statement says; `iban` is empty where it does not name its account."""

    kind: str
    first_on: date
    last_on: date
    bookings: tuple[Booking, ...]
    iban: str = ""


def named_in(text: str) -> tuple[tuple[str, ...], str]:
    """Return the references of payments, and of a file, that stand somewhere in a text."""
    found = _OURS.findall(text)
    files = [message for _, message in found if message]
    return tuple(one.lower() for one, _ in found if one), files[0].upper() if files else ""


def marks(bookings: Iterable[Booking]) -> list[str]:
    """Return what each booking is known by when another statement shows it again.

    Two bookings that look the same on one statement are two, each of its own mark.
    """
    seen: Counter[str] = Counter()
    found = []
    for one in bookings:
        told = "\x1f".join(
            (
                one.on.isoformat(), one.direction, str(one.money), *sorted(one.references),
                one.message_id, one.bank_reference,
            )
        )  # fmt: skip
        seen[told] += 1
        found.append(hashlib.sha256(f"{told}\x1f{seen[told]}".encode()).hexdigest())
    return found


def answer_of(kind: str, bookings: Sequence[Booking]) -> Answer:
    """Return what bookings mean for our payments."""
    named, wholes = [], []
    for one in bookings:
        verdict = Verdict(
            "settled" if one.direction == "out" else "returned",
            one.reason,
            money=one.money if len(one.references) < 2 else None,
            on=one.on,
        )
        named += [Named(reference, verdict) for reference in one.references]
        if not one.references and one.message_id:
            wholes.append(Whole(one.message_id, verdict))
    return Answer(kind, tuple(wholes), tuple(named))
