"""Tables of recognition. Private to this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.db.base import Base, WithId


class BadgeAward(Base, WithId):
    """A badge of a person, with the date and the cause; revoked ones stay to be seen."""

    __tablename__ = "badge_awards"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        UniqueConstraint("tenant_id", "person_id", "code", "scope"),
        CheckConstraint("(revoked_at IS NULL) = (reason IS NULL)", name="reason"),
    )

    person_id: Mapped[UUID]
    code: Mapped[str]
    scope: Mapped[str]
    """What makes it one badge among others of its code: a period of a target; empty where there is one."""
    params: Mapped[dict[str, Any]]
    first_won_at: Mapped[datetime]
    """When it was won for the first time; kept when it is revoked and won again."""
    happened_at: Mapped[datetime]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class BadgeStep(Base, WithId):
    """One step in the life of a badge. Never changed."""

    __tablename__ = "badge_steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "award_id"], ["badge_awards.tenant_id", "badge_awards.id"]
        ),
        CheckConstraint("what IN ('won', 'revoked', 'won_again', 'moved')", name="what"),
        Index("ix_badge_steps_tenant_id_award_id", "tenant_id", "award_id"),
    )

    award_id: Mapped[UUID]
    at: Mapped[datetime]
    what: Mapped[str]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
