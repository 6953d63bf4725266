"""Rules that change from a day on: periods before keep theirs, and nobody's pay is changed behind that day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events
from app.people.models import Person
from app.programs import amending, recalculation
from app.programs.errors import ChangesThePast, LowersPay
from app.programs.models import Earning, Program
from tests.activities.builders import give_sale
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, document, five_percent, give_program

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
SETTLED = {"limits": {"caps": [{"amount": "1000"}]}}
BOTH_WAYS = pytest.mark.parametrize("limits", [{}, SETTLED], ids=["summed", "settled"])


@pytest.fixture
def ann(db: Session) -> Person:
    give_tenant(db)
    return give_person(db, "Ann")


def started(db: Session, ann: Person, **limits: Any) -> Program:
    """Pay five percent of 1,000 in October and of 200 in November."""
    program = give_program(db, five_percent(**limits))
    give_sale(db, ann.id, "1000", at=datetime(2026, 10, 12, 9, tzinfo=UTC))
    give_sale(db, ann.id, "200", at=datetime(2026, 11, 3, 9, tzinfo=UTC))
    settle_events(db)
    return program


def succession(last: str, first: str, rate: str, **limits: Any) -> Any:
    """Return a document in which five percent ends with `last` and another rate begins on `first`."""
    new = component({"kind": "rate", "rate": rate}, id="next", effective={"from": first}, **limits)
    return document(five_percent(effective={"from": "2026-01-01", "to": last}, **limits), new)


def amended(db: Session, program: Program, stated: Any, first: date) -> None:
    amending.amend(db, program_id=program.id, stated=stated, first=first, reason="New rates")
    recalculation.recalculate(db, program.id)


def standing(db: Session) -> dict[tuple[str, date], int]:
    return {
        (each.component, each.period_start): each.amount_minor
        for each in db.scalars(select(Earning))
        if each.amount_minor
    }


@BOTH_WAYS
def test_from_a_day_that_has_passed_new_rules_pay_and_periods_before_keep_theirs(
    db: Session, ann: Person, limits: Any
) -> None:
    program = started(db, ann, **limits)

    amended(db, program, succession("2026-10-31", "2026-11-01", "0.07", **limits), NOVEMBER)
    give_sale(db, ann.id, "100", at=datetime(2026, 10, 20, 9, tzinfo=UTC))
    settle_events(db)

    assert standing(db) == {("main", OCTOBER): 55_00, ("next", NOVEMBER): 14_00}
    assert recalculation.replay(db, program.id).wrong == ()


@BOTH_WAYS
def test_in_the_middle_of_a_period_rules_do_not_change(
    db: Session, ann: Person, limits: Any
) -> None:
    program = started(db, ann, **limits)
    stated = succession("2026-11-02", "2026-11-03", "0.07", **limits)

    with pytest.raises(ChangesThePast, match="end with the last period before that day"):
        amended(db, program, stated, date(2026, 11, 3))

    assert standing(db) == {("main", OCTOBER): 50_00, ("main", NOVEMBER): 10_00}


def test_a_change_of_every_day_is_refused_where_it_reaches_back(db: Session, ann: Person) -> None:
    program = started(db, ann)

    with pytest.raises(ChangesThePast):
        amended(db, program, document(component({"kind": "rate", "rate": "0.07"})), NOVEMBER)


def test_nobody_may_lose_by_what_follows_all_components_together(db: Session, ann: Person) -> None:
    program = started(db, ann)
    lower = succession("2026-10-31", "2026-11-01", "0.03")

    with pytest.raises(LowersPay):
        amended(db, program, lower, NOVEMBER)

    shown = amending.preview(db, program_id=program.id, stated=lower, first=NOVEMBER)
    assert [each.difference_minor for each in shown.effects] == [-4_00]
