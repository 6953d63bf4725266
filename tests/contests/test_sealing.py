"""Rules are sealed at launch; an amendment is seen by all and takes nothing away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.contests import queries, service
from app.contests.errors import (
    NobodyTakesPart,
    RulesAreSealed,
    TakesAway,
)
from app.contests.rules import seal
from tests.contests.builders import (
    END,
    MINUTE,
    give_team,
    launch,
    rules,
    runner,
)
from tests.people.builders import give_tenant


def test_the_seal_is_the_hash_of_the_rules_that_everybody_sees(db: Session) -> None:
    give_team(db, "Ada")

    contest = launch(db)

    assert contest.sha256 == seal(contest.rules)
    assert len(contest.sha256) == 64


def test_sealed_rules_cannot_be_replaced(db: Session) -> None:
    give_team(db, "Ada")
    contest = launch(db)

    with pytest.raises(RulesAreSealed):
        service.change_draft(db, contest, rules=rules(name="Other"), principal=runner(db))


def test_a_contest_needs_somebody_who_takes_part(db: Session) -> None:
    give_tenant(db)

    with pytest.raises(NobodyTakesPart):
        launch(db)


def test_an_amendment_is_written_down_with_its_reason_and_a_new_seal(db: Session) -> None:
    give_team(db, "Ada")
    contest = launch(db)
    sealed = contest.sha256
    later = END + timedelta(days=1)

    service.amend(db, contest, reason="The office was closed.", changes={"ends_at": later})

    (amendment,) = queries.amendments(db, contest.id)
    assert amendment.reason == "The office was closed."
    assert amendment.changes["ends_at"]["before"] != amendment.changes["ends_at"]["after"]
    assert contest.ends_at == later
    assert sealed != contest.sha256 == amendment.sha256 == seal(contest.rules)


EURO = {"amount": "40.00", "currency": "EUR"}

LESS = {"amount": "39.99", "currency": "EUR"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ends_at": END - MINUTE}, "/ends_at"),
        ({"grace_hours": 23}, "/grace_hours"),
        ({"prizes": []}, "/prizes"),
        ({"prizes": [{"place_from": 1, "place_to": 3, "money": LESS}]}, "/prizes"),
        ({"prizes": [{"place_from": 1, "place_to": 2, "money": EURO}]}, "/prizes"),
    ],
)
def test_an_amendment_may_not_take_away_what_people_play_for(
    db: Session, changes: dict[str, object], pointer: str
) -> None:
    give_team(db, "Ada")
    contest = launch(db, prizes=[{"place_from": 1, "place_to": 3, "money": EURO}])

    with pytest.raises(TakesAway) as refused:
        service.amend(db, contest, reason="Budget.", changes=changes)

    assert [problem.pointer for problem in refused.value.problems] == [pointer]
