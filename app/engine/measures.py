"""What is measured, as a document states it: tallies of activities, and figures made of figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, Tag

from app.engine.conditions import Condition
from app.engine.credit_rules import Credit
from app.engine.exact import NotNegative, Number
from app.engine.expressions import Expr
from app.engine.parts import MAX_STEPS, Days, FigureName, MeasureField, Part, Slug, by, by_field

TextField = Annotated[
    str,
    StringConstraints(
        pattern=r"^(kind|product|product_group|status|channel|customer|country|source"
        r"|attributes\.[A-Za-z0-9_][A-Za-z0-9_ -]{0,62})$"
    ),
]


class ToDateWindow(Part):
    """From the first day of the year, quarter, month or component to the last of the period."""

    to_date: Literal["year", "quarter", "month", "effective"]


class RollingWindow(Part):
    """So many days, the last of the period being the last of them."""

    rolling_days: Annotated[Days, Field(ge=1)]


class ShiftWindow(Part):
    """The period before, or the same days a year earlier."""

    shift: Literal["previous_period", "previous_year"]


Window = Annotated[
    Annotated[Literal["period"], Tag("<plain>")]
    | Annotated[ToDateWindow, Tag("<to_date>")]
    | Annotated[RollingWindow, Tag("<rolling_days>")]
    | Annotated[ShiftWindow, Tag("<shift>")],
    by_field("to_date", "rolling_days", "shift"),
]


class GroupScope(Part):
    """All members of a group together."""

    group: Slug


Whose = Annotated[
    Annotated[Literal["payee", "everybody"], Tag("<plain>")]
    | Annotated[GroupScope, Tag("<group>")],
    by_field("group"),
]


class Weight(Part):
    """What meets the condition counts so many times; the first that fits holds."""

    when: Condition
    times: NotNegative


class Tallied(Part):
    """A figure read from activities. What is left out is that of the component."""

    counts: Condition | None = None
    where: Condition | None = None
    credit: Credit | None = None
    window: Window | None = None
    whose: Whose | None = None


class SumMeasure(Tallied):
    """Adds up one number of every credited activity."""

    kind: Literal["sum"]
    of: MeasureField
    convert: bool | None = None
    weights: Annotated[tuple[Weight, ...], Field(min_length=1, max_length=MAX_STEPS)] | None = None
    unit: Literal["money", "number"] | None = None


class CountMeasure(Tallied):
    """Counts the credited activities."""

    kind: Literal["count"]


class DistinctMeasure(Tallied):
    """Counts the different texts of one field."""

    kind: Literal["distinct"]
    of: TextField


class AverageMeasure(Tallied):
    """The average of one number."""

    kind: Literal["average"]
    of: MeasureField
    convert: bool | None = None


class HighestMeasure(Tallied):
    """The largest of one number."""

    kind: Literal["highest"]
    of: MeasureField
    convert: bool | None = None


class LowestMeasure(Tallied):
    """The smallest of one number."""

    kind: Literal["lowest"]
    of: MeasureField
    convert: bool | None = None


class PointsRow(Part):
    """What meets the condition gives so many points."""

    when: Condition
    points: Number


class PointsMeasure(Tallied):
    """Adds up points: each activity those of the first row it meets, times a number of its own."""

    kind: Literal["points"]
    table: Annotated[tuple[PointsRow, ...], Field(min_length=1, max_length=MAX_STEPS)]
    times: MeasureField | None = None


class FormulaMeasure(Part):
    """Computed from other figures."""

    kind: Literal["formula"]
    value: Expr
    unit: Literal["money", "number", "percent"] = "number"


class MixPart(Part):
    """A figure, as a share of its quota or of a number of its own, with its weight."""

    figure: FigureName
    weight: NotNegative
    over: Expr = Decimal(1)


class MixMeasure(Part):
    """The weighted sum of figures, each over its quota or another number."""

    kind: Literal["mix"]
    parts: Annotated[tuple[MixPart, ...], Field(min_length=1, max_length=MAX_STEPS)]


class RatioMeasure(Part):
    """One figure over another; 0 when the other is 0."""

    kind: Literal["ratio"]
    of: FigureName
    to: FigureName


class GrowthMeasure(Part):
    """How much a figure is above its own past, as an amount or a share of the past."""

    kind: Literal["growth"]
    of: FigureName
    against: Literal["previous_period", "previous_year"]
    as_: Literal["amount", "share"] = Field(alias="as", default="share")


TalliedMeasure = (
    SumMeasure
    | CountMeasure
    | DistinctMeasure
    | AverageMeasure
    | HighestMeasure
    | LowestMeasure
    | PointsMeasure
)
DerivedMeasure = FormulaMeasure | MixMeasure | RatioMeasure | GrowthMeasure

Measure = Annotated[
    Annotated[SumMeasure, Tag("<sum>")]
    | Annotated[CountMeasure, Tag("<count>")]
    | Annotated[DistinctMeasure, Tag("<distinct>")]
    | Annotated[AverageMeasure, Tag("<average>")]
    | Annotated[HighestMeasure, Tag("<highest>")]
    | Annotated[LowestMeasure, Tag("<lowest>")]
    | Annotated[PointsMeasure, Tag("<points>")]
    | Annotated[FormulaMeasure, Tag("<formula>")]
    | Annotated[MixMeasure, Tag("<mix>")]
    | Annotated[RatioMeasure, Tag("<ratio>")]
    | Annotated[GrowthMeasure, Tag("<growth>")],
    by("kind"),
]
