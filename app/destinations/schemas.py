"""Shapes of bank accounts, in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.destinations.core import HOLD_AT_LEAST, HOLD_AT_MOST, State
from app.http.shapes import Name, Shape, Text, View

Part = Annotated[Text, StringConstraints(max_length=50)]
Kind = Literal["iban", "ifsc", "id_bank", "us_ach"]


class AccountFields(Shape):
    """The number as the bank gave it; which parts are needed depends on the kind."""

    iban: Part | None = None
    bic: Part | None = None
    ifsc: Part | None = None
    bank_code: Part | None = None
    routing: Part | None = None
    account: Part | None = None
    type: Part | None = None

    @property
    def given(self) -> dict[str, str]:
        """The parts that were given."""
        return self.model_dump(exclude_none=True)


class AccountIn(Shape):
    """A new account."""

    kind: Kind
    holder: Annotated[Name, StringConstraints(max_length=100)]
    fields: AccountFields


class AccountOut(View):
    """An account as its owner sees it: masked."""

    id: UUID
    kind: Kind
    country: str
    currency: str
    bank: str
    label: str
    state: State
    reason: str | None
    masked_name: str | None
    asked_bank: bool
    is_primary: bool
    added_at: datetime
    moved_at: datetime
    usable_from: datetime | None


class AccountsOut(View):
    """What a person has added, and what still may be done today."""

    items: list[AccountOut]
    kinds: list[Kind]
    holder: str
    checks_left: int
    hold_hours: int


class BankOut(View):
    """A bank to choose from."""

    code: str
    name: str
    lengths: list[int]


class BanksOut(View):
    """The banks of a country whose accounts are named by a bank code."""

    items: list[BankOut]


class ReviewOut(View):
    """An account whose names somebody has to compare."""

    id: UUID
    person_id: UUID
    person_name: str
    kind: Kind
    country: str
    bank: str
    label: str
    holder: str
    masked_name: str | None
    asked_bank: bool
    reason: str | None
    shared_with: int
    added_at: datetime
    moved_at: datetime


class ReviewsOut(View):
    """The accounts that wait, and how long a change is held."""

    items: list[ReviewOut]
    hold_hours: int


class DecideIn(Shape):
    """Whether the name is the person's, and why."""

    approve: bool
    reason: Annotated[Text, StringConstraints(min_length=1)]


class HoldIn(Shape):
    """For how many hours a newly confirmed account is not paid."""

    hold_hours: Annotated[int, Field(ge=HOLD_AT_LEAST, le=HOLD_AT_MOST)]


class HoldOut(View):
    """What the tenant decided."""

    hold_hours: int
