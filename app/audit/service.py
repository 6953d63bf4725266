"""Writing down what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, null
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.models import AuditRecord
from app.db import journal
from app.db.unit_of_work import work_of


def record(
    db: Session,
    *,
    action: str,
    object_kind: str,
    object_id: UUID | str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write down one change, in the transaction that makes it; nothing secret belongs in it."""
    work = work_of(db)
    db.execute(
        insert(AuditRecord).values(
            tenant_id=work.tenant_id,
            at=work.now,
            actor_kind=work.actor.kind,
            actor_id=work.actor.id,
            actor_label=work.actor.label,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            before=null() if before is None else before,
            after=null() if after is None else after,
        )
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one object."""

    object_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]


def record_all(db: Session, *, action: str, object_kind: str, changes: Sequence[Change]) -> None:
    """Write down the same kind of change of many objects, a record each."""
    if not changes:
        return
    work = work_of(db)
    same = {
        "tenant_id": work.tenant_id,
        "at": work.now,
        "actor_kind": work.actor.kind,
        "actor_id": work.actor.id,
        "actor_label": work.actor.label,
        "action": action,
        "object_kind": object_kind,
    }
    db.execute(
        insert(AuditRecord),
        [
            {**same, "object_id": str(each.object_id), "before": each.before, "after": each.after}
            for each in changes
        ],
    )


def seal(db: Session) -> int:
    """Seal what waits and return how many records that were."""
    return len(journal.seal(db, queries.JOURNAL))
