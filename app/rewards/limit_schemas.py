"""Shapes of how much may be ordered, in and out."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.http.shapes import Currency, MoneyShape, Shape, View
from app.rewards.audience_core import Audience
from app.rewards.catalog_schemas import About, Country, Participant
from app.rewards.limits_core import EVERYTHING, Limit, Period
from app.rewards.schemas import PositiveMoney

LimitAbout = About | Literal["everything"]


class LimitIn(Shape):
    """How much an audience may order of what is named; what is left out sets no bound.

    Without a team, role or country (where people live) it is for everybody.
    """

    team_id: UUID | None = None
    role: Participant | None = None
    country: Country | None = None
    about: LimitAbout = "everything"
    value: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    currency: Currency
    least: PositiveMoney | None = None
    most: PositiveMoney | None = None
    period: Period | None = None
    in_period: PositiveMoney | None = None

    @model_validator(mode="after")
    def _says_what_about(self) -> LimitIn:
        if (self.about == EVERYTHING) != (self.value == ""):
            raise PydanticCustomError("limit_names_nothing", "Say which ones the limit is about.")
        if (self.period is None) != (self.in_period is None):
            raise PydanticCustomError(
                "limit_period_unclear", "A period and how much in it belong together."
            )
        return self

    @model_validator(mode="after")
    def _bounds_something(self) -> LimitIn:
        bounds = [one for one in (self.least, self.most, self.in_period) if one is not None]
        if not bounds:
            raise PydanticCustomError("limit_says_nothing", "Set at least one amount.")
        if any(one.currency != self.currency for one in bounds):
            raise PydanticCustomError("one_currency", "Every amount must be in the one currency.")
        minors = [one.money.minor for one in bounds]
        if minors != sorted(minors):
            raise PydanticCustomError(
                "limit_out_of_order", "At least, at most and in the period must not shrink."
            )
        return self

    @property
    def limit(self) -> Limit:
        """The same as a value."""

        def minor(shape: MoneyShape | None) -> int | None:
            return None if shape is None else shape.money.minor

        return Limit(
            Audience(self.team_id, self.role, self.country),
            self.about,
            self.value,
            self.currency,
            minor(self.least),
            minor(self.most),
            self.period,
            minor(self.in_period),
        )


class LimitOut(View):
    """How much an audience may order of what is named."""

    id: UUID
    team_id: UUID | None
    team_name: str | None
    role: Participant | None
    country: str | None
    about: LimitAbout
    value: str
    currency: str
    least: MoneyShape | None
    most: MoneyShape | None
    period: Period | None
    in_period: MoneyShape | None


class LimitsOut(View):
    """Every limit; all that hold for somebody hold together."""

    items: list[LimitOut]
