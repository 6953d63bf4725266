"""What is known of the texts that were to leave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, WithId


class TextMessage(Base, WithId):
    """One text. The number is masked and the words are not kept; only the demo shows what was said."""

    __tablename__ = "text_messages"
    __table_args__ = (
        CheckConstraint("purpose IN ('code', 'voucher', 'number_gone')", name="purpose"),
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'dropped')",
            name="state",
        ),
    )

    purpose: Mapped[str]
    recipient: Mapped[str]
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    segments: Mapped[int | None]
    """How many the gateway was given last; each is paid for."""
    reference: Mapped[str | None]
    reason: Mapped[str | None]
    body: Mapped[str | None]
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
