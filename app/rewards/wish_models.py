"""Where people want word of what they ordered."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant


class NoticeWish(Base, OfTenant):
    """That word of an order is to go somewhere beside the app. Rows are only ever inserted."""

    __tablename__ = "notice_wishes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "redemption_id"], ["redemptions.tenant_id", "redemptions.id"]
        ),
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
    )

    redemption_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
