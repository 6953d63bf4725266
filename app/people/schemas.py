"""Shapes of the people room, in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from app.http.principal import Role, Scope
from app.http.shapes import Currency, Key, Name, PageQuery, Shape, Text, View
from app.people.core import ZONES

Language = Literal["en", "it", "fr", "id"]
Theme = Literal["auto", "light", "dark"]
Kind = Literal["staff", "sub_agent"]


def _known_zone(zone: str) -> str:
    if zone not in ZONES:
        raise ValueError("This is no IANA time zone, such as Europe/Rome")
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
B64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$", max_length=16_000)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]


# Signing in


class Begin(Shape):
    """Nothing is asked: the phone knows which passkeys it has."""


class Ceremony(View):
    """A question for a passkey: hand `options` to navigator.credentials."""

    challenge_id: UUID
    options: dict[str, Any]


class _FromBrowser(BaseModel):
    # Browsers add names of their own; what we read is strict.
    model_config = ConfigDict(extra="ignore")


class AttestationIn(_FromBrowser):
    """What a new passkey says."""

    clientDataJSON: B64  # noqa: N815 - the browser's name
    attestationObject: B64  # noqa: N815 - the browser's name
    transports: list[Annotated[str, StringConstraints(max_length=32)]] = Field([], max_length=10)


class AssertionIn(_FromBrowser):
    """What a passkey answers."""

    clientDataJSON: B64  # noqa: N815 - the browser's name
    authenticatorData: B64  # noqa: N815 - the browser's name
    signature: B64
    userHandle: B64 | None = None  # noqa: N815 - the browser's name


class NewCredential(_FromBrowser):
    """A PublicKeyCredential from navigator.credentials.create()."""

    id: B64
    rawId: B64  # noqa: N815 - the browser's name
    type: Literal["public-key"]
    response: AttestationIn


class ProvenCredential(_FromBrowser):
    """A PublicKeyCredential from navigator.credentials.get()."""

    id: B64
    rawId: B64  # noqa: N815 - the browser's name
    type: Literal["public-key"]
    response: AssertionIn


class AssertionAnswer(Shape):
    """The answer to a question for a passkey."""

    challenge_id: UUID
    credential: ProvenCredential


class RegistrationAnswer(Shape):
    """A new passkey, made for a question."""

    challenge_id: UUID
    credential: NewCredential
    label: Annotated[Text, StringConstraints(max_length=60)] | None = None


class CodeRequest(Shape):
    """Whom to mail a code."""

    email: Email


class CodeAnswer(Shape):
    """The code from the mail."""

    email: Email
    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")]


class InvitationOut(View):
    """Whom an invitation is for."""

    tenant_name: str
    name: str
    language: str


class StepUpQuestion(Shape):
    """The one action to be confirmed, and everything it is about."""

    action: Key
    binding: dict[str, Any] = Field(max_length=20)


class StepUpOut(View):
    """Send `token` as X-Step-Up along with the action."""

    token: str
    expires_at: datetime


# The signed-in person


class MePerson(View):
    """The signed-in person."""

    id: UUID
    name: str
    email: str | None
    employee_number: str | None
    initials: str = ""
    language: str
    zone: str
    currency: str
    theme: str


class MeTenant(View):
    """The company."""

    id: UUID = Field(validation_alias="tenant_id")
    name: str
    slug: str
    brand_hue: int
    brand_chroma: float
    currency: str
    language: str
    zone: str
    week_starts: int


class MeOut(View):
    """Who is signed in, and what the screens need at start."""

    person: MePerson
    tenant: MeTenant
    roles: list[Role]
    csrf: str
    is_demo: bool
    has_passkey: bool
    team_name: str | None
    manager_name: str | None
    sub_agents: int
    initials: str = Field("", exclude=True)
    zone: str = Field("", exclude=True)

    @model_validator(mode="after")
    def _complete(self) -> MeOut:
        self.person.initials = self.initials or self.person.initials
        self.person.zone = self.zone or self.person.zone
        return self


class MeChange(Shape):
    """What a person decides about themselves; a zone counts from the next day."""

    language: Language | None = None
    zone: Zone | None = None
    theme: Theme | None = None


class Device(View):
    """A place where the person is signed in."""

    id: UUID
    label: str
    signed_in_by: str
    created_at: datetime
    last_seen_at: datetime
    current: bool = False


class Devices(View):
    """Where the person is signed in, last seen first."""

    items: list[Device]


class PasskeyOut(View):
    """A passkey of the person; `backed_up` false means that losing the device loses it."""

    id: UUID
    label: str
    created_at: datetime
    last_used_at: datetime | None
    backed_up: bool
    suspect_at: datetime | None


class Passkeys(View):
    """The person's passkeys, oldest first."""

    items: list[PasskeyOut]


# People


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


# Machines and the demo


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


class PersonaOut(View):
    """Somebody a visitor may be."""

    key: str
    name: str
    role_title: str
    description: str


class Personas(View):
    """Whom a visitor may be."""

    items: list[PersonaOut]


class DemoQuery(Shape):
    """Which demo company; the oldest when left out."""

    tenant: Annotated[str | None, StringConstraints(max_length=63)] = None


class MailOut(View):
    """A mail that the demo kept instead of sending."""

    to: str = Field(validation_alias="recipient")
    subject: str
    text: str = Field(validation_alias="body")
    sent_at: datetime


class Mails(View):
    """The latest mails."""

    items: list[MailOut]
