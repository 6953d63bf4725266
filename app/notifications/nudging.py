"""Nudges: said from the numbers the screens show, rarely, by day, and never to who silenced them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.contests import queries as contests
from app.contests import standings
from app.contests.rules import read_rules
from app.db.unit_of_work import tenant_of, work_of
from app.http.principal import Role
from app.http.shapes import MoneyShape
from app.kernel.clock import day_in_zone
from app.kernel.money import MICROS, Money, exponent_of
from app.notifications import queries, service
from app.notifications.core import NudgeKind, is_near, may_nudge
from app.notifications.models import Nudge, NudgeDue
from app.notifications.service import Note
from app.people import queries as people
from app.programs import progress

BATCH: Final = 100


def expect_everybody(db: Session) -> None:
    """Put every rep up for a look: time alone can make something near or an hour a waking one."""
    service.expect_nudges(db, people.people_with_role(db, Role.REP))


def nudge_due(db: Session) -> int:
    """Look at some of those whose numbers changed and say what is near; return how many were looked at."""
    due = list(
        db.scalars(
            delete(NudgeDue)
            .where(
                NudgeDue.tenant_id == tenant_of(db),
                NudgeDue.person_id.in_(
                    select(NudgeDue.person_id)
                    .where(NudgeDue.tenant_id == tenant_of(db))
                    .order_by(NudgeDue.since)
                    .limit(BATCH)
                    .with_for_update(skip_locked=True)
                ),
            )
            .returning(NudgeDue.person_id)
        )
    )
    zones = people.zones(db, due, people.today(db))
    for person_id in due:
        nudge(db, person_id, zone=zones[person_id])
    return len(due)


def nudge(db: Session, person_id: UUID, *, zone: str) -> None:
    """Say to one person what is near, where the hour, the wishes and the day allow it."""
    now = work_of(db).now
    wishes = queries.settings(db, person_id)
    for kind, note in _near(db, person_id):
        if may_nudge(kind, wishes, now, zone) and _first_today(db, note, kind, zone):
            service.tell(db, [note])


def _first_today(db: Session, note: Note, kind: NudgeKind, zone: str) -> bool:
    """Claim the one nudge of this kind and day; False when it was said already."""
    now = work_of(db).now
    claimed = db.scalar(
        insert(Nudge)
        .values(
            tenant_id=tenant_of(db),
            person_id=note.person_id,
            kind=kind,
            day=day_in_zone(now, zone),
            at=now,
            code=note.code,
        )
        .on_conflict_do_nothing()
        .returning(Nudge.kind)
    )
    return claimed is not None


def _near(db: Session, person_id: UUID) -> Iterator[tuple[NudgeKind, Note]]:
    if note := next_tier(db, person_id):
        yield "next_tier", note
    if note := next_place(db, person_id):
        yield "share_place", note


def next_tier(db: Session, person_id: UUID) -> Note | None:
    """Return the nudge towards the nearest tier or bonus, from the step that Today opens with."""
    step = progress.nearest(progress.progress(db, person_id))
    if step is None or step.kind not in ("tier", "bonus"):
        return None
    distance, is_money = Fraction(step.distance), step.unit == "money"
    if not is_near(distance, Fraction(step.at), is_money=is_money):
        return None
    missing = _missing(distance, step.earns.currency if is_money else None)
    if step.kind == "tier":
        return Note(person_id, "nudge", "next_tier", {"missing": missing}, "close_to_tier", "/log")
    params = {"missing": missing, "prize": _money(step.worth)}
    return Note(person_id, "nudge", "next_bonus", params, "close_to_bonus", "/log")


def next_place(db: Session, person_id: UUID) -> Note | None:
    """Return the nudge towards the nearest better place, from the move that the board shows."""
    contest = contests.current_for(db, person_id)
    if contest is None or contests.state_of(contest, work_of(db).now) != "running":
        return None
    mine = standings.spot(db, contest, person_id)
    if mine is None or mine.move is None or mine.standing.score_micros <= 0:
        return None
    me, move = mine.standing, mine.move
    unit = read_rules(contest.rules).measure.unit
    is_money = unit not in ("count", "units")
    need = Fraction(move.need_micros, MICROS)
    if not is_near(need, need + Fraction(me.score_micros, MICROS), is_money=is_money):
        return None
    params = {
        "missing": _missing(need, unit if is_money else None),
        "place": move.place,
        "contest": contest.name,
    }
    code = "share_place" if move.is_shared else "take_place"
    link = f"/ranks?contest={contest.id}"
    return Note(person_id, "nudge", code, params, "close_to_place", link)


def _missing(value: Fraction, currency: str | None) -> Any:
    """Return what is missing: a number of things, or money rounded up to the coin."""
    if currency is None:
        return int(value) if value.denominator == 1 else float(value)
    return _money(Money(-(-value * 10 ** exponent_of(currency) // 1), currency))


def _money(money: Money) -> dict[str, str]:
    return MoneyShape.model_validate(money).model_dump()
