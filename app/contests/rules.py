"""The rules of a contest: what is sealed at launch, and the sentence that tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.engine.conditions import EVERYTHING, Condition, size_of
from app.http.shapes import Currency, MoneyIn, Name, Shape
from app.kernel.strict_json import dumps_canonical
from app.people.core import ZONES

MAX_GRACE_HOURS: Final = 24 * 3_660
"""Long on purpose: a contest over a past season is scored from what is still to be loaded."""
MAX_DAYS: Final = 3_660
MAX_PRIZES: Final = 100
MAX_POT: Final = 1_000_000_000
"""In major units, of all prizes together."""
MAX_PEOPLE: Final = 5_000

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
TieBreak = Literal["earliest", "shared"]
Unit = str
"""What a score counts: "count", "units", or a currency."""


class Measure(Shape):
    """What is counted: activities, their units, or their amounts in one currency."""

    kind: Literal["count", "sum"] = "count"
    field: Literal["amount", "units"] | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Measure:
        if (self.kind == "sum") != (self.field is not None):
            raise PydanticCustomError(
                "measure_field", "A sum names the field it adds up; a count names none."
            )
        if (self.field == "amount") != (self.currency is not None):
            raise PydanticCustomError(
                "measure_currency", "A sum of amounts names its currency; nothing else does."
            )
        return self

    @property
    def unit(self) -> Unit:
        """What the score is in."""
        return self.currency or self.field or "count"


class Prize(Shape):
    """What each place from one to another wins: money, or something told in words."""

    place_from: Annotated[int, Field(ge=1, le=100_000)]
    place_to: Annotated[int, Field(ge=1, le=100_000)]
    money: MoneyIn | None = None
    text: Name | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Prize:
        if self.place_to < self.place_from:
            raise PydanticCustomError(
                "places_order", "The last place of a prize comes after the first."
            )
        if (self.money is None) == (self.text is None):
            raise PydanticCustomError("money_or_text", "A prize is either money or a text.")
        if self.money is not None and self.money.money.minor <= 0:
            raise PydanticCustomError("not_positive", "A prize of money is more than nothing.")
        return self


class Participants(Shape):
    """Who takes part: everybody, a team with its sub-teams, a list, or whoever scores."""

    rule: Literal["all", "team", "list", "whoever"] = "all"
    team_id: UUID | None = None
    person_ids: list[UUID] = Field(default_factory=list, max_length=MAX_PEOPLE)
    employee_numbers: list[Name] = Field(default_factory=list, max_length=MAX_PEOPLE)

    @model_validator(mode="after")
    def _is_whole(self) -> Participants:
        if (self.rule == "team") != (self.team_id is not None):
            raise PydanticCustomError(
                "team_needed", "A contest of a team names the team; no other does."
            )
        named = bool(self.person_ids or self.employee_numbers)
        if (self.rule == "list") != named:
            raise PydanticCustomError(
                "list_needed", "A contest of a list names its people; no other does."
            )
        return self


class ContestRules(Shape):
    """Everything that decides a contest. Its canonical form is what the seal covers."""

    name: Name
    measure: Measure = Measure()
    kinds: list[Kind] = Field(default_factory=lambda: ["sale"], min_length=1, max_length=20)
    counts: Condition = EVERYTHING
    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    grace_hours: Annotated[int, Field(ge=0, le=MAX_GRACE_HOURS)] = 24
    tie_break: TieBreak = "earliest"
    tie_flag_attribute: Annotated[
        str | None, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ -]{0,62}$")
    ] = None
    prizes: list[Prize] = Field(default_factory=list, max_length=MAX_PRIZES)
    participants: Participants = Participants()
    names: Literal["full", "initials"] = "full"

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone not in ZONES:
            raise PydanticCustomError("unknown_zone", "This is no time zone of the IANA database.")
        return zone

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _in_utc(cls, instant: datetime) -> datetime:
        if not 2000 <= instant.year <= 2200:
            raise PydanticCustomError(
                "out_of_years", "This lies outside of the years 2000 to 2200."
            )
        return instant.astimezone(UTC)

    @field_validator("counts")
    @classmethod
    def _is_bounded(cls, counts: Condition) -> Condition:
        depth, leaves = size_of(counts)
        if depth > 6 or leaves > 100:
            raise PydanticCustomError("too_large", "The condition is too large.")
        return counts

    @model_validator(mode="after")
    def _makes_sense(self) -> ContestRules:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("ends_before_start", "A contest ends after it starts.")
        if self.ends_at - self.starts_at > timedelta(days=MAX_DAYS):
            raise PydanticCustomError("lasts_too_long", "A contest lasts ten years at most.")
        _check_prizes(self.prizes)
        return self

    @property
    def final_at(self) -> datetime:
        """When the grace window closes and nothing more can change the result."""
        return self.ends_at + timedelta(hours=self.grace_hours)

    @property
    def is_open(self) -> bool:
        """Whether somebody who is not on the board yet joins it by scoring."""
        return self.participants.rule in ("all", "whoever")

    def document(self) -> dict[str, Any]:
        """Return the rules as plain JSON, the form that is stored and sealed."""
        document: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        return document


def _check_prizes(prizes: Sequence[Prize]) -> None:
    ordered = sorted(prizes, key=lambda prize: prize.place_from)
    for one, following in pairwise(ordered):
        if following.place_from <= one.place_to:
            raise PydanticCustomError("two_prizes", "No place may win two prizes.")
    if len({prize.money.currency for prize in prizes if prize.money}) > 1:
        raise PydanticCustomError("one_currency", "All prizes of money are in one currency.")
    pot = sum(
        prize.money.money.decimal * (prize.place_to - prize.place_from + 1)
        for prize in prizes
        if prize.money
    )
    if pot > MAX_POT:
        raise PydanticCustomError("pot_too_large", "All prizes together are too much.")


def read_rules(document: dict[str, Any]) -> ContestRules:
    """Return the rules that were stored."""
    return ContestRules.model_validate(document)


def seal(document: dict[str, Any]) -> str:
    """Return the SHA-256 over the canonical form of the rules, in hex."""
    return hashlib.sha256(dumps_canonical(document)).hexdigest()


def sentence(rules: ContestRules) -> dict[str, Any]:
    """Return how the contest counts, as a code and parameters for every language."""
    zone = ZoneInfo(rules.zone)
    return {
        "code": f"contest.rule.{rules.measure.kind}_{rules.measure.field or 'activities'}",
        "params": {
            "kinds": rules.kinds,
            "unit": rules.measure.unit,
            "condition": rules.model_dump(mode="json", by_alias=True)["counts"],
            "tie_break": rules.tie_break,
            "from": rules.starts_at.astimezone(zone).isoformat(),
            "to": rules.ends_at.astimezone(zone).isoformat(),
            "grace_hours": rules.grace_hours,
            "zone": rules.zone,
        },
    }
