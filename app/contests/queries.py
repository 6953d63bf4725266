"""Reads about contests: which there are, who may see them, where they stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from app.contests.core import State, state_at
from app.contests.models import Contest, ContestAdjustment, ContestAmendment, ContestScore
from app.contests.rules import read_rules
from app.db import bulk
from app.db.unit_of_work import tenant_of, work_of
from app.http.principal import CONSOLE, Principal, Role
from app.kernel.errors import NotFound
from app.kernel.pages import Page, decode_cursor, encode_cursor
from app.people import queries as people

_RUNS_ALL = frozenset({Role.PROGRAM_ADMIN, Role.TENANT_ADMIN})


def get_contest(db: Session, contest_id: UUID) -> Contest:
    """Return the contest; raise NotFound when there is none here."""
    if (contest := db.get(Contest, (tenant_of(db), contest_id))) is None:
        raise NotFound("There is no such contest.")
    return contest


def names(db: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of contests, by id; ids of other things are left out."""
    rows = db.execute(
        select(Contest.id, Contest.name).where(
            Contest.tenant_id == tenant_of(db), Contest.id == bulk.any_of(list(ids))
        )
    )
    return {row.id: row.name for row in rows}


def get_visible(db: Session, principal: Principal, contest_id: UUID) -> Contest:
    """Return the contest; raise NotFound when `principal` may not see it, as if it were not there."""
    contest = db.scalar(_visible(db, principal).where(Contest.id == contest_id))
    if contest is None:
        raise NotFound("There is no such contest.")
    return contest


def _visible(db: Session, principal: Principal) -> Select[Contest]:
    """Return a query of the contests `principal` may see.

    A rep sees what is open to everybody or what the rep takes part in; a manager also what own people
    take part in and own drafts; the other console roles and API keys see all.
    """
    query = select(Contest).where(Contest.tenant_id == tenant_of(db))
    if principal.person_id is None or principal.has(*(CONSOLE - {Role.MANAGER})):
        return query
    people_seen: Any = [principal.person_id]
    if principal.has(Role.MANAGER):
        people_seen = people.visible_people(db, principal, people.today(db))
    takes_part = exists().where(
        ContestScore.tenant_id == Contest.tenant_id,
        ContestScore.contest_id == Contest.id,
        ContestScore.person_id.in_(people_seen),
    )
    launched = and_(Contest.launched_at.is_not(None), or_(Contest.is_open, takes_part))
    if principal.has(Role.MANAGER):
        return query.where(or_(launched, Contest.created_by == principal.person_id))
    return query.where(launched)


def runs_all(principal: Principal) -> bool:
    """Whether `principal` may run contests for everybody, not only for own people."""
    return principal.person_id is None or principal.has(*_RUNS_ALL)


def state_of(contest: Contest, now: datetime) -> State:
    """Return where the contest stands at `now`."""
    return state_at(
        launched=contest.launched_at is not None,
        is_final=contest.finished_at is not None,
        rules=read_rules(contest.rules),
        now=now,
    )


def contests(
    db: Session,
    principal: Principal,
    *,
    state: State | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Contest]:
    """Return the visible contests, newest start first."""
    query = _visible(db, principal).order_by(Contest.starts_at.desc(), Contest.id.desc())
    if state is not None:
        query = query.where(_in_state(state, work_of(db).now))
    if cursor is not None:
        starts, last = decode_cursor(cursor, str, str)
        query = query.where(
            tuple_(Contest.starts_at, Contest.id) < tuple_(read_instant(starts), read_uuid(last))
        )
    rows = list(db.scalars(query.limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    last_row = rows[limit - 1]
    return Page(rows[:limit], encode_cursor(last_row.starts_at.isoformat(), str(last_row.id)))


def _in_state(state: State, now: datetime) -> ColumnElement[bool]:
    going = and_(Contest.launched_at.is_not(None), Contest.finished_at.is_(None))
    return {
        "draft": Contest.launched_at.is_(None),
        "scheduled": and_(going, Contest.starts_at > now),
        "running": and_(going, Contest.starts_at <= now, Contest.ends_at > now),
        "provisional": and_(going, Contest.ends_at <= now),
        "final": Contest.finished_at.is_not(None),
    }[state]


def read_instant(text: str) -> datetime:
    """Return the instant inside a page marker."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise NotFound("There is no such page.") from None


def read_uuid(text: str) -> UUID:
    """Return the id inside a page marker."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such page.") from None


def current_for(db: Session, person_id: UUID) -> Contest | None:
    """Return the contest to show the person first: running before provisional, ending soonest."""
    now = work_of(db).now
    takes_part = exists().where(
        ContestScore.tenant_id == Contest.tenant_id,
        ContestScore.contest_id == Contest.id,
        ContestScore.person_id == person_id,
    )
    return db.scalar(
        select(Contest)
        .where(
            Contest.tenant_id == tenant_of(db),
            Contest.launched_at.is_not(None),
            Contest.finished_at.is_(None),
            Contest.starts_at <= now,
            or_(Contest.is_open, takes_part),
        )
        .order_by((Contest.ends_at <= now), Contest.ends_at, Contest.id)
        .limit(1)
    )


def running_in_view(db: Session, principal: Principal) -> Contest | None:
    """Return the contest a console shows first."""
    now = work_of(db).now
    return db.scalar(
        _visible(db, principal)
        .where(_in_state("running", now) | _in_state("provisional", now))
        .order_by((Contest.ends_at <= now), Contest.ends_at, Contest.id)
        .limit(1)
    )


def unfinished(db: Session) -> list[Contest]:
    """Return the launched contests whose result is not final yet."""
    return list(
        db.scalars(
            select(Contest)
            .where(
                Contest.tenant_id == tenant_of(db),
                Contest.launched_at.is_not(None),
                Contest.finished_at.is_(None),
            )
            .order_by(Contest.id)
        )
    )


def amendments(db: Session, contest_id: UUID) -> list[ContestAmendment]:
    """Return what was changed after launch, oldest first."""
    return amendments_of(db, [contest_id])[contest_id]


def amendments_of(
    db: Session, contest_ids: Sequence[UUID]
) -> Mapping[UUID, list[ContestAmendment]]:
    """Return by contest what was changed after launch, oldest first."""
    found: dict[UUID, list[ContestAmendment]] = {contest_id: [] for contest_id in contest_ids}
    for amendment in db.scalars(
        select(ContestAmendment)
        .where(
            ContestAmendment.tenant_id == tenant_of(db),
            ContestAmendment.contest_id == bulk.any_of(contest_ids),
        )
        .order_by(ContestAmendment.number)
    ):
        found[amendment.contest_id].append(amendment)
    return found


def adjustments(db: Session, contest_id: UUID) -> dict[UUID, int]:
    """Return by person what final scores would be with what came too late."""
    rows = db.execute(
        select(ContestAdjustment.person_id, ContestAdjustment.score_micros)
        .where(
            ContestAdjustment.tenant_id == tenant_of(db),
            ContestAdjustment.contest_id == contest_id,
        )
        .order_by(ContestAdjustment.noted_at, ContestAdjustment.id)
    )
    return {row.person_id: row.score_micros for row in rows}
