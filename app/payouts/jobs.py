"""Pushing approved batches, in the background; few workers wait for one receiver at once."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.jobs.queue import enqueue, job, tenant_transaction
from app.payouts import pushing
from app.providers.seats import OpenWork, seated, sends

PUSHES: Final = "pushes"
"""What seats before a receiver are wanted for here."""


@job(name="payouts.push", queue_name="providers", transaction=False)
def push_job(tenant_id: UUID, push_id: str) -> None:
    """Try one push, once."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    push_seated(open_work, UUID(push_id))


def push_seated(open_work: OpenWork, push_id: UUID, *, timeout: float = pushing.TIMEOUT) -> bool:
    """Try a push when there is a seat before its receiver; False when there is none, and it stays due."""
    with open_work() as db:
        endpoint = pushing.endpoint_of(db)
        receiver = endpoint.id if endpoint is not None else push_id
    with seated(open_work, receiver, PUSHES) as is_seated:
        if is_seated:
            pushing.push(open_work, push_id, timeout=timeout)
    return is_seated


@sends(PUSHES)
def _send_next(db: Session, _: UUID) -> bool:
    return any(_enqueue(db, push_id) for push_id in pushing.due(db))


@job(name="payouts.push_due", queue_name="providers")
def push_due(db: Session) -> None:
    """Send workers to every push that is due."""
    for push_id in pushing.due(db):
        _enqueue(db, push_id)


def _enqueue(db: Session, push_id: UUID) -> bool:
    once = f"payouts.push:{tenant_of(db)}:{push_id}"
    return enqueue(db, push_job, once=once, push_id=str(push_id))
