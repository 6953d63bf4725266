"""The catalog, and the orders people place in it."""

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
from app.providers import safe
from app.rewards.core import OF_KIND

LIVE_ATTEMPT = "state IN ('ready', 'sending', 'accepted', 'unknown', 'settled')"


class Reward(Base, WithId):
    """Something that people can redeem.

    `product_code` names it at its provider, who is reached through `account_id` (none: the provider's
    first account). With limits its amount is open, without them its denominations say what there is.
    """

    __tablename__ = "rewards"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('gift_card', 'experience', 'bank_transfer', 'certificate')", name="kind"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        CheckConstraint("min_minor > 0 AND max_minor >= min_minor", name="open_amount"),
    )

    brand: Mapped[str]
    kind: Mapped[str]
    provider: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    description: Mapped[str]
    delivery_code: Mapped[str]
    hue: Mapped[int]
    art: Mapped[str]
    low_stock_at: Mapped[int]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    product_code: Mapped[str] = mapped_column(server_default=text("''"))
    account_id: Mapped[UUID | None]
    min_minor: Mapped[int | None]
    max_minor: Mapped[int | None]
    sold_out_at: Mapped[datetime | None]

    @property
    def by_company(self) -> bool:
        """Whether somebody at the company books it and answers, and no provider."""
        return self.provider == OF_KIND["experience"]


class RewardDenomination(Base, OfTenant):
    """An amount at which a reward is offered; `low_since` marks that its stock runs out."""

    __tablename__ = "reward_denominations"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "reward_id"], ["rewards.tenant_id", "rewards.id"]),
        CheckConstraint("minor > 0", name="positive"),
    )

    reward_id: Mapped[UUID] = mapped_column(primary_key=True)
    minor: Mapped[int] = mapped_column(primary_key=True)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    low_since: Mapped[datetime | None]


class Redemption(Base, WithId):
    """One order of one person, and where it stands."""

    __tablename__ = "redemptions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "reward_id"], ["rewards.tenant_id", "rewards.id"]),
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "reservation_id"],
            ["ledger_reservations.tenant_id", "ledger_reservations.id"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "destination_id"], ["bank_accounts.tenant_id", "bank_accounts.id"]
        ),
        UniqueConstraint("tenant_id", "reservation_id"),
        CheckConstraint(
            "fee_minor >= 0 AND withheld_minor >= 0 AND fee_minor + withheld_minor < minor",
            name="parts",
        ),
        CheckConstraint(
            "prize_minor BETWEEN 0 AND minor AND prize_withheld_minor >= 0"
            " AND prize_withheld_minor <= least(prize_minor, withheld_minor)",
            name="prize",
        ),
        Index(None, "tenant_id", "person_id", "id"),
        Index(None, "tenant_id", "state", "id"),
        Index(
            "ix_redemptions_expiring",
            "tenant_id",
            "expires_on",
            postgresql_where=text("expires_on IS NOT NULL"),
        ),
    )

    person_id: Mapped[UUID]
    reward_id: Mapped[UUID]
    provider: Mapped[str]
    minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    reservation_id: Mapped[UUID]
    wished_on: Mapped[date | None]
    note: Mapped[str]
    confirmed_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    refusal: Mapped[str | None]
    reveals: Mapped[int] = mapped_column(server_default=text("0"))
    revealed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    product_code: Mapped[str] = mapped_column(server_default=text("''"))
    account_id: Mapped[UUID | None]
    destination_id: Mapped[UUID | None]
    fee_minor: Mapped[int] = mapped_column(server_default=text("0"))
    withheld_minor: Mapped[int] = mapped_column(server_default=text("0"))
    prize_minor: Mapped[int] = mapped_column(server_default=text("0"))
    """What of the price is money won in contests; `prize_withheld_minor` is what of the tax is for it."""
    prize_withheld_minor: Mapped[int] = mapped_column(server_default=text("0"))
    used_at: Mapped[datetime | None]
    """When its owner said that they had used it: nothing more is said about its end."""


@safe.guard
class RedemptionDirections(Base, WithId):
    """Where an order goes, as it was approved when the money was set aside; `id` is the order's.

    What a person changes about their accounts later does not change it.
    """

    __tablename__ = "redemption_directions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "id"], ["redemptions.tenant_id", "redemptions.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["vault_keys.tenant_id", "vault_keys.key_id"]
        ),
    )

    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]


class RedemptionMove(Base, OfTenant):
    """One step of a redemption. Rows are only ever inserted."""

    __tablename__ = "redemption_moves"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "redemption_id"], ["redemptions.tenant_id", "redemptions.id"]
        ),
    )

    redemption_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class ExpiryWarning(Base, OfTenant):
    """That the end of a code was told of so many days before it. Rows are only ever inserted."""

    __tablename__ = "expiry_warnings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "redemption_id"], ["redemptions.tenant_id", "redemptions.id"]
        ),
    )

    redemption_id: Mapped[UUID] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
    said_at: Mapped[datetime]


class RedemptionAttempt(Base, WithId):
    """One try with a provider, under one key of ours.

    `lease` is the fencing number: whoever holds an older one writes nothing any more.
    """

    __tablename__ = "redemption_attempts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "redemption_id"], ["redemptions.tenant_id", "redemptions.id"]
        ),
        UniqueConstraint("tenant_id", "key"),
        Index(
            "uq_redemption_attempts_live",
            "tenant_id",
            "redemption_id",
            unique=True,
            postgresql_where=text(LIVE_ATTEMPT),
        ),
        Index(
            "ix_redemption_attempts_due",
            "tenant_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    redemption_id: Mapped[UUID]
    key: Mapped[str]
    state: Mapped[str]
    lease: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    first_sent_at: Mapped[datetime | None]
    unknown_since: Mapped[datetime | None]
    unheard: Mapped[int] = mapped_column(server_default=text("0"))
    number: Mapped[int] = mapped_column(server_default=text("1"))
    lookups: Mapped[int] = mapped_column(server_default=text("0"))
    misses: Mapped[int] = mapped_column(server_default=text("0"))
    reference: Mapped[str | None]
    answer: Mapped[str | None]
    charged_minor: Mapped[int | None]
    charged_currency: Mapped[str | None]
