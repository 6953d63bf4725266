"""Shapes of notifications, in and out."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, PlainSerializer, field_validator, model_validator

from app.http.shapes import Shape, View
from app.notifications.core import Kind, NudgeKind

Hour = Annotated[time, PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str)]


class MessageOut(View):
    """One message."""

    id: UUID
    kind: Kind
    code: str
    params: dict[str, Any]
    reason_code: str | None
    created_at: datetime
    read_at: datetime | None
    link: str | None


class InboxOut(View):
    """One page of an inbox, with how many are unread in all."""

    items: list[MessageOut]
    next_cursor: str | None
    unread: int


class ReadIn(Shape):
    """Which messages were read."""

    ids: Annotated[list[UUID], Field(max_length=500)] | None = None
    all: bool = False

    @model_validator(mode="after")
    def _names_something(self) -> ReadIn:
        if self.all == bool(self.ids):
            raise ValueError("Say which messages, or all.")
        return self


class UnreadOut(View):
    """How many messages are unread."""

    unread: int


class NudgesIn(Shape):
    """What a person wishes about nudges: kinds to silence, and quiet hours on the own clock."""

    muted: Annotated[list[NudgeKind], Field(max_length=20)]
    quiet_from: time
    quiet_to: time

    @field_validator("quiet_from", "quiet_to")
    @classmethod
    def _is_plain(cls, at: time) -> time:
        if at.tzinfo is not None or at.second or at.microsecond:
            raise ValueError("Give hours and minutes of the own clock, such as 20:00.")
        return at


class NudgesOut(View):
    """What a person wishes about nudges, and what can be silenced."""

    muted: list[NudgeKind]
    quiet_from: Hour
    quiet_to: Hour
    kinds: list[NudgeKind]
    zone: str
