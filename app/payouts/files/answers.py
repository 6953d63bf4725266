"""What a bank says of a file: one verdict for the whole of it, and one for each payment it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from app.kernel.money import Money

Outcome = Literal["accepted", "settled", "refused", "returned"]
"""Taken in; paid; never paid; paid and come back."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one payment; `reason` is the bank's code (ISO external codes where there are)."""

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


REASONS: Final = {
    "AC01": "The account number is wrong.",
    "AC04": "The account is closed.",
    "AC06": "The account is blocked.",
    "AG01": "Payments to this account are not allowed.",
    "AM01": "The amount is zero.",
    "AM02": "The amount is not allowed.",
    "AM04": "There was not enough money on the paying account.",
    "AM05": "The bank took it for a duplicate.",
    "AM18": "The number of payments in the file is wrong.",
    "BE04": "The address of the person is missing.",
    "BE05": "The bank does not know the paying company.",
    "CNOR": "The bank of the person cannot be reached.",
    "DUPL": "The bank took it for a duplicate.",
    "FF01": "The file was not written as the bank expects.",
    "MD07": "The person has died.",
    "MS02": "The person refused it.",
    "MS03": "The bank gave no reason.",
    "NARR": "The bank explains it in words.",
    "R02": "The account is closed.",
    "R03": "There is no such account, or it is somebody else's.",
    "R04": "The account number is wrong.",
    "R06": "Our bank asked for it back.",
    "R14": "The person who holds the account for another has died.",
    "R15": "The person has died.",
    "R16": "The account is blocked.",
    "R17": "The bank could not read what the entry says.",
    "R20": "The account takes no transfers.",
    "R23": "The person refused it.",
    "R24": "The bank took it for a duplicate.",
    "RC01": "The bank code is wrong.",
    "RR03": "Name or address of the person is missing.",
    "RR04": "The bank refused it by its rules.",
    "TM01": "The file came after the bank's closing time.",
}
"""What the common reason codes mean (ISO 20022 external code sets; Nacha return codes of credits)."""
