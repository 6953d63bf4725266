"""Shapes of activities in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from app.activities.core import Outcome
from app.activities.events import BATCH
from app.http.misfits import problems_of
from app.http.shapes import Currency, DecimalText, Key, Name, PageQuery, Shape, Text, View
from app.kernel.errors import Problem

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ -]{0,62}$")]


def _fits_64_bits(number: int) -> int:
    # 1e30 is no integer as JSON writes one, and becomes one here.
    if not -(2**63) <= number < 2**63:
        raise PydanticCustomError("out_of_range", "The number has more digits than can be kept.")
    return number


AttributeNumber = Annotated[int, AfterValidator(_fits_64_bits)]


class PersonKey(Shape):
    """A person, named by exactly one of these."""

    id: UUID | None = None
    employee_number: Name | None = None
    email: Name | None = None
    name: Name | None = None

    @model_validator(mode="after")
    def _is_one(self) -> PersonKey:
        if (
            sum(
                value is not None
                for value in (self.id, self.employee_number, self.email, self.name)
            )
            != 1
        ):
            raise ValueError("Give one of id, employee_number, email and name.")
        return self


class ExactAmount(Shape):
    """An amount with up to six decimals, as files have them; it is rounded once, when it pays."""

    amount: DecimalText
    currency: Currency


class ActivityIn(Shape):
    """One thing that happened. The same external id again is a correction; equal content is nothing new."""

    void: bool = False
    """It did not happen after all; everything but the external id may be left out."""
    source: Name = "api"
    external_id: Key
    kind: Name = "sale"
    person: Annotated[PersonKey | None, Field(validate_default=True)] = None
    occurred_at: Annotated[AwareDatetime | None, Field(validate_default=True)] = None
    amount: ExactAmount | None = None
    units: DecimalText | None = None
    product: Name | None = None
    product_group: Name | None = None
    customer_reference: Name | None = None
    channel: Name | None = None
    country: Name | None = None
    status: Name = "accepted"
    attributes: Annotated[
        dict[AttributeName, Text | AttributeNumber | bool],
        Field(max_length=50, default_factory=dict),
    ]
    replaces: Key | None = None
    """The external id of the activity that this one corrects under a number of its own."""

    @field_validator("occurred_at")
    @classmethod
    def _is_plausible(cls, value: datetime | None) -> datetime | None:
        if value is not None and not 1900 < value.year < 2200:
            raise ValueError("The year must lie between 1901 and 2199.")
        return value

    @field_validator("person", "occurred_at")
    @classmethod
    def _is_there(cls, value: Any, info: ValidationInfo) -> Any:
        # Asked of each field, not of the whole, which is looked at only once its fields are right.
        if value is None and not info.data.get("void", True):
            raise PydanticKnownError("missing")
        return value


class Unreadable:
    """An item of a batch that makes no sense; its neighbours are not hurt by it."""

    def __init__(self, external_id: str | None, problems: list[Problem]) -> None:
        self.external_id, self.problems = external_id, problems


def _each_alone(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        named = value.get("external_id") if isinstance(value, dict) else None
        return Unreadable(named if isinstance(named, str) else None, problems_of(error, value))


class ActivitiesIn(Shape):
    """Up to 5,000 activities; each is answered for itself."""

    items: Annotated[
        list[Annotated[ActivityIn, WrapValidator(_each_alone)]],
        Field(min_length=1, max_length=BATCH),
    ]


def _is_batch(value: Any) -> str:
    return "<batch>" if isinstance(value, dict) and "items" in value else "<one>"


OneOrMany = Annotated[
    Annotated[ActivityIn, Tag("<one>")] | Annotated[ActivitiesIn, Tag("<batch>")],
    Discriminator(_is_batch),
]


class ProblemOut(View):
    """What is wrong with one item, at a place named by a JSON pointer into the body."""

    pointer: str
    code: str
    detail: str
    params: dict[str, Any] = Field(default_factory=dict)


class ItemOut(View):
    """What became of one item."""

    index: int
    external_id: str | None
    outcome: Outcome
    activity_id: UUID | None
    problems: list[ProblemOut] = Field(default_factory=list)


class CountsOut(View):
    """How many items became what; `unchanged` ones were known already."""

    accepted: int = 0
    fixed: int = 0
    quarantined: int = 0
    refused: int = 0
    unchanged: int = 0


class ReportOut(View):
    """What became of every item, in order."""

    counts: CountsOut
    items: list[ItemOut]


class ExactAmountOut(View):
    """An exact amount."""

    amount: str
    currency: str


class ActivityOut(View):
    """One revision of an activity."""

    id: UUID
    source: str
    external_id: str
    revision: int
    kind: str
    status: str
    person_id: UUID | None
    person_name: str | None
    occurred_at: datetime
    received_at: datetime
    amount: ExactAmountOut | None
    units: str
    product: str | None
    product_group: str | None
    customer_reference: str | None
    channel: str | None
    country: str | None
    attributes: dict[str, Any]


class Period(Shape):
    """From the first moment of one day to the first moment of another, or open."""

    source: Name | None = None
    from_: Annotated[AwareDatetime | None, Field(alias="from")] = None
    to: AwareDatetime | None = None

    model_config = Shape.model_config | {"populate_by_name": True}


class ActivitiesQuery(PageQuery, Period):
    """Which activities."""

    person: UUID | None = None


class TotalsQuery(Period):
    """Which sums."""

    group_by: Literal[
        "person", "month", "person_month", "country", "product", "source", "kind", "day"
    ] = "person"


class TotalOut(View):
    """The exact sums of one group; `keys` name it."""

    keys: dict[str, str | None]
    currency: str | None
    amount: str
    units: str
    activities: int


class TotalsOut(View):
    """Every group, in order of its keys."""

    items: list[TotalOut]


class ProductShape(Shape):
    """Something that is sold."""

    sku: Name
    name: Name
    group: Name | None = None
    active: bool = True


class ProductsShape(Shape):
    """Products, each known by its sku."""

    items: Annotated[list[ProductShape], Field(min_length=1, max_length=5_000)]


class ProductsOut(View):
    """Every product, by name."""

    items: list[ProductShape]


class ClaimIn(Shape):
    """A sale that I say I made."""

    product: Name
    amount: ExactAmount | None = None
    units: DecimalText | None = None
    customer_reference: Name
    occurred_on: date
    note: Text = ""

    @model_validator(mode="after")
    def _says_how_much(self) -> ClaimIn:
        if self.amount is None and self.units is None:
            raise PydanticCustomError("how_much_needed", "Give an amount or units.")
        return self


class MatchOut(View):
    """An activity that may be the same sale."""

    activity_id: UUID
    source: str
    external_id: str
    occurred_at: datetime
    amount: ExactAmountOut | None
    units: str
    customer_reference: str | None
    product: str | None
    same_person: bool
    same_amount: bool
    is_taken: bool
    """It is another claim already, so this one is the same sale logged again, or another one."""


class WaitingTwinOut(View):
    """Another claim that waits: of the same person, customer and amount."""

    id: UUID
    occurred_on: date
    created_at: datetime


class ClaimOut(View):
    """A claim and what became of it."""

    id: UUID
    person_id: UUID
    person_name: str | None = None
    state: Literal["waiting", "verified", "matched", "refused"]
    product: str
    amount: ExactAmountOut | None
    units: str
    customer_reference: str
    occurred_on: date
    note: str
    created_at: datetime
    decided_at: datetime | None
    reason: str | None
    activity_id: UUID | None
    matches: list[MatchOut] = Field(default_factory=list)
    waiting_twins: list[WaitingTwinOut] = Field(default_factory=list)
    """Perhaps the same sale, logged again."""


class ClaimsQuery(PageQuery):
    """Which claims."""

    state: Literal["waiting", "verified", "matched", "refused"] | None = None


class VerifyIn(Shape):
    """The claim is true. It is the same sale as an activity that counts already, or another one."""

    matched_activity_id: UUID | None = None
    is_another_sale: bool = False
    """Needed when an activity of the same person, customer and amount counts already."""


class RefuseIn(Shape):
    """Why the claim does not count."""

    reason: Label
