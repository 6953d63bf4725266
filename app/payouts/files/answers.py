"""What a bank says of a file: one verdict for the whole of it, and one for each payment it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.kernel.money import Money

Outcome = Literal["accepted", "settled", "refused", "returned"]
"""Taken in; paid; never paid; paid and come back."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one payment; `reason` is the bank's code as it came."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    money: Money | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A verdict on the payment with this reference: ours, or the part of it the bank had room for."""

    reference: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Whole:
    """A verdict on every payment of a file that is not named apart."""

    message_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What one file of a bank says."""

    kind: str
    wholes: tuple[Whole, ...] = ()
    named: tuple[Named, ...] = ()
