"""Background work on bank accounts: asking providers, and asking again where they were silent."""

from __future__ import annotations

from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.destinations import checking, queries
from app.jobs.queue import enqueue, job, tenant_transaction


@job(name="destinations.check", queue_name="providers", transaction=False)
def check_job(tenant_id: UUID, check_id: str) -> None:
    """Ask about one account."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    checking.check(open_work, UUID(check_id))


@job(name="destinations.complete", queue_name="providers")
def complete_job(db: Session) -> None:
    """Send workers to every check that is due: after a crash, a silence, or an answer still to come."""
    for check_id in queries.due_checks(db):
        once = f"destinations.check:{tenant_of(db)}:{check_id}"
        enqueue(db, check_job, once=once, check_id=str(check_id))
