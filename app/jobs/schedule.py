"""The clock: one elected leader that only enqueues, once per slot, whatever happens to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, text

from app.jobs.queue import enqueue, tenant_transaction
from app.kernel import clock

log = structlog.get_logger(__name__)

LEADER_LOCK = 7_411_852_001


@dataclass(frozen=True, slots=True)
class Every:
    """Run `task` for every tenant each `seconds`."""

    task: procrastinate.tasks.Task[Any, Any, Any]
    seconds: int


def run(engine: Engine, plan: Sequence[Every], *, stopped: Callable[[], bool]) -> None:
    """Lead when elected: hold the advisory lock and enqueue what `plan` says, until `stopped()`."""
    while not stopped():
        # Nothing is written on this connection: it only holds the lock.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            elected = connection.scalar(
                text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}
            )
            if elected:
                log.info("clock_leads")
                _lead(connection, engine, plan, stopped)
        time.sleep(1)


def _lead(
    connection: Any, engine: Engine, plan: Sequence[Every], stopped: Callable[[], bool]
) -> None:
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True})
    for entry in plan:
        scheduler.add_job(_enqueue_for_all, "interval", seconds=entry.seconds, args=[engine, entry])
    scheduler.start()
    try:
        while not stopped():
            connection.execute(text("SELECT 1"))
            time.sleep(1)
    finally:
        scheduler.shutdown(wait=True)


def _enqueue_for_all(engine: Engine, entry: Every) -> None:
    slot = int(clock.utc_now().timestamp()) // entry.seconds
    for tenant_id in tenant_ids(engine):
        try:
            with tenant_transaction(tenant_id) as db:
                claimed = db.execute(
                    text(
                        "INSERT INTO job_slots (tenant_id, task, slot) VALUES (:t, :task, :slot)"
                        " ON CONFLICT DO NOTHING"
                    ),
                    {"t": tenant_id, "task": entry.task.name, "slot": slot},
                ).rowcount
                if claimed:
                    enqueue(db, entry.task, once=f"{entry.task.name}:{tenant_id}")
        except Exception:
            log.exception("could_not_enqueue", task=entry.task.name)


def tenant_ids(engine: Engine) -> list[UUID]:
    """Return every tenant, seen from outside the wall (a database function allows just that)."""
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT laurel_tenant_ids()")))
