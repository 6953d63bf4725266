"""Background work of programs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.jobs.queue import job
from app.programs import release, service


@job(name="programs.release", queue_name="default")
def release_due(db: Session) -> None:
    """Release what has matured."""
    release.release_due(db)


@job(name="programs.turn_day", queue_name="slow")
def turn_day(db: Session) -> None:
    """Settle what a new day changes: periods that begin or end, and what can no longer be taken back."""
    service.turn_day(db)


@job(name="programs.recalculate", queue_name="slow")
def recalculate(db: Session, program_id: str) -> None:
    """Rebuild a program's credits and earnings."""
    service.recalculate(db, program_id=UUID(program_id))
