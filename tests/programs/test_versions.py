from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events
from app.engine import reading
from app.engine.reading import InvalidProgram
from app.people import service as people
from app.programs import queries, recalculation, service
from app.programs.models import Earning
from tests.activities.builders import give_sale, give_sales, sale
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import document, earned, five_percent, give_program


def test_a_published_version_cannot_be_changed_or_removed(db: Session) -> None:
    give_tenant(db)
    give_program(db)

    for change in ("UPDATE program_versions SET sha256 = 'x'", "DELETE FROM program_versions"):
        with pytest.raises(DBAPIError, match="sealed"), db.begin_nested():
            db.execute(text(change))


def test_posted_differences_cannot_be_changed_or_removed(db: Session) -> None:
    give_tenant(db)
    ann = give_person(db)
    give_program(db)
    give_sale(db, ann.id)
    settle_events(db)

    for change in ("UPDATE earning_lines SET delta_minor = 1", "DELETE FROM earning_lines"):
        with pytest.raises(DBAPIError, match="permission denied"), db.begin_nested():
            db.execute(text(change))


def test_the_seal_is_that_of_the_stored_document(db: Session) -> None:
    give_tenant(db)
    program = give_program(db)

    (published,) = queries.published(db, [program.id])

    assert published.sha256 == reading.fingerprint(published.document)


def test_a_program_that_has_been_published_keeps_its_currency(db: Session) -> None:
    give_tenant(db)
    program = give_program(db)

    with pytest.raises(InvalidProgram) as refused:
        service.change_draft(
            db, program_id=program.id, stated=document(five_percent(), currency="USD")
        )

    assert refused.value.problems[0].pointer == "/currency"


def test_a_draft_pays_nothing(db: Session) -> None:
    give_tenant(db)
    ann = give_person(db)
    service.create_program(db, stated=document(five_percent()))

    give_sale(db, ann.id)

    assert earned(db, ann.id) == 0


def test_publishing_pays_what_is_there_in_a_worker(
    work: Work, run_jobs: Callable[[], None]
) -> None:
    with work() as db:
        give_tenant(db)
        ann = give_person(db)
        give_sale(db, ann.id)
        program = service.create_program(db, stated=document(five_percent()))
        service.publish_program(db, program_id=program.id)

    run_jobs()

    with work() as db:
        assert earned(db, ann.id) == 5_00


def test_moving_a_person_in_the_past_moves_the_override(
    work: Work, run_jobs: Callable[[], None]
) -> None:
    with work() as db:
        give_tenant(db)
        bob, eve = give_person(db, "Bob"), give_person(db, "Eve")
        ann = give_person(db, "Ann", manager=bob)
        give_program(db, five_percent(credit={"to": "override", "levels": [{"level": 1}]}))
        give_sale(db, ann.id)
    with work() as db:
        before = earned(db, bob.id), earned(db, eve.id)
        people.move(db, person_id=ann.id, manager_id=eve.id, from_on=date(2026, 11, 1))

    run_jobs()

    with work() as db:
        assert before == (5_00, 0)
        assert (earned(db, bob.id), earned(db, eve.id)) == (0, 5_00)


def test_sales_that_arrive_at_once_are_all_paid_once(work: Work) -> None:
    with work() as db:
        give_tenant(db)
        people_ = [give_person(db, f"Rep {n}") for n in range(3)]
        program = give_program(db)

    def sell(source: int) -> None:
        for _ in range(5):
            with work() as db:
                sales = [sale(person.id, "1.00") for person in people_]
                give_sales(db, *sales[:: 1 if source % 2 else -1], source=f"till {source}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(sell, range(6)))

    with work() as db:
        totals = db.scalars(select(Earning.total_micros)).all()
        assert totals == [Decimal(30_000_000)] * 3
        assert [earned(db, person.id) for person in people_] == [1_50] * 3
        assert recalculation.replay(db, program.id).wrong == ()
