"""Tables of programs: documents and versions, who takes part, quotas, credits and earnings."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId
from app.programs.core import NO_ACTIVITY


def _of_program() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "program_id"], ["programs.tenant_id", "programs.id"])


class Program(Base, WithId):
    """A program of the tenant; what it says stands in its versions."""

    __tablename__ = "programs"

    name: Mapped[str]
    currency: Mapped[str]
    published_version: Mapped[int | None]
    settled_on: Mapped[date | None] = mapped_column(Date)
    """The last day on which it was settled for everybody."""
    created_at: Mapped[datetime]


class ProgramVersion(Base, OfTenant):
    """One state of a program's document; sealed for good once it is published."""

    __tablename__ = "program_versions"
    __table_args__ = (
        _of_program(),
        CheckConstraint("state IN ('draft', 'published')", name="state"),
        CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL AND sha256 IS NOT NULL)",
            name="sealed",
        ),
        Index(
            "uq_program_versions_one_draft",
            "tenant_id",
            "program_id",
            unique=True,
            postgresql_where=text("state = 'draft'"),
        ),
    )

    program_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    document: Mapped[dict[str, Any]]
    sha256: Mapped[str | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]


class Enrolment(Base, WithId):
    """Who takes part in a program, from day to day: everybody, the people under a manager, or one person."""

    __tablename__ = "enrolments"
    __table_args__ = (
        _of_program(),
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        CheckConstraint("kind IN ('everybody', 'team_of', 'person')", name="kind"),
        CheckConstraint("(kind = 'everybody') = (person_id IS NULL)", name="person"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        Index(None, "tenant_id", "program_id"),
    )

    program_id: Mapped[UUID]
    kind: Mapped[str]
    person_id: Mapped[UUID | None]
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)


class Quota(Base, WithId):
    """What a person is expected to reach in a period of one component, in millionths of its measure."""

    __tablename__ = "quotas"
    __table_args__ = (
        _of_program(),
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("program_id", "="),
            ("component", "="),
            ("person_id", "="),
            ("valid", "&&"),
            name="ex_quotas_no_overlap",
            using="gist",
        ),
        CheckConstraint("target_micros > 0", name="target"),
        CheckConstraint(
            "NOT isempty(valid) AND NOT lower_inf(valid) AND NOT upper_inf(valid)", name="valid"
        ),
        Index(None, "tenant_id", "person_id"),
    )

    program_id: Mapped[UUID]
    component: Mapped[str]
    person_id: Mapped[UUID]
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    target_micros: Mapped[int]
    changed_at: Mapped[datetime]


class Credit(Base, OfTenant):
    """What one activity counts for one payee of one component. Derived; can be rebuilt at any time."""

    __tablename__ = "credits"
    __table_args__ = (
        Index(
            "ix_credits_of_earning",
            "tenant_id",
            "payee_id",
            "program_id",
            "component",
            "period_start",
            "occurred_at",
        ),
    )

    activity_id: Mapped[UUID] = mapped_column(primary_key=True)
    program_id: Mapped[UUID] = mapped_column(primary_key=True)
    component: Mapped[str] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True, server_default=text("'measure'"))
    payee_id: Mapped[UUID] = mapped_column(primary_key=True)
    period_start: Mapped[date] = mapped_column(Date)
    """The first day of the period; of a settled component the day of the activity."""
    period_end: Mapped[date | None] = mapped_column(Date)
    """The last day of the period; none while a window is open."""
    occurred_at: Mapped[datetime]
    value_micros: Mapped[int]
    level: Mapped[int] = mapped_column(SmallInteger)
    share: Mapped[Decimal] = mapped_column(Numeric(12, 6))
    part_micros: Mapped[int | None]
    """What of the value is the payee's where it was split to whole millionths; else value times share."""
    factor: Mapped[Decimal] = mapped_column(Numeric, server_default=text("1"))
    """The weight, the points or the rate of exchange that the value counts with."""
    distinct_text: Mapped[str | None]
    """What a count of different texts looks at."""
    rate_id: Mapped[UUID | None]
    """The rate of exchange that was used."""


