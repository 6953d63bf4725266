"""What comes late, and results that stay as they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.activities.core import Ready
from app.contests import queries, service, standings
from app.contests.errors import (
    ContestIsFinal,
)
from app.kernel.money import MICROS
from tests.conftest import NOON, Work
from tests.contests.builders import (
    FINAL,
    MINUTE,
    board_of,
    give_team,
    launch,
    sell,
    sell_many,
)


def test_a_sale_that_arrives_late_counts_inside_the_grace_window(work: Work) -> None:
    with work() as db:
        (ada,) = give_team(db, "Ada")
        contest = launch(db)

    with work(now=FINAL - MINUTE) as db:
        sell(db, ada, at=NOON)

    with work() as db:
        assert board_of(db, contest) == [(1, 1)]


def test_what_arrives_after_the_grace_window_never_counts(work: Work) -> None:
    with work() as db:
        (ada,) = give_team(db, "Ada")
        contest = launch(db)

    with work(now=FINAL) as db:
        sell(db, ada, at=NOON)

    with work() as db:
        assert board_of(db, contest) == [(1, 0)]


def test_a_result_is_made_final_only_after_the_grace_window(work: Work) -> None:
    with work() as db:
        give_team(db, "Ada")
        contest_id = launch(db).id

    with work(now=FINAL - MINUTE) as db:
        service.turn(db)
        assert queries.get_contest(db, contest_id).announced == "provisional"

    with work(now=FINAL + MINUTE) as db:
        service.turn(db)
        contest = queries.get_contest(db, contest_id)
        assert (contest.announced, contest.finished_at) == ("final", FINAL + MINUTE)


def test_after_the_result_a_late_sale_is_only_noted(work: Work) -> None:
    with work() as db:
        ada, bo = give_team(db, "Ada", "Bo")
        contest = launch(db)
        sell(db, bo)
    with work(now=FINAL + MINUTE) as db:
        service.turn(db)

    with work(now=FINAL + 2 * MINUTE) as db:
        sell_many(
            db,
            [Ready(external_id=f"late-{n}", person_id=ada, occurred_at=NOON) for n in range(3)],
        )

    with work() as db:
        contest = queries.get_contest(db, contest.id)
        assert [(one.person_id, one.place) for one in standings.results(db, contest)] == [
            (bo, 1),
            (ada, 2),
        ]
        assert board_of(db, contest) == [(1, 1), (2, 0)]
        assert queries.adjustments(db, contest.id) == {ada: 3 * MICROS}


def test_what_came_between_the_grace_window_and_the_result_is_noted_too(work: Work) -> None:
    with work() as db:
        (ada,) = give_team(db, "Ada")
        contest = launch(db)
    with work(now=FINAL + timedelta(seconds=1)) as db:
        sell(db, ada)

    with work(now=FINAL + MINUTE) as db:
        service.turn(db)

    with work() as db:
        assert board_of(db, contest) == [(1, 0)]
        assert queries.adjustments(db, contest.id) == {ada: MICROS}


def test_a_sale_that_was_held_up_until_after_the_result_is_only_noted(work: Work) -> None:
    with work() as db:
        (ada,) = give_team(db, "Ada")
        contest = launch(db)
    with work(now=FINAL + MINUTE) as db:
        service.turn(db)

    with work(now=FINAL - timedelta(seconds=1)) as db:
        sell(db, ada)

    with work() as db:
        assert board_of(db, contest) == [(1, 0)]
        assert queries.adjustments(db, contest.id) == {ada: MICROS}


def test_a_final_contest_cannot_be_amended(work: Work) -> None:
    with work() as db:
        give_team(db, "Ada")
        contest_id = launch(db).id

    with work(now=FINAL) as db, pytest.raises(ContestIsFinal):
        contest = queries.get_contest(db, contest_id)
        service.amend(db, contest, reason="Too late.", changes={"grace_hours": 48})


def test_results_are_frozen_with_split_prizes(work: Work) -> None:
    with work() as db:
        ada, bo, cem = give_team(db, "Ada", "Bo", "Cem")
        prize = [{"place_from": 1, "place_to": 1, "money": {"amount": "100.01", "currency": "EUR"}}]
        contest = launch(db, tie_break="shared", prizes=prize)
        sell(db, ada)
        sell(db, bo)
    with work(now=FINAL + MINUTE) as db:
        service.turn(db)

    with work() as db:
        found = {one.person_id: (one.place, one.prize) for one in standings.results(db, contest)}
    half = {"amount": "50.00", "currency": "EUR"}
    assert found == {ada: (1, half), bo: (1, half), cem: (3, None)}


def test_a_result_cannot_be_changed_in_the_database(work: Work) -> None:
    with work() as db:
        give_team(db, "Ada")
        launch(db)
    with work(now=FINAL + MINUTE) as db:
        service.turn(db)

    with pytest.raises(Exception, match=r"permission denied|only ever inserted"), work() as db:
        db.execute(text("UPDATE contest_results SET place = 7"))
