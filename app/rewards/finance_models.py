"""What finance looks at: reconciliations, what they found, and what people decided about stuck orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, WithId


class Reconciliation(Base, WithId):
    """One time that our books were laid beside a provider's. `total` is what it holds and has delivered."""

    __tablename__ = "reconciliations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        Index(None, "tenant_id", "account_id", "started_at"),
        CheckConstraint("state IN ('done', 'unreadable')", name="state"),
    )

    account_id: Mapped[UUID]
    started_at: Mapped[datetime]
    since: Mapped[datetime]
    state: Mapped[str]
    matched: Mapped[int]
    ours: Mapped[int]
    theirs: Mapped[int]
    balance: Mapped[dict[str, Any]]
    clearing: Mapped[dict[str, Any]]
    total: Mapped[dict[str, Any]]


class ReconciliationFinding(Base, WithId):
    """Something about which our books and a provider's do not agree, until it is explained."""

    __tablename__ = "reconciliation_findings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        Index(
            "uq_reconciliation_findings_open",
            "tenant_id",
            "account_id",
            "kind",
            "order_key",
            "reference",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    account_id: Mapped[UUID]
    kind: Mapped[str]
    order_key: Mapped[str]
    reference: Mapped[str]
    ours: Mapped[str]
    theirs: Mapped[str]
    minor: Mapped[int | None]
    currency: Mapped[str | None]
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    note: Mapped[str | None]


class RedemptionVerdict(Base, WithId):
    """What one person says became of an order that no machine can tell, and who else agreed."""

    __tablename__ = "redemption_verdicts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "redemption_id"], ["redemptions.tenant_id", "redemptions.id"]
        ),
        Index(
            "uq_redemption_verdicts_open",
            "tenant_id",
            "redemption_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
        CheckConstraint("verdict IN ('settled', 'refused')", name="verdict"),
        CheckConstraint("approved_by <> proposed_by", name="four_eyes"),
    )

    redemption_id: Mapped[UUID]
    verdict: Mapped[str]
    evidence: Mapped[str]
    reference: Mapped[str]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    was_dropped: Mapped[bool] = mapped_column(server_default=text("false"))
