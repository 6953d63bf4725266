"""A worker's lanes: every queue has one, and a full one holds up no other."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from flask import Flask
from procrastinate import App, PsycopgConnector

from app.jobs import lanes
from app.jobs.lanes import Lane
from app.jobs.queue import queue

LONG_ENOUGH = 60.0


def test_every_job_is_in_a_queue_that_some_lane_serves(app: Flask) -> None:
    assert app.extensions["laurel"]
    ours = {task for task in queue.tasks.values() if not task.name.startswith("builtin:")}

    assert {task.queue for task in ours} == lanes.QUEUES


def test_the_lanes_of_some_queues_serve_no_other() -> None:
    assert lanes.lanes(quick=4, waiting=16, only=["providers", "slow"]) == [
        Lane(("slow",), 2),
        Lane(("providers",), 16),
    ]


def test_a_queue_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="providerz"):
        lanes.lanes(quick=4, waiting=16, only=["providerz"])


def test_a_lane_full_of_jobs_that_wait_holds_up_no_quick_job(servers: dict[str, str]) -> None:
    mine = App(connector=PsycopgConnector(conninfo=servers["DATABASE_URL"], max_size=8))
    of_this_run = uuid4().hex[:12]
    slow, quick = f"slow-{of_this_run}", f"quick-{of_this_run}"
    both_wait, freed = threading.Barrier(3), threading.Event()
    seen: list[str] = []

    @mine.task(name=slow, queue=slow)
    def wait() -> None:
        both_wait.wait(LONG_ENOUGH)
        seen.append("freed" if freed.wait(LONG_ENOUGH) else "never freed")

    @mine.task(name=quick, queue=quick)
    def free() -> None:
        both_wait.wait(LONG_ENOUGH)
        seen.append("quick")
        freed.set()

    with mine.open():
        for task in (wait, wait, free):
            task.defer()
    lanes.run(mine, [Lane((slow,), 2), Lane((quick,), 1)], wait=False)

    assert seen == ["quick", "freed", "freed"]
