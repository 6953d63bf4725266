"""Pushing approved batches, in the background."""

from __future__ import annotations

from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.jobs.queue import enqueue, job, tenant_transaction
from app.payouts import pushing


@job(name="payouts.push", queue_name="providers", transaction=False)
def push_job(tenant_id: UUID, push_id: str) -> None:
    """Try one push, once."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    pushing.push(open_work, UUID(push_id))


@job(name="payouts.push_due", queue_name="providers")
def push_due(db: Session) -> None:
    """Send workers to every push that is due."""
    for push_id in pushing.due(db):
        enqueue(db, push_job, once=f"payouts.push:{tenant_of(db)}:{push_id}", push_id=str(push_id))
