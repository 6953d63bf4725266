"""Which slot of which task was enqueued: a second leader, or a stalled one, changes nothing."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant


class JobSlot(Base, OfTenant):
    """One slot of one scheduled task."""

    __tablename__ = "job_slots"

    task: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
