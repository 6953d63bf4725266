"""Our accounts with providers, what they gave us, and the books of the providers we run ourselves."""

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


class ProviderAccount(Base, WithId):
    """How a tenant reaches a provider. The secrets are sealed; the path is where webhooks come in.

    `penalty_until`: the provider asked all of us to be silent until then. `old_until`: so long the
    webhook secret from before the last change is believed as well.
    """

    __tablename__ = "provider_accounts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        UniqueConstraint("tenant_id", "label"),
        UniqueConstraint("tenant_id", "hook_path"),
        CheckConstraint("state IN ('active', 'paused', 'closed')", name="state"),
    )

    provider: Mapped[str]
    label: Mapped[str]
    base_url: Mapped[str]
    settings: Mapped[dict[str, Any]]
    secrets_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    state: Mapped[str]
    paused_because: Mapped[str | None]
    paused_at: Mapped[datetime | None]
    penalty_until: Mapped[datetime | None]
    hook_path: Mapped[str]
    hook_at: Mapped[datetime | None]
    hook_silent_since: Mapped[datetime | None]
    old_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ProviderDelivery(Base, WithId):
    """One voucher of one order, sealed. `held_because`: it is shown to nobody until a person looked."""

    __tablename__ = "provider_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        UniqueConstraint("tenant_id", "order_key", "number"),
        Index(
            "uq_provider_deliveries_code",
            "tenant_id",
            "code_mac",
            unique=True,
            postgresql_where=text("held_because IS NULL OR held_because = 'incomplete'"),
        ),
    )

    order_key: Mapped[str]
    number: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    code_mac: Mapped[bytes] = mapped_column(LargeBinary)
    expires_on: Mapped[date | None]
    held_because: Mapped[str | None]
    came_at: Mapped[datetime]


class ProviderAnswer(Base, WithId):
    """What a provider said to one call, sealed as it came. Rows are only ever inserted, and rewrapped."""

    __tablename__ = "provider_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        Index(None, "tenant_id", "order_key", "at"),
    )

    order_key: Mapped[str]
    account_id: Mapped[UUID | None]
    action: Mapped[str]
    status: Mapped[int | None]
    silence: Mapped[str | None]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    at: Mapped[datetime]


class ProviderHook(Base, WithId):
    """A webhook as it came, sealed because it may carry a token; checked, and what became of it.

    The same event twice has one `event_key`: its number at the provider, or the hash of its body.
    """

    __tablename__ = "provider_hooks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
        Index(
            "uq_provider_hooks_event",
            "tenant_id",
            "account_id",
            "event_key",
            unique=True,
            postgresql_where=text("event_key IS NOT NULL"),
        ),
        Index(None, "tenant_id", "account_id", "came_at"),
        CheckConstraint(
            "state IN ('new', 'forged', 'repeated', 'followed', 'unknown_order')", name="state"
        ),
    )

    account_id: Mapped[UUID]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    came_at: Mapped[datetime]
    event_key: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    order_key: Mapped[str | None]
    reference: Mapped[str | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
