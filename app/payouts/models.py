"""Batches of payments, their files and approvals, and what banks said."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId
from app.providers import safe

STATES = "state IN ('open', 'prepared', 'approved', 'downloaded', 'sent', 'settled', 'part', 'returned', 'void')"


@safe.guard
class PayoutBatch(Base, WithId):
    """Payments from one account in one file. The file is sealed: it holds bank accounts."""

    __tablename__ = "payout_batches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        UniqueConstraint("tenant_id", "message_id"),
        UniqueConstraint("tenant_id", "account_id", "made_on", "serial"),
        Index(
            "uq_payout_batches_open",
            "tenant_id",
            "account_id",
            "currency",
            "lane",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "tenant_id", "state", "id"),
        Index("ix_payout_batches_tenant_id_account_id_pay_on", "tenant_id", "account_id", "pay_on"),
        CheckConstraint(STATES, name="state"),
    )

    account_id: Mapped[UUID]
    format: Mapped[str]
    currency: Mapped[str]
    lane: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    replaces_id: Mapped[UUID | None]
    prepared_by: Mapped[UUID | None]
    message_id: Mapped[str | None]
    made_on: Mapped[date | None]
    serial: Mapped[int | None]
    pay_on: Mapped[date | None]
    total_minor: Mapped[int | None]
    file_minor: Mapped[int | None]
    count: Mapped[int | None]
    approvals_needed: Mapped[int | None]
    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    sha256: Mapped[str | None]
    changes: Mapped[list[Any] | None]
    file_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None]
    downloads: Mapped[int] = mapped_column(server_default=text("0"))
    reason: Mapped[str | None]


@safe.guard
class PayoutLine(Base, WithId):
    """One payment of a batch; where it goes is sealed as it was approved."""

    __tablename__ = "payout_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "batch_id"], ["payout_batches.tenant_id", "payout_batches.id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "redemption_id"], ["redemptions.tenant_id", "redemptions.id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        Index(
            "uq_payout_lines_key",
            "tenant_id",
            "key",
            unique=True,
            postgresql_where=text("state <> 'moved'"),
        ),
        Index(None, "tenant_id", "batch_id", "id"),
        Index(None, "tenant_id", "short_reference"),
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint(
            "state IN ('waiting', 'settled', 'refused', 'returned', 'moved', 'withdrawn')",
            name="state",
        ),
    )

    batch_id: Mapped[UUID]
    redemption_id: Mapped[UUID]
    person_id: Mapped[UUID]
    key: Mapped[str]
    reference: Mapped[str]
    short_reference: Mapped[str]
    minor: Mapped[int]
    currency: Mapped[str]
    masked: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[str]
    added_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    booked_in: Mapped[UUID | None]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]


class PayoutApproval(Base, OfTenant):
    """Somebody said yes to exactly these bytes. Rows are only ever inserted."""

    __tablename__ = "payout_approvals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "batch_id"], ["payout_batches.tenant_id", "payout_batches.id"]
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    total_minor: Mapped[int]
    sha256: Mapped[str]
    at: Mapped[datetime]


class PayoutStep(Base, OfTenant):
    """How many people approve a file from an amount on."""

    __tablename__ = "payout_steps"
    __table_args__ = (CheckConstraint("approvals BETWEEN 1 AND 5", name="approvals"),)

    currency: Mapped[str] = mapped_column(primary_key=True)
    from_minor: Mapped[int] = mapped_column(primary_key=True)
    approvals: Mapped[int]


class PayoutAnswer(Base, WithId):
    """A file of a bank, read once: the same bytes again change nothing."""

    __tablename__ = "payout_answers"
    __table_args__ = (UniqueConstraint("tenant_id", "sha256"),)

    sha256: Mapped[str]
    kind: Mapped[str]
    came_at: Mapped[datetime]
    matched: Mapped[int]
    unmatched: Mapped[int]


class BankStatement(Base, WithId):
    """A statement of a paying account that was read, and the days it speaks of."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        Index(
            "ix_bank_statements_tenant_id_account_id_last_on", "tenant_id", "account_id", "last_on"
        ),
        CheckConstraint("first_on <= last_on", name="days"),
    )

    account_id: Mapped[UUID]
    kind: Mapped[str]
    first_on: Mapped[date]
    last_on: Mapped[date]
    read_at: Mapped[datetime]


