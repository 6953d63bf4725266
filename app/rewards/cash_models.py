"""The ways money leaves to banks."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant


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
