"""Who is credited for an activity, as a document states it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, Tag

from app.engine.exact import Positive
from app.engine.expressions import Expr
from app.engine.parts import MAX_LEVELS, MAX_STEPS, AttributeName, Part, PersonName, Slug, by


class Level(Part):
    """A level above the seller (1: the manager) and how much of the sale is credited there."""

    level: Annotated[int, Field(ge=1, le=MAX_LEVELS, strict=True)]
    share: Positive = Decimal(1)


Levels = Annotated[tuple[Level, ...], Field(min_length=1, max_length=MAX_LEVELS)]


class DirectCredit(Part):
    """The whole sale counts for the person who made it."""

    to: Literal["direct"]


class OverrideCredit(Part):
    """The sale counts for those above the seller as they stood on the day of the sale.

    With `compression`, who does not take part on the day is skipped and does not use up a level.
    """

    to: Literal["override"]
    levels: Levels
    compression: bool | None = None


class UplineCredit(Part):
    """As an override, among the agents above a sub-agent only."""

    to: Literal["upline"]
    levels: Levels
    compression: bool = False


class DefaultShare(Part):
    """Whose share it is when the activity states none: a role on it, the seller, or a person."""

    role: AttributeName | None = None
    person: PersonName | None = None
    share: Positive


class SplitCredit(Part):
    """The sale is shared, by what the activity states or else by the default; 1 in all.

    The seller is who has the role "seller" in the default.
    """

    to: Literal["split"]
    by: Literal["shares", "roles"] = "shares"
    default: Annotated[tuple[DefaultShare, ...], Field(max_length=MAX_STEPS)] = ()


class OverlayCredit(Part):
    """Others are credited too, without taking anything from the seller's credit."""

    to: Literal["overlay"]
    people: Annotated[tuple[PersonName, ...], Field(max_length=500)] = ()
    role: AttributeName | None = None
    share: Positive = Decimal(1)


class GroupCredit(Part):
    """Every member of a group is credited with all of it."""

    to: Literal["group"]
    group: Slug
    share: Positive = Decimal(1)


class DifferentialCredit(Part):
    """Each person above the seller is credited with the sale at the rate by which it tops those below.

    `rate` is computed for each person in the period of the sale. With `include_seller` the seller
    comes first, with the own rate.
    """

    to: Literal["differential"]
    rate: Expr
    include_seller: bool = False
    levels: Annotated[int, Field(ge=1, le=50, strict=True)] = 50


Credit = Annotated[
    Annotated[DirectCredit, Tag("<direct>")]
    | Annotated[OverrideCredit, Tag("<override>")]
    | Annotated[UplineCredit, Tag("<upline>")]
    | Annotated[SplitCredit, Tag("<split>")]
    | Annotated[OverlayCredit, Tag("<overlay>")]
    | Annotated[GroupCredit, Tag("<group>")]
    | Annotated[DifferentialCredit, Tag("<differential>")],
    by("to"),
]
