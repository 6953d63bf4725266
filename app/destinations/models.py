"""Bank accounts and the checks of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId
from app.providers import safe


@safe.guard
class BankAccount(Base, WithId):
    """A bank account of a person. Its number is nowhere in clear, and never changes: another is another row.

    `label` shows where it is and its last four characters. A removed account keeps no number.
    """

    __tablename__ = "bank_accounts"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        Index(
            "uq_bank_accounts_number",
            "tenant_id",
            "person_id",
            "number_mac",
            unique=True,
            postgresql_where=text("state <> 'removed'"),
        ),
        Index(
            "uq_bank_accounts_primary",
            "tenant_id",
            "person_id",
            unique=True,
            postgresql_where=text("is_primary"),
        ),
        Index(None, "tenant_id", "number_mac"),
        Index(None, "tenant_id", "state", "id"),
        CheckConstraint("kind IN ('iban', 'ifsc', 'id_bank', 'us_ach')", name="kind"),
        CheckConstraint(
            "state IN ('new', 'checking', 'review', 'matched', 'active', 'refused', 'removed')",
            name="state",
        ),
        CheckConstraint("(state = 'removed') = (details_sealed IS NULL)", name="sealed"),
        CheckConstraint("(details_sealed IS NULL) = (data_key IS NULL)", name="data_key"),
        CheckConstraint("(state <> 'active') OR usable_from IS NOT NULL", name="held"),
        CheckConstraint("NOT is_primary OR state = 'active'", name="primary"),
    )

    person_id: Mapped[UUID]
    kind: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    bank: Mapped[str]
    label: Mapped[str]
    details_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None]
    number_mac: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    reason: Mapped[str | None]
    masked_name: Mapped[str | None]
    asked_bank: Mapped[bool] = mapped_column(server_default=text("false"))
    is_primary: Mapped[bool] = mapped_column(server_default=text("false"))
    added_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    usable_from: Mapped[datetime | None]


class AccountCheck(Base, WithId):
    """One time that somebody asked whose an account is; `due_at` until the answer is there."""

    __tablename__ = "account_checks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["bank_accounts.tenant_id", "bank_accounts.id"]
        ),
        Index(None, "tenant_id", "person_id", "asked_at"),
        Index(
            "uq_account_checks_open",
            "tenant_id",
            "account_id",
            unique=True,
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    account_id: Mapped[UUID]
    person_id: Mapped[UUID]
    asked_at: Mapped[datetime]
    provider: Mapped[str | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None]
    reference: Mapped[str | None]
    outcome: Mapped[str | None]


class DestinationSettings(Base, OfTenant):
    """What a tenant decides about bank accounts."""

    __tablename__ = "destination_settings"
    __table_args__ = (CheckConstraint("hold_hours BETWEEN 24 AND 72", name="hold_hours"),)

    hold_hours: Mapped[int]
