"""Telling people things."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import case, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.notifications import channels, queries
from app.notifications.channels import Delivery
from app.notifications.core import Kind, NudgeKind, Settings
from app.notifications.models import Message, NudgeDue, NudgeSettings


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell one person."""

    person_id: UUID
    kind: Kind
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    reason_code: str | None = None
    link: str | None = None


def tell(db: Session, notes: Sequence[Note]) -> None:
    """Put `notes` into inboxes and hand them to every channel."""
    if not notes:
        return
    ids = [new_id() for _ in notes]
    rows = [
        {
            "tenant_id": tenant_of(db),
            "id": message_id,
            "person_id": note.person_id,
            "kind": note.kind,
            "code": note.code,
            "params": note.params,
            "reason_code": note.reason_code,
            "link": note.link,
            "told_at": work_of(db).now,
            "count": 1,
        }
        for message_id, note in zip(ids, notes, strict=True)
    ]
    db.execute(insert(Message), rows)
    unread = queries.unread_of(db, {note.person_id for note in notes})
    channels.deliver(
        db,
        [
            Delivery(
                message_id=message_id,
                person_id=note.person_id,
                kind=note.kind,
                code=note.code,
                params=note.params,
                unread=unread[note.person_id],
            )
            for message_id, note in zip(ids, notes, strict=True)
        ],
    )


@dataclass(frozen=True, slots=True)
class EarningNote:
    """Money that one person earned, or that was taken back, to be told with the rest of the day."""

    person_id: UUID
    merge_key: str
    money: Money
    count: int
    title: str
    link: str


def tell_earnings(db: Session, notes: Iterable[EarningNote]) -> None:
    """Tell earnings, those of a day in one message: who sells twenty times is not told twenty times.

    No toast is made of it: the live change of Today is one already.
    """
    rows = [
        {
            "tenant_id": tenant_of(db),
            "id": new_id(),
            "person_id": note.person_id,
            "kind": "earning",
            "code": _earning_code(note),
            "params": {"title": note.title},
            "link": note.link,
            "told_at": work_of(db).now,
            "merge_key": note.merge_key,
            "amount_minor": note.money.minor,
            "currency": note.money.currency,
            "things": note.count,
        }
        for note in sorted(notes, key=lambda note: (note.person_id, note.merge_key))
    ]
    if not rows:
        return
    table = Message.__table__
    statement = insert(table)  # type: ignore[arg-type]  # a declarative table is a Table
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "person_id", "merge_key"],
            index_where=table.c.merge_key.is_not(None),
            set_={
                "code": case(
                    (table.c.amount_minor > 0, "earning_summary"), else_="earning_taken_back"
                ),
                "params": statement.excluded.params,
                "link": statement.excluded.link,
                "told_at": statement.excluded.told_at,
                "read_at": None,
                "amount_minor": table.c.amount_minor + statement.excluded.amount_minor,
                "things": table.c.things + statement.excluded.things,
            },
        ),
        rows,
    )


def _earning_code(note: EarningNote) -> str:
    if note.money.minor < 0:
        return "earning_taken_back"
    return "earning_counted" if note.count == 1 else "earning_summary"


def mark_read(db: Session, person_id: UUID, message_ids: Collection[UUID] | None) -> int:
    """Mark messages of a person as read, all of them when none is named; return how many stay unread."""
    query = update(Message).where(
        Message.tenant_id == tenant_of(db),
        Message.person_id == person_id,
        Message.read_at.is_(None),
    )
    if message_ids is not None:
        query = query.where(Message.id.in_(message_ids))
    db.execute(query.values(read_at=work_of(db).now).execution_options(synchronize_session=False))
    return queries.unread(db, person_id)


def set_nudges(
    db: Session,
    person_id: UUID,
    *,
    muted: Collection[NudgeKind],
    quiet_from: time,
    quiet_to: time,
) -> Settings:
    """Keep what a person wishes about nudges; it applies at once."""
    values = {"muted": sorted(set(muted)), "quiet_from": quiet_from, "quiet_to": quiet_to}
    before = queries.settings(db, person_id)
    db.execute(
        insert(NudgeSettings)
        .values(tenant_id=tenant_of(db), person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "person_id"], set_=values)
    )
    after = queries.settings(db, person_id)
    audit.record(
        db,
        action="nudges.set",
        object_kind="person",
        object_id=person_id,
        before=_plain(before),
        after=_plain(after),
    )
    return after


def _plain(settings: Settings) -> dict[str, Any]:
    return {
        "muted": sorted(settings.muted),
        "quiet_from": settings.quiet_from.isoformat(),
        "quiet_to": settings.quiet_to.isoformat(),
    }


def expect_nudges(db: Session, person_ids: Iterable[UUID]) -> None:
    """Remember that the numbers of people changed, for the next look at who is near something."""
    rows = [
        {"tenant_id": tenant_of(db), "person_id": person_id, "since": work_of(db).now}
        for person_id in sorted(set(person_ids))
    ]
    if rows:
        db.execute(insert(NudgeDue).on_conflict_do_nothing(), rows)
