"""The shapes of designing a program: templates, comparisons, amendments, simulations, rates and mandates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.engine.parts import AttributeName
from app.http.shapes import (
    Currency,
    DecimalText,
    MoneyShape,
    Name,
    PageQuery,
    PageView,
    Shape,
    View,
)
from app.programs.schemas import Component, Day, SentenceOut

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class TemplateOut(View):
    """A program to begin from; names and descriptions by language."""

    key: str
    category: str
    name: dict[str, str]
    description: dict[str, str]
    document: dict[str, Any]
    text: list[SentenceOut]
    english: str


class TemplatesOut(View):
    """Every program to begin from."""

    items: list[TemplateOut]


class AttributeIn(Shape):
    """Something known of a person, such as a grade or a salary; a value of null forgets it."""

    employee_number: Name | None = None
    person_id: UUID | None = None
    name: AttributeName
    value: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None

    @model_validator(mode="after")
    def _names_somebody(self) -> AttributeIn:
        if (self.employee_number is None) == (self.person_id is None):
            raise ValueError("Name the person by employee_number or by person_id.")
        return self


class AttributesIn(Shape):
    """Up to 5,000 attributes at once; all are set or none."""

    items: Annotated[list[AttributeIn], Field(min_length=1, max_length=5000)]


class AttributesQuery(PageQuery):
    """Of everybody, or of one person."""

    person: UUID | None = None


class AttributeOut(View):
    """Something known of a person; numbers are text, too."""

    person_id: UUID
    name: str
    value: str


AttributePage = PageView[AttributeOut]


class CompareQuery(Shape):
    """Two versions; left out, the one in force and the newest."""

    before: Annotated[int, Field(ge=1)] | None = None
    after: Annotated[int, Field(ge=1)] | None = None


class ChangeOut(View):
    """One place that differs, as a JSON pointer, with both values."""

    path: str
    before: Any
    after: Any
    code: str
    component: str | None


class ComparisonOut(View):
    """What one document says otherwise than another; sentences that are gone and new."""

    changes: list[ChangeOut]
    gone: list[SentenceOut]
    new: list[SentenceOut]


class AmendmentIn(Shape):
    """Another document, the first day it may change pay of, and why; `dry_run` only shows the effects."""

    document: dict[str, Any]
    from_: Annotated[Day, Field(alias="from")]
    reason: Reason
    dry_run: bool = True


class EffectOut(View):
    """What an amendment does to one person's pay."""

    person_id: UUID
    name: str
    before: MoneyShape
    after: MoneyShape
    difference: MoneyShape


class AmendmentOut(View):
    """What an amendment changes, and for whom; `version` once it is sealed."""

    version: int | None
    comparison: ComparisonOut
    gain: int
    lose: int
    effects: list[EffectOut]
    lowers: bool
    changes_the_past: bool


class SimulationIn(Shape):
    """A document (the newest when left out) to settle on the days between two that have passed."""

    document: dict[str, Any] | None = None
    from_: Annotated[Day, Field(alias="from")]
    to: Day
    budget: DecimalText | None = None
    sensitivity: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> SimulationIn:
        if self.to < self.from_:
            raise ValueError("The last day lies before the first.")
        return self


class PayeeOut(View):
    """What the document would have paid a person, and what was paid."""

    person_id: UUID
    name: str
    simulated: MoneyShape
    paid: MoneyShape
    difference: MoneyShape


class BucketOut(View):
    """How many quotas were reached from this share to the next."""

    share: str
    count: int


class PointOut(View):
    """What it would have cost at that share of everything that was sold."""

    share: str
    cost: MoneyShape


class CautionOut(View):
    """Something to look at before publishing."""

    code: Literal["cliff", "few_carry", "other_currency", "over_budget"]
    component: str | None
    params: dict[str, str]


class ResultOut(View):
    """What a simulation found."""

    activities: int
    simulated: MoneyShape
    paid: MoneyShape
    difference: MoneyShape
    gain: int
    lose: int
    same: int
    payees: list[PayeeOut]
    attainment: list[BucketOut]
    sensitivity: list[PointOut]
    warnings: list[CautionOut]


class SimulationOut(View):
    """A simulation: done at once when it is small, else under way in a worker."""

    id: UUID | None
    state: Literal["waiting", "running", "done", "failed"]
    percent: int
    result: ResultOut | None


class ExchangeRateIn(Shape):
    """What one unit of a currency is in another from a day on."""

    currency: Currency
    into: Currency
    from_: Annotated[Day, Field(alias="from")]
    rate: DecimalText
    source: Name = "manual"

    @model_validator(mode="after")
    def _makes_sense(self) -> ExchangeRateIn:
        if self.currency == self.into:
            raise ValueError("A currency needs no rate into itself.")
        if not float(self.rate) > 0:
            raise ValueError("A rate is more than nothing.")
        return self


class ExchangeRatesIn(Shape):
    """Up to 5,000 rates at once."""

    items: Annotated[list[ExchangeRateIn], Field(min_length=1, max_length=5000)]


class SetOut(View):
    """How many were set."""

    set: int


class ExchangeRatesQuery(Shape):
    """A day: of each pair the rate that holds on it."""

    on: Day | None = None


class ExchangeRateOut(View):
    """One dated rate; it holds until the next of its pair."""

    currency: Currency
    into: Currency
    from_: date = Field(alias="from")
    rate: str
    source: str
    changed_at: datetime


class ExchangeRatesOut(View):
    """Rates, newest first."""

    items: list[ExchangeRateOut]


class MandateIn(Shape):
    """The rate of a sub-agent from a day on."""

    program: UUID
    component: Component
    sub_agent_id: UUID
    rate: DecimalText
    from_: Annotated[Day, Field(alias="from")]


class MandatesIn(Shape):
    """Rates; all are set or none."""

    items: Annotated[list[MandateIn], Field(min_length=1, max_length=500)]


class SubAgentOut(View):
    """Somebody whose rates the agent sets."""

    person_id: UUID
    name: str


class OpeningOut(View):
    """A component under which agents set rates, between these limits."""

    program_id: UUID
    program_name: str
    component: str
    component_name: str
    min: str | None
    max: str | None


class MandateOut(View):
    """A rate that was set; `to` is its last day."""

    program_id: UUID
    component: str
    sub_agent_id: UUID
    rate: str
    from_: date = Field(alias="from")
    to: date | None


class MandatesOut(View):
    """What an agent may set, for whom, and what was set."""

    openings: list[OpeningOut]
    sub_agents: list[SubAgentOut]
    items: list[MandateOut]


class AcceptIn(Shape):
    """The version whose terms are accepted."""

    program: UUID
    version: Annotated[int, Field(ge=1)]


class TermsOut(View):
    """The terms of a program in force, and when they were accepted."""

    program_id: UUID
    program_name: str
    version: int
    sha256: str
    text: str | None
    accepted_at: datetime | None


class TermsListOut(View):
    """The terms of everything the person takes part in."""

    items: list[TermsOut]
