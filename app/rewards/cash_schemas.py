"""Shapes of paying out to a bank, in and out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.destinations.schemas import AccountOut
from app.http.principal import Role
from app.http.shapes import Currency, MoneyIn, MoneyShape, Name, Shape, View
from app.providers.bank_reasons import Meaning
from app.rewards.cash import Method
from app.rewards.cash_core import PPM, Fee, Obstacle
from app.rewards.core import State
from app.rewards.schemas import Country, MoveOut, PositiveMoney

Percent = Annotated[str, StringConstraints(pattern=r"^\d{1,2}(\.\d{1,4})?$")]
Provider = Literal["file", "manual", "razorpayx", "xendit"]


class MethodIn(Shape):
    """A way of paying out."""

    name: Name
    provider: Provider
    currency: Currency
    country: Country | None = None
    role: Role | None = None
    least: PositiveMoney
    most: PositiveMoney | None = None
    fee: MoneyIn
    fee_percent: Percent = "0"
    is_instant: bool
    arrives_hours: Annotated[int, Field(ge=0, le=720)]
    active: bool = True

    @model_validator(mode="after")
    def _fits(self) -> MethodIn:
        given = [self.least, self.fee, *([self.most] if self.most else [])]
        if any(money.currency != self.currency for money in given):
            raise PydanticCustomError("one_currency", "Every amount must be in the one currency.")
        if self.most and self.most.money.minor < self.least.money.minor:
            raise PydanticCustomError("most_below_least", "The most is less than the least.")
        if self.fee.money.minor < 0 or self.ppm > PPM // 2:
            raise PydanticCustomError("fee_too_high", "The fee is at most half of the amount.")
        return self

    @property
    def ppm(self) -> int:
        """The share of the amount, in millionths."""
        return int(Decimal(self.fee_percent) * PPM / 100)

    @property
    def method(self) -> Method:
        """The same as a value."""
        return Method(
            name=self.name,
            provider=self.provider,
            currency=self.currency,
            least=self.least.money.minor,
            most=self.most.money.minor if self.most else None,
            fee=Fee(self.fee.money.minor, self.ppm),
            is_instant=self.is_instant,
            arrives_hours=self.arrives_hours,
            country=self.country,
            role=self.role,
            active=self.active,
        )


class MethodOut(View):
    """A way of paying out, as the console sees it."""

    id: UUID
    name: str
    provider: str
    currency: str
    country: str | None
    role: str | None
    least: MoneyShape
    most: MoneyShape | None
    fee: MoneyShape
    fee_percent: str
    is_instant: bool
    arrives_hours: int
    active: bool


class MethodsOut(View):
    """The ways of paying out, and through whom there could be."""

    items: list[MethodOut]
    providers: list[str]


class OptionsQuery(Shape):
    """How much is to be paid out; everything, when nothing is said."""

    currency: Currency
    amount: Annotated[str | None, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,6})?$")] = None


class OptionOut(View):
    """One way, for one amount. `prize` is what of it was won in contests, `prize_withheld` the tax on that."""

    method_id: UUID
    name: str
    is_instant: bool
    arrives_hours: int
    least: MoneyShape
    most: MoneyShape | None
    gross: MoneyShape
    fee: MoneyShape
    withheld: MoneyShape
    prize: MoneyShape
    prize_withheld: MoneyShape
    net: MoneyShape
    obstacle: Obstacle | None
    accounts: list[AccountOut]
    ready: list[UUID]


class OptionsOut(View):
    """Everything that can be done with what there is in one currency, side by side."""

    available: MoneyShape
    options: list[OptionOut]
    gift_cards: int


class PayIn(Shape):
    """A pay-out: so much, this way, to that account; `net` is what was shown to arrive."""

    method_id: UUID
    account_id: UUID
    amount: PositiveMoney
    net: PositiveMoney


class PayoutOut(View):
    """A pay-out, and where it stands. `prize` is what of it was won, `prize_withheld` the tax on that.

    `reason` is the code of whoever stopped it, `meaning` what that code means; null for one we do not know.
    """

    id: UUID
    state: State
    name: str
    gross: MoneyShape
    fee: MoneyShape
    withheld: MoneyShape
    prize: MoneyShape
    prize_withheld: MoneyShape
    net: MoneyShape
    account_id: UUID
    account: str
    is_instant: bool
    arrives_by: datetime
    created_at: datetime
    updated_at: datetime
    reason: str | None
    meaning: Meaning | None
    moves: list[MoveOut]


class PayoutsOut(View):
    """A person's pay-outs."""

    items: list[PayoutOut]
