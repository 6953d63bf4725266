"""Tenants and the people in them: who they are, where they stood when, what they may do."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId


def _of_person(column: str = "person_id") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", column], ["people.tenant_id", "people.id"])


class Tenant(Base, OfTenant):
    """A company that runs its programs here."""

    __tablename__ = "tenants"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("week_starts BETWEEN 1 AND 7", name="week_starts"),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
        ForeignKeyConstraint(
            ["tenant_id", "logo"], ["logos.tenant_id", "logos.digest"], use_alter=True
        ),
    )

    name: Mapped[str]
    slug: Mapped[str]
    brand_hue: Mapped[int]
    brand_chroma: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    store_name: Mapped[str] = mapped_column(server_default=text("''"))
    """What the store and its mails are called; the company's own name when empty."""
    mail_footer: Mapped[str] = mapped_column(server_default=text("''"))
    mail_reply_to: Mapped[str | None]
    logo: Mapped[str | None]
    """The digest by which its logo is found."""
    currency: Mapped[str]
    language: Mapped[str]
    zone: Mapped[str]
    week_starts: Mapped[int]
    created_at: Mapped[datetime]


class Logo(Base, OfTenant):
    """The company's logo as we drew it; its digest is its name, so that what is seen once is never asked again."""

    __tablename__ = "logos"
    __table_args__ = (CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]
    height: Mapped[int]
    made_at: Mapped[datetime]


class Person(Base, WithId):
    """Somebody who works for the tenant, with or without a way to sign in."""

    __tablename__ = "people"
    __table_args__ = (
        Index(
            "uq_people_tenant_id_employee_number",
            "tenant_id",
            text("lower(employee_number)"),
            unique=True,
        ),
        Index("uq_people_tenant_id_email", "tenant_id", text("lower(email)"), unique=True),
        Index("ix_people_email", text("lower(email)")),
        Index(None, "tenant_id", "name", "id"),
        CheckConstraint("octet_length(user_handle) = 64", name="user_handle"),
        CheckConstraint("theme IN ('auto', 'light', 'dark')", name="theme"),
        CheckConstraint("(next_zone IS NULL) = (next_zone_from IS NULL)", name="next_zone"),
    )

    name: Mapped[str]
    email: Mapped[str | None]
    employee_number: Mapped[str | None]
    language: Mapped[str]
    zone: Mapped[str]
    next_zone: Mapped[str | None]
    next_zone_from: Mapped[date | None]
    currency: Mapped[str]
    theme: Mapped[str] = mapped_column(server_default="auto")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    user_handle: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class Team(Base, WithId):
    """A named part of the sales force; teams nest."""

    __tablename__ = "teams"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "parent_id"], ["teams.tenant_id", "teams.id"]),
        UniqueConstraint("tenant_id", "name"),
    )

    name: Mapped[str]
    parent_id: Mapped[UUID | None]


class Position(Base, WithId):
    """Where a person stood, and under whom, from a day until another; never two at once."""

    __tablename__ = "positions"
    __table_args__ = (
        _of_person(),
        _of_person("manager_id"),
        ForeignKeyConstraint(["tenant_id", "team_id"], ["teams.tenant_id", "teams.id"]),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("person_id", "="),
            ("valid", "&&"),
            name="ex_positions_no_overlap",
            using="gist",
        ),
        CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name="valid"),
        CheckConstraint("manager_id <> person_id", name="own_manager"),
        CheckConstraint("kind IN ('staff', 'sub_agent')", name="kind"),
        Index(None, "tenant_id", "manager_id"),
        Index(None, "tenant_id", "team_id"),
    )

    person_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    manager_id: Mapped[UUID | None]
    title: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str] = mapped_column(server_default="staff")
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)


class RoleGrant(Base, OfTenant):
    """A role that a person holds now."""

    __tablename__ = "role_grants"
    __table_args__ = (_of_person(),)

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[datetime]


class Passkey(Base, WithId):
    """A public key that proves a person; the private one never leaves the device."""

    __tablename__ = "passkeys"
    __table_args__ = (
        _of_person(),
        Index("uq_passkeys_credential_id", "credential_id", unique=True),
        Index(None, "tenant_id", "person_id"),
    )

    person_id: Mapped[UUID]
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    transports: Mapped[list[Any]]
    aaguid: Mapped[str]
    backup_eligible: Mapped[bool]
    backed_up: Mapped[bool]
    label: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    suspect_at: Mapped[datetime | None]
    """When its counter last went backwards: perhaps there are two of it."""


class SignInSession(Base, WithId):
    """One device that is signed in. The token itself is nowhere but in the browser."""

    __tablename__ = "sessions"
    __table_args__ = (
        _of_person(),
        UniqueConstraint("tenant_id", "token_hash"),
        Index(None, "tenant_id", "person_id"),
    )

    person_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    csrf: Mapped[str]
    label: Mapped[str]
    signed_in_by: Mapped[str]
    risk: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    passkey_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class Invitation(Base, WithId):
    """A link that lets a person make the first passkey, once."""

    __tablename__ = "invitations"
    __table_args__ = (
        _of_person(),
        UniqueConstraint("tenant_id", "token_hash"),
        Index(None, "tenant_id", "person_id"),
    )

    person_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class EmailCode(Base, OfTenant):
    """The one code that was last mailed to a person."""

    __tablename__ = "email_codes"
    __table_args__ = (_of_person(),)

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    sent: Mapped[int] = mapped_column(server_default=text("1"))
    """How many were mailed since `sent_since`: nobody's mailbox is flooded, nobody guesses all day."""
    sent_since: Mapped[datetime]


class Challenge(Base, WithId):
    """What a passkey is asked to sign: for one purpose, once, for minutes.

    Before sign-in no tenant is known; such rows belong to the nil tenant.
    """

    __tablename__ = "challenges"
    __table_args__ = (Index(None, "tenant_id", "expires_at"),)

    purpose: Mapped[str]
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    binding_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class StepUp(Base, WithId):
    """A proof of presence for exactly one action, waiting to be spent."""

    __tablename__ = "step_ups"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "session_id"], ["sessions.tenant_id", "sessions.id"]),
        UniqueConstraint("tenant_id", "token_hash"),
        Index(None, "tenant_id", "session_id"),
    )

    session_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    binding_hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class ApiKey(Base, WithId):
    """What a machine signs in with; shown once, kept as a hash."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "key_hash"),)

    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hint: Mapped[str]
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Persona(Base, OfTenant):
    """Somebody a visitor of the demo may be with one click."""

    __tablename__ = "personas"
    __table_args__ = (_of_person(),)

    key: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    role_title: Mapped[str]
    description: Mapped[str]
    sort: Mapped[int] = mapped_column(server_default=text("0"))


class Mail(Base, WithId):
    """A mail that the demo shows instead of sending it."""

    __tablename__ = "mails"

    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    sent_at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(server_default=text("''"))
