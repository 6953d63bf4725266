"""The program document: what a manager states, as data. `docs/plan-language.md` explains it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, Tag

from app.engine.conditions import EVERYTHING, Condition
from app.engine.credit_rules import (
    Credit,
    DirectCredit,
    Level,
    OverrideCredit,
)
from app.engine.exact import Positive
from app.engine.limit_rules import Limits
from app.engine.measures import CountMeasure, FormulaMeasure, Measure, SumMeasure, Tallied
from app.engine.parts import (
    MAX_LEVELS,
    MAX_STEPS,
    Boundary,
    Currency,
    Day,
    FigureName,
    MeasureField,
    Mode,
    On,
    Part,
    PersonName,
    Slug,
    Title,
    by_field,
)
from app.engine.payout_rules import (
    AwardPayout,
    BonusPayout,
    CurvePayout,
    Milestone,
    Payout,
    RatePayout,
    RateStep,
    RateTiers,
    TierStep,
    UnitPayout,
    UnitStep,
    UnitTiers,
)
from app.engine.timing_rules import (
    Clawback,
    Hold,
    ImmediateRelease,
    PeriodEndRelease,
    Release,
    WeekdayRelease,
)
from app.kernel.money import Rounding

__all__ = [
    "MAX_COMPONENTS",
    "MAX_LEVELS",
    "MAX_STEPS",
    "SCHEMA_NAME",
    "BonusPayout",
    "Boundary",
    "Component",
    "CountMeasure",
    "Credit",
    "Currency",
    "Day",
    "DirectCredit",
    "Effective",
    "ImmediateRelease",
    "Level",
    "Measure",
    "MeasureField",
    "Milestone",
    "Mode",
    "On",
    "OverrideCredit",
    "Payout",
    "Period",
    "PeriodEndRelease",
    "Program",
    "RatePayout",
    "RateStep",
    "RateTiers",
    "Release",
    "SumMeasure",
    "TierStep",
    "UnitPayout",
    "UnitStep",
    "UnitTiers",
    "WeekdayRelease",
]

SCHEMA_NAME: Final = "laurel.program/1"
MAX_COMPONENTS: Final = 50
MAX_FIGURES: Final = 30
MAX_SPANS: Final = 200


class Effective(Part):
    """The days on which a component counts, both included; no `to` means until further notice."""

    from_: Day = Field(alias="from")
    to: Day | None = None


class PeriodSpan(Part):
    """One period of its own making, both days included."""

    from_: Day = Field(alias="from")
    to: Day


class Period(Part):
    """The stretch of time whose total is paid; the total starts at nothing in each.

    With `to_date` the measure runs from the start of the year, quarter or component, and what earlier
    periods of it paid is taken off.
    """

    kind: Literal[
        "week",
        "month",
        "quarter",
        "year",
        "quota",
        "window",
        "activity",
        "rolling",
        "custom",
        "retail",
        "half_year",
    ]
    days: Annotated[int, Field(ge=1, le=3650, strict=True)] | None = None
    spans: Annotated[tuple[PeriodSpan, ...], Field(min_length=1, max_length=MAX_SPANS)] | None = (
        None
    )
    weeks: Literal["4-4-5", "4-5-4", "5-4-4"] | None = None
    starts_on: Annotated[tuple[Day, ...], Field(min_length=1, max_length=50)] | None = None
    to_date: Literal["year", "quarter", "effective"] | None = None


class Component(Part):
    """One thing that pays: who is credited for what, the measure, the payout and its timing."""

    id: Slug
    name: Title
    effective: Effective
    counts: Condition = EVERYTHING
    credit: Credit = DirectCredit(to="direct")
    measure: Measure
    figures: Annotated[dict[FigureName, Measure], Field(max_length=MAX_FIGURES)] | None = None
    period: Period
    payout: Payout
    limits: Limits | None = None
    release: Release = ImmediateRelease(on="immediately")
    holdback: Hold | None = None
    holds: Annotated[tuple[Hold, ...], Field(max_length=10)] | None = None
    clawback_days: Annotated[int, Field(ge=0, le=3650, strict=True)] | None = None
    clawback: Clawback | None = None

    @property
    def needs_quota(self) -> bool:
        """Whether a quota changes what this component pays."""
        payout = self.payout
        if isinstance(payout, BonusPayout | CurvePayout | AwardPayout):
            return payout.on == "attainment"
        tiers = payout.tiers if isinstance(payout, RatePayout | UnitPayout) else None
        return tiers is not None and tiers.on == "attainment"

    @property
    def measures_money(self) -> bool:
        """Whether the measure is an amount of money rather than a number of things."""
        return is_money(self.measure)

    @property
    def is_simple(self) -> bool:
        """Whether what it pays depends on one total and one quota alone: the fast path of settling."""
        return (
            isinstance(self.payout, RatePayout | UnitPayout | BonusPayout)
            and self.payout.times is None
            and isinstance(self.measure, SumMeasure | CountMeasure)
            and self.measure.window in {None, "period"}
            and self.measure.whose in {None, "payee"}
            and self.period.to_date is None
            and self.limits is None
        )

    def figure(self, name: str) -> Measure:
        """Return the figure called `name`; "measure" is the main one."""
        return self.measure if name == "measure" else (self.figures or {})[name]

    @property
    def all_figures(self) -> dict[str, Measure]:
        """Every figure by name, the main one first."""
        return {"measure": self.measure, **(self.figures or {})}

    def counts_of(self, name: str) -> tuple[Condition, ...]:
        """Return the conditions that an activity must meet, all of them, to count in a figure."""
        figure = self.figure(name)
        if not isinstance(figure, Tallied):
            return ()
        own = self.counts if figure.counts is None else figure.counts
        return (own,) if figure.where is None else (own, figure.where)

    def credit_of(self, name: str) -> Credit:
        """Return who is credited for what counts in a figure."""
        figure = self.figure(name)
        own = figure.credit if isinstance(figure, Tallied) else None
        return self.credit if own is None else own


def is_money(figure: Measure) -> bool:
    """Tell whether a figure is an amount of money rather than a number of things."""
    if isinstance(figure, SumMeasure):
        return figure.unit == "money" or (figure.unit is None and figure.of == "amount")
    if isinstance(figure, FormulaMeasure):
        return figure.unit == "money"
    return getattr(figure, "of", None) == "amount" and figure.kind != "growth"


class RoundingRule(Part):
    """How a fraction of a minor unit is settled, once and last."""

    mode: Rounding = Rounding.HALF_EVEN


class TeamGroup(Part):
    """Everybody below a person, as they stood on the last day of the period, and that person."""

    team_of: PersonName


class ListGroup(Part):
    """These people."""

    people: Annotated[tuple[PersonName, ...], Field(min_length=1, max_length=5000)]


class AttributeGroup(Part):
    """The people whose attributes meet the condition (fields `attributes.<name>`)."""

    where: Condition


Group = Annotated[
    Annotated[TeamGroup, Tag("<team_of>")]
    | Annotated[ListGroup, Tag("<people>")]
    | Annotated[AttributeGroup, Tag("<where>")],
    by_field("team_of", "people", "where"),
]


class Budget(Part):
    """What the program may cost in a period or in all, and what happens beyond.

    `stop`: in order of time, what no longer fits is not paid. `scale`: everybody gets the same share
    less. `warn`: everything is paid, and the explanation says so.
    """

    amount: Positive
    per: Literal["period", "program"] = "program"
    policy: Literal["stop", "scale", "warn"]


class ProgramCap(Part):
    """The most that all components together pay to a person (in a calendar period), or to all."""

    amount: Positive
    per: Literal["person_period", "person", "program"]
    period: Literal["week", "month", "quarter", "half_year", "year"] | None = None


class ProgramTerms(Part):
    """What a participant accepts."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=20_000)] | None = None


class Program(Part):
    """A set of components in one currency, whose days begin and end in one zone."""

    schema_: Literal["laurel.program/1"] = Field(alias="schema")
    name: Title
    currency: Currency
    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "UTC"
    rounding: RoundingRule = RoundingRule()
    components: Annotated[tuple[Component, ...], Field(min_length=1, max_length=MAX_COMPONENTS)]
    groups: Annotated[dict[Slug, Group], Field(max_length=MAX_COMPONENTS)] | None = None
    budget: Budget | None = None
    caps: Annotated[tuple[ProgramCap, ...], Field(max_length=10)] | None = None
    terms: ProgramTerms | None = None
    allows_lowering: bool | None = None

    def component(self, component_id: str) -> Component:
        """Return the component called `component_id`."""
        return next(each for each in self.components if each.id == component_id)
