"""What finance looks at: reconciliations, what they found, and what people decided about stuck orders."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, WithId

LEGS = "leg IN ('provider', 'bank')"


class Reconciliation(Base, WithId):
    """One time that our books were laid beside somebody else's: a provider's, or a bank's statements.

    `total` is what a provider holds and has delivered; `covered_until` the last day a statement speaks of.
    """

    __tablename__ = "reconciliations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        Index(None, "tenant_id", "account_id", "started_at"),
        CheckConstraint("state IN ('done', 'unreadable')", name="state"),
        CheckConstraint(LEGS, name="leg"),
    )

    account_id: Mapped[UUID]
    leg: Mapped[str] = mapped_column(server_default=text("'provider'"))
    started_at: Mapped[datetime]
    since: Mapped[datetime]
    state: Mapped[str]
    matched: Mapped[int]
    ours: Mapped[int]
    theirs: Mapped[int]
    returned: Mapped[int] = mapped_column(server_default=text("0"))
    covered_until: Mapped[date | None]
    balance: Mapped[dict[str, Any]]
    clearing: Mapped[dict[str, Any]]
    total: Mapped[dict[str, Any]]


class ReconciliationFinding(Base, WithId):
    """Something about which our books and others' do not agree, until two people have explained it."""

    __tablename__ = "reconciliation_findings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        Index(
            "uq_reconciliation_findings_open",
            "tenant_id",
            "account_id",
            "leg",
            "kind",
            "order_key",
            "reference",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        CheckConstraint(LEGS, name="leg"),
        CheckConstraint("closed_by <> explained_by", name="four_eyes"),
    )

    account_id: Mapped[UUID]
    leg: Mapped[str] = mapped_column(server_default=text("'provider'"))
    kind: Mapped[str]
    order_key: Mapped[str]
    reference: Mapped[str]
    ours: Mapped[str]
    theirs: Mapped[str]
    minor: Mapped[int | None]
    currency: Mapped[str | None]
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    explained_by: Mapped[UUID | None]
    explained_at: Mapped[datetime | None]
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
