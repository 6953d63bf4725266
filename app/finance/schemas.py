"""The shapes of finance."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.http.shapes import Currency, MoneyIn, MoneyShape, Name, Shape, Text, View
from app.ledger.core import AccountKind

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Month = Annotated[str, StringConstraints(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]
Percent = Annotated[str, StringConstraints(pattern=r"^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)$")]


class SumsOut(View):
    """What a month came to in one currency."""

    earned: MoneyShape
    corrections: MoneyShape
    prizes: MoneyShape
    closing: MoneyShape


class FrozenMonthOut(View):
    """A month that was frozen."""

    id: UUID
    first_on: date
    last_on: date
    frozen_at: datetime
    sha256: str
    currencies: list[SumsOut]


class FrozenMonthsOut(View):
    """The frozen months of a person, the newest first."""

    items: list[FrozenMonthOut]


class SignedOut(View):
    """A signed document: `body` is the exact text whose hash was signed."""

    body: str
    document: dict[str, Any]
    sha256: str
    signature: str
    public_key: str


class PeriodQuery(Shape):
    """Days from the first to the last, both included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise PydanticCustomError("days_reversed", "The last day lies before the first.")
        return self


class FreezeIn(Shape):
    """A month to be frozen: 2026-10."""

    month: Month


class UnopenedOut(View):
    """Vouchers that nobody has looked at."""

    count: int
    total: MoneyShape
    ending: MoneyShape
    ended: MoneyShape


class LiabilityOut(View):
    """What is owed in one currency."""

    currency: str
    owed: MoneyShape
    earned: MoneyShape
    available: MoneyShape
    reserved: MoneyShape
    overpaid: MoneyShape
    with_providers: MoneyShape
    tax_withheld: MoneyShape
    resting: MoneyShape
    dormant: MoneyShape
    unopened: UnopenedOut | None


class LiabilitiesOut(View):
    """What is owed now, by currency."""

    as_of: datetime
    items: list[LiabilityOut]


class AccountNameShape(Shape):
    """How accounting calls a kind of account."""

    kind: AccountKind
    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.\-/]{1,20}$")]
    name: Name


class AccountNamesShape(Shape):
    """How accounting calls our accounts."""

    items: Annotated[list[AccountNameShape], Field(max_length=50)]


class AccountNameOut(View):
    """How accounting calls a kind of account."""

    kind: str
    code: str
    name: str
    is_standard: bool


class AccountNamesOut(View):
    """How accounting calls our accounts."""

    items: list[AccountNameOut]


class AccountTotalOut(View):
    """What one account was debited and credited."""

    account: AccountNameOut
    debit: MoneyShape
    credit: MoneyShape


class JournalOut(View):
    """What a period brought to every account."""

    first: date
    last: date
    lines: int
    totals: list[AccountTotalOut]


class TaxRuleIn(Shape):
    """What a country demands from a day on. `year_starts`: 0 when each payment stands for itself."""

    country: Country
    income: Literal["earnings", "draw_prize"] = "earnings"
    from_on: date
    threshold: MoneyIn
    percent: Percent
    basis: Literal["excess", "whole"] = "excess"
    year_starts: Annotated[int, Field(ge=0, le=12)] = 1
    note: Text = ""


class TaxRuleOut(View):
    """A rule, and whether it is the one in force."""

    id: UUID
    country: str
    currency: Currency
    income: str
    from_on: date
    threshold: MoneyShape
    percent: str
    basis: str
    year_starts: int
    note: str
    state: Literal["in_force", "coming", "replaced"]


class TaxRulesOut(View):
    """All rules, by country; what replaced which can be read from their days."""

    items: list[TaxRuleOut]


class TaxQuery(Shape):
    """An amount to try the rules with."""

    country: Country
    amount: Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,6})?$")]
    currency: Currency
    income: Literal["earnings", "draw_prize"] = "earnings"
    on: date | None = None


class NetOut(View):
    """What would arrive, and why."""

    gross: MoneyShape
    withheld: MoneyShape
    net: MoneyShape
    steps: list[dict[str, Any]]
