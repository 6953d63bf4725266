"""Background work of contests."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.contests import service
from app.jobs.queue import job


@job(name="contests.turn")
def turn(db: Session) -> None:
    """Let time pass for the contests of a tenant."""
    service.turn(db)


@job(name="contests.compare")
def compare(db: Session) -> None:
    """Have the moving boards of a tenant compared with the database."""
    service.compare_boards(db)
