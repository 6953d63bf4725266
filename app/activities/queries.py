"""Reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Subquery, and_, select
from sqlalchemy.orm import Session

from app.activities.models import Activity, Import, Source
from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound


@cache
def activities_table() -> Subquery:
    """Return every revision of every activity, for set-based SQL of higher rooms.

    Columns: those of the table, and `source_name`. Only rows with status 'counted' count.
    """
    return (
        select(*Activity.__table__.columns, Source.name.label("source_name"))
        .outerjoin(
            Source,
            and_(Source.tenant_id == Activity.tenant_id, Source.id == Activity.source_id),
        )
        .subquery("activities_table")
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an activity came from, for its receipt."""

    source: str
    file: str | None
    row: int | None
    external_id: str
    received_at: datetime


def find_activity(db: Session, activity_id: UUID) -> Activity | None:
    """Return one revision of an activity."""
    return db.get(Activity, (tenant_of(db), activity_id))


def source_row(db: Session, activity_id: UUID) -> Origin | None:
    """Return where the activity came from: source, file and row."""
    row = db.execute(
        select(
            Source.name,
            Import.file_name,
            Activity.row_number,
            Activity.external_id,
            Activity.received_at,
        )
        .join(
            Source,
            and_(Source.tenant_id == Activity.tenant_id, Source.id == Activity.source_id),
        )
        .outerjoin(
            Import,
            and_(Import.tenant_id == Activity.tenant_id, Import.id == Activity.import_id),
        )
        .where(Activity.tenant_id == tenant_of(db), Activity.id == activity_id)
    ).one_or_none()
    return Origin(*row) if row else None


def find_source(db: Session, name: str) -> Source | None:
    """Return the source called `name`."""
    return db.scalar(select(Source).where(Source.tenant_id == tenant_of(db), Source.name == name))


def get_source(db: Session, source_id: UUID) -> Source:
    """Return the source; raise NotFound when it is not there."""
    if (found := db.get(Source, (tenant_of(db), source_id))) is None:
        raise NotFound("There is no such source.")
    return found


def get_import(db: Session, import_id: UUID, *, lock: bool = False) -> Import:
    """Return the import, locked for this transaction when asked; raise NotFound when it is not there."""
    found = db.get(Import, (tenant_of(db), import_id), with_for_update=lock)
    if found is None:
        raise NotFound("There is no such import.")
    return found
