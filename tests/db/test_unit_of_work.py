from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from app.db.unit_of_work import after_commit, record
from app.jobs.queue import enqueue, job
from app.kernel.events import Event
from app.kernel.ids import new_id
from tests.conftest import Work

SLOTS = text("SELECT task FROM job_slots")
INSERT = text("INSERT INTO job_slots (tenant_id, task, slot) VALUES (:tenant, :task, 1)")


@dataclass(frozen=True, slots=True)
class Nothing(Event):
    """An event nobody reacts to."""


def test_a_transaction_sees_only_rows_of_its_tenant(work: Work, tenant_id: UUID) -> None:
    with work() as db:
        db.execute(INSERT, {"tenant": tenant_id, "task": "mine"})

    with work() as mine, work(tenant=new_id()) as theirs:
        assert mine.scalars(SLOTS).all() == ["mine"]
        assert theirs.scalars(SLOTS).all() == []


def test_a_row_for_another_tenant_is_refused(work: Work) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), work() as db:
        db.execute(INSERT, {"tenant": new_id(), "task": "foreign"})


def test_without_a_tenant_nothing_is_seen(work: Work, tenant_id: UUID, engine: Engine) -> None:
    with work() as db:
        db.execute(INSERT, {"tenant": tenant_id, "task": "mine"})

    with engine.connect() as connection:
        assert connection.scalars(SLOTS).all() == []


def test_an_error_leaves_no_trace_and_no_push(work: Work, tenant_id: UUID) -> None:
    pushed: list[str] = []

    with pytest.raises(ZeroDivisionError), work() as db:
        db.execute(INSERT, {"tenant": tenant_id, "task": "gone"})
        after_commit(db, lambda: pushed.append("x"))
        record(db, Nothing())
        raise ZeroDivisionError

    with work() as db:
        assert db.scalars(SLOTS).all() == []
    assert pushed == []


RAN: list[tuple[UUID, str]] = []


@job(name="tests.note")
def note(db: object, word: str) -> None:
    from app.db.unit_of_work import tenant_of

    RAN.append((tenant_of(db), word))  # type: ignore[arg-type]  # a Session at run time


def test_a_job_runs_in_the_tenant_that_enqueued_it_and_only_after_commit(
    work: Work, tenant_id: UUID, run_jobs: Callable[[], None]
) -> None:
    with pytest.raises(ZeroDivisionError), work() as db:
        enqueue(db, note, word="never")
        raise ZeroDivisionError
    with work() as db:
        assert enqueue(db, note, once=f"n:{tenant_id}", word="once")
        assert not enqueue(db, note, once=f"n:{tenant_id}", word="twice")

    run_jobs()

    assert [entry for entry in RAN if entry[0] == tenant_id] == [(tenant_id, "once")]


def test_the_job_of_a_worker_that_died_is_given_to_another_one(
    work: Work, tenant_id: UUID, run_jobs: Callable[[], None]
) -> None:
    with work() as db:
        enqueue(db, note, word="again")
        died = db.scalar(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '2 minutes') RETURNING id"
            )
        )
        db.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker"
                " WHERE args ->> 'tenant_id' = :tenant"
            ),
            {"worker": died, "tenant": str(tenant_id)},
        )
        db.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
                " VALUES ('default', 'jobs.retry_stalled', '{\"timestamp\": 0}')"
            )
        )

    run_jobs()
    run_jobs()

    assert [word for tenant, word in RAN if tenant == tenant_id] == ["again"]
