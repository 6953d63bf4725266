"""Background work of this room."""

from __future__ import annotations

from uuid import UUID

from app.activities import importing
from app.jobs.queue import job, tenant_transaction


def _give_up(tenant_id: UUID, *, import_id: str) -> None:
    importing.give_up(lambda: tenant_transaction(tenant_id), UUID(import_id))


@job(name="activities.run_import", queue_name="imports", transaction=False, given_up=_give_up)
def run_import(tenant_id: UUID, *, import_id: str) -> None:
    """Read an import to its end, from wherever an earlier run came to."""
    importing.run(lambda: tenant_transaction(tenant_id), UUID(import_id))
