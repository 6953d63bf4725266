from __future__ import annotations

from datetime import datetime, time, timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contests import queries as contests
from app.contests import standings
from app.kernel.money import MICROS
from app.notifications import nudging, queries, service
from app.notifications.models import Message, Nudge
from app.programs import progress
from tests.conftest import NOON, Work
from tests.contests.builders import launch, sell
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, give_program

HOUR = timedelta(hours=1)
BONUS = {"kind": "bonus", "milestones": [{"at": "5", "amount": "60"}]}


def _given(work: Work, *names: str, **values: object) -> list[UUID]:
    with work() as db:
        give_tenant(db)
        people = [give_person(db, name, **values).id for name in names]
        give_program(db, component(BONUS))
    return people


def _sell(work: Work, person_id: UUID, times: int, *, at: datetime = NOON) -> None:
    for n in range(times):
        with work() as db:
            sell(db, person_id, number=f"{person_id}-{at}-{n}", at=at + n * timedelta(seconds=1))


def _nudge(work: Work, now: datetime = NOON) -> None:
    with work(now=now) as db:
        nudging.expect_everybody(db)
        nudging.nudge_due(db)


def _nudges(db: Session, person_id: UUID) -> list[Message]:
    page = queries.inbox(db, person_id, cursor=None, limit=100)
    return [message for message in page.items if message.kind == "nudge"]


def _codes(work: Work, person_id: UUID) -> list[str]:
    with work() as db:
        return [message.code for message in _nudges(db, person_id)]


def test_who_is_two_away_from_a_bonus_is_told_so_with_the_reason(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    _sell(work, ada, 3)

    _nudge(work)

    with work() as db:
        (nudge,) = _nudges(db, ada)
    assert (nudge.code, nudge.reason_code) == ("next_bonus", "close_to_bonus")
    assert nudge.params == {"missing": 2, "prize": {"amount": "60.00", "currency": "EUR"}}


def test_a_nudge_says_the_numbers_that_today_shows(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    _sell(work, ada, 4)
    _nudge(work)

    with work() as db:
        step = progress.nearest(progress.progress(db, ada))
        assert step is not None
        assert _nudges(db, ada)[0].params["missing"] == Fraction(step.distance)


def test_who_is_far_away_is_left_alone(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    _sell(work, ada, 1)

    _nudge(work)

    assert _codes(work, ada) == []


def test_a_kind_is_said_once_a_day(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    _sell(work, ada, 3)
    _nudge(work)
    _sell(work, ada, 1, at=NOON + HOUR)

    _nudge(work, NOON + 2 * HOUR)
    assert _codes(work, ada) == ["next_bonus"]

    _nudge(work, NOON + 24 * HOUR)
    assert _codes(work, ada) == ["next_bonus", "next_bonus"]


def test_the_day_of_a_nudge_is_the_one_of_the_declared_zone(work: Work) -> None:
    (ada,) = _given(work, "Ada", zone="Asia/Jakarta")
    _sell(work, ada, 3)
    evening = NOON.replace(hour=12, minute=30)  # 19:30 in Jakarta, 13:30 in Rome
    after_midnight_there = NOON.replace(hour=17, minute=30)

    _nudge(work, evening)
    _nudge(work, after_midnight_there)

    assert _codes(work, ada) == ["next_bonus"]
    with work() as db:
        days = db.scalars(select(Nudge.day).where(Nudge.person_id == ada))
        assert [day.isoformat() for day in days] == ["2026-11-19"]


def test_nobody_is_nudged_in_quiet_hours(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    _sell(work, ada, 3)

    _nudge(work, NOON + 9 * HOUR)

    assert _codes(work, ada) == []


def test_the_morning_says_what_the_night_kept(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    _sell(work, ada, 3)
    _nudge(work, NOON + 9 * HOUR)

    _nudge(work, NOON + 21 * HOUR)

    assert _codes(work, ada) == ["next_bonus"]


def test_who_silenced_a_kind_never_hears_it(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    with work() as db:
        service.set_nudges(db, ada, muted=["next_tier"], quiet_from=time(20), quiet_to=time(8))
    _sell(work, ada, 3)

    _nudge(work)

    assert _codes(work, ada) == []


def test_an_earning_puts_its_person_up_for_a_look(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    _sell(work, ada, 5)

    with work() as db:
        assert nudging.nudge_due(db) == 1
        assert nudging.nudge_due(db) == 0


def _two_behind(work: Work, **values: object) -> tuple[UUID, UUID]:
    with work() as db:
        give_tenant(db)
        ada, bo = (give_person(db, name).id for name in ("Ada", "Bo"))
        launch(db, **values)
    _sell(work, ada, 4)
    _sell(work, bo, 2, at=NOON + HOUR)
    return ada, bo


def test_where_ties_are_shared_the_nudge_says_how_many_more_share_the_place(work: Work) -> None:
    _, bo = _two_behind(work, tie_break="shared")

    _nudge(work, NOON + 2 * HOUR)

    with work() as db:
        (nudge,) = _nudges(db, bo)
    assert (nudge.code, nudge.reason_code) == ("share_place", "close_to_place")
    assert nudge.params == {"missing": 2, "place": 1, "contest": "Week 47 sprint"}


def test_where_the_earliest_leads_the_nudge_says_how_many_more_pass(work: Work) -> None:
    _, bo = _two_behind(work)

    _nudge(work, NOON + 2 * HOUR)

    with work() as db:
        (nudge,) = _nudges(db, bo)
    assert (nudge.code, nudge.params["missing"]) == ("take_place", 3)


def test_a_nudge_says_the_move_that_the_board_shows(work: Work) -> None:
    _, bo = _two_behind(work)
    _nudge(work, NOON + 2 * HOUR)

    with work() as db:
        contest = contests.current_for(db, bo)
        assert contest is not None
        spot = standings.spot(db, contest, bo)
        assert spot is not None
        move = spot.move
        assert move is not None
        params = _nudges(db, bo)[0].params
    assert (params["missing"], params["place"]) == (move.need_micros // MICROS, move.place)


def test_the_leader_hears_nothing_of_places(work: Work) -> None:
    ada, _ = _two_behind(work)

    _nudge(work, NOON + 2 * HOUR)

    assert _codes(work, ada) == []
