from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.activities.core import Ready
from app.kernel.ids import new_id
from app.notifications import queries as notifications
from app.recognition import queries
from app.recognition.core import Cause, Held, decide
from app.recognition.models import BadgeAward
from tests.conftest import NOON, Work
from tests.contests.builders import sell, sell_many
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import five_percent, give_program, give_quota

DAY = timedelta(days=1)
ONE, OTHER = (Cause("activity", new_id(), NOON) for _ in range(2))


@pytest.mark.parametrize(
    ("held", "cause", "what"),
    [
        (None, None, None),
        (None, ONE, "won"),
        (Held(ONE, is_revoked=False), ONE, None),
        (Held(ONE, is_revoked=False), OTHER, "moved"),
        (Held(ONE, is_revoked=False), None, "revoked"),
        (Held(ONE, is_revoked=True), None, None),
        (Held(ONE, is_revoked=True), ONE, "won_again"),
        (Held(ONE, is_revoked=True), OTHER, "won_again"),
    ],
)
def test_a_badge_follows_its_cause(
    held: Held | None, cause: Cause | None, what: str | None
) -> None:
    assert decide(held, cause) == what


def _given(work: Work) -> UUID:
    with work() as db:
        give_tenant(db)
        return give_person(db).id


def _award(work: Work, person_id: UUID) -> BadgeAward:
    with work() as db:
        (award,) = queries.awards(db, person_id)
        return award


def _steps(work: Work, award: BadgeAward) -> list[str]:
    with work() as db:
        return [step.what for step in queries.steps(db, award.id)]


def _told(work: Work, person_id: UUID) -> list[str]:
    with work() as db:
        page = notifications.inbox(db, person_id, cursor=None, limit=50)
        return sorted(message.code for message in page.items if message.kind == "badge")


def _sell(work: Work, person_id: UUID, number: str, at: datetime = NOON, **values: object) -> UUID:
    with work() as db:
        written = sell(db, person_id, number=number, at=at, **values)
    assert written.activity_id is not None
    return written.activity_id


def test_the_first_sale_wins_a_badge_with_its_date_and_cause(work: Work) -> None:
    person = _given(work)

    sale = _sell(work, person, "S-1", at=NOON - DAY)

    award = _award(work, person)
    assert (award.code, award.cause_id, award.happened_at) == ("first_sale", sale, NOON - DAY)
    assert _told(work, person) == ["badge_won"]


def test_a_second_sale_wins_no_second_badge(work: Work) -> None:
    person = _given(work)
    first = _sell(work, person, "S-1")

    _sell(work, person, "S-2", at=NOON + DAY)

    award = _award(work, person)
    assert award.cause_id == first
    assert _steps(work, award) == ["won"]


def test_what_is_no_sale_wins_nothing(work: Work) -> None:
    person = _given(work)

    _sell(work, person, "T-1", kind="training")

    with work() as db:
        assert queries.awards(db, person) == []


def test_an_earlier_sale_that_arrives_later_becomes_the_cause(work: Work) -> None:
    person = _given(work)
    _sell(work, person, "S-1", at=NOON)

    earlier = _sell(work, person, "S-0", at=NOON - DAY)

    award = _award(work, person)
    assert (award.cause_id, award.happened_at) == (earlier, NOON - DAY)
    assert _steps(work, award) == ["won", "moved"]
    assert _told(work, person) == ["badge_won"]


def test_a_correction_that_removes_the_only_sale_revokes_the_badge_with_a_reason(
    work: Work,
) -> None:
    person = _given(work)
    _sell(work, person, "S-1")

    _sell(work, person, "S-1", is_void=True)

    award = _award(work, person)
    assert (award.reason, award.revoked_at) == ("correction", NOON)
    assert _told(work, person) == ["badge_revoked", "badge_won"]


def test_while_another_sale_counts_the_badge_stays(work: Work) -> None:
    person = _given(work)
    _sell(work, person, "S-1")
    second = _sell(work, person, "S-2", at=NOON + DAY)

    _sell(work, person, "S-1", is_void=True)

    award = _award(work, person)
    assert (award.revoked_at, award.cause_id) == (None, second)