class Earning(Base, WithId):
    """What one payee has earned from one component in one period, as it stands."""

    __tablename__ = "earnings"
    __table_args__ = (
        _of_program(),
        ForeignKeyConstraint(["tenant_id", "payee_id"], ["people.tenant_id", "people.id"]),
        UniqueConstraint(
            "tenant_id",
            "payee_id",
            "program_id",
            "component",
            "period_start",
            "activity_id",
            name="uq_earnings_key",
        ),
        Index(
            "ix_earnings_unreleased",
            "tenant_id",
            "program_id",
            postgresql_where=text("amount_minor <> released_minor"),
        ),
    )

    program_id: Mapped[UUID]
    component: Mapped[str]
    payee_id: Mapped[UUID]
    period_start: Mapped[date] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    activity_id: Mapped[UUID] = mapped_column(server_default=text(f"'{NO_ACTIVITY}'"))
    """The activity, where each one pays alone."""
    settled: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it depends on more than one total and one quota."""
    currency: Mapped[str]
    total_micros: Mapped[Decimal] = mapped_column(Numeric)
    """The measured total: the sum of value and share of all credits, exact."""
    credits: Mapped[int]
    target_micros: Mapped[int | None]
    target_met: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int | None]
    amount_minor: Mapped[int] = mapped_column(server_default=text("0"))
    released_minor: Mapped[int] = mapped_column(server_default=text("0"))
    """What of the amount has become available (or was taken back from there)."""
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    changed_at: Mapped[datetime]


class EarningLine(Base, WithId):
    """One posted difference of an earning: what changed it, when it is released, why it is that much."""

    __tablename__ = "earning_lines"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "earning_id"], ["earnings.tenant_id", "earnings.id"]),
        UniqueConstraint("tenant_id", "earning_id", "revision"),
        Index("ix_earning_lines_tenant_id_release_on", "tenant_id", "release_on"),
        Index(None, "tenant_id", "cause_id"),
    )

    earning_id: Mapped[UUID]
    revision: Mapped[int]
    delta_minor: Mapped[int]
    amount_minor: Mapped[int]
    total_micros: Mapped[Decimal] = mapped_column(Numeric)
    target_micros: Mapped[int | None]
    version: Mapped[int]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    release_on: Mapped[date] = mapped_column(Date)
    ledger_id: Mapped[UUID]
    explanation: Mapped[dict[str, Any]]
    posted_at: Mapped[datetime]


class EarningPortion(Base, OfTenant):
    """A part of a settled earning: released on a day, waiting for something, or taken back."""

    __tablename__ = "earning_portions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "earning_id"], ["earnings.tenant_id", "earnings.id"]),
        CheckConstraint("state IN ('payable', 'held', 'clawed_back')", name="state"),
        CheckConstraint("(release_on IS NULL) = (waits_for IS NOT NULL)", name="waits"),
    )

    earning_id: Mapped[UUID] = mapped_column(primary_key=True)
    nth: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    minor: Mapped[int]
    state: Mapped[str]
    release_on: Mapped[date | None] = mapped_column(Date)
    waits_for: Mapped[str | None]
    step: Mapped[dict[str, Any] | None]


class Mandate(Base, WithId):
    """The rate that an agent has set for a sub-agent, within what the plan allows."""

    __tablename__ = "mandates"
    __table_args__ = (
        _of_program(),
        ForeignKeyConstraint(["tenant_id", "agent_id"], ["people.tenant_id", "people.id"]),
        ForeignKeyConstraint(["tenant_id", "sub_agent_id"], ["people.tenant_id", "people.id"]),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("program_id", "="),
            ("component", "="),
            ("sub_agent_id", "="),
            ("valid", "&&"),
            name="ex_mandates_no_overlap",
            using="gist",
        ),
        CheckConstraint("rate >= 0", name="rate"),
        CheckConstraint("agent_id <> sub_agent_id", name="own"),
        CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name="valid"),
        Index(None, "tenant_id", "agent_id"),
    )

    program_id: Mapped[UUID]
    component: Mapped[str]
    agent_id: Mapped[UUID]
    sub_agent_id: Mapped[UUID]
    rate: Mapped[Decimal] = mapped_column(Numeric(21, 6))
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    changed_at: Mapped[datetime]


class ExchangeRate(Base, WithId):
    """What one unit of a currency is in another, from a day until the next row of the pair."""

    __tablename__ = "exchange_rates"
    __table_args__ = (
        UniqueConstraint("tenant_id", "currency", "into", "from_on", name="uq_exchange_rates_day"),
        CheckConstraint("rate > 0", name="rate"),
    )

    currency: Mapped[str]
    into: Mapped[str]
    from_on: Mapped[date] = mapped_column(Date)
    rate: Mapped[Decimal] = mapped_column(Numeric(21, 6))
    source: Mapped[str]
    changed_at: Mapped[datetime]


class PayeeAttribute(Base, OfTenant):
    """Something known of a person that formulas and groups ask about."""

    __tablename__ = "payee_attributes"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Amendment(Base, WithId):
    """A change of a program: from when, why, and what it did to whom."""

    __tablename__ = "amendments"
    __table_args__ = (
        _of_program(),
        UniqueConstraint("tenant_id", "program_id", "version"),
    )

    program_id: Mapped[UUID]
    version: Mapped[int]
    from_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str]
    lowers: Mapped[bool]
    effects: Mapped[dict[str, Any]]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class TermsAcceptance(Base, OfTenant):
    """A person accepted the terms of a version."""

    __tablename__ = "terms_acceptances"
    __table_args__ = (
        _of_program(),
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
    )

    program_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    accepted_at: Mapped[datetime]


class SimulationRun(Base, WithId):
    """A simulation that a worker does, how far it is and what it found."""

    __tablename__ = "simulations"
    __table_args__ = (
        _of_program(),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
    )

    program_id: Mapped[UUID]
    asked: Mapped[dict[str, Any]]
    state: Mapped[str]
    percent: Mapped[int] = mapped_column(SmallInteger)
    result: Mapped[dict[str, Any] | None]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
