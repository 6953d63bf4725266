"""Pure values of intake: an activity ready to be written, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from app.kernel.money import MICROS


@dataclass(frozen=True, slots=True)
class FormulaCell:
    """A cell of a spreadsheet that holds a formula; its last result is shown, never used."""

    shown: str

    def __str__(self) -> str:
        return self.shown


Cell = str | Decimal | datetime | FormulaCell
"""One cell of a file: text, or what a spreadsheet knows to be a number or a time."""


class Outcome(StrEnum):
    """What became of one row or item. The first four add up to the rows of a file."""

    ACCEPTED = "accepted"
    FIXED = "fixed"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    UNCHANGED = "unchanged"


class Ready(NamedTuple):
    """One activity, clean and typed, as it is written. Amounts and units are in millionths."""

    external_id: str
    person_id: UUID | None
    occurred_at: datetime
    amount_micros: int = 0
    currency: str | None = None
    units_micros: int = MICROS
    kind: str = "sale"
    product: str | None = None
    product_group: str | None = None
    customer_reference: str | None = None
    source_status: str = "accepted"
    channel: str | None = None
    country: str | None = None
    attributes: str = "{}"
    is_void: bool = False
    replaces: str | None = None
    row_number: int | None = None
    claim_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was not simply accepted: a stable code, the column, and what a sentence needs."""

    code: str
    column: str | None = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one `Ready`: the current activity, and whether anything changed."""

    activity_id: UUID | None
    outcome: Outcome
    revision: int
    reason: Reason | None = None
