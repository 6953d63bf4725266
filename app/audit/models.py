"""What was changed, by whom, and the seal on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, WithId
from app.db.journal import Head, Queued, Seal


class AuditRecord(Base, WithId):
    """One change by a person, an API key or a job. Rows are only ever inserted."""

    __tablename__ = "audit_records"
    __table_args__ = (
        Index(None, "tenant_id", "position"),
        Index(None, "tenant_id", "object_kind", "object_id", "position"),
    )

    position: Mapped[int] = mapped_column(server_default=text("nextval('audit_positions')"))
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


class AuditQueued(Base, Queued):
    """A record that waits for its seal."""

    __tablename__ = "audit_queued"


class AuditSeal(Base, Seal):
    """The place of a record in the journal."""

    __tablename__ = "audit_seals"
    __table_args__ = (UniqueConstraint("tenant_id", "item_id"),)


class AuditHead(Base, Head):
    """Where the journal ends."""

    __tablename__ = "audit_heads"
