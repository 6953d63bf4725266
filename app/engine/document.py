"""The program document: what a manager states, as data. `docs/plan-language.md` explains it."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)

from app.engine.conditions import EVERYTHING, Condition
from app.engine.exact import NotNegative, Positive
from app.kernel.money import Rounding

SCHEMA_NAME: Final = "laurel.program/1"
MAX_COMPONENTS: Final = 50
MAX_STEPS: Final = 50
MAX_LEVELS: Final = 10

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
MeasureField = Annotated[
    str, StringConstraints(pattern=r"^(amount|units|attributes\.[A-Za-z0-9_][A-Za-z0-9_ -]{0,62})$")
]


_DAY: Final = r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
"""Years far off would run out of the calendar when a day is added."""


def _day(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(_DAY, value) is None:
        raise ValueError('Write the day as year-month-day from 1900 to 2199, such as "2026-11-30".')
    if not isinstance(value, str | date):
        raise ValueError('Write the day as text, such as "2026-11-30".')  # noqa: TRY004 - pydantic's protocol
    return value


Day = Annotated[date, BeforeValidator(_day)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _by(key: str) -> Discriminator:
    """Choose a shape by the text under `key`; brackets keep tags apart from places."""

    def tag(value: Any) -> str:
        return (
            f"<{value.get(key)}>" if isinstance(value, Mapping) else f"<{getattr(value, key, '')}>"
        )

    return Discriminator(tag)


class Effective(_Part):
    """The days on which a component counts, both included; no `to` means until further notice."""

    from_: Day = Field(alias="from")
    to: Day | None = None


class Level(_Part):
    """A level above the seller (1: the manager) and how much of the sale is credited there."""

    level: Annotated[int, Field(ge=1, le=MAX_LEVELS, strict=True)]
    share: Positive = Decimal(1)


class DirectCredit(_Part):
    """The whole sale counts for the person who made it."""

    to: Literal["direct"]


class OverrideCredit(_Part):
    """The sale counts for those above the seller as they stood on the day of the sale."""

    to: Literal["override"]
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=MAX_LEVELS)]


class SumMeasure(_Part):
    """Adds up one number of every credited activity."""

    kind: Literal["sum"]
    of: MeasureField


class CountMeasure(_Part):
    """Counts the credited activities."""

    kind: Literal["count"]


class Period(_Part):
    """The stretch of time whose total is paid; the total starts at nothing in each."""

    kind: Literal["week", "month", "quarter", "year", "quota", "window"]


On = Literal["measure", "attainment"]
Mode = Literal["marginal", "retroactive"]
Boundary = Literal["inclusive", "exclusive"]


class TierStep(_Part):
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


class RateTiers(_Part):
    """Bands of a rate. `boundary` says whether a total equal to `from` belongs to the band."""

    mode: Mode
    on: On = "measure"
    boundary: Boundary
    steps: Annotated[tuple[RateStep, ...], Field(min_length=1, max_length=MAX_STEPS)]


class UnitTiers(_Part):
    """Bands of an amount per unit. Inclusive: the unit that reaches `from` is in the band."""

    mode: Mode
    on: On = "measure"
    boundary: Boundary
    steps: Annotated[tuple[UnitStep, ...], Field(min_length=1, max_length=MAX_STEPS)]


class RatePayout(_Part):
    """A share of the measured amount, such as 0.05 for five percent."""

    kind: Literal["rate"]
    rate: NotNegative
    tiers: RateTiers | None = None


class UnitPayout(_Part):
    """A fixed amount for each unit of the measure."""

    kind: Literal["per_unit"]
    amount: NotNegative
    tiers: UnitTiers | None = None


class Milestone(_Part):
    """Pays `amount` once in each period, when the measure reaches `at`."""

    at: Positive
    amount: Positive


class BonusPayout(_Part):
    """Fixed amounts for reaching numbers; every milestone that is reached pays."""

    kind: Literal["bonus"]
    on: On = "measure"
    milestones: Annotated[tuple[Milestone, ...], Field(min_length=1, max_length=MAX_STEPS)]


class ImmediateRelease(_Part):
    """What is earned can be used at once."""

    on: Literal["immediately"]


class WeekdayRelease(_Part):
    """What is earned can be used on the next such weekday (1: Monday), never the same day."""

    on: Literal["weekday"]
    weekday: Annotated[int, Field(ge=1, le=7, strict=True)]


class PeriodEndRelease(_Part):
    """What is earned can be used so many days after the last day of the period."""

    on: Literal["period_end"]
    plus_days: Annotated[int, Field(ge=0, le=400, strict=True)] = 0


Credit = Annotated[
    Annotated[DirectCredit, Tag("<direct>")] | Annotated[OverrideCredit, Tag("<override>")],
    _by("to"),
]
Measure = Annotated[
    Annotated[SumMeasure, Tag("<sum>")] | Annotated[CountMeasure, Tag("<count>")], _by("kind")
]
Payout = Annotated[
    Annotated[RatePayout, Tag("<rate>")]
    | Annotated[UnitPayout, Tag("<per_unit>")]
    | Annotated[BonusPayout, Tag("<bonus>")],
    _by("kind"),
]
Release = Annotated[
    Annotated[ImmediateRelease, Tag("<immediately>")]
    | Annotated[WeekdayRelease, Tag("<weekday>")]
    | Annotated[PeriodEndRelease, Tag("<period_end>")],
    _by("on"),
]


class Component(_Part):
    """One thing that pays: who is credited for what, the measure, the payout and its timing."""

    id: Slug
    name: Title
    effective: Effective
    counts: Condition = EVERYTHING
    credit: Credit = DirectCredit(to="direct")
    measure: Measure
    period: Period
    payout: Payout
    release: Release = ImmediateRelease(on="immediately")
    clawback_days: Annotated[int, Field(ge=0, le=3650, strict=True)] | None = None

    @property
    def needs_quota(self) -> bool:
        """Whether a quota changes what this component pays."""
        tiers = None if isinstance(self.payout, BonusPayout) else self.payout.tiers
        on = (
            self.payout.on
            if isinstance(self.payout, BonusPayout)
            else tiers.on
            if tiers
            else "measure"
        )
        return on == "attainment"

    @property
    def measures_money(self) -> bool:
        """Whether the measure is an amount of money rather than a number of things."""
        return isinstance(self.measure, SumMeasure) and self.measure.of == "amount"

    def share_of(self, level: int) -> Fraction:
        """Return how much of a sale counts `level` steps above the seller (0: the seller)."""
        if isinstance(self.credit, DirectCredit):
            return Fraction(1 if level == 0 else 0)
        return sum(
            (Fraction(each.share) for each in self.credit.levels if each.level == level),
            Fraction(0),
        )


class RoundingRule(_Part):
    """How a fraction of a minor unit is settled, once and last."""

    mode: Rounding = Rounding.HALF_EVEN


class Program(_Part):
    """A set of components in one currency, whose days begin and end in one zone."""

    schema_: Literal["laurel.program/1"] = Field(alias="schema")
    name: Title
    currency: Currency
    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "UTC"
    rounding: RoundingRule = RoundingRule()
    components: Annotated[tuple[Component, ...], Field(min_length=1, max_length=MAX_COMPONENTS)]

    def component(self, component_id: str) -> Component:
        """Return the component called `component_id`."""
        return next(each for each in self.components if each.id == component_id)
