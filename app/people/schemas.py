"""Shapes of people, teams and API keys, in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from app.http.principal import Role, Scope
from app.http.shapes import Currency, Key, Name, PageQuery, Shape, Text, View
from app.people.core import ZONES

Language = Literal["en", "it", "fr", "id"]
Kind = Literal["staff", "sub_agent"]


def _known_zone(zone: str) -> str:
    if zone not in ZONES:
        raise PydanticCustomError("unknown_zone", "This is no IANA time zone, such as Europe/Rome.")
    return zone


Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f<>,;]+@[^@\s\x00-\x1f<>,;]+$",
    ),
]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]


class PersonOut(View):
    """Somebody, as the console shows them."""

    id: UUID
    name: str
    employee_number: str | None
    email: str | None
    team_id: UUID | None
    team_name: str | None
    manager_id: UUID | None
    manager_name: str | None
    title: str | None
    roles: list[Role]
    active: bool
    language: str
    zone: str
    currency: str
    joined_on: date | None
    left_on: date | None
    has_passkey: bool
    last_seen_at: datetime | None


class PositionOut(View):
    """Where somebody stood; `to_on` is the last day, null while it holds."""

    id: UUID
    team_id: UUID | None
    team_name: str | None
    manager_id: UUID | None
    manager_name: str | None
    title: str
    kind: Kind
    from_on: date
    to_on: date | None


class PersonDetail(PersonOut):
    """Somebody with everywhere they stood, oldest first."""

    positions: list[PositionOut]


class PeopleQuery(PageQuery):
    """Which people."""

    search: Annotated[str | None, StringConstraints(max_length=200)] = None
    team: UUID | None = None
    role: Role | None = None
    active: bool | None = None


Number = Annotated[Key, StringConstraints(strip_whitespace=True, max_length=64)]
Roles = Annotated[list[Role], Field(max_length=len(Role))]


class PersonIn(Shape):
    """Somebody new."""

    name: Name
    email: Email | None = None
    employee_number: Number | None = None
    language: Language | None = None
    zone: Zone | None = None
    currency: Currency | None = None
    joined_on: Day | None = None
    roles: Roles = Field(default_factory=list)
    team_id: UUID | None = None
    manager_id: UUID | None = None
    title: Annotated[Text, StringConstraints(max_length=200)] = ""
    from_on: Day | None = None


class PersonChange(Shape):
    """What to change about somebody; names left out stay. An e-mail address needs a step-up."""

    name: Name | None = None
    email: Email | None = None
    employee_number: Number | None = None
    language: Language | None = None
    zone: Zone | None = None
    currency: Currency | None = None
    joined_on: Day | None = None
    left_on: Day | None = None
    active: bool | None = None


class RosterLine(Shape):
    """One line of a staff list; what is left out stays as it is."""

    employee_number: Number
    name: Name
    email: Email | None = None
    language: Language | None = None
    zone: Zone | None = None
    currency: Currency | None = None
    joined_on: Day | None = None
    roles: Roles | None = None
    team: Name | None = None
    manager_employee_number: Number | None = None
    title: Annotated[Text, StringConstraints(max_length=200)] | None = None
    kind: Kind | None = None
    from_on: Day | None = None


class RosterIn(Shape):
    """A staff list, in any order."""

    people: list[RosterLine] = Field(min_length=1, max_length=5_000)


class RosterOut(View):
    """What a staff list changed; ids in the order of the lines."""

    added: int
    changed: int
    unchanged: int
    person_ids: list[UUID]


class PositionIn(Shape):
    """Where somebody stands from a day on; what holds then ends the day before.

    With `to_on` (the last day) the position is added as it is, and refused where another holds.
    """

    from_on: Day
    to_on: Day | None = None
    manager_id: UUID | None = None
    team_id: UUID | None = None
    title: Annotated[Text, StringConstraints(max_length=200)] = ""
    kind: Kind = "staff"


class RolesIn(Shape):
    """Every role the person holds from now on."""

    roles: Roles


class LinkOut(View):
    """A link to hand to the person; it is shown once."""

    link: str
    expires_at: datetime


class Ended(View):
    """How many sessions ended."""

    ended: int


class TeamIn(Shape):
    """A new team."""

    name: Name
    parent_id: UUID | None = None


class TeamOut(View):
    """A team and how many stand in it today."""

    id: UUID
    name: str
    parent_id: UUID | None
    people: int = 0


class Teams(View):
    """Every team, by name."""

    items: list[TeamOut]


class ApiKeyIn(Shape):
    """A key for a machine."""

    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))


class ApiKeyOut(View):
    """A key, without its secret."""

    id: UUID
    name: str
    hint: str
    scopes: list[Scope]
    created_at: datetime


class ApiKeyMade(ApiKeyOut):
    """A new key: `key` is shown once and kept nowhere."""

    key: str


class ApiKeys(View):
    """The keys that work."""

    items: list[ApiKeyOut]
