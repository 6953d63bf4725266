"""The books of the providers we run ourselves: the code vault and the manual one."""

from __future__ import annotations

from datetime import date, datetime
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


class VaultKey(Base, OfTenant):
    """A key of a tenant, wrapped by a root key that is not in the database.

    `purpose` is "wrap" (opens data keys; replaced by rotation) or "mac" (finds duplicates; stays).
    """

    __tablename__ = "vault_keys"
    __table_args__ = (
        Index(
            "uq_vault_keys_current",
            "tenant_id",
            "purpose",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        CheckConstraint("purpose IN ('wrap', 'mac')", name="purpose"),
    )

    key_id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    root_key_id: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class VaultCode(Base, WithId):
    """One gift-card code. The code itself is nowhere: only its ciphertext and a keyed hash."""

    __tablename__ = "vault_codes"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code_mac"),
        UniqueConstraint("tenant_id", "order_key"),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        Index(
            "ix_vault_codes_free",
            "tenant_id",
            "product_id",
            "minor",
            "expires_on",
            "id",
            postgresql_where=text("order_key IS NULL"),
        ),
        Index(None, "tenant_id", "sold_at"),
        CheckConstraint("(order_key IS NULL) = (sold_at IS NULL)", name="sold_under_a_key"),
        CheckConstraint("minor > 0", name="positive"),
    )

    product_id: Mapped[UUID]
    minor: Mapped[int]
    currency: Mapped[str]
    code_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    pin_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    code_mac: Mapped[bytes] = mapped_column(LargeBinary)
    expires_on: Mapped[date | None]
    added_at: Mapped[datetime]
    order_key: Mapped[str | None]
    sold_at: Mapped[datetime | None]


class ManualOrder(Base, WithId):
    """An order that a person of the company arranges; its voucher is sealed like a code."""

    __tablename__ = "manual_orders"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        Index(None, "tenant_id", "placed_at"),
        CheckConstraint("state IN ('open', 'confirmed', 'refused', 'cancelled')", name="state"),
    )

    key: Mapped[str]
    product_id: Mapped[UUID]
    minor: Mapped[int]
    currency: Mapped[str]
    wished_on: Mapped[date | None]
    note: Mapped[str]
    state: Mapped[str]
    placed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    confirmed_on: Mapped[date | None]
    reason: Mapped[str | None]
    voucher_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None]
