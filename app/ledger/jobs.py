"""Background work of the ledger room: sealing, and checkpoints that leave the database."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.db import checkpoints
from app.jobs.queue import job
from app.ledger import queries, service


@job(name="ledger.seal")
def seal(db: Session) -> None:
    """Seal the transactions that wait."""
    service.seal(db)


@job(name="ledger.checkpoint")
def checkpoint(db: Session) -> None:
    """Sign where the journal stands and write it outside the database."""
    checkpoints.write(db, queries.JOURNAL)
