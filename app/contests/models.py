"""Tables of contests. Private to this room."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId


def _of_contest() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "contest_id"], ["contests.tenant_id", "contests.id"])


def _of_person() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"])


class Contest(Base, WithId):
    """A contest: its rules, sealed from `launched_at`, and how far it is."""

    __tablename__ = "contests"
    __table_args__ = (
        CheckConstraint("(launched_at IS NULL) = (sha256 IS NULL)", name="sealed"),
        CheckConstraint(
            "announced IN ('draft', 'scheduled', 'running', 'provisional', 'final')",
            name="announced",
        ),
        Index("ix_contests_tenant_id_final_at", "tenant_id", "final_at"),
    )

    name: Mapped[str]
    rules: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    final_at: Mapped[datetime]
    is_open: Mapped[bool]
    sha256: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    created_by_label: Mapped[str]
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    announced: Mapped[str]
    prizes_outside: Mapped[bool] = mapped_column(server_default=text("false"))
    """The result is older than the posting of prizes: whatever it promised was paid elsewhere."""
    marked_on: Mapped[date | None]
    """The day, in the contest's zone, whose first places are kept in `marked_place`."""


class ContestScore(Base, OfTenant):
    """What a participant has scored. Derived: it can be computed again from the activities."""

    __tablename__ = "contest_scores"
    __table_args__ = (
        _of_contest(),
        _of_person(),
        Index(
            "ix_contest_scores_order",
            "tenant_id",
            "contest_id",
            "minus_score",
            "order_at",
            "person_id",
        ),
        Index("ix_contest_scores_tenant_id_person_id", "tenant_id", "person_id"),
    )

    contest_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    score_micros: Mapped[int]
    minus_score: Mapped[int] = mapped_column(Computed("-score_micros", persisted=True))
    activities_count: Mapped[int]
    reached_at: Mapped[datetime | None]
    order_at: Mapped[datetime]
    """`reached_at` where it breaks ties, the end of time where it does not: never null, so it sorts."""
    marked_place: Mapped[int | None]


class ContestResult(Base, OfTenant):
    """A place that was won. Never changed."""

    __tablename__ = "contest_results"
    __table_args__ = (
        _of_contest(),
        _of_person(),
        Index("ix_contest_results_tenant_id_contest_id_place", "tenant_id", "contest_id", "place"),
    )

    contest_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int]
    tied: Mapped[bool]
    score_micros: Mapped[int]
    reached_at: Mapped[datetime | None]
    activities_count: Mapped[int]
    prize: Mapped[dict[str, Any] | None]


class ContestAmendment(Base, OfTenant):
    """A change of sealed rules, with its reason. Never changed."""

    __tablename__ = "contest_amendments"
    __table_args__ = (_of_contest(),)

    contest_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    reason: Mapped[str]
    changes: Mapped[dict[str, Any]]
    """Each changed field as {"before": ..., "after": ...}."""
    sha256: Mapped[str]


class ContestAdjustment(Base, WithId):
    """What a score would have been with what arrived after the result was final. Never changed."""

    __tablename__ = "contest_adjustments"
    __table_args__ = (
        _of_contest(),
        _of_person(),
        Index("ix_contest_adjustments_tenant_id_contest_id", "tenant_id", "contest_id"),
    )

    contest_id: Mapped[UUID]
    person_id: Mapped[UUID]
    noted_at: Mapped[datetime]
    batch_id: Mapped[UUID]
    score_micros: Mapped[int]