class BankBooking(Base, WithId):
    """Money that left a paying account, or came back to it; `mark` knows it again in another statement.

    Names, accounts and texts of a statement are not kept: it speaks of other people's money too.
    """

    __tablename__ = "bank_bookings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "statement_id"], ["bank_statements.tenant_id", "bank_statements.id"]
        ),
        UniqueConstraint(
            "tenant_id", "account_id", "mark", name="uq_bank_bookings_tenant_id_account_id_mark"
        ),
        Index(
            "ix_bank_bookings_tenant_id_account_id_booked_on",
            "tenant_id",
            "account_id",
            "booked_on",
        ),
        CheckConstraint("direction IN ('out', 'back')", name="direction"),
    )

    account_id: Mapped[UUID]
    statement_id: Mapped[UUID]
    mark: Mapped[str]
    booked_on: Mapped[date]
    direction: Mapped[str]
    minor: Mapped[int]
    currency: Mapped[str]
    reference_list: Mapped[list[Any]]
    message_id: Mapped[str]
    bank_reference: Mapped[str]


class PayoutDiscrepancy(Base, WithId):
    """Something that does not agree and waits for a person."""

    __tablename__ = "payout_discrepancies"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "batch_id"], ["payout_batches.tenant_id", "payout_batches.id"]
        ),
        UniqueConstraint(
            "tenant_id", "batch_id", "line_id", "kind", postgresql_nulls_not_distinct=True
        ),
        Index(None, "tenant_id", "closed_at", "id"),
    )

    batch_id: Mapped[UUID]
    line_id: Mapped[UUID | None]
    kind: Mapped[str]
    expected_minor: Mapped[int | None]
    said_minor: Mapped[int | None]
    currency: Mapped[str]
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    note: Mapped[str]


class DebtSettlement(Base, WithId):
    """How one person says that somebody's debt is settled, and who else agreed."""

    __tablename__ = "debt_settlements"
    __table_args__ = (
        Index(
            "uq_debt_settlements_open",
            "tenant_id",
            "person_id",
            "currency",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint("way IN ('from_wallet', 'paid_back', 'written_off')", name="way"),
        CheckConstraint(
            "approved_by <> proposed_by AND person_id <> ALL (ARRAY[approved_by, proposed_by])",
            name="four_eyes",
        ),
    )

    person_id: Mapped[UUID]
    minor: Mapped[int]
    currency: Mapped[str]
    way: Mapped[str]
    note: Mapped[str]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    was_dropped: Mapped[bool] = mapped_column(server_default=text("false"))


@safe.guard
class PayoutEndpoint(Base, WithId):
    """Where approved batches are pushed to: one address a tenant, its secrets sealed.

    `old_until`: until then the secret from before the change signs as well.
    """

    __tablename__ = "payout_endpoints"
    __table_args__ = (
        UniqueConstraint("tenant_id"),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
    )

    url: Mapped[str]
    is_on: Mapped[bool]
    off_because: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    old_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]


class PayoutPush(Base, WithId):
    """One approved batch on its way to the endpoint. Its id is the webhook-id of every try."""

    __tablename__ = "payout_pushes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "batch_id"], ["payout_batches.tenant_id", "payout_batches.id"]
        ),
        UniqueConstraint("tenant_id", "batch_id"),
        Index(
            "ix_payout_pushes_due",
            "tenant_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        CheckConstraint("state IN ('waiting', 'delivered', 'confirmed', 'given_up')", name="state"),
    )

    batch_id: Mapped[UUID]
    state: Mapped[str]
    tries: Mapped[int]
    lease: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None]
    last_said: Mapped[str]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
