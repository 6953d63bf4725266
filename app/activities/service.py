"""What a person or a machine can do with sources, products and activities."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.activities import queries, recording
from app.activities.core import Ready, Written
from app.activities.events import Cause
from app.activities.models import Source
from app.db.unit_of_work import tenant_of, work_of


def ensure_source(db: Session, *, name: str, kind: str = "api") -> UUID:
    """Return the id of the source called `name`, made when it is missing."""
    if found := queries.find_source(db, name):
        return found.id
    now = work_of(db).now
    db.execute(
        insert(Source)
        .values(
            tenant_id=tenant_of(db), name=name, kind=kind, mapping={}, rules={},
            created_at=now, updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "name"])
    )  # fmt: skip
    made = queries.find_source(db, name)
    assert made is not None
    return made.id


def record_activities(
    db: Session, *, source: str, rows: Sequence[Ready], cause: Cause = "api"
) -> list[Written]:
    """Write clean activities of one source; repeating them changes nothing."""
    source_id = ensure_source(db, name=source)
    return recording.write(db, source_id=source_id, rows=rows, cause=cause)
