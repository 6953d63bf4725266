"""The shapes of programs outside: money as decimal text, days as days, nothing guessed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

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

Component = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
WithQuota = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}(\.[a-z][a-z0-9_]{0,39})?$")
]
"""A component, or component.figure."""
MonthKey = Annotated[
    str,
    StringConstraints(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$"),
]


class DocumentIn(Shape):
    """A program document; `GET /programs/schema` says what belongs in it."""

    document: dict[str, Any]


class SentenceOut(View):
    """One sentence of a program: the code of its words and the values in it."""

    code: str
    params: dict[str, dict[str, str]]
    component: str


class VersionOut(View):
    """One version of a program."""

    version: int
    state: Literal["draft", "published"]
    created_at: datetime
    published_at: datetime | None
    published_by: str | None
    sha256: str | None


class ProgramSummaryOut(View):
    """A program in a list."""

    id: UUID
    name: str
    currency: Currency
    state: Literal["draft", "published"]
    version: int | None
    has_draft: bool
    components: list[str]


class EnrolmentOut(View):
    """One rule of who takes part; days include both ends."""

    kind: Literal["everybody", "team_of", "person"]
    person_id: UUID | None
    first: date | None
    last: date | None


class ProgramOut(ProgramSummaryOut):
    """A program with its document, its text and its versions."""

    document: dict[str, Any]
    text: list[SentenceOut]
    english: str
    versions: list[VersionOut]
    enrolments: list[EnrolmentOut]
    enrolled: int


class CheckOut(View):
    """What a document that makes sense says."""

    text: list[SentenceOut]
    english: str
    sha256: str


def _within_years(day: date) -> date:
    if not 1900 <= day.year <= 2200:
        raise ValueError("Choose a day between 1900 and 2200.")
    return day


Day = Annotated[date, AfterValidator(_within_years)]


class EnrolmentIn(Shape):
    """One rule of who takes part; days include both ends, none means without end."""

    kind: Literal["everybody", "team_of", "person"]
    person_id: UUID | None = None
    first: Day | None = None
    last: Day | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> EnrolmentIn:
        if (self.kind == "everybody") != (self.person_id is None):
            raise ValueError("A person belongs to `person` and `team_of`, and only there.")
        if self.first and self.last and self.last < self.first:
            raise ValueError("The last day lies before the first.")
        return self


class EnrolmentsIn(Shape):
    """All rules of who takes part; whoever one of them names, does."""

    rules: Annotated[list[EnrolmentIn], Field(min_length=1, max_length=5000)]


class QuotaIn(Shape):
    """A quota as it shall be: in money or in units, whichever the component (or its figure) measures."""

    employee_number: Name | None = None
    person_id: UUID | None = None
    program: UUID
    component: WithQuota
    period_start: Day
    period_end: Day
    amount: DecimalText | None = None
    units: DecimalText | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> QuotaIn:
        if (self.employee_number is None) == (self.person_id is None):
            raise ValueError("Name the person by employee_number or by person_id.")
        if (self.amount is None) == (self.units is None):
            raise ValueError("Give either amount or units.")
        if self.period_end < self.period_start:
            raise ValueError("The last day lies before the first.")
        return self


class QuotasIn(Shape):
    """Up to 5,000 quotas at once; all are set or none."""

    items: Annotated[list[QuotaIn], Field(min_length=1, max_length=5000)]


class QuotasSetOut(View):
    """How many quotas were set."""

    set: int


class QuotaQuery(PageQuery):
    """Whose quotas, of which program."""

    person: UUID | None = None
    program: UUID | None = None


class QuotaOut(View):
    """A quota of a person; `target` is in the measure of the component."""

    id: UUID
    person_id: UUID
    program_id: UUID
    component: str
    period_start: date
    period_end: date
    target: str


class StatementQuery(PageQuery):
    """Which month, such as 2026-11 (or any day of it); the current one when nothing is said."""

    period: MonthKey | None = None


class LineOut(View):
    """What one activity brought, or without an activity one difference of pay settled as a whole."""

    id: str
    activity_id: UUID | None
    program_id: UUID
    component_id: str
    component_name: str
    title: str
    occurred_at: datetime
    money: MoneyShape
    state: Literal["projected", "payable", "available", "at_risk"]
    waiting: Literal["weekday", "period_end", "clawback", "immediately", "held"] | None
    release_on: date
    at_risk_until: date | None
    level: int


class StatesOut(View):
    """Money of one currency by state."""

    currency: Currency
    projected: MoneyShape
    payable: MoneyShape
    earned: MoneyShape
    available: MoneyShape
    reserved: MoneyShape
    paid: MoneyShape
    owed: MoneyShape
    held: MoneyShape
    clawed_back: MoneyShape
    at_risk: MoneyShape
    pay_on: date | None


class MonthOut(View):
    """A month there is something to see in."""

    key: str
    label: str
    start: date
    end: date


class StatementOut(View):
    """A month of a person's pay, with the money by state as of now."""

    as_of: AwareDatetime
    periods: list[MonthOut]
    period: MonthOut
    currency: Currency
    states: StatesOut
    other_currencies: list[StatesOut]
    pay_on: date | None
    lines: list[LineOut]
    next_cursor: str | None


