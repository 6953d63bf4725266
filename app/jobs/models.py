"""Which slot of which task was enqueued: a second leader, or a stalled one, changes nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant


class JobSlot(Base, OfTenant):
    """One slot of one scheduled task; swept after a day."""

    __tablename__ = "job_slots"
    __table_args__ = (Index(None, "tenant_id", "claimed_at"),)

    task: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
