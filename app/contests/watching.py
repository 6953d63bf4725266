"""Boards on screens: who may watch one, and what the coalescer pushes to those who do."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from app.contests import board, queries, standings
from app.contests.core import Key
from app.contests.models import Contest, ContestScore
from app.db.unit_of_work import tenant_of
from app.http.principal import Principal
from app.jobs.queue import tenant_transaction
from app.kernel import clock
from app.kernel.errors import NotFound
from app.live import rooms
from app.live.bus import bus
from app.live.events import BoardMoved
from app.people import queries as people


def may_watch(principal: Principal, contest_id: UUID) -> bool:
    """Whether `principal` may look at the board of a contest."""
    with tenant_transaction(principal.tenant_id) as db:
        try:
            return queries.get_visible(db, principal, contest_id).launched_at is not None
        except NotFound:
            return False


def flush(topic: str, members: Collection[str]) -> None:
    """Bring a board up to the database and push what moved to everybody who watches it."""
    if push := catch_up(topic, members):
        bus().send([(topic, push)])


def catch_up(topic: str, members: Collection[str]) -> BoardMoved | None:
    """Bring a board up to the database; return what moved, None when nothing did."""
    tenant_id, contest_id = rooms.read_contest(topic)
    with tenant_transaction(tenant_id) as db:
        contest = db.get(Contest, (tenant_of(db), contest_id))
        if contest is None:
            return None
        everybody = board.EVERYBODY in members or not board.holds(tenant_id, contest_id)
        return _difference(db, contest, None if everybody else board.read_members(members))


def _difference(
    db: Session, contest: Contest, person_ids: Collection[UUID] | None
) -> BoardMoved | None:
    as_of = clock.utc_now().isoformat()
    rows = standings.keys_of(db, contest, None if person_ids is None else list(person_ids))
    if person_ids is None and not board.holds(contest.tenant_id, contest.id):
        board.rebuild(contest.tenant_id, contest.id, {one: _key(row) for one, row in rows.items()})
        return BoardMoved(
            contest_id=contest.id, rows=[], gone=[], participants=len(rows), as_of=as_of, reset=True
        )
    asked = (
        person_ids
        if person_ids is not None
        else board.held(contest.tenant_id, contest.id) | set(rows)
    )
    fresh: dict[UUID, Key | None] = {
        person_id: _key(rows[person_id]) if person_id in rows else None for person_id in asked
    }
    moved = board.move(contest.tenant_id, contest.id, fresh)
    if moved is None:
        return None
    missing = [person_id for person_id in moved.people if person_id not in rows]
    if missing:
        rows |= standings.keys_of(db, contest, missing)
    return board.push_of(contest, moved, rows, people.names(db, moved.people), as_of=as_of)


def _key(row: ContestScore) -> Key:
    return Key(row.minus_score, row.order_at)
