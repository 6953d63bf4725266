"""Shapes of setting up an account with a provider."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.http.shapes import MoneyShape, Name, Shape, View
from app.kernel.money import Money
from app.providers.forms import Field as FormField
from app.providers.forms import Form
from app.rewards.finance_schemas import Value, Word

Secret = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]


class TrialIn(Shape):
    """What was typed so far."""

    provider: Word
    base_url: Annotated[str, StringConstraints(max_length=300)]
    settings: dict[Word, Value] = Field(default_factory=dict, max_length=40)
    secrets: dict[Word, Value] = Field(default_factory=dict, max_length=40)


class ChangeIn(Shape):
    """An account as it is to be; secrets that are left out stay as they are."""

    label: Name
    base_url: Annotated[str, StringConstraints(max_length=300)]
    settings: dict[Word, Value] = Field(default_factory=dict, max_length=40)
    secrets: dict[Word, Secret] = Field(default_factory=dict, max_length=40)


class TrialOut(View):
    """What a provider said when it was asked, with what it says we hold there."""

    outcome: Literal["reached", "turned_away", "silent", "odd"]
    detail: str
    balance: list[MoneyShape]
    is_low: bool


class FieldOut(View):
    """One thing to fill in."""

    name: str
    is_required: bool
    choices: list[str]

    @classmethod
    def of(cls, field: FormField) -> FieldOut:
        """Return a field as the console takes it."""
        return cls(name=field.name, is_required=field.is_required, choices=list(field.choices))


class FormOut(View):
    """What an account with one provider consists of."""

    provider: str
    addresses: list[str]
    settings: list[FieldOut]
    secrets: list[FieldOut]

    @classmethod
    def of(cls, provider: str, form: Form) -> FormOut:
        """Return a form as the console takes it."""
        return cls(
            provider=provider,
            addresses=list(dict.fromkeys(form.addresses)),
            settings=[FieldOut.of(field) for field in form.settings],
            secrets=[FieldOut.of(field) for field in form.secrets],
        )


class StandingOut(View):
    """How an account is set, what it still needs, and what it held when our books were last laid beside it.

    `secrets` are the names of those that are kept; their values leave the house for nobody.
    """

    id: UUID
    settings: dict[str, str]
    secrets: list[str]
    missing: list[str]
    balance: list[MoneyShape]
    balance_at: datetime | None
    is_low: bool


class SetupOut(View):
    """How accounts are set up, and how those that are stand."""

    forms: list[FormOut]
    accounts: list[StandingOut]


def money(balance: Mapping[str, int] | None) -> list[MoneyShape]:
    """Return a balance by currency."""
    held = sorted((balance or {}).items())
    return [MoneyShape.model_validate(Money(minor, currency)) for currency, minor in held]
