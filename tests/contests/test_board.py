"""The sorted set in Valkey and the pushes: always what the database says."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import pytest
import redis
from sqlalchemy.orm import Session

from app.activities.core import Ready
from app.contests import board, standings, watching
from app.contests.core import Standing
from app.contests.models import Contest
from app.live import bus as live_bus
from app.live import coalescer
from app.live.coalescer import Coalescer
from app.live.events import BoardMoved
from tests.conftest import NOON, Work
from tests.contests.builders import launch, sell, sell_many
from tests.people.builders import give_person, give_tenant

Sent = list[BoardMoved]


@pytest.fixture
def sent() -> Sent:
    """What would be pushed to those who watch."""
    return []


def _flush(contest: Contest, sent: Sent) -> None:
    def catch_up(topic: str, members: Collection[str]) -> None:
        if push := watching.catch_up(topic, members):
            sent.append(push)

    Coalescer(live_bus.bus().valkey, catch_up).flush(board.topic(contest))


def _all(db: Session, contest: Contest) -> dict[UUID, Standing]:
    page = standings.standings_page(db, contest, cursor=None, limit=500)
    return {one.person_id: one for one in page.items}


def _given(work: Work, people: int, **values: object) -> tuple[list[UUID], Contest]:
    with work() as db:
        give_tenant(db)
        team = [give_person(db, f"Rep {n}").id for n in range(people)]
        contest = launch(db, **values)
    return team, contest


def test_the_first_push_says_to_fetch_the_board(work: Work, sent: Sent) -> None:
    _, contest = _given(work, 3)

    _flush(contest, sent)

    (push,) = sent
    assert (push.reset, push.rows, push.participants) == (True, [], 3)


@pytest.mark.parametrize("tie_break", ["earliest", "shared"])
def test_a_phone_that_applies_every_push_shows_what_the_database_says(
    work: Work, sent: Sent, tie_break: str
) -> None:
    team, contest = _given(work, 12, tie_break=tie_break)
    _flush(contest, sent)
    with work() as db:
        shown = {one: (s.place, s.tied) for one, s in _all(db, contest).items()}
    chance = random.Random(47)

    for turn in range(25):
        with work() as db:
            sell_many(
                db,
                [
                    Ready(
                        external_id=f"S-{chance.randrange(30)}",
                        person_id=chance.choice(team),
                        occurred_at=NOON + timedelta(minutes=chance.randrange(600)),
                        is_void=chance.random() < 0.25,
                    )
                    for _ in range(chance.randrange(1, 5))
                ],
            )
        sent.clear()
        _flush(contest, sent)
        for push in sent:
            shown = _apply(shown, push)
        with work() as db:
            assert shown == {one: (s.place, s.tied) for one, s in _all(db, contest).items()}, turn


def _apply(shown: dict[UUID, tuple[int, bool]], push: BoardMoved) -> dict[UUID, tuple[int, bool]]:
    """What a phone does: the rows told are taken as they are, all others shift by their old place."""
    told = {row.participant_id: (row.place, row.tied) for row in push.rows}
    kept = {
        one: (
            place
            + sum(s.by for s in push.shifts if s.from_place <= place <= (s.to_place or place)),
            tied,
        )
        for one, (place, tied) in shown.items()
        if one not in told and one not in push.gone
    }
    return kept | told


def test_only_rows_that_changed_are_told(work: Work, sent: Sent) -> None:
    team, contest = _given(work, 40)
    _flush(contest, sent)
    sent.clear()

    with work() as db:
        sell(db, team[30])
    _flush(contest, sent)

    (push,) = sent
    assert [(row.participant_id, row.place, row.score) for row in push.rows] == [(team[30], 1, "1")]


def test_nothing_is_pushed_when_nothing_changed(work: Work, sent: Sent) -> None:
    _, contest = _given(work, 3)
    _flush(contest, sent)
    sent.clear()

    coalescer.mark_now(board.topic(contest), [board.EVERYBODY])
    _flush(contest, sent)

    assert sent == []


def test_a_stale_sorted_set_is_healed_by_the_next_full_comparison(work: Work, sent: Sent) -> None:
    team, contest = _given(work, 3)
    _flush(contest, sent)
    with work() as db:
        sell(db, team[0])
    live_bus.bus().valkey.delete(f"coalescer:members:{board.topic(contest)}")
    sent.clear()

    coalescer.mark_now(board.topic(contest), [board.EVERYBODY])
    _flush(contest, sent)

    (push,) = sent
    assert [row.participant_id for row in push.rows] == [team[0]]


def test_who_falls_off_the_board_is_told_as_gone(work: Work, sent: Sent) -> None:
    team, contest = _given(work, 2, participants={"rule": "whoever"})
    with work() as db:
        sell(db, team[0], number="S-1")
        sell(db, team[1], number="S-2")
    _flush(contest, sent)
    sent.clear()

    with work() as db:
        sell(db, team[0], number="S-1", is_void=True)
    _flush(contest, sent)

    (push,) = sent
    assert (push.gone, push.participants) == ([team[0]], 1)


@pytest.mark.parametrize("tie_break", ["earliest", "shared"])
def test_ranks_of_a_large_board_come_from_valkey_and_equal_those_of_the_database(
    work: Work, sent: Sent, tie_break: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, contest = _given(work, 9, tie_break=tie_break)
    with work() as db:
        for who, person_id in enumerate(team):
            for n in range(who // 2):
                sell(db, person_id, number=f"{who}-{n}")
    _flush(contest, sent)
    with work() as db:
        counted = _all(db, contest)
        spots = [standings.spot(db, contest, person_id) for person_id in team]

    monkeypatch.setattr(standings, "LARGE_BOARD", 1)
    with work() as db:
        asked = _all(db, contest)
        found = [
            board.place_of(contest.tenant_id, contest.id, one.key, expected=9)
            for one in counted.values()
        ]
        asked_spots = [standings.spot(db, contest, person_id) for person_id in team]

    assert asked == counted
    assert asked_spots == spots
    assert found == [one.place for one in counted.values()]


def test_without_valkey_places_come_from_the_database(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, contest = _given(work, 3)
    away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
    monkeypatch.setattr(live_bus.bus(), "valkey", away)
    monkeypatch.setattr(standings, "LARGE_BOARD", 1)

    with work() as db:
        sell(db, team[1])
        places = {one.person_id: one.place for one in _all(db, contest).values()}

    assert places == {team[1]: 1, team[0]: 2, team[2]: 2}


def test_names_are_initials_where_the_contest_says_so(work: Work, sent: Sent) -> None:
    team, contest = _given(work, 1, names="initials")
    _flush(contest, sent)
    sent.clear()

    with work() as db:
        sell(db, team[0])
    _flush(contest, sent)

    assert [row.name for row in sent[0].rows] == ["R0"]
