from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.http.principal import Role
from app.kernel.errors import Invalid
from app.people import queries
from app.people.roster import RosterEntry, import_people
from tests.people.builders import give_tenant

JUNE = date(2026, 6, 1)


def test_managers_may_come_after_their_people(db: Session) -> None:
    give_tenant(db)

    result = import_people(
        db,
        [
            RosterEntry("3", "Rep", manager_employee_number="2", from_on=JUNE),
            RosterEntry("2", "Boss", manager_employee_number="1", from_on=JUNE),
            RosterEntry("1", "Top", roles=frozenset({Role.MANAGER})),
        ],
    )

    number = queries.person_index(db, by="employee_number")
    assert result.added == 3
    assert queries.subtree(db, number["1"], JUNE) == {number["2"], number["3"]}


def test_the_same_list_twice_changes_nothing(db: Session) -> None:
    give_tenant(db)
    entries = [
        RosterEntry("1", "Top", email="top@example.test", roles=frozenset({Role.MANAGER})),
        RosterEntry("2", "Rep", team="North", manager_employee_number="1", from_on=JUNE),
    ]
    import_people(db, entries)

    again = import_people(db, entries)

    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


def test_a_new_manager_opens_a_position_and_ends_the_old_one(db: Session) -> None:
    give_tenant(db)
    import_people(
        db,
        [
            RosterEntry("1", "First"),
            RosterEntry("2", "Second"),
            RosterEntry("3", "Rep", team="North", manager_employee_number="1", from_on=JUNE),
        ],
    )

    import_people(
        db,
        [RosterEntry("3", "Rep", manager_employee_number="2", from_on=date(2026, 9, 1))],
    )

    number = queries.person_index(db)
    earlier, later = queries.positions_of(db, number["3"])
    assert queries.as_dates(earlier) == (JUNE, date(2026, 9, 1))
    assert queries.as_dates(later) == (date(2026, 9, 1), None)
    assert (later.manager_id, later.team_id) == (number["2"], earlier.team_id)


def test_every_problem_of_every_line_is_named_and_nothing_is_kept(db: Session) -> None:
    give_tenant(db)

    with pytest.raises(Invalid) as refused, db.begin_nested():
        import_people(
            db,
            [
                RosterEntry("1", "One", manager_employee_number="9"),
                RosterEntry("2", "Two", manager_employee_number="2"),
            ],
        )

    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/people/0/manager_employee_number", "unknown_manager"),
        ("/people/1/manager_employee_number", "manager_loop"),
    ]
    assert queries.person_index(db) == {}


def test_a_circle_through_several_lines_is_refused(db: Session) -> None:
    give_tenant(db)

    with pytest.raises(Invalid) as refused:
        import_people(
            db,
            [
                RosterEntry("1", "One", manager_employee_number="3"),
                RosterEntry("2", "Two", manager_employee_number="1"),
                RosterEntry("3", "Three", manager_employee_number="2"),
            ],
        )

    assert {p.code for p in refused.value.problems} == {"manager_loop"}


def test_one_number_twice_in_a_list_is_refused(db: Session) -> None:
    give_tenant(db)

    with pytest.raises(Invalid) as refused:
        import_people(db, [RosterEntry("A1", "One"), RosterEntry("a1 ", "Two")])

    assert refused.value.problems[0].pointer == "/people/1/employee_number"


def test_five_thousand_lines_are_one_piece_of_work(db: Session) -> None:
    give_tenant(db)
    boss = [RosterEntry("boss", "Boss")]
    entries = [
        RosterEntry(f"{n}", f"Rep {n}", team=f"T{n % 40}", manager_employee_number="boss")
        for n in range(4_999)
    ]

    result = import_people(db, entries + boss)

    assert result.added == 5_000
    assert len(queries.subtree(db, result.person_ids[-1], queries.today(db))) == 4_999
