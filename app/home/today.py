"""Today: everything a rep's first screen shows, from one moment and one transaction."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.activities import claims
from app.contests import queries as contests
from app.contests import standings
from app.contests.core import Move
from app.contests.rules import read_rules
from app.db.unit_of_work import work_of
from app.home.core import PERIODS, Measure, main_target, measure, opening, part_of_today
from app.kernel.clock import day_in_zone
from app.kernel.money import MICROS
from app.notifications import queries as notifications
from app.people import queries as people
from app.programs import progress, statement, states
from app.programs.progress import Progress, nearest

LATEST: Final = 3
LATEST_DAYS: Final = 31


def today(db: Session, person_id: UUID) -> dict[str, Any]:
    """Return what Today shows to a person."""
    calendar = people.calendar(db)
    day = day_in_zone(work_of(db).now, calendar.zone)
    found = progress.progress(db, person_id)
    own, *_ = states.states_with(db, person_id, calendar.currency, today=day)
    page = statement.lines(
        db,
        person_id,
        first=day - timedelta(days=LATEST_DAYS),
        last=day,
        zone=calendar.zone,
        limit=LATEST,
    )
    target = main_target(found)
    return {
        "as_of": work_of(db).now,
        "sentence": opening(found),
        "target": _target(target, found, day) if target else None,
        "money": own,
        "waiting_claims": claims.waiting(db, person_id),
        "contest": _contest(db, person_id),
        "unread": notifications.unread(db, person_id),
        "latest": [
            {"line_id": line.id, "title": line.title, "money": line.money, "at": line.occurred_at}
            for line in page.items
        ],
    }


def _target(one: Progress, found: list[Progress], day: date) -> dict[str, Any] | None:
    goal = one.goal
    if goal is None:
        return None
    step = nearest(found)
    is_next = step is not None and step.component_id == one.component_id

    def shown(value: Fraction, *, up: bool = False) -> Measure:
        return measure(value, one.unit, one.currency, up=up)

    part = (
        part_of_today(
            goal=goal, done=one.done, done_today=one.done_today, today=day, last=one.period_end
        )
        if one.period_end is not None
        else None
    )
    return {
        "component_id": one.component_id,
        "component_name": one.component_name,
        "unit": one.unit,
        "done": shown(one.done),
        "goal": shown(goal),
        "today": shown(one.done_today),
        "period_label": one.period_kind if one.period_kind in PERIODS else "custom",
        "period_end": one.period_end,
        "prize": step.worth if step and is_next and step.kind == "bonus" else None,
        "next_at": shown(Fraction(step.at)) if step and is_next else None,
        "pace": (
            None
            if part is None
            else {"today_done": shown(one.done_today), "today_goal": shown(part, up=True)}
        ),
    }


def _contest(db: Session, person_id: UUID) -> dict[str, Any] | None:
    contest = contests.current_for(db, person_id)
    if contest is None:
        return None
    mine = standings.spot(db, contest, person_id)
    if mine is None:
        return None
    me = mine.standing
    return {
        "id": contest.id,
        "name": contest.name,
        "place": me.place,
        "tied": me.tied,
        "participants": mine.participants,
        "moved": me.moved or 0,
        "provisional": contest.finished_at is None,
        "ends_at": contest.ends_at,
        "behind": (
            _behind(mine.move, read_rules(contest.rules).measure.unit) if mine.move else None
        ),
    }


def _behind(move: Move, unit: str) -> dict[str, Any]:
    """Return the distance to who stands above; where only time parts them, what it takes to pass."""
    micros, place = (
        (move.behind_micros, move.behind_place)
        if move.behind_micros
        else (move.need_micros, move.place)
    )
    is_money = unit not in ("count", "units")
    need = measure(
        Fraction(micros, MICROS),
        "money" if is_money else "count",
        unit if is_money else "",
        up=True,
    )
    return {"need": need, "unit": "money" if is_money else unit, "place": place}
