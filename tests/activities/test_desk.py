"""The desk writes for every web process, and nothing is lost when it is not there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.core import Outcome
from app.activities.desk import Desk, Visitor
from app.activities.events import ActivitiesRecorded
from app.activities.intake import ItemResult
from app.activities.schemas import ActivityIn, Unreadable
from app.db.unit_of_work import SYSTEM, Actor
from app.kernel.events import Reactions
from app.kernel.ids import new_id
from tests.conftest import NOON, Work
from tests.people.builders import give_person, give_tenant


@pytest.fixture
def path() -> Iterator[Path]:
    # A socket's path must be short; pytest's own folders are not.
    with TemporaryDirectory() as folder:
        yield Path(folder) / "intake.sock"


@pytest.fixture
def reactions() -> Reactions:
    return Reactions()


@pytest.fixture
def desk(
    engine: Engine, tenant_id: UUID, work: Work, path: Path, reactions: Reactions
) -> Iterator[Desk]:
    with work() as db:
        give_tenant(db)
        give_person(db, employee_number="E-1")
    desk = Desk(path, engine, reactions)
    desk.open()
    yield desk
    desk.close()


def sale(number: int, *, person: str = "E-1", kind: str = "sale") -> ActivityIn:
    return ActivityIn.model_validate(
        {
            "external_id": f"N-{number}",
            "kind": kind,
            "person": {"employee_number": person},
            "occurred_at": NOON,
            "amount": {"amount": "12.345", "currency": "EUR"},
        }
    )


def hand_over(visitor: Visitor, tenant_id: UUID, *items: ActivityIn) -> list[ItemResult] | None:
    return visitor.record(tenant_id, SYSTEM, NOON, items)


def counted(db: Session) -> int:
    table = queries.activities_table()
    return db.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.usefixtures("desk")
def test_what_is_handed_over_is_written_and_answered_item_by_item(
    path: Path, tenant_id: UUID, db: Session
) -> None:
    results = hand_over(Visitor(path), tenant_id, sale(1), sale(2, person="nobody"))

    assert results is not None
    assert [one.outcome for one in results] == [Outcome.ACCEPTED, Outcome.REFUSED]
    assert [one.external_id for one in results] == ["N-1", "N-2"]
    assert [problem.code for problem in results[1].problems] == ["unknown_person"]
    assert counted(db) == 1


@pytest.mark.usefixtures("desk")
def test_the_posts_of_several_processes_are_each_answered_with_their_own(
    path: Path, tenant_id: UUID
) -> None:
    visitors = [Visitor(path), Visitor(path)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: hand_over(visitors[n % 2], tenant_id, sale(n)), range(16))
        )

    told = [[one.external_id for one in answer] for answer in answers if answer is not None]
    assert told == [[f"N-{n}"] for n in range(16)]


def test_without_a_desk_nothing_is_handed_over(path: Path, tenant_id: UUID) -> None:
    assert hand_over(Visitor(path), tenant_id, sale(1)) is None


@pytest.mark.usefixtures("desk")
def test_what_cannot_be_read_and_what_is_large_stays_with_the_process_that_has_it(
    path: Path, tenant_id: UUID
) -> None:
    visitor = Visitor(path)

    assert visitor.record(tenant_id, SYSTEM, NOON, [Unreadable("N-1", [])]) is None
    assert hand_over(visitor, tenant_id, *(sale(n) for n in range(51))) is None


def test_a_desk_that_dies_before_it_answers_leaves_the_post_to_the_process_that_has_it(
    path: Path, tenant_id: UUID
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with ThreadPoolExecutor(1) as pool:
            post = pool.submit(hand_over, Visitor(path), tenant_id, sale(1))
            line, _ = listener.accept()
            line.recv(4)
            line.close()

            assert post.result(10) is None


def test_what_the_desk_cannot_write_is_left_to_the_process_that_has_it(
    desk: Desk, reactions: Reactions, path: Path, tenant_id: UUID
) -> None:
    def fail(_db: Session, _event: ActivitiesRecorded) -> None:
        raise ZeroDivisionError

    reactions.when(ActivitiesRecorded, fail)

    assert hand_over(Visitor(path), tenant_id, sale(1)) is None


def test_a_closed_desk_has_written_what_it_took(desk: Desk, path: Path, tenant_id: UUID) -> None:
    visitor = Visitor(path)
    with ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(hand_over, visitor, tenant_id, sale(n)) for n in range(4)]
        first = posts[0].result(10)
        desk.close()
        rest = [post.result(10) for post in posts[1:]]

    assert first is not None
    assert all(answer is None or answer[0].outcome is Outcome.ACCEPTED for answer in rest)
    assert hand_over(visitor, tenant_id, sale(9)) is None


@pytest.mark.usefixtures("desk")
def test_a_key_that_has_ended_is_refused_by_who_was_asked(
    path: Path, tenant_id: UUID, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Actor("api_key", new_id(), "Import")

    assert Visitor(path).record(tenant_id, gone, NOON, [sale(1)]) is None

    assert "post_not_written" not in caplog.text
    with work() as db:
        assert counted(db) == 0
