"""The procrastinate app, and the two things rooms do with it: declare a task, enqueue it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from procrastinate import exceptions
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.unit_of_work import SYSTEM, tenant_of, unit_of_work
from app.kernel import clock
from app.kernel.events import Reactions

log = structlog.get_logger(__name__)

queue = procrastinate.App(connector=procrastinate.PsycopgConnector(), worker_defaults={})
_sync = procrastinate.SyncPsycopgConnector()


@dataclass(slots=True)
class _Surroundings:
    engine: Engine | None = None
    reactions: Reactions | None = None


_here = _Surroundings()

Job = Callable[..., None]


def surround(engine: Engine, reactions: Reactions) -> None:
    """Say once, at start, which database jobs run on."""
    _here.engine, _here.reactions = engine, reactions


def engine() -> Engine:
    """Return the database that jobs run on."""
    if _here.engine is None:
        raise RuntimeError("Jobs were not given a database.")
    return _here.engine


def tenant_transaction(tenant_id: UUID, now: datetime | None = None) -> Any:
    """Open a transaction of `tenant_id` for a job that needs more than one (providers, imports)."""
    assert _here.reactions is not None
    return unit_of_work(
        engine(),
        tenant_id=tenant_id,
        actor=SYSTEM,
        now=now or clock.utc_now(),
        reactions=_here.reactions,
    )


def job(
    *,
    name: str,
    queue_name: str = "default",
    retry: int = 5,
    transaction: bool = True,
    given_up: Job | None = None,
) -> Callable[[Job], procrastinate.tasks.Task[Any, Any, Any]]:
    """Make a function a job of a tenant.

    With `transaction` the function is called as `f(db, **arguments)` in one transaction, else as
    `f(tenant_id, **arguments)` and opens its own with `tenant_transaction`. It runs at least once:
    it must be harmless to run again. It is retried `retry` times with growing pauses; when the last
    try fails too, `given_up(tenant_id, **arguments)` is called, so that nobody waits for it for ever.
    """

    def declare(function: Job) -> procrastinate.tasks.Task[Any, Any, Any]:
        def run(tenant_id: str, **arguments: Any) -> None:
            tenant = UUID(tenant_id)
            if transaction:
                with tenant_transaction(tenant) as db:
                    function(db, **arguments)
            else:
                function(tenant, **arguments)

        def run_or_give_up(context: procrastinate.JobContext, /, **arguments: Any) -> None:
            try:
                run(**arguments)
            except Exception:
                if given_up is not None and context.job.attempts >= retry:
                    given_up(UUID(arguments.pop("tenant_id")), **arguments)
                raise

        strategy = procrastinate.RetryStrategy(max_attempts=retry, exponential_wait=3)
        if given_up is None:
            return queue.task(name=name, queue=queue_name, retry=strategy)(run)
        return queue.task(name=name, queue=queue_name, retry=strategy, pass_context=True)(
            run_or_give_up
        )

    return declare


def enqueue(
    db: Session,
    task: procrastinate.tasks.Task[Any, Any, Any],
    *,
    at: datetime | None = None,
    lock: str | None = None,
    once: str | None = None,
    **arguments: Any,
) -> bool:
    """Enqueue `task` in this transaction; it is seen by workers only if this commits.

    `lock`: no two jobs with the same lock run at once. `once`: at most one such job waits;
    returns False when one waits already.
    """
    try:
        with db.begin_nested():
            deferrer = task.configure(
                schedule_at=at,
                lock=lock,
                queueing_lock=once,
                task_kwargs={"tenant_id": str(tenant_of(db)), **arguments},
                # Asked for inside the savepoint: SQLAlchemy sets it only when the connection is used.
                connection=db.connection().connection.driver_connection,
            )
            deferrer.job_manager = procrastinate.manager.JobManager(_sync)
            deferrer.defer()
    except exceptions.AlreadyEnqueued:
        return False
    return True


def enqueue_each(
    db: Session,
    task: procrastinate.tasks.Task[Any, Any, Any],
    arguments: Sequence[Mapping[str, Any]],
) -> None:
    """Enqueue `task` for each of `arguments`, all in one statement of this transaction."""
    if not arguments:
        return
    deferrer = task.configure(connection=db.connection().connection.driver_connection)
    deferrer.job_manager = procrastinate.manager.JobManager(_sync)
    tenant = str(tenant_of(db))
    deferrer.batch_defer(*({"tenant_id": tenant, **each} for each in arguments))


@queue.periodic(cron="* * * * *")
@queue.task(name="jobs.retry_stalled", queueing_lock="jobs.retry_stalled", pass_context=True)
async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Give the jobs of a worker that died, seen by its silence, to another one."""
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=30):
        log.warning("job_retried", job=stalled.id, task=stalled.task_name, at=timestamp)
        await manager.retry_job(stalled)
