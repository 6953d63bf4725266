"""Who runs and sees contests, and what a page of a board tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.activities.core import Ready
from app.contests import queries, scoring, service, standings
from app.contests.core import Standing
from app.contests.errors import (
    NotYourPeople,
)
from app.contests.jobs import turn
from app.db.unit_of_work import SYSTEM, tenant_of
from app.http.principal import Principal, Role
from app.jobs.queue import enqueue
from app.kernel import clock
from app.kernel.money import MICROS
from tests.conftest import NOON, Work
from tests.contests.builders import (
    END,
    MINUTE,
    give_team,
    launch,
    rules,
    sell,
    sell_many,
    standing_of,
)
from tests.people.builders import give_person, give_tenant


def test_a_manager_runs_contests_for_the_own_people_only(db: Session) -> None:
    give_tenant(db)
    boss = give_person(db, "Boss", roles=[Role.MANAGER])
    mine = give_person(db, "Mine", manager=boss)
    other = give_person(db, "Other")
    principal = Principal(
        tenant_of(db), SYSTEM, frozenset({Role.MANAGER}), person_id=boss.id, session_id=boss.id
    )

    contest = service.draft(db, rules=rules(), principal=principal)
    service.launch(db, contest, principal=principal)
    assert set(standings.keys_of(db, contest)) == {mine.id}

    sell(db, other.id)
    assert set(standings.keys_of(db, contest)) == {mine.id}

    foreign = service.draft(
        db,
        rules=rules(participants={"rule": "list", "person_ids": [other.id]}),
        principal=principal,
    )
    with pytest.raises(NotYourPeople):
        service.launch(db, foreign, principal=principal)


def test_a_rep_sees_a_closed_contest_only_as_a_participant(db: Session) -> None:
    ada, bo = give_team(db, "Ada", "Bo")
    contest = launch(db, participants={"rule": "list", "person_ids": [ada]})

    def sees(person_id: UUID) -> bool:
        rep = Principal(tenant_of(db), SYSTEM, frozenset({Role.REP}), person_id=person_id)
        return contest.id in {one.id for one in queries.contests(db, rep).items}

    assert sees(ada)
    assert not sees(bo)


def test_places_of_the_morning_tell_who_moved(work: Work) -> None:
    with work() as db:
        ada, bo = give_team(db, "Ada", "Bo")
        contest = launch(db)
        sell(db, ada)
        sell(db, bo, at=NOON + MINUTE)
        service.turn(db)

    with work() as db:
        sell(db, bo, at=NOON + 2 * MINUTE)
        assert standing_of(db, contest, bo).moved == 1
        assert standing_of(db, contest, ada).moved == -1


def test_around_me_is_told_as_in_the_whole_board(db: Session) -> None:
    team = give_team(db, *(f"Rep {n}" for n in range(9)))
    contest = launch(db, tie_break="shared")
    sell_many(
        db,
        [
            Ready(external_id=f"{who}-{n}", person_id=person_id, occurred_at=NOON)
            for who, person_id in enumerate(team)
            for n in range(who // 2)
        ],
    )
    whole = {
        one.person_id: (one.place, one.tied)
        for one in standings.standings_page(db, contest, cursor=None, limit=50).items
    }

    for person_id in team:
        near = standings.around(db, contest, person_id, reach=2, size=len(team))
        assert {one.person_id: (one.place, one.tied) for one in near}.items() <= whole.items()
        assert person_id in {one.person_id for one in near}


def test_pages_join_into_the_whole_board(db: Session) -> None:
    team = give_team(db, *(f"Rep {n}" for n in range(11)))
    contest = launch(db, tie_break="shared")
    for who, person_id in enumerate(team):
        if who % 3:
            sell(db, person_id)
    whole = standings.standings_page(db, contest, cursor=None, limit=50).items

    paged: list[Standing] = []
    cursor: str | None = None
    while True:
        page = standings.standings_page(db, contest, cursor=cursor, limit=2)
        paged += page.items
        if (cursor := page.next_cursor) is None:
            break

    assert paged == list(whole)


def test_the_way_up_is_what_really_moves_one_up(db: Session) -> None:
    ada, bo, cem = give_team(db, "Ada", "Bo", "Cem")
    contest = launch(db)
    for minute, who in enumerate((ada, ada, bo, bo, cem)):
        sell(db, who, at=NOON + minute * MINUTE)
    spot = standings.spot(db, contest, cem)
    assert spot is not None
    move = spot.move
    assert move is not None

    for step in range(move.need_micros // MICROS):
        sell(db, cem, at=NOON + (10 + step) * MINUTE)

    assert standing_of(db, contest, cem).place == move.place == 1


def test_a_score_row_needs_its_contest(db: Session) -> None:
    (ada,) = give_team(db, "Ada")

    with pytest.raises(IntegrityError):
        scoring.join(db, ada, [ada])


def test_the_contest_shown_first_is_the_one_that_ends_soonest(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    launch(db, name="Later", ends_at=END + timedelta(days=9))
    soon = launch(db, name="Soon")

    found = queries.current_for(db, ada)

    assert found is not None
    assert found.id == soon.id


def test_the_clock_turns_contests_without_anybody_asking(
    work: Work, run_jobs: Callable[[], None]
) -> None:
    now = clock.utc_now()
    with work(now=now - timedelta(hours=2)) as db:
        give_team(db, "Ada")
        contest = launch(db, starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1))
        assert contest.announced == "running"
        enqueue(db, turn)

    run_jobs()

    with work() as db:
        assert queries.get_contest(db, contest.id).announced == "provisional"
