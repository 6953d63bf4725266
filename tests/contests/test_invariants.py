from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.contests import service
from app.contests.invariants import INVARIANTS
from app.kernel.prove import prove
from tests.conftest import Work
from tests.contests.builders import END, launch, sell
from tests.people.builders import give_person, give_tenant


def _violations(db: Session) -> dict[str, int]:
    return {verdict.code: verdict.finding.violations for verdict in prove(db, INVARIANTS)}


def test_boards_results_and_seals_hold(work: Work) -> None:
    with work() as db:
        give_tenant(db)
        ada, bo = (give_person(db, name).id for name in ("Ada", "Bo"))
        launch(db, name="Ends first")
        launch(db, name="Goes on", ends_at=END + timedelta(days=30))
        sell(db, ada)
        sell(db, bo)
    with work(now=END + timedelta(days=2)) as db:
        service.turn(db)
        assert _violations(db) == {"C1": 0, "C2": 0, "C3": 0, "C4": 0}
        assert [verdict.finding.checked for verdict in prove(db, INVARIANTS)] == [2, 2, 2, 0]


def test_a_score_that_was_tampered_with_is_found(db: Session) -> None:
    give_tenant(db)
    give_person(db, "Ada")
    launch(db)

    db.execute(text("UPDATE contest_scores SET score_micros = 5"))

    assert _violations(db) == {"C1": 1, "C2": 0, "C3": 0, "C4": 0}


def test_rules_that_were_changed_behind_the_seal_are_found(db: Session) -> None:
    give_tenant(db)
    give_person(db, "Ada")
    contest = launch(db)

    contest.rules = {**contest.rules, "grace_hours": 1}
    db.flush()

    assert _violations(db)["C3"] == 1


def test_a_score_that_moved_after_the_result_is_found(work: Work) -> None:
    with work() as db:
        give_tenant(db)
        give_person(db, "Ada")
        give_person(db, "Bo")
        launch(db)
    with work(now=END + timedelta(days=2)) as db:
        service.turn(db)

    with work() as db:
        db.execute(text("UPDATE contest_scores SET score_micros = 1000000"))
        assert _violations(db)["C2"] == 2
