"""Tables of notifications. Private to this room."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId


def _of_person() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"])


class Message(Base, WithId):
    """Something a person is told, as a code and parameters: every language says it its own way."""

    __tablename__ = "inbox_messages"
    __table_args__ = (
        _of_person(),
        CheckConstraint(
            "kind IN ('earning', 'badge', 'nudge', 'result', 'reply', 'redemption')", name="kind"
        ),
        Index("ix_inbox_messages_of_person", "tenant_id", "person_id", "told_at", "id"),
        Index(
            "ix_inbox_messages_unread",
            "tenant_id",
            "person_id",
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "uq_inbox_messages_merge_key",
            "tenant_id",
            "person_id",
            "merge_key",
            unique=True,
            postgresql_where=text("merge_key IS NOT NULL"),
        ),
    )

    person_id: Mapped[UUID]
    kind: Mapped[str]
    code: Mapped[str]
    params: Mapped[dict[str, Any]]
    reason_code: Mapped[str | None]
    link: Mapped[str | None]
    told_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    merge_key: Mapped[str | None]
    """What several things become one message by: the earnings of a day, the lines of a file."""
    amount_minor: Mapped[int | None]
    currency: Mapped[str | None]
    count: Mapped[int] = mapped_column("things")


class Nudge(Base, OfTenant):
    """That a kind of nudge was said to a person on a day: once is enough."""

    __tablename__ = "nudges"
    __table_args__ = (_of_person(),)

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    code: Mapped[str]


class NudgeSettings(Base, OfTenant):
    """What a person wishes about nudges; without a row the usual hours apply and nothing is muted."""

    __tablename__ = "nudge_settings"
    __table_args__ = (_of_person(),)

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    muted: Mapped[list[Any]]
    quiet_from: Mapped[time]
    quiet_to: Mapped[time]


class NudgeDue(Base, OfTenant):
    """Somebody whose numbers changed and who may be near something."""

    __tablename__ = "nudges_due"
    __table_args__ = (_of_person(),)

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class VoucherNotice(Base, WithId):
    """Word of a voucher that was asked for, and when it left. `recipient` is masked."""

    __tablename__ = "voucher_notices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "redemption_id"], ["redemptions.tenant_id", "redemptions.id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "text_id"], ["text_messages.tenant_id", "text_messages.id"]
        ),
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
        CheckConstraint("(channel = 'sms') = (text_id IS NOT NULL)", name="text_id"),
        Index(None, "tenant_id", "redemption_id", "id"),
    )

    redemption_id: Mapped[UUID]
    channel: Mapped[str]
    recipient: Mapped[str]
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """When a mail left; of a text its own row knows."""
    text_id: Mapped[UUID | None]
