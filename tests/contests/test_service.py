from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.activities.core import Ready
from app.contests import queries, scoring, service, standings
from app.contests.core import Standing
from app.contests.errors import (
    ContestIsFinal,
    NobodyTakesPart,
    NotYourPeople,
    RulesAreSealed,
    TakesAway,
)
from app.contests.jobs import turn
from app.contests.models import Contest
from app.contests.rules import seal
from app.db.unit_of_work import SYSTEM, tenant_of
from app.http.principal import Principal, Role
from app.jobs.queue import enqueue
from app.kernel import clock
from app.kernel.money import MICROS
from app.people import service as people
from tests.conftest import NOON, Work
from tests.contests.builders import END, START, launch, rules, runner, sell, sell_many
from tests.people.builders import give_person, give_tenant

MINUTE = timedelta(minutes=1)
FINAL = END + timedelta(hours=24)


def _team(db: Session, *names: str) -> list[UUID]:
    give_tenant(db)
    return [give_person(db, name).id for name in names]


def _board(db: Session, contest: Contest) -> list[tuple[int, int]]:
    rows = standings.standings_page(db, contest, cursor=None, limit=100).items
    return [(row.place, row.score_micros // MICROS) for row in rows]


def _standing(db: Session, contest: Contest, person_id: UUID) -> Standing:
    found = standings.place_of(db, contest, person_id)
    assert found is not None
    return found


def test_everybody_is_on_the_board_from_the_start_also_without_a_score(db: Session) -> None:
    _team(db, "Ada", "Bo", "Cem")

    contest = launch(db)

    assert _board(db, contest) == [(1, 0), (1, 0), (1, 0)]


def test_who_only_works_in_the_console_does_not_take_part(db: Session) -> None:
    _team(db, "Ada")
    give_person(db, "Fin", roles=[Role.FINANCE])
    give_person(db, "Mia", roles=[Role.MANAGER, Role.REP])

    contest = launch(db)

    assert standings.participants(db, contest) == 2


def test_equal_scores_stand_in_the_order_they_were_reached(db: Session) -> None:
    ada, bo, _ = _team(db, "Ada", "Bo", "Cem")
    contest = launch(db)

    sell(db, bo, at=NOON)
    sell(db, ada, at=NOON + MINUTE)

    assert [_standing(db, contest, one).place for one in (bo, ada)] == [1, 2]


def test_equal_scores_share_the_place_where_the_rules_say_so(db: Session) -> None:
    ada, bo, cem = _team(db, "Ada", "Bo", "Cem")
    contest = launch(db, tie_break="shared")

    sell(db, bo, at=NOON)
    sell(db, ada, at=NOON + MINUTE)

    assert [
        (_standing(db, contest, one).place, _standing(db, contest, one).tied)
        for one in (ada, bo, cem)
    ] == [
        (1, True),
        (1, True),
        (3, False),
    ]


def test_what_does_not_raise_a_score_does_not_move_its_time(db: Session) -> None:
    (ada,) = _team(db, "Ada")
    contest = launch(db, measure={"kind": "sum", "field": "units"})

    sell(db, ada, at=NOON, units=2)
    sell(db, ada, at=NOON + MINUTE, units=0)
    sell(db, ada, at=NOON + 2 * MINUTE, units=-1)

    standing = _standing(db, contest, ada)
    assert (standing.score_micros, standing.reached_at) == (MICROS, NOON)


def test_an_activity_flagged_so_gives_points_without_moving_the_time(db: Session) -> None:
    (ada,) = _team(db, "Ada")
    contest = launch(db, tie_flag_attribute="breaks_ties")

    sell(db, ada, at=NOON)
    sell(db, ada, at=NOON + MINUTE, attributes='{"breaks_ties": "0"}')

    standing = _standing(db, contest, ada)
    assert (standing.score_micros, standing.reached_at) == (2 * MICROS, NOON)


@pytest.mark.parametrize("at", [START - MINUTE, END])
def test_only_what_happened_inside_the_window_counts(db: Session, at: object) -> None:
    (ada,) = _team(db, "Ada")
    contest = launch(db)

    sell(db, ada, at=at)  # type: ignore[arg-type]

    assert _board(db, contest) == [(1, 0)]


def test_only_what_the_condition_lets_through_counts(db: Session) -> None:
    (ada,) = _team(db, "Ada")
    contest = launch(db, counts={"field": "product", "op": "eq", "value": "Dual fuel"})

    sell(db, ada, at=NOON, product="Dual fuel")
    sell(db, ada, at=NOON + MINUTE, product="Gas")
    sell(db, ada, at=NOON + 2 * MINUTE, product="Dual fuel", kind="training")

    assert _board(db, contest) == [(1, 1)]


def test_a_sum_of_amounts_counts_one_currency_only(db: Session) -> None:
    (ada,) = _team(db, "Ada")
    contest = launch(db, measure={"kind": "sum", "field": "amount", "currency": "EUR"})

    sell(db, ada, at=NOON, amount_micros=12_500_000, currency="EUR")
    sell(db, ada, at=NOON + MINUTE, amount_micros=99_000_000, currency="USD")

    assert _standing(db, contest, ada).score_micros == 12_500_000


def test_a_correction_moves_the_score_of_both_people(db: Session) -> None:
    ada, bo = _team(db, "Ada", "Bo")
    contest = launch(db)
    sell(db, ada, number="S-1")

    sell(db, bo, number="S-1")

    assert _standing(db, contest, ada).score_micros == 0
    assert _standing(db, contest, bo).score_micros == MICROS


def test_a_voided_sale_no_longer_counts(db: Session) -> None:
    (ada,) = _team(db, "Ada")
    contest = launch(db)
    sell(db, ada, number="S-1")

    sell(db, ada, number="S-1", is_void=True)

    assert _board(db, contest) == [(1, 0)]
    assert _standing(db, contest, ada).reached_at is None


def test_in_a_contest_of_whoever_scores_only_scorers_are_on_the_board(db: Session) -> None:
    ada, _ = _team(db, "Ada", "Bo")
    contest = launch(db, participants={"rule": "whoever"})

    sell(db, ada, number="S-1")
    assert _board(db, contest) == [(1, 1)]

    sell(db, ada, number="S-1", is_void=True)
    assert _board(db, contest) == []


def test_who_is_not_on_the_list_is_never_on_the_board(db: Session) -> None:
    ada, bo = _team(db, "Ada", "Bo")
    contest = launch(db, participants={"rule": "list", "person_ids": [ada]})

    sell(db, bo)

    assert _board(db, contest) == [(1, 0)]


def test_a_team_takes_part_with_its_sub_teams(db: Session) -> None:
    north, milan, other, _ = _team(db, "Ada", "Bo", "Cem", "Dee")
    top = people.add_team(db, name="Lombardia")
    below = people.add_team(db, name="Milano", parent_id=top.id)
    away = people.add_team(db, name="Puglia")
    for person_id, team in ((north, top), (milan, below), (other, away)):
        people.place(db, person_id=person_id, team_id=team.id, from_on=START.date())

    contest = launch(db, participants={"rule": "team", "team_id": top.id})

    assert set(standings.keys_of(db, contest)) == {north, milan}


def test_sales_made_before_the_launch_count_from_the_launch(db: Session) -> None:
    (ada,) = _team(db, "Ada")
    sell(db, ada, at=START + MINUTE)

    contest = launch(db)

    assert _board(db, contest) == [(1, 1)]


def test_scores_kept_step_by_step_are_those_computed_at_once(db: Session) -> None:
    team = _team(db, *"ABCDEFG")
    contest = launch(db, measure={"kind": "sum", "field": "units"})
    for step in range(40):
        who = team[step * step % len(team)]
        sell(db, who, at=NOON + step * MINUTE, units=step % 4, number=f"S-{step % 25}")
    before = _board(db, contest)

    scoring.recompute(db, contest, team)

    assert _board(db, contest) == before


def test_sales_of_one_person_at_the_same_moment_all_count(work: Work) -> None:
    with work() as db:
        team = _team(db, "Ada", "Bo")
        contest = launch(db)
    together = Barrier(6)

    def sell_some(thread: int) -> None:
        together.wait()
        for n in range(8):
            with work() as db:
                sell(db, team[n % 2], number=f"S-{thread}-{n}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(sell_some, range(6)))

    with work() as db:
        assert [score for _, score in _board(db, contest)] == [24, 24]


def test_the_seal_is_the_hash_of_the_rules_that_everybody_sees(db: Session) -> None:
    _team(db, "Ada")

    contest = launch(db)

    assert contest.sha256 == seal(contest.rules)
    assert len(contest.sha256) == 64


def test_sealed_rules_cannot_be_replaced(db: Session) -> None:
    _team(db, "Ada")
    contest = launch(db)

    with pytest.raises(RulesAreSealed):
        service.change_draft(db, contest, rules=rules(name="Other"), principal=runner(db))


def test_a_contest_needs_somebody_who_takes_part(db: Session) -> None:
    give_tenant(db)

    with pytest.raises(NobodyTakesPart):
        launch(db)


def test_an_amendment_is_written_down_with_its_reason_and_a_new_seal(db: Session) -> None:
    _team(db, "Ada")
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
    _team(db, "Ada")
    contest = launch(db, prizes=[{"place_from": 1, "place_to": 3, "money": EURO}])

    with pytest.raises(TakesAway) as refused:
        service.amend(db, contest, reason="Budget.", changes=changes)

    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_a_sale_that_arrives_late_counts_inside_the_grace_window(work: Work) -> None:
    with work() as db:
        (ada,) = _team(db, "Ada")
        contest = launch(db)

    with work(now=FINAL - MINUTE) as db:
        sell(db, ada, at=NOON)

    with work() as db:
        assert _board(db, contest) == [(1, 1)]


def test_what_arrives_after_the_grace_window_never_counts(work: Work) -> None:
    with work() as db:
        (ada,) = _team(db, "Ada")
        contest = launch(db)

    with work(now=FINAL) as db:
        sell(db, ada, at=NOON)

    with work() as db:
        assert _board(db, contest) == [(1, 0)]


def test_a_result_is_made_final_only_after_the_grace_window(work: Work) -> None:
    with work() as db:
        _team(db, "Ada")
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
        ada, bo = _team(db, "Ada", "Bo")
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
        assert _board(db, contest) == [(1, 1), (2, 0)]
        assert queries.adjustments(db, contest.id) == {ada: 3 * MICROS}


def test_what_came_between_the_grace_window_and_the_result_is_noted_too(work: Work) -> None:
    with work() as db:
        (ada,) = _team(db, "Ada")
        contest = launch(db)
    with work(now=FINAL + timedelta(seconds=1)) as db:
        sell(db, ada)

    with work(now=FINAL + MINUTE) as db:
        service.turn(db)

    with work() as db:
        assert _board(db, contest) == [(1, 0)]
        assert queries.adjustments(db, contest.id) == {ada: MICROS}


def test_a_final_contest_cannot_be_amended(work: Work) -> None:
    with work() as db:
        _team(db, "Ada")
        contest_id = launch(db).id

    with work(now=FINAL) as db, pytest.raises(ContestIsFinal):
        contest = queries.get_contest(db, contest_id)
        service.amend(db, contest, reason="Too late.", changes={"grace_hours": 48})


def test_results_are_frozen_with_split_prizes(work: Work) -> None:
    with work() as db:
        ada, bo, cem = _team(db, "Ada", "Bo", "Cem")
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
        _team(db, "Ada")
        launch(db)
    with work(now=FINAL + MINUTE) as db:
        service.turn(db)

    with pytest.raises(Exception, match=r"permission denied|only ever inserted"), work() as db:
        db.execute(text("UPDATE contest_results SET place = 7"))


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
    ada, bo = _team(db, "Ada", "Bo")
    contest = launch(db, participants={"rule": "list", "person_ids": [ada]})

    def sees(person_id: UUID) -> bool:
        rep = Principal(tenant_of(db), SYSTEM, frozenset({Role.REP}), person_id=person_id)
        return contest.id in {one.id for one in queries.contests(db, rep).items}

    assert sees(ada)
    assert not sees(bo)


def test_places_of_the_morning_tell_who_moved(work: Work) -> None:
    with work() as db:
        ada, bo = _team(db, "Ada", "Bo")
        contest = launch(db)
        sell(db, ada)
        sell(db, bo, at=NOON + MINUTE)
        service.turn(db)

    with work() as db:
        sell(db, bo, at=NOON + 2 * MINUTE)
        assert _standing(db, contest, bo).moved == 1
        assert _standing(db, contest, ada).moved == -1


def test_around_me_is_told_as_in_the_whole_board(db: Session) -> None:
    team = _team(db, *(f"Rep {n}" for n in range(9)))
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
    team = _team(db, *(f"Rep {n}" for n in range(11)))
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
    ada, bo, cem = _team(db, "Ada", "Bo", "Cem")
    contest = launch(db)
    for minute, who in enumerate((ada, ada, bo, bo, cem)):
        sell(db, who, at=NOON + minute * MINUTE)
    spot = standings.spot(db, contest, cem)
    assert spot is not None
    move = spot.move
    assert move is not None

    for step in range(move.need_micros // MICROS):
        sell(db, cem, at=NOON + (10 + step) * MINUTE)

    assert _standing(db, contest, cem).place == move.place == 1


def test_a_score_row_needs_its_contest(db: Session) -> None:
    (ada,) = _team(db, "Ada")

    with pytest.raises(IntegrityError):
        scoring.join(db, ada, [ada])


def test_the_contest_shown_first_is_the_one_that_ends_soonest(db: Session) -> None:
    (ada,) = _team(db, "Ada")
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
        _team(db, "Ada")
        contest = launch(db, starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1))
        assert contest.announced == "running"
        enqueue(db, turn)

    run_jobs()

    with work() as db:
        assert queries.get_contest(db, contest.id).announced == "provisional"
