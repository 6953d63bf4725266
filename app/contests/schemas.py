"""Shapes of contests, in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.contests.core import State
from app.contests.rules import MAX_GRACE_HOURS, MAX_PRIZES, Prize, Unit
from app.http.shapes import MoneyShape, Name, PageQuery, Shape, Text, View
from app.programs.schemas import MonthKey


class Told(View):
    """A sentence for every language: a code and what belongs into it."""

    code: str
    params: dict[str, Any]


class WonPrize(View):
    """A prize: money, or a text."""

    money: MoneyShape | None = None
    text: str | None = None


class ContestQuery(PageQuery):
    """Which contests are asked for."""

    state: State | None = None


class AmendIn(Shape):
    """A change after launch, with its reason."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
    name: Name | None = None
    ends_at: AwareDatetime | None = None
    grace_hours: Annotated[int, Field(ge=0, le=MAX_GRACE_HOURS)] | None = None
    prizes: Annotated[list[Prize], Field(max_length=MAX_PRIZES)] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> AmendIn:
        if not self.changes:
            raise PydanticCustomError("nothing_to_change", "Say what is to change.")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """What is to change."""
        return self.model_dump(mode="json", exclude={"reason"}, exclude_none=True)


class AmendmentOut(View):
    """A change after launch, for everybody to see."""

    number: int
    made_at: datetime
    made_by: str
    reason: Text
    changes: dict[str, Any]
    sha256: str


class MyPlace(View):
    """The place of whoever asks."""

    place: int
    tied: bool
    score: str
    prize: WonPrize | None


class ContestOut(View):
    """A contest, as everybody sees it."""

    id: UUID
    name: str
    state: State
    zone: str
    starts_at: datetime
    ends_at: datetime
    final_at: datetime
    unit: Unit
    rule: Told
    prizes: list[Prize]
    pot: MoneyShape | None
    participants: int
    scored: int
    sha256: str | None
    launched_at: datetime | None
    created_by: str
    amendments: list[AmendmentOut]
    my: MyPlace | None
    may_edit: bool
    rules: dict[str, Any]


class PrizeReceiptOut(View):
    """Money that the asker won: how it came about, and what became of it.

    `pool` are the prizes of the places from `place` to `last_place`, which those at `place` share; `rest` is
    too small to be split. `settled` went against what was owed. Without `transaction_id` the contest is older
    than the posting of prizes.
    """

    contest_id: UUID
    contest: str
    finished_at: datetime
    place: int
    last_place: int
    participants: int
    score: str
    unit: Unit
    tied_with: list[str]
    pool: MoneyShape
    rest: MoneyShape
    money: MoneyShape
    spendable: MoneyShape | None
    settled: MoneyShape | None
    transaction_id: UUID | None
    posted_at: datetime | None


class WinningQuery(Shape):
    """Which month, such as 2026-11 (or any day of it); the current one when nothing is said."""

    period: MonthKey | None = None


class WinningOut(View):
    """Money that the asker won; its receipt is at /me/prizes/<contest_id>."""

    contest_id: UUID
    contest: str
    place: int
    money: MoneyShape
    finished_at: datetime


class WinningsOut(View):
    """What the asker won, the latest first."""

    items: list[WinningOut]


class BoardQuery(Shape):
    """Which part of a board is asked for."""

    around: Literal["me", "top"] = "me"
    cursor: Annotated[str | None, StringConstraints(max_length=500)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 25


class BoardRowOut(View):
    """One row of a board."""

    participant_id: UUID
    name: str
    initials: str
    team_name: str | None
    place: int
    tied: bool
    score: str
    reached_at: datetime | None
    moved: int | None
    is_me: bool
    prize: WonPrize | None


class MoveOut(View):
    """What it takes to leave a place for the nearest better one."""

    place: int
    places: int
    need: str
    unit: Unit
    shares_place: bool


class BoardOut(View):
    """A part of a board, from one moment."""

    revision: int
    as_of: datetime
    state: State
    zone: str
    unit: Unit
    participants: int
    top: list[BoardRowOut]
    around: list[BoardRowOut]
    next_cursor: str | None
    me: BoardRowOut | None
    moves_to_next: MoveOut | None


class StandingRow(View):
    """One row of the standings, as machines read them."""

    place: int
    tied: bool
    person_id: UUID
    name: str
    employee_number: str | None
    score: str
    activities: int
    reached_at: datetime | None
    prize: WonPrize | None
    adjusted_score: str | None = Field(
        description="What the score would be with what arrived after the result was final."
    )


class StandingsOut(View):
    """One page of the standings."""

    items: list[StandingRow]
    next_cursor: str | None
    state: State
    participants: int
    as_of: datetime