def test_a_badge_won_again_keeps_the_date_it_was_first_won(work: Work) -> None:
    person = _given(work)
    _sell(work, person, "S-1")
    _sell(work, person, "S-1", is_void=True)

    with work(now=NOON + 9 * DAY) as db:
        again = sell(db, person, number="S-2", at=NOON + 8 * DAY).activity_id

    award = _award(work, person)
    assert (award.first_won_at, award.cause_id, award.revoked_at) == (NOON, again, None)
    assert _steps(work, award) == ["won", "revoked", "won_again"]


def test_a_sale_that_moves_to_somebody_else_takes_the_badge_along(work: Work) -> None:
    person = _given(work)
    with work() as db:
        other = give_person(db, "Bo").id
    _sell(work, person, "S-1")

    _sell(work, other, "S-1")

    assert _award(work, person).revoked_at == NOON
    assert _award(work, other).revoked_at is None


def test_a_file_gives_everybody_one_badge_for_the_earliest_sale(work: Work) -> None:
    with work() as db:
        give_tenant(db)
        team = [give_person(db, f"Rep {n}").id for n in range(5)]
        sell_many(
            db,
            [
                Ready(external_id=f"{who}-{n}", person_id=person, occurred_at=NOON - n * DAY)
                for who, person in enumerate(team)
                for n in range(6)
            ],
        )

    assert [_award(work, person).happened_at for person in team] == [NOON - 5 * DAY] * 5


def test_two_first_sales_at_the_same_moment_win_one_badge(work: Work) -> None:
    person = _given(work)
    together = Barrier(4)

    def sell_once(n: int) -> None:
        together.wait()
        _sell(work, person, f"S-{n}", at=NOON - n * DAY)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sell_once, range(4)))

    assert _award(work, person).happened_at == NOON - 3 * DAY


def _with_quota(work: Work) -> UUID:
    with work() as db:
        give_tenant(db)
        person = give_person(db).id
        program = give_program(db, five_percent(name="Commission"))
        give_quota(db, program, person, 100)
        # The badge for the first sale is not the matter here.
        sell(db, person, number="T-0", kind="training")
    return person


def _euros(amount: int) -> dict[str, object]:
    return {"amount_micros": amount * 1_000_000, "currency": "EUR", "kind": "upsell"}


def test_reaching_a_target_wins_a_badge_of_that_period(work: Work) -> None:
    person = _with_quota(work)

    _sell(work, person, "S-1", **_euros(100))

    award = _award(work, person)
    assert award.code == "target_reached"
    assert award.params == {"component": "Commission", "period_start": "2026-11-01"}


def test_falling_below_a_target_by_a_correction_revokes_its_badge(work: Work) -> None:
    person = _with_quota(work)
    _sell(work, person, "S-1", **_euros(100))

    _sell(work, person, "S-1", **_euros(99))

    assert _award(work, person).reason == "correction"
    assert _told(work, person) == ["badge_revoked", "badge_won"]


def test_up_and_down_again_in_one_transaction_wins_nothing(work: Work) -> None:
    person = _with_quota(work)

    with work() as db:
        sell(db, person, number="S-1", **_euros(100))
        sell(db, person, number="S-1", **_euros(99))

    with work() as db:
        assert queries.awards(db, person) == []
    assert _told(work, person) == []


def test_the_steps_of_a_badge_cannot_be_rewritten(work: Work) -> None:
    person = _given(work)
    _sell(work, person, "S-1")

    with pytest.raises(Exception, match=r"permission denied|only ever inserted"), work() as db:
        db.execute(text("DELETE FROM badge_steps"))
    with work() as db:
        assert db.scalar(select(func.count()).select_from(BadgeAward)) == 1


def test_badges_under_way_show_the_figures_of_the_open_period(work: Work) -> None:
    person = _with_quota(work)
    _sell(work, person, "S-1", **_euros(60))

    with work() as db:
        (under_way,) = queries.badges(db, person)["progress"]

    assert [str(under_way[name]) for name in ("done", "goal")] == ["60.00 EUR", "100.00 EUR"]