class HeadlineOut(View):
    """One sentence as a code with values."""

    code: str
    params: dict[str, dict[str, str]]


class SourceOut(View):
    """The record an amount comes from."""

    activity_id: UUID
    kind: str
    title: str
    source: str
    file: str | None
    row: int | None
    external_id: str
    occurred_at: datetime
    received_at: datetime


class RuleBookOut(View):
    """The sealed version an amount was paid by."""

    program_id: UUID
    name: str
    component_id: str
    component_name: str
    version: int
    sha256: str
    sealed: bool
    published_at: datetime | None


class MomentOut(View):
    """One stage of an amount."""

    code: str
    at: datetime | None
    on: date | None
    state: Literal["done", "now", "todo"]


class AheadOut(View):
    """The next tier, bonus or quota."""

    kind: Literal["tier", "bonus", "quota"]
    program_id: UUID
    component_id: str
    component_name: str
    unit: Literal["money", "count"]
    at: str
    distance: str
    earns: MoneyShape
    worth: MoneyShape


class ReceiptOut(View):
    """Everything behind one amount."""

    id: str
    title: str
    money: MoneyShape
    state: str
    headline: HeadlineOut
    steps: dict[str, Any]
    source: SourceOut | None
    program: RuleBookOut
    timeline: list[MomentOut]
    next_step: HeadlineOut | None


class ProgressOut(View):
    """One component in its open period."""

    program_id: UUID
    component_id: str
    component_name: str
    period: str
    period_kind: str
    period_start: date
    period_end: date | None
    unit: Literal["money", "count"]
    currency: Currency
    done: str
    done_today: str
    quota: str | None
    goal: str | None
    earned: MoneyShape
    ahead: list[AheadOut]


class ProgressListOut(View):
    """Everything that is open, and the one step worth telling first."""

    items: list[ProgressOut]
    nearest: AheadOut | None


class WhatIfQuery(Shape):
    """One more activity of this amount or number of units."""

    component: Component
    amount: DecimalText | None = None
    units: DecimalText = "1"


class WhatIfOut(View):
    """What it would bring."""

    money: MoneyShape
    steps: dict[str, Any]


class TotalsQuery(Shape):
    """How to add up earnings, and of which days: periods that begin within them."""

    group_by: Literal["person", "component", "period", "person_period"] = "person"
    program: UUID | None = None
    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")


class TotalOut(View):
    """One sum of earnings."""

    person_id: UUID | None
    name: str | None
    employee_number: str | None
    program_id: UUID
    component: str
    period_start: date | None
    period_end: date | None
    measured: str
    quota: str | None
    money: MoneyShape
    credits: int


class TotalsOut(View):
    """Sums of earnings."""

    items: list[TotalOut]


ProgramPage = PageView[ProgramSummaryOut]
QuotaPage = PageView[QuotaOut]
