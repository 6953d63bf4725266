"""Shapes of signing in, of the signed-in person, and of the demo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.http.principal import Role
from app.http.shapes import Key, Shape, Text, View
from app.people.brand_schemas import LogoAddress
from app.people.schemas import Email, Language, Zone

Theme = Literal["auto", "light", "dark"]
B64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$", max_length=16_000)]


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
    store_name: str
    logo: LogoAddress | None
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
    """A mail or a text that the demo kept."""

    channel: Literal["email", "sms"]
    to: str = Field(validation_alias="recipient")
    subject: str
    text: str = Field(validation_alias="body")
    sender: str
    sent_at: datetime


class Mails(View):
    """The latest mails and texts."""

    items: list[MailOut]
