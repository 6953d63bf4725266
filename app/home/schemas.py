"""Shapes of the screens that show many rooms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.http.shapes import MoneyShape, View

Measure = int | float | MoneyShape


class Told(View):
    """A sentence for every language: a code and what belongs into it."""

    code: str
    params: dict[str, Measure | str | date | None]


class Pace(View):
    """What today has to bring, and has brought."""

    today_done: Measure
    today_goal: Measure


class TargetOut(View):
    """The target that Today draws."""

    component_id: str
    component_name: str
    unit: Literal["count", "money"]
    done: Measure
    goal: Measure
    today: Measure
    period_label: Literal["week", "month", "quarter", "year", "custom"]
    period_end: date | None
    prize: MoneyShape | None
    next_at: Measure | None
    pace: Pace | None


class MoneyStates(View):
    """The money of a person, by state."""

    currency: str
    pay_on: date | None
    payable: MoneyShape
    available: MoneyShape
    paid: MoneyShape
    earned: MoneyShape
    at_risk: MoneyShape
    reserved: MoneyShape
    projected: MoneyShape
    held: MoneyShape
    owed: MoneyShape


class Behind(View):
    """How far it is to who stands above."""

    need: Measure
    unit: str
    place: int


class MyContest(View):
    """The contest that Today shows."""

    id: UUID
    name: str
    place: int
    tied: bool
    participants: int
    moved: int
    provisional: bool
    ends_at: datetime
    behind: Behind | None


class Latest(View):
    """One of the last amounts."""

    line_id: str
    title: str
    money: MoneyShape
    at: datetime


class TodayOut(View):
    """The first screen of a rep."""

    as_of: datetime
    sentence: Told
    target: TargetOut | None
    money: MoneyStates
    waiting_claims: int
    contest: MyContest | None
    unread: int
    latest: list[Latest]


class Days(View):
    """The month that is shown, until which day."""

    start: date
    end: date
    until: date


class Kpi(View):
    """A figure, with the same of before where there is one."""

    code: Literal["sales_today", "sales_month", "volume_month", "earned_month"]
    value: Measure
    before: Measure | None


class BandOut(View):
    """How many people attained so many percent."""

    first: int
    to: int | None
    count: int


class Attainment(View):
    """How targets are reached this period."""

    people: int
    reached: int
    bands: list[BandOut]


class RankedPerson(View):
    """Somebody ahead or behind."""

    person_id: UUID
    name: str
    team_name: str | None
    percent: int


class TeamPace(View):
    """A team, with its sales a week."""

    team_id: UUID
    name: str
    manager_name: str | None
    people: int
    percent: int
    weeks: list[int]
    direction: Literal["rising", "steady", "slower"]


class OwedMoney(View):
    """What the company owes its people, by state."""

    currency: str
    earned: MoneyShape
    available: MoneyShape
    reserved: MoneyShape
    owed: MoneyShape
    total: MoneyShape


class WaitingFile(View):
    """An import with rows set aside."""

    import_id: UUID
    file_name: str
    rows: int


class LowStock(View):
    """An amount whose codes run out."""

    reward_id: UUID
    brand: str
    money: MoneyShape
    left: int | None


class Waiting(View):
    """What waits for somebody; `things` counts the kinds that have some."""

    things: int
    claims: int
    quarantined_rows: int
    imports: list[WaitingFile]
    stock: list[LowStock]
    redemptions: int


class Leader(View):
    """One of the first places."""

    place: int
    tied: bool
    name: str
    score: str


class LiveContest(View):
    """The contest that runs."""

    id: UUID
    name: str
    state: str
    ends_at: datetime
    final_at: datetime
    unit: str
    participants: int
    scored: int
    apart: str | None
    leaders: list[Leader]


class OverviewOut(View):
    """The first screen of the console."""

    as_of: datetime
    zone: str
    period: Days
    sentence: Told
    kpis: list[Kpi]
    attainment: Attainment
    top: list[RankedPerson]
    bottom: list[RankedPerson]
    teams: list[TeamPace]
    money: OwedMoney
    waiting: Waiting
    contest: LiveContest | None
