"""What a measure pays, as a document states it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from app.engine.exact import NotNegative, Number, Positive
from app.engine.expressions import Expr, MeasureOf, Test
from app.engine.parts import MAX_STEPS, Boundary, Mode, On, Part, Slug, Title

_MEASURE = MeasureOf(measure=True)


def _listed(value: Any) -> Any:
    """Take one formula for a list of one."""
    return value if value is None or isinstance(value, list | tuple) else (value,)


_Factors = Annotated[tuple[Expr, ...], Field(min_length=1, max_length=10)]


class Paying(Part):
    """What every payout may carry: factors that its amount is multiplied by, a list or one alone."""

    times: Annotated[
        _Factors | None, BeforeValidator(_listed, json_schema_input_type=_Factors | Expr | None)
    ] = None


class TierStep(Part):
    """From here on another price, or the base price times a multiplier."""

    from_: Positive = Field(alias="from")
    multiplier: NotNegative | None = None

    @property
    @abstractmethod
    def price(self) -> Decimal | None:
        """The new price, where it is stated outright."""


class RateStep(TierStep):
    """A tier of a rate."""

    rate: NotNegative | None = None

    @property
    def price(self) -> Decimal | None:
        return self.rate


class UnitStep(TierStep):
    """A tier of an amount for each unit."""

    amount: NotNegative | None = None

    @property
    def price(self) -> Decimal | None:
        return self.amount


class RateTiers(Part):
    """Bands of a rate. `boundary` says whether a total equal to `from` belongs to the band."""

    mode: Mode
    on: On = "measure"
    boundary: Boundary
    steps: Annotated[tuple[RateStep, ...], Field(min_length=1, max_length=MAX_STEPS)]


class UnitTiers(Part):
    """Bands of an amount per unit. Inclusive: the unit that reaches `from` is in the band."""

    mode: Mode
    on: On = "measure"
    boundary: Boundary
    steps: Annotated[tuple[UnitStep, ...], Field(min_length=1, max_length=MAX_STEPS)]


class RatePayout(Paying):
    """A share of the measured amount, such as 0.05 for five percent."""

    kind: Literal["rate"]
    rate: NotNegative
    tiers: RateTiers | None = None


class UnitPayout(Paying):
    """A fixed amount for each unit of the measure."""

    kind: Literal["per_unit"]
    amount: NotNegative
    tiers: UnitTiers | None = None


class Within(Part):
    """The lowest and the highest rate that an agent may set for a sub-agent."""

    min: NotNegative
    max: NotNegative


class MandateRate(Part):
    """The rate that the payee's mandate sets; `default` without one."""

    mandate: Literal[True]
    default: NotNegative = Decimal(0)


def _price_tag(value: Any) -> str:
    stated = isinstance(value, Mapping) and "mandate" in value
    return "<mandate>" if stated or isinstance(value, MandateRate) else "<computed>"


ComputedPrice = Annotated[
    Annotated[MandateRate, Tag("<mandate>")] | Annotated[Expr, Tag("<computed>")],
    Discriminator(_price_tag),
]


class ComputedRatePayout(Paying):
    """A share of the measured amount that is computed for each payee and period."""

    kind: Literal["rate"]
    rate: ComputedPrice
    within: Within | None = None
    tiers: RateTiers | None = None


class ComputedUnitPayout(Paying):
    """An amount for each unit that is computed for each payee and period."""

    kind: Literal["per_unit"]
    amount: ComputedPrice
    within: Within | None = None
    tiers: UnitTiers | None = None


class Milestone(Part):
    """Pays `amount` once in each period, when the measure reaches `at`."""

    at: Positive
    amount: Positive


class BonusPayout(Paying):
    """Fixed amounts for reaching numbers; every milestone that is reached pays."""

    kind: Literal["bonus"]
    on: On = "measure"
    milestones: Annotated[tuple[Milestone, ...], Field(min_length=1, max_length=MAX_STEPS)]


class FixedPayout(Paying):
    """The same amount in each period."""

    kind: Literal["fixed"]
    amount: Expr


class CurvePoint(Part):
    """A point of a payout curve: here it pays so much."""

    at: Number
    pays: Number


