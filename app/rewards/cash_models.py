"""The ways money leaves to banks, and what is withheld of it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId


class PayoutMethod(Base, OfTenant):
    """A way to have money sent to a bank; `reward_id` names what is ordered, with its limits and provider.

    No country: every country whose accounts take the currency. No role: everybody who earns.
    """

    __tablename__ = "payout_methods"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "reward_id"], ["rewards.tenant_id", "rewards.id"]),
        CheckConstraint("fee_minor >= 0", name="fee"),
        CheckConstraint("fee_ppm BETWEEN 0 AND 500000", name="fee_ppm"),
        CheckConstraint("arrives_hours BETWEEN 0 AND 720", name="arrives"),
    )

    reward_id: Mapped[UUID] = mapped_column(primary_key=True)
    country: Mapped[str | None]
    role: Mapped[str | None]
    fee_minor: Mapped[int] = mapped_column(server_default=text("0"))
    fee_ppm: Mapped[int] = mapped_column(server_default=text("0"))
    is_instant: Mapped[bool]
    arrives_hours: Mapped[int]


class TaxRule(Base, WithId):
    """What is withheld in a country from a day on. Rules are added, never changed."""

    __tablename__ = "tax_rules"
    __table_args__ = (
        UniqueConstraint("tenant_id", "country", "currency", "income", "from_on"),
        CheckConstraint("income IN ('earnings', 'draw_prize')", name="income"),
        CheckConstraint("basis IN ('excess', 'whole')", name="basis"),
        CheckConstraint("threshold_minor >= 0", name="threshold"),
        CheckConstraint("ppm BETWEEN 0 AND 1000000", name="ppm"),
        CheckConstraint("year_starts BETWEEN 0 AND 12", name="year_starts"),
    )

    country: Mapped[str]
    currency: Mapped[str]
    income: Mapped[str] = mapped_column(server_default=text("'earnings'"))
    from_on: Mapped[date]
    threshold_minor: Mapped[int]
    ppm: Mapped[int]
    basis: Mapped[str] = mapped_column(server_default=text("'excess'"))
    year_starts: Mapped[int] = mapped_column(server_default=text("1"))
    note: Mapped[str]
    created_at: Mapped[datetime]
