"""Background work of the audit room: sealing, and checkpoints that leave the database."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.audit import queries, service
from app.db import checkpoints
from app.jobs.queue import job


@job(name="audit.seal")
def seal(db: Session) -> None:
    """Seal the changes that wait."""
    service.seal(db)


@job(name="audit.checkpoint")
def checkpoint(db: Session) -> None:
    """Sign where the journal stands and write it outside the database."""
    checkpoints.write(db, queries.JOURNAL)
