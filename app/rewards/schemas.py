"""Shapes of rewards, in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.http.shapes import Currency, MoneyIn, MoneyShape, Name, PageQuery, Shape, Text, View
from app.people.contacts import ToldBy
from app.rewards.core import State
from app.rewards.limits_core import Obstacle

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Art = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


def _positive(money: MoneyIn) -> MoneyIn:
    if money.money.minor <= 0:
        raise PydanticCustomError("not_positive", "The amount must be more than nothing.")
    return money


PositiveMoney = Annotated[MoneyIn, AfterValidator(_positive)]


class DenominationOut(View):
    """An amount of a reward, for somebody who wants to redeem."""

    money: MoneyShape
    in_stock: bool
    affordable: bool
    obstacle: Obstacle | None = None
    """Why the company does not let the asker order it now."""


class CatalogItem(View):
    """A reward, for somebody who wants to redeem."""

    id: UUID
    brand: str
    kind: Literal["gift_card", "experience"]
    country: str
    currency: str
    denominations: list[DenominationOut]
    hue: int
    art: str
    description: str
    delivery_code: Literal["instant", "arranged"]


class CatalogOut(View):
    """What can be spent, and on what."""

    available: list[MoneyShape]
    items: list[CatalogItem]


class RedeemIn(Shape):
    """One order."""

    reward_id: UUID
    amount: PositiveMoney
    wished_on: date | None = None
    note: Text = ""
    told_by: ToldBy = "app"


class RewardBrief(View):
    """A reward beside an order."""

    id: UUID
    brand: str
    kind: Literal["gift_card", "experience", "bank_transfer", "certificate"]
    description: str
    hue: int
    art: str
    delivery_code: Literal["instant", "arranged", "batched"]
    by_company: bool


class MoveOut(View):
    """One step of an order."""

    state: State
    reason: str
    at: datetime


class RedemptionOut(View):
    """An order, and where it stands."""

    id: UUID
    state: State
    reward: RewardBrief
    money: MoneyShape
    created_at: datetime
    updated_at: datetime
    wished_on: date | None
    note: str
    confirmed_on: date | None
    expires_on: date | None
    reason: str | None
    reveals: int
    revealed_at: datetime | None
    used_at: datetime | None
    moves: list[MoveOut]


class UsedIn(Shape):
    """Whether what was delivered has been used."""

    used: bool


class DeskRedemptionOut(RedemptionOut):
    """An order as the console sees it."""

    person_id: UUID
    person_name: str


class DeliveryOut(View):
    """What was delivered. Never stored or cached."""

    code: str
    pin: str | None
    expires_on: date | None
    url: str | None


class StockDenominationOut(View):
    """An amount of a reward, for those who look after the stock."""

    money: MoneyShape
    left: int | None
    low: bool


class RewardOut(View):
    """A reward as the console sees it."""

    id: UUID
    brand: str
    kind: Literal["gift_card", "experience"]
    country: str
    currency: str
    description: str
    hue: int
    art: str
    delivery_code: Literal["instant", "arranged"]
    low_stock_at: int
    active: bool
    denominations: list[StockDenominationOut]

    @model_validator(mode="before")
    @classmethod
    def _from_line(cls, line: Any) -> Any:
        if not hasattr(line, "reward"):
            return line
        names = set(cls.model_fields) - {"denominations"}
        copied = {name: getattr(line.reward, name) for name in names}
        return copied | {"denominations": list(line.denominations)}


class RewardIn(Shape):
    """A new reward."""

    brand: Name
    kind: Literal["gift_card", "experience"]
    country: Country
    currency: Currency
    denominations: Annotated[list[PositiveMoney], Field(min_length=1, max_length=50)]
    description: Text = ""
    hue: Annotated[int, Field(ge=0, le=360)] = 160
    art: Art = "card"
    low_stock_at: Annotated[int, Field(ge=0, le=100_000)] = 5

    @model_validator(mode="after")
    def _one_currency(self) -> RewardIn:
        if any(money.currency != self.currency for money in self.denominations):
            raise PydanticCustomError(
                "one_currency", "Every amount must be in the currency of the reward."
            )
        return self


class RewardChange(Shape):
    """What is to be different about a reward; what is left out stays."""

    brand: Name | None = None
    description: Text | None = None
    hue: Annotated[int, Field(ge=0, le=360)] | None = None
    art: Art | None = None
    low_stock_at: Annotated[int, Field(ge=0, le=100_000)] | None = None
    active: bool | None = None
    denominations: Annotated[list[PositiveMoney], Field(min_length=1, max_length=50)] | None = None


class RefusedRowOut(View):
    """A row of a stock file that was not taken."""

    row: int
    code: str


class StockAdded(View):
    """What became of a stock file."""

    accepted: int
    duplicates: int
    refused: list[RefusedRowOut]


class StockOut(View):
    """The stock of everything."""

    items: list[RewardOut]
    low: int


class RedemptionQuery(PageQuery):
    """Which orders."""

    state: State | None = None


class ConfirmIn(Shape):
    """The company has booked it."""

    confirmed_on: date
    voucher: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class RefuseIn(Shape):
    """It cannot be had."""

    reason: Annotated[Text, StringConstraints(min_length=1)]
