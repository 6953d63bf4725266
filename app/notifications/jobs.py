"""Background work of notifications."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.jobs.queue import job, tenant_transaction
from app.notifications import expiring, nudging


@job(name="notifications.nudge", transaction=False)
def nudge(tenant_id: UUID) -> None:
    """Look at everybody whose numbers changed, some at a time."""
    while True:
        with tenant_transaction(tenant_id) as db:
            if nudging.nudge_due(db) < nudging.BATCH:
                return


@job(name="notifications.expect")
def expect(db: Session) -> None:
    """Put every rep up for a look."""
    nudging.expect_everybody(db)


@job(name="notifications.warn_of_expiry", transaction=False)
def warn_of_expiry(tenant_id: UUID) -> None:
    """Warn everybody whose code ends soon, some at a time."""
    after: UUID | None = None
    while True:
        with tenant_transaction(tenant_id) as db:
            after = expiring.warn_due(db, after=after)
        if after is None:
            return
