"""Reads of the inbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.http.shapes import MoneyShape
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.pages import Page, decode_cursor, page_of
from app.notifications.core import Settings
from app.notifications.models import Message, NudgeSettings
from app.programs import queries as programs


def inbox(db: Session, person_id: UUID, *, cursor: str | None, limit: int) -> Page[Message]:
    """Return the messages of a person, newest first."""
    query = (
        select(Message)
        .where(Message.tenant_id == tenant_of(db), Message.person_id == person_id)
        .order_by(Message.told_at.desc(), Message.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        told, last = decode_cursor(cursor, str, str)
        try:
            mark = (datetime.fromisoformat(told), UUID(last))
        except ValueError:
            raise NotFound("There is no such page.") from None
        query = query.where(tuple_(Message.told_at, Message.id) < tuple_(*mark))
    rows = list(db.scalars(query))
    return page_of(rows, limit, lambda row: (row.told_at.isoformat(), str(row.id)))


def unread(db: Session, person_id: UUID) -> int:
    """Return how many messages a person has not read."""
    return unread_of(db, [person_id]).get(person_id, 0)


def unread_of(db: Session, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many messages people have not read."""
    rows = db.execute(
        select(Message.person_id, func.count())
        .where(
            Message.tenant_id == tenant_of(db),
            Message.person_id == func.any(list(person_ids)),
            Message.read_at.is_(None),
        )
        .group_by(Message.person_id)
    )
    return {row[0]: row[1] for row in rows}


def shown(db: Session, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return messages as the app takes them."""
    titles = _titles(db, messages)
    return [
        {
            "id": message.id,
            "kind": message.kind,
            "code": message.code,
            "params": titles.get(message.id) or message.params,
            "reason_code": message.reason_code,
            "created_at": message.told_at,
            "read_at": message.read_at,
            "link": message.link,
        }
        for message in messages
    ]


def _titles(db: Session, messages: Sequence[Message]) -> dict[UUID, dict[str, Any]]:
    """Return the parameters of earnings: the money, how many, and what the component is called."""
    earnings = [message for message in messages if "component_id" in message.params]
    names = {
        (str(program.program_id), component.id): component.name
        for program in programs.published(
            db, {UUID(message.params["program_id"]) for message in earnings}
        )
        for component in program.document.components
    }
    return {
        message.id: {
            "title": names.get(
                (message.params["program_id"], message.params["component_id"]),
                message.params["component_id"],
            ),
            "money": MoneyShape.model_validate(
                Money(abs(message.amount_minor or 0), message.currency or "")
            ).model_dump(),
            "count": message.count,
        }
        for message in earnings
    }


def settings(db: Session, person_id: UUID) -> Settings:
    """Return what a person wishes about nudges."""
    row = db.get(NudgeSettings, (tenant_of(db), person_id), populate_existing=True)
    if row is None:
        return Settings()
    return Settings(frozenset(row.muted), row.quiet_from, row.quiet_to)
