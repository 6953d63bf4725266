"""Facts to evaluate a program on: who reports to whom, quotas and activities, as plain data."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from app.engine.conditions import ATTRIBUTE_PREFIX
from app.engine.exact import NotNegative, Number, Positive
from app.engine.parts import Currency, Day
from app.engine.periods import Span

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _Dated(_Fact):
    from_: Day = Field(alias="from")
    to: Day | None = None

    @property
    def span(self) -> Span:
        """The days it is true, both ends included."""
        return Span(self.from_, self.to)


class Position(_Dated):
    """Who a person reports to, from day to day; nobody at the top."""

    person: Name
    manager: Name | None = None
    kind: Literal["staff", "sub_agent"] = "staff"


class Person(_Fact):
    """Somebody who may be paid, with or without activities, and what is known of them."""

    person: Name
    joined_on: Day | None = None
    left_on: Day | None = None
    attributes: dict[str, Number | str] = Field(default_factory=dict)


class Enrolment(_Dated):
    """The days on which a person takes part in the program."""

    person: Name


class Quota(_Dated):
    """What a person is expected to reach in a period, for one component (and figure) or for all."""

    person: Name
    target: Positive
    component: Name | None = None
    figure: Name | None = None


class Rate(_Dated):
    """What one unit of a currency is in the program's currency, from day to day."""

    currency: Currency
    rate: Positive


class Mandate(_Dated):
    """The rate that an agent has set for a sub-agent, for one component or for all."""

    agent: Name
    sub_agent: Name
    rate: NotNegative
    component: Name | None = None


class Share(_Fact):
    """Whose part of an activity is how large, and in which role."""

    person: Name
    share: Positive | None = None
    role: Name | None = None


class Activity(_Fact):
    """One thing that happened; `amount` is in `currency`, the program's when absent."""

    id: Name
    occurred_at: AwareDatetime
    person: Name
    kind: Name = "sale"
    status: Name = "accepted"
    amount: Number | None = None
    currency: Currency | None = None
    units: Number = Decimal(1)
    product: Name | None = None
    product_group: Name | None = None
    channel: Name | None = None
    customer: Name | None = None
    country: Name | None = None
    source: Name | None = None
    attributes: dict[str, Number | str] = Field(default_factory=dict)
    shares: tuple[Share, ...] = ()

    def read(self, field: str) -> str | Decimal | None:
        """Return one field for a condition or a measure, None when it is absent."""
        if field.startswith(ATTRIBUTE_PREFIX):
            return self.attributes.get(field.removeprefix(ATTRIBUTE_PREFIX))
        value: str | Decimal | None = getattr(self, field)
        return value


class Facts(_Fact):
    """Everything a program is evaluated on, as it stood on the day `as_of`.

    Without enrolments everybody takes part. Without `as_of` the last day of which anything is known
    holds; without `since`, from which on payees without activities are settled, the first. When
    `is_complete`, `people` are everybody there is: who else has a role on an activity is nobody.
    """

    people: tuple[Person, ...] = ()
    is_complete: bool = False
    positions: tuple[Position, ...] = ()
    enrolments: tuple[Enrolment, ...] | None = None
    quotas: tuple[Quota, ...] = ()
    rates: tuple[Rate, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    activities: tuple[Activity, ...] = ()
    since: Day | None = None
    as_of: Day | None = None


def read_facts(raw: Any) -> Facts:
    """Return the facts that the JSON value `raw` states, or raise pydantic's ValidationError."""
    return Facts.model_validate(raw)
