"""Reads of the audit journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditHead, AuditQueued, AuditRecord, AuditSeal
from app.db import bulk
from app.db.journal import Journal
from app.db.unit_of_work import tenant_of
from app.kernel.pages import Page, decode_cursor, page_of
from app.kernel.strict_json import dumps_canonical


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One change, and its place in the sealed journal (None for the first second or two)."""

    id: UUID
    position: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_label: str
    action: str
    object_kind: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    sequence: int | None


_WRITTEN: Final = (
    AuditRecord.id,
    AuditRecord.position,
    AuditRecord.at,
    AuditRecord.actor_kind,
    AuditRecord.actor_id,
    AuditRecord.actor_label,
    AuditRecord.action,
    AuditRecord.object_kind,
    AuditRecord.object_id,
    AuditRecord.before,
    AuditRecord.after,
)
"""What a change consists of, in the order in which its leaf is hashed."""


def page(
    db: Session,
    *,
    cursor: str | None = None,
    limit: int = 50,
    action: str | None = None,
    object_kind: str | None = None,
    object_id: str | None = None,
    actor_id: UUID | None = None,
) -> Page[AuditLine]:
    """Return changes, newest first."""
    seal = AuditSeal.__table__
    record = AuditRecord
    wanted = (
        select(*_WRITTEN, seal.c.sequence)
        .outerjoin(seal, (seal.c.tenant_id == record.tenant_id) & (seal.c.item_id == record.id))
        .where(record.tenant_id == tenant_of(db))
        .order_by(record.position.desc())
        .limit(limit + 1)
    )
    for column, value in (
        (record.action, action),
        (record.object_kind, object_kind),
        (record.object_id, object_id),
        (record.actor_id, actor_id),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if cursor is not None:
        (before,) = decode_cursor(cursor, int)
        wanted = wanted.where(record.position < before)
    lines = [AuditLine(*row) for row in db.execute(wanted)]
    return page_of(lines, limit, lambda line: (line.position,))


def contents(db: Session, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Return the bytes that a leaf stands for, by id."""
    record = AuditRecord
    wanted = select(*_WRITTEN).where(
        record.tenant_id == tenant_of(db), record.id == bulk.any_of(ids)
    )
    tenant = str(tenant_of(db))
    return {
        row.id: dumps_canonical(
            [tenant, str(row.id), row.position, row.at.astimezone(UTC).isoformat(), *row[3:]]
        )
        for row in db.execute(wanted)
    }


JOURNAL = Journal("audit", AuditQueued, AuditSeal, AuditHead, contents)