class CurvePayout(Paying):
    """A broken line between points, of the measure or of attainment.

    `pays` says what the points hold: an amount, a share of `target`, or a rate of the measure. `below`
    the first point nothing, the first point's pay (flat), or the first stretch prolonged; `beyond` the
    last point its pay (flat) or the last stretch prolonged.
    """

    kind: Literal["curve"]
    on: On = "attainment"
    points: Annotated[tuple[CurvePoint, ...], Field(min_length=2, max_length=MAX_STEPS)]
    pays: Literal["amount", "share_of_target", "rate"] = "amount"
    target: Expr | None = None
    beyond: Literal["flat", "extend"] = "flat"
    below: Literal["nothing", "flat", "extend"] = "nothing"


class Axis(Part):
    """One side of a matrix: a value and where each row (or column) begins."""

    value: Expr
    from_: Annotated[tuple[Number, ...], Field(alias="from", min_length=1, max_length=MAX_STEPS)]


MatrixRow = Annotated[tuple[Number, ...], Field(min_length=1, max_length=MAX_STEPS)]


class MatrixPayout(Paying):
    """The cell where two values meet; nothing below the first row or column.

    `pays` says what the cells hold: an amount, a rate of the measure, or a multiplier of `target`.
    """

    kind: Literal["matrix"]
    rows: Axis
    columns: Axis
    boundary: Boundary = "inclusive"
    cells: Annotated[tuple[MatrixRow, ...], Field(min_length=1, max_length=MAX_STEPS)]
    pays: Literal["amount", "rate", "multiplier"] = "amount"
    target: Expr | None = None


class PoolPayout(Paying):
    """Shares of one amount among all payees of the period who pass the gates, or those of a group.

    `pro_rata`: in proportion to `on` (those above 0). `equal`: the same for each with `on` above 0.
    `rank`: by place of `on`, the highest first; `places` are shares of the amount, or amounts
    themselves when there is none. Payees of one place share what their places hold together.
    """

    kind: Literal["pool"]
    amount: Expr | None = None
    by: Literal["pro_rata", "equal", "rank"] = "pro_rata"
    on: Expr = _MEASURE
    places: Annotated[tuple[NotNegative, ...], Field(max_length=MAX_STEPS)] = ()
    among: Slug | None = None


class GroupBonusPayout(Paying):
    """An amount for each member (or shared by all) when the test holds for every member of a group."""

    kind: Literal["group_bonus"]
    group: Slug
    amount: Expr
    when: Test
    shared: bool = False


class TicketsPayout(Paying):
    """One ticket (a point of the program's currency PTS) for each full `for_each` of the measure."""

    kind: Literal["tickets"]
    for_each: Positive


class AwardPayout(Paying):
    """Something that is not money, once `at` is reached; the amount is 0 and the explanation names it."""

    kind: Literal["award"]
    award: Title
    on: On = "measure"
    at: Positive


class FormulaPayout(Paying):
    """The value of an expression, in major units of the program's currency."""

    kind: Literal["formula"]
    value: Expr


def _payout_tag(value: Any) -> str:
    """Choose by kind; a price that is computed is a shape of its own."""
    if not isinstance(value, Mapping):
        computed = isinstance(value, ComputedRatePayout | ComputedUnitPayout)
        return f"<{'computed_' if computed else ''}{getattr(value, 'kind', '')}>"
    kind = value.get("kind")
    price = value.get({"rate": "rate", "per_unit": "amount"}.get(str(kind), ""))
    return f"<{'computed_' if isinstance(price, Mapping) else ''}{kind}>"


Payout = Annotated[
    Annotated[RatePayout, Tag("<rate>")]
    | Annotated[UnitPayout, Tag("<per_unit>")]
    | Annotated[ComputedRatePayout, Tag("<computed_rate>")]
    | Annotated[ComputedUnitPayout, Tag("<computed_per_unit>")]
    | Annotated[BonusPayout, Tag("<bonus>")]
    | Annotated[FixedPayout, Tag("<fixed>")]
    | Annotated[CurvePayout, Tag("<curve>")]
    | Annotated[MatrixPayout, Tag("<matrix>")]
    | Annotated[PoolPayout, Tag("<pool>")]
    | Annotated[GroupBonusPayout, Tag("<group_bonus>")]
    | Annotated[TicketsPayout, Tag("<tickets>")]
    | Annotated[AwardPayout, Tag("<award>")]
    | Annotated[FormulaPayout, Tag("<formula>")],
    Discriminator(_payout_tag),
]
