"""Who is on a board, what counts for a score, and who stands before whom when scores are equal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from app.activities.events import BATCH
from app.contests import scoring, standings
from app.contests.invariants import INVARIANTS
from app.db.unit_of_work import settle_events
from app.http.principal import Role
from app.kernel.money import MICROS
from app.kernel.prove import prove
from app.people import service as people
from tests.activities.builders import give_sales, sale
from tests.conftest import NOON, Work
from tests.contests.builders import (
    END,
    MINUTE,
    START,
    board_of,
    give_team,
    launch,
    sell,
    standing_of,
)
from tests.people.builders import give_person


def test_everybody_is_on_the_board_from_the_start_also_without_a_score(db: Session) -> None:
    give_team(db, "Ada", "Bo", "Cem")

    contest = launch(db)

    assert board_of(db, contest) == [(1, 0), (1, 0), (1, 0)]


def test_who_only_works_in_the_console_does_not_take_part(db: Session) -> None:
    give_team(db, "Ada")
    give_person(db, "Fin", roles=[Role.FINANCE])
    give_person(db, "Mia", roles=[Role.MANAGER, Role.REP])

    contest = launch(db)

    assert standings.participants(db, contest) == 2


def test_equal_scores_stand_in_the_order_they_were_reached(db: Session) -> None:
    ada, bo, _ = give_team(db, "Ada", "Bo", "Cem")
    contest = launch(db)

    sell(db, bo, at=NOON)
    sell(db, ada, at=NOON + MINUTE)

    assert [standing_of(db, contest, one).place for one in (bo, ada)] == [1, 2]


def test_equal_scores_share_the_place_where_the_rules_say_so(db: Session) -> None:
    ada, bo, cem = give_team(db, "Ada", "Bo", "Cem")
    contest = launch(db, tie_break="shared")

    sell(db, bo, at=NOON)
    sell(db, ada, at=NOON + MINUTE)

    assert [
        (standing_of(db, contest, one).place, standing_of(db, contest, one).tied)
        for one in (ada, bo, cem)
    ] == [
        (1, True),
        (1, True),
        (3, False),
    ]


def test_what_does_not_raise_a_score_does_not_move_its_time(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db, measure={"kind": "sum", "field": "units"})

    sell(db, ada, at=NOON, units=2)
    sell(db, ada, at=NOON + MINUTE, units=0)
    sell(db, ada, at=NOON + 2 * MINUTE, units=-1)

    standing = standing_of(db, contest, ada)
    assert (standing.score_micros, standing.reached_at) == (MICROS, NOON)


def test_an_activity_flagged_so_gives_points_without_moving_the_time(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db, tie_flag_attribute="breaks_ties")

    sell(db, ada, at=NOON)
    sell(db, ada, at=NOON + MINUTE, attributes='{"breaks_ties": "0"}')

    standing = standing_of(db, contest, ada)
    assert (standing.score_micros, standing.reached_at) == (2 * MICROS, NOON)


@pytest.mark.parametrize("at", [START - MINUTE, END])
def test_only_what_happened_inside_the_window_counts(db: Session, at: object) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db)

    sell(db, ada, at=at)  # type: ignore[arg-type]

    assert board_of(db, contest) == [(1, 0)]


def test_only_what_the_condition_lets_through_counts(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db, counts={"field": "product", "op": "eq", "value": "Dual fuel"})

    sell(db, ada, at=NOON, product="Dual fuel")
    sell(db, ada, at=NOON + MINUTE, product="Gas")
    sell(db, ada, at=NOON + 2 * MINUTE, product="Dual fuel", kind="training")

    assert board_of(db, contest) == [(1, 1)]


def test_a_sum_of_amounts_counts_one_currency_only(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db, measure={"kind": "sum", "field": "amount", "currency": "EUR"})

    sell(db, ada, at=NOON, amount_micros=12_500_000, currency="EUR")
    sell(db, ada, at=NOON + MINUTE, amount_micros=99_000_000, currency="USD")

    assert standing_of(db, contest, ada).score_micros == 12_500_000


def test_a_correction_moves_the_score_of_both_people(db: Session) -> None:
    ada, bo = give_team(db, "Ada", "Bo")
    contest = launch(db)
    sell(db, ada, number="S-1")

    sell(db, bo, number="S-1")

    assert standing_of(db, contest, ada).score_micros == 0
    assert standing_of(db, contest, bo).score_micros == MICROS


def test_a_voided_sale_no_longer_counts(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db)
    sell(db, ada, number="S-1")

    sell(db, ada, number="S-1", is_void=True)

    assert board_of(db, contest) == [(1, 0)]
    assert standing_of(db, contest, ada).reached_at is None


def test_in_a_contest_of_whoever_scores_only_scorers_are_on_the_board(db: Session) -> None:
    ada, _ = give_team(db, "Ada", "Bo")
    contest = launch(db, participants={"rule": "whoever"})

    sell(db, ada, number="S-1")
    assert board_of(db, contest) == [(1, 1)]

    sell(db, ada, number="S-1", is_void=True)
    assert board_of(db, contest) == []


def test_who_is_not_on_the_list_is_never_on_the_board(db: Session) -> None:
    ada, bo = give_team(db, "Ada", "Bo")
    contest = launch(db, participants={"rule": "list", "person_ids": [ada]})

    sell(db, bo)

    assert board_of(db, contest) == [(1, 0)]


def test_a_team_takes_part_with_its_sub_teams(db: Session) -> None:
    north, milan, other, _ = give_team(db, "Ada", "Bo", "Cem", "Dee")
    top = people.add_team(db, name="Lombardia")
    below = people.add_team(db, name="Milano", parent_id=top.id)
    away = people.add_team(db, name="Puglia")
    for person_id, team in ((north, top), (milan, below), (other, away)):
        people.place(db, person_id=person_id, team_id=team.id, from_on=START.date())

    contest = launch(db, participants={"rule": "team", "team_id": top.id})

    assert set(standings.keys_of(db, contest)) == {north, milan}


def test_sales_made_before_the_launch_count_from_the_launch(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    sell(db, ada, at=START + MINUTE)

    contest = launch(db)

    assert board_of(db, contest) == [(1, 1)]


def test_scores_kept_step_by_step_are_those_computed_at_once(db: Session) -> None:
    team = give_team(db, *"ABCDEFG")
    contest = launch(db, measure={"kind": "sum", "field": "units"})
    for step in range(40):
        who = team[step * step % len(team)]
        sell(db, who, at=NOON + step * MINUTE, units=step % 4, number=f"S-{step % 25}")
    before = board_of(db, contest)

    scoring.recompute(db, contest, team)

    assert board_of(db, contest) == before


def test_who_joins_by_sales_of_two_sources_at_once_has_each_counted_once(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db, participants={"rule": "whoever"})

    give_sales(db, sale(ada), source="crm")
    give_sales(db, sale(ada), source="web")
    settle_events(db)

    assert board_of(db, contest) == [(1, 2)]


def test_a_correction_and_a_new_sale_at_once_are_each_counted_once(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db)
    sell(db, ada, number="S-1")

    give_sales(db, sale(ada, "12.00", external_id="S-1"))
    give_sales(db, sale(ada), source="web")
    settle_events(db)

    assert board_of(db, contest) == [(1, 2)]


def test_who_joins_by_more_than_one_event_can_name_has_each_counted_once(db: Session) -> None:
    (ada,) = give_team(db, "Ada")
    contest = launch(db, participants={"rule": "whoever"})

    give_sales(db, *(sale(ada) for _ in range(BATCH + 1)))
    settle_events(db)

    assert board_of(db, contest) == [(1, BATCH + 1)]


def test_sales_of_one_person_at_the_same_moment_all_count(work: Work) -> None:
    with work() as db:
        team = give_team(db, "Ada", "Bo")
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
        assert [score for _, score in board_of(db, contest)] == [24, 24]


def test_a_score_beyond_the_board_stands_at_its_end_and_comes_back(db: Session) -> None:
    ada, _ = give_team(db, "Ada", "Bo")
    contest = launch(db, measure={"kind": "sum", "field": "units"})
    huge = 999_999_999_999

    for number in range(12):
        sell(db, ada, at=NOON, number=f"wrong-{number}", units=huge)

    assert standing_of(db, contest, ada).score_micros == scoring.MOST_SCORE
    assert prove(db, INVARIANTS)[0].finding.violations == 0

    for number in range(11):
        sell(db, ada, at=NOON + MINUTE, number=f"right-{number}", units=-huge)

    assert standing_of(db, contest, ada).score_micros == huge * MICROS
    assert prove(db, INVARIANTS)[0].finding.violations == 0
