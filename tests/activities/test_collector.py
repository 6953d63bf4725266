"""Posts share a commit, never a fate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Event
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.collector import Collector
from app.activities.core import Outcome
from app.activities.events import ActivitiesRecorded
from app.activities.schemas import ActivityIn
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.kernel.events import Reactions
from tests.conftest import NOON, Work
from tests.people.builders import give_person, give_tenant


class Gate:
    """Opens transactions, counts them, and has one neighbour above who cannot bear poison."""

    def __init__(self, engine: Engine, tenant_id: UUID) -> None:
        self.engine, self.tenant_id, self.opened = engine, tenant_id, 0
        self.batches: list[int] = []
        self.reactions = Reactions()
        self.reactions.when(ActivitiesRecorded, self._react)

    def _react(self, db: Session, event: ActivitiesRecorded) -> None:
        table = queries.activities_table()
        kinds = set(db.scalars(select(table.c.kind).where(table.c.id.in_(event.activity_ids))))
        if "poison" in kinds:
            raise ZeroDivisionError
        self.batches.append(len(event.activity_ids))

    def __call__(self) -> AbstractContextManager[Session]:
        self.opened += 1
        return unit_of_work(
            self.engine,
            tenant_id=self.tenant_id,
            actor=SYSTEM,
            now=NOON,
            reactions=self.reactions,
        )


@pytest.fixture
def gate(engine: Engine, tenant_id: UUID, work: Work) -> Gate:
    with work() as db:
        give_tenant(db)
        give_person(db, employee_number="E-1")
    return Gate(engine, tenant_id)


def post(collector: Collector, gate: Gate, number: int, kind: str = "sale") -> Outcome | str:
    item = ActivityIn.model_validate(
        {
            "external_id": f"N-{number}",
            "kind": kind,
            "person": {"employee_number": "E-1"},
            "occurred_at": NOON,
        }
    )
    try:
        [result] = collector.record(gate, gate.tenant_id, SYSTEM, [item])
    except ZeroDivisionError:
        return "raised"
    return result.outcome


def test_what_arrives_together_is_committed_together(gate: Gate) -> None:
    collector = Collector(wait=0.3)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda number: post(collector, gate, number), range(8)))

    assert set(outcomes) == {Outcome.ACCEPTED}
    assert gate.batches == [8]


def test_a_post_that_cannot_be_written_fails_alone(gate: Gate) -> None:
    collector = Collector(wait=0.3)

    with ThreadPoolExecutor(3) as pool:
        kinds = ["sale", "poison", "sale"]
        outcomes = list(pool.map(lambda n: post(collector, gate, n, kinds[n]), range(3)))

    assert outcomes == [Outcome.ACCEPTED, "raised", Outcome.ACCEPTED]
    assert gate.opened == 4


def test_what_arrives_during_a_write_is_the_next_group(gate: Gate) -> None:
    collector = Collector(wait=0.05)
    began, go_on = Event(), Event()

    def hold(_db: Session, _event: ActivitiesRecorded) -> None:
        began.set()
        assert go_on.wait(20)

    gate.reactions.when(ActivitiesRecorded, hold)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(post, collector, gate, 0)
        assert began.wait(20)
        later = [pool.submit(post, collector, gate, number) for number in (1, 2, 3)]
        sleep(0.3)
        go_on.set()

    assert {one.result() for one in (first, *later)} == {Outcome.ACCEPTED}
    assert gate.batches == [1, 3]


@pytest.mark.parametrize("limit", ["MOST", "TOGETHER"])
def test_a_full_group_does_not_take_more_in(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"app.activities.collector.{limit}", 2)
    collector = Collector(wait=0.3)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: post(collector, gate, number), range(4)))

    assert gate.batches == [2, 2]
