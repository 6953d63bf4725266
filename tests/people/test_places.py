from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.people import queries, service
from app.people.errors import ManagerLoop, PositionsOverlap
from tests.people.builders import give_person, give_tenant


def test_a_person_stands_in_one_place_at_a_time(db: Session) -> None:
    give_tenant(db)
    boss, ada = give_person(db, "Boss"), give_person(db, "Ada")
    service.place(db, person_id=ada.id, manager_id=boss.id, from_on=date(2026, 1, 1))

    with pytest.raises(PositionsOverlap, match="already stands somewhere"):
        service.place(db, person_id=ada.id, manager_id=boss.id, from_on=date(2026, 6, 1))


def test_moving_ends_what_holds_then_the_day_before(db: Session) -> None:
    give_tenant(db)
    first, second = give_person(db, "First"), give_person(db, "Second")
    ada = give_person(db, "Ada", manager=first)

    service.move(db, person_id=ada.id, manager_id=second.id, from_on=date(2026, 6, 1))

    assert [(p.manager_id, *queries.as_dates(p)) for p in queries.positions_of(db, ada.id)] == [
        (first.id, date(2026, 1, 1), date(2026, 6, 1)),
        (second.id, date(2026, 6, 1), None),
    ]
    assert queries.subtree(db, first.id, date(2026, 5, 31)) == {ada.id}
    assert queries.subtree(db, first.id, date(2026, 6, 1)) == set()


def test_nobody_reports_to_themselves_through_others(db: Session) -> None:
    give_tenant(db)
    boss = give_person(db, "Boss")
    middle = give_person(db, "Middle", manager=boss)
    rep = give_person(db, "Rep", manager=middle)

    with pytest.raises(ManagerLoop):
        service.place(db, person_id=boss.id, manager_id=rep.id, from_on=date(2026, 3, 1))


def test_a_circle_that_never_holds_on_one_day_is_none(db: Session) -> None:
    give_tenant(db)
    one, two = give_person(db, "One"), give_person(db, "Two")
    service.place(
        db, person_id=one.id, manager_id=two.id, from_on=date(2026, 1, 1), to_on=date(2026, 2, 1)
    )

    service.place(db, person_id=two.id, manager_id=one.id, from_on=date(2026, 2, 1))

    assert queries.subtree(db, one.id, date(2026, 2, 1)) == {two.id}


def test_those_above_come_nearest_first(db: Session) -> None:
    give_tenant(db)
    top = give_person(db, "Top")
    middle = give_person(db, "Middle", manager=top)
    rep = give_person(db, "Rep", manager=middle)
    on = date(2026, 5, 1)

    assert queries.managers_of(db, [rep.id], on, 2) == {rep.id: [middle.id, top.id]}
    assert queries.managers_of(db, [rep.id], on, 1) == {rep.id: [middle.id]}
    assert queries.subtree(db, top.id, on) == {middle.id, rep.id}
