"""Small formulas of a plan: numbers from figures, quotas and other components; and tests of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, Tag

from app.engine.exact import Number, Positive
from app.engine.parts import (
    MAX_STEPS,
    AttributeName,
    Boundary,
    FigureName,
    Part,
    Sentence,
    Slug,
    by_field,
)
from app.kernel.money import Rounding

MAX_EXPRESSION_DEPTH: Final = 12
MAX_EXPRESSION_NODES: Final = 200

RankMethod = Literal["standard", "modified", "dense", "ordinal", "fractional"]


class FigureOf(Part):
    """A figure of this component ("measure" is the main one), or of another component."""

    figure: FigureName


class MeasureOf(Part):
    """The measure of this component."""

    measure: Literal[True]


class QuotaOf(Part):
    """The quota of the payee for the period, after ramp and proration; 0 without one.

    A name instead of true is that of a figure with a quota of its own.
    """

    quota: Literal[True] | FigureName


class AttainmentOf(Part):
    """The measure over the quota; 0 without a quota."""

    attainment: Literal[True]


class ComponentOf(Part):
    """What another component pays the payee in this period, or one of its figures."""

    component: Slug
    figure: FigureName | None = None


class PersonOf(Part):
    """A number among the payee's attributes; `default` (0) where there is none."""

    person: AttributeName
    default: Number = Decimal(0)


class DaysOf(Part):
    """Days of the period, or those of them on which the payee takes part."""

    days: Literal["worked", "period"]


class Add(Part):
    """The sum of all."""

    add: Annotated[tuple[Expr, ...], Field(min_length=1, max_length=MAX_STEPS)]


class Subtract(Part):
    """The first less the second."""

    subtract: Annotated[tuple[Expr, ...], Field(min_length=2, max_length=2)]


class Multiply(Part):
    """The product of all."""

    multiply: Annotated[tuple[Expr, ...], Field(min_length=1, max_length=MAX_STEPS)]


class Divide(Part):
    """The first over the second; 0 when the second is 0."""

    divide: Annotated[tuple[Expr, ...], Field(min_length=2, max_length=2)]


class Least(Part):
    """The smallest."""

    min: Annotated[tuple[Expr, ...], Field(min_length=1, max_length=MAX_STEPS)]


class Greatest(Part):
    """The largest."""

    max: Annotated[tuple[Expr, ...], Field(min_length=1, max_length=MAX_STEPS)]


class Round(Part):
    """The nearest multiple of `to`."""

    round: Expr
    to: Positive = Decimal("0.01")
    mode: Rounding = Rounding.HALF_EVEN


class Choose(Part):
    """One value when a test holds, another (0) when it does not."""

    if_: Test = Field(alias="if")
    then: Expr
    else_: Expr = Field(alias="else", default=Decimal(0))


class LookupStep(Part):
    """From here on this value."""

    from_: Number = Field(alias="from")
    value: Number


class Lookup(Part):
    """The value of the highest step reached; `below` (0) when none is."""

    lookup: Expr
    boundary: Boundary = "inclusive"
    steps: Annotated[tuple[LookupStep, ...], Field(min_length=1, max_length=MAX_STEPS)]
    below: Number = Decimal(0)


class Point(Part):
    """A point of a broken line."""

    at: Number
    value: Number


class Interpolate(Part):
    """The value on the straight line between the two points around it."""

    interpolate: Expr
    points: Annotated[tuple[Point, ...], Field(min_length=2, max_length=MAX_STEPS)]
    beyond: Literal["flat", "extend"] = "flat"


class MarginalStep(Part):
    """What lies above is counted at this rate."""

    from_: Number = Field(alias="from")
    rate: Number


class Marginal(Part):
    """Every stretch of the value at the rate of its step, added up; nothing below the first."""

    marginal: Expr
    steps: Annotated[tuple[MarginalStep, ...], Field(min_length=1, max_length=MAX_STEPS)]


class Rank(Part):
    """The payee's place by a figure among all payees of the period, or those of a group."""

    rank: FigureName
    method: RankMethod = "standard"
    best: Literal["highest", "lowest"] = "highest"
    among: Slug | None = None


class Previous(Part):
    """The value in the payee's period before this one; 0 in the first."""

    previous: Expr


class Comparison(Part):
    """One value against another."""

    value: Expr
    is_: Literal["lt", "le", "gt", "ge", "eq", "ne"] = Field(alias="is")
    than: Expr
    says: Sentence | None = None


class AllHold(Part):
    """Every test holds."""

    all: Annotated[tuple[Test, ...], Field(max_length=MAX_STEPS)]
    says: Sentence | None = None


class AnyHolds(Part):
    """At least one test holds."""

    any: Annotated[tuple[Test, ...], Field(min_length=1, max_length=MAX_STEPS)]
    says: Sentence | None = None


class NotHolds(Part):
    """The test does not hold."""

    not_: Test = Field(alias="not")
    says: Sentence | None = None


class PersonIs(Part):
    """An attribute of the payee is one of these texts; an absent one is none of them."""

    person: AttributeName
    in_: Annotated[tuple[str, ...], Field(alias="in", min_length=1, max_length=MAX_STEPS)]
    says: Sentence | None = None


Test = Annotated[
    Annotated[Comparison, Tag("<value>")]
    | Annotated[AllHold, Tag("<all>")]
    | Annotated[AnyHolds, Tag("<any>")]
    | Annotated[NotHolds, Tag("<not>")]
    | Annotated[PersonIs, Tag("<person>")],
    by_field("value", "all", "any", "not", "person"),
]

Expr = Annotated[
    Annotated[Number, Tag("<plain>")]
    | Annotated[ComponentOf, Tag("<component>")]
    | Annotated[FigureOf, Tag("<figure>")]
    | Annotated[MeasureOf, Tag("<measure>")]
    | Annotated[QuotaOf, Tag("<quota>")]
    | Annotated[AttainmentOf, Tag("<attainment>")]
    | Annotated[PersonOf, Tag("<person>")]
    | Annotated[DaysOf, Tag("<days>")]
    | Annotated[Add, Tag("<add>")]
    | Annotated[Subtract, Tag("<subtract>")]
    | Annotated[Multiply, Tag("<multiply>")]
    | Annotated[Divide, Tag("<divide>")]
    | Annotated[Least, Tag("<min>")]
    | Annotated[Greatest, Tag("<max>")]
    | Annotated[Round, Tag("<round>")]
    | Annotated[Choose, Tag("<if>")]
    | Annotated[Lookup, Tag("<lookup>")]
    | Annotated[Interpolate, Tag("<interpolate>")]
    | Annotated[Marginal, Tag("<marginal>")]
    | Annotated[Rank, Tag("<rank>")]
    | Annotated[Previous, Tag("<previous>")],
    by_field(
        "component", "figure", "measure", "quota", "attainment", "person", "days", "add",
        "subtract", "multiply", "divide", "min", "max", "round", "if", "lookup", "interpolate",
        "marginal", "rank", "previous",
    ),
]  # fmt: skip

for _shape in (
    Add, Subtract, Multiply, Divide, Least, Greatest, Round, Choose, Lookup, Interpolate, Marginal,
    Previous, Comparison, AllHold, AnyHolds, NotHolds,
):  # fmt: skip
    _shape.model_rebuild()
