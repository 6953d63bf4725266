"""Places: windows of a board and distances. SQL is the truth; large boards ask Valkey for ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text, tuple_
from sqlalchemy.orm import Session

from app.contests import board
from app.contests.core import EVER, Key, Move, Standing, next_move, places
from app.contests.models import Contest, ContestResult, ContestScore
from app.contests.queries import read_instant, read_uuid
from app.contests.rules import read_rules
from app.db import bulk
from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound
from app.kernel.pages import Page, decode_cursor, encode_cursor

LARGE_BOARD: Final = 5_000
"""From so many participants on, places are asked of Valkey: counting in SQL grows with the board."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a phone shows of a board, from one moment."""

    participants: int
    top: Sequence[Standing]
    around: Sequence[Standing]
    me: Standing | None
    move: Move | None


def _mine(contest: Contest) -> ColumnElement[bool]:
    return and_(ContestScore.tenant_id == contest.tenant_id, ContestScore.contest_id == contest.id)


_ORDER = (ContestScore.minus_score, ContestScore.order_at, ContestScore.person_id)
_KEY = tuple_(ContestScore.minus_score, ContestScore.order_at)
_ROW = tuple_(*_ORDER)


def participants(db: Session, contest: Contest) -> int:
    """Return how many take part, those without a score included."""
    return db.scalar(select(func.count()).select_from(ContestScore).where(_mine(contest))) or 0


@dataclass(frozen=True, slots=True)
class Turnout:
    """How many take part in a contest, and how many of them have scored."""

    participants: int = 0
    scored: int = 0


def turnouts(db: Session, contest_ids: Sequence[UUID]) -> Mapping[UUID, Turnout]:
    """Return the turnout of each contest."""
    rows = db.execute(
        select(
            ContestScore.contest_id,
            func.count(),
            func.count().filter(ContestScore.activities_count > 0),
        )
        .where(
            ContestScore.tenant_id == tenant_of(db),
            ContestScore.contest_id == bulk.any_of(contest_ids),
        )
        .group_by(ContestScore.contest_id)
    )
    nobody = dict.fromkeys(contest_ids, Turnout())
    return nobody | {contest_id: Turnout(*counts) for contest_id, *counts in rows}


def scored(db: Session, contest: Contest) -> int:
    """Return how many have scored."""
    return (
        db.scalar(
            select(func.count())
            .select_from(ContestScore)
            .where(_mine(contest), ContestScore.activities_count > 0)
        )
        or 0
    )


def _read(
    db: Session,
    contest: Contest,
    where: ColumnElement[bool] | None,
    limit: int,
    *,
    up: bool = False,
) -> list[ContestScore]:
    query = select(ContestScore).where(_mine(contest)).limit(limit)
    if where is not None:
        query = query.where(where)
    ordered = query.order_by(*((column.desc() for column in _ORDER) if up else _ORDER))
    rows = list(db.scalars(ordered.execution_options(populate_existing=True)))
    return rows[::-1] if up else rows


def _better(db: Session, contest: Contest, key: Key) -> int:
    return (
        db.scalar(
            select(func.count())
            .select_from(ContestScore)
            .where(_mine(contest), tuple_(key.minus_score, key.order_at) > _KEY)
        )
        or 0
    )


def _place(db: Session, contest: Contest, key: Key, *, size: int) -> int:
    if size >= LARGE_BOARD:
        found = board.place_of(contest.tenant_id, contest.id, key, expected=size)
        if found is not None:
            return found
    return _better(db, contest, key) + 1


def _key(row: ContestScore) -> Key:
    return Key(row.minus_score, row.order_at)


def _standings(
    db: Session,
    contest: Contest,
    rows: Sequence[ContestScore],
    *,
    size: int,
    above: ContestScore | None = None,
    below: ContestScore | None = None,
    first: int | None = None,
) -> list[Standing]:
    """Give consecutive `rows` their places; `above` and `below` are the rows next to them.

    `first` is the place of the first of them where it is known.
    """
    if not rows:
        return []
    keys = [_key(row) for row in rows]
    first = first or _place(db, contest, keys[0], size=size)
    before = (
        first - 1 + (_tied_before(db, contest, rows[0]) if above and _key(above) == keys[0] else 0)
    )
    found = places(keys, before=before, better=first - 1)
    edges = [_key(above) if above else None, *keys, _key(below) if below else None]
    return [
        Standing(
            person_id=row.person_id,
            score_micros=row.score_micros,
            reached_at=row.reached_at,
            activities=row.activities_count,
            key=key,
            place=place,
            tied=key in (edges[index], edges[index + 2]),
            moved=None if row.marked_place is None else row.marked_place - place,
        )
        for index, (row, key, place) in enumerate(zip(rows, keys, found, strict=True))
    ]


def _tied_before(db: Session, contest: Contest, row: ContestScore) -> int:
    return (
        db.scalar(
            select(func.count())
            .select_from(ContestScore)
            .where(
                _mine(contest),
                tuple_(row.minus_score, row.order_at) == _KEY,
                ContestScore.person_id < row.person_id,
            )
        )
        or 0
    )


def top(db: Session, contest: Contest, limit: int) -> list[Standing]:
    """Return the first rows of the board."""
    rows = _read(db, contest, None, limit + 1)
    below = rows[limit] if len(rows) > limit else None
    return _standings(db, contest, rows[:limit], size=0, below=below, first=1)


def after(
    db: Session, contest: Contest, *, key: Key, person_id: UUID, limit: int
) -> list[Standing]:
    """Return the rows that follow the one with `key` and `person_id`."""
    mark = tuple_(key.minus_score, key.order_at, person_id)
    above = _read(db, contest, mark >= _ROW, 1, up=True)
    rows = _read(db, contest, mark < _ROW, limit + 1)
    return _standings(
        db,
        contest,
        rows[:limit],
        size=participants(db, contest),
        above=above[0] if above else None,
        below=rows[limit] if len(rows) > limit else None,
    )


def find_score(db: Session, contest: Contest, person_id: UUID) -> ContestScore | None:
    """Return the row of one person, or None when the person does not take part."""
    return db.get(ContestScore, (contest.tenant_id, contest.id, person_id), populate_existing=True)


def around(
    db: Session, contest: Contest, person_id: UUID, *, reach: int, size: int
) -> list[Standing]:
    """Return the rows next to a person: up to `reach` above and below, with the person's own."""
    row = find_score(db, contest, person_id)
    if row is None:
        return []
    mark = tuple_(row.minus_score, row.order_at, row.person_id)
    up = _read(db, contest, mark > _ROW, reach + 1, up=True)
    down = _read(db, contest, mark < _ROW, reach + 1)
    return _standings(
        db,
        contest,
        [*up[-reach:], row, *down[:reach]],
        size=size,
        above=up[0] if len(up) > reach else None,
        below=down[reach] if len(down) > reach else None,
        first=None if len(up) > reach else 1,
    )


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one person stands, what the nearest better place takes, how many share and take part."""

    standing: Standing
    move: Move | None
    tied_with: int
    participants: int


_SPOTS: Final = text(
    """
    WITH me AS (
      SELECT * FROM contest_scores
      WHERE tenant_id = :tenant AND contest_id = ANY(:contests) AND person_id = :person
    )
    SELECT me.contest_id, me.person_id, me.score_micros, me.minus_score, me.order_at,
      me.reached_at, me.activities_count, me.marked_place, above.minus_score AS above_minus,
      count(*) AS participants,
      count(*) FILTER (
        WHERE (s.minus_score, s.order_at) < (me.minus_score, me.order_at)) AS better,
      count(*) FILTER (
        WHERE (s.minus_score, s.order_at) = (me.minus_score, me.order_at)) AS equal,
      count(*) FILTER (
        WHERE (s.minus_score, s.order_at) < (above.minus_score, above.order_at)) AS better_still,
      count(*) FILTER (WHERE s.minus_score < above.minus_score) AS beyond
    FROM me LEFT JOIN LATERAL (
      SELECT s.minus_score, s.order_at FROM contest_scores s
      WHERE s.tenant_id = :tenant AND s.contest_id = me.contest_id
        AND (s.minus_score, s.order_at) < (me.minus_score, me.order_at)
      ORDER BY s.minus_score DESC, s.order_at DESC LIMIT 1
    ) above ON true
    JOIN contest_scores s ON s.tenant_id = :tenant AND s.contest_id = me.contest_id
    GROUP BY me.contest_id, me.person_id, me.score_micros, me.minus_score, me.order_at,
      me.reached_at, me.activities_count, me.marked_place, above.minus_score
    """
)


def spot(db: Session, contest: Contest, person_id: UUID) -> Spot | None:
    """Return where one person stands, or None when the person does not take part."""
    size = board.size(contest.tenant_id, contest.id)
    return spots(db, {contest: size}, person_id).get(contest.id)


def spots(db: Session, sizes: Mapping[Contest, int], person_id: UUID) -> dict[UUID, Spot]:
    """Return where one person stands in contests of these sizes; those without the person are left out."""
    counted = {one.id: one for one, size in sizes.items() if size < LARGE_BOARD}
    found = {
        one.id: _spot_of_large(db, one, person_id, size=size)
        for one, size in sizes.items()
        if size >= LARGE_BOARD
    }
    if counted:
        values = {"tenant": tenant_of(db), "contests": list(counted), "person": person_id}
        for row in db.execute(_SPOTS, values):
            found[row.contest_id] = _spot_of_counted(counted[row.contest_id], row)
    return {contest_id: spot for contest_id, spot in found.items() if spot is not None}


def _spot_of_counted(contest: Contest, row: Any) -> Spot:
    place = row.better + 1
    standing = Standing(
        person_id=row.person_id,
        score_micros=row.score_micros,
        reached_at=row.reached_at,
        activities=row.activities_count,
        key=Key(row.minus_score, row.order_at),
        place=place,
        tied=row.equal > 1,
        moved=None if row.marked_place is None else row.marked_place - place,
    )
    move = (
        None
        if row.above_minus is None
        else next_move(
            place=place,
            score_micros=row.score_micros,
            above_score=-row.above_minus,
            place_of_equals=row.better_still + 1,
            place_beyond=row.beyond + 1,
            rules=read_rules(contest.rules),
        )
    )
    return Spot(standing, move, row.equal, row.participants)


def _spot_of_large(db: Session, contest: Contest, person_id: UUID, *, size: int) -> Spot | None:
    """Say the same of a board that is too large to be counted, with ranks from Valkey."""
    near = around(db, contest, person_id, reach=1, size=size)
    me = next((one for one in near if one.person_id == person_id), None)
    if me is None:
        return None
    mark = tuple_(me.key.minus_score, me.key.order_at)
    above = _read(db, contest, mark > _KEY, 1, up=True)
    move = None
    if above:
        key = _key(above[0])
        move = next_move(
            place=me.place,
            score_micros=me.score_micros,
            above_score=above[0].score_micros,
            place_of_equals=_place(db, contest, key, size=size),
            place_beyond=_place(db, contest, Key(key.minus_score, EVER), size=size),
            rules=read_rules(contest.rules),
        )
    return Spot(me, move, size_of_tie(db, contest, me), size)


def place_of(db: Session, contest: Contest, person_id: UUID) -> Standing | None:
    """Return the place of one person, or None when the person does not take part."""
    found = spot(db, contest, person_id)
    return found.standing if found else None


def size_of_tie(db: Session, contest: Contest, standing: Standing) -> int:
    """Return how many share the place of `standing`, itself included."""
    if not standing.tied:
        return 1
    key = standing.key
    return (
        db.scalar(
            select(func.count())
            .select_from(ContestScore)
            .where(_mine(contest), tuple_(key.minus_score, key.order_at) == _KEY)
        )
        or 1
    )


def neighbourhood(
    db: Session, contest: Contest, person_id: UUID | None, *, first: int, reach: int
) -> Neighbourhood:
    """Return the top of a board and the rows around a person."""
    leaders = top(db, contest, first)
    mine = spot(db, contest, person_id) if person_id else None
    if person_id is None or mine is None:
        return Neighbourhood(participants(db, contest), leaders, (), None, None)
    near = around(db, contest, person_id, reach=reach, size=mine.participants)
    return Neighbourhood(mine.participants, leaders, near, mine.standing, mine.move)


def standings_page(
    db: Session, contest: Contest, *, cursor: str | None, limit: int
) -> Page[Standing]:
    """Return one page of the whole board, best first."""
    if cursor is None:
        rows = top(db, contest, limit + 1)
    else:
        minus_score, order_at, person_id = decode_cursor(cursor, int, str, str)
        if not -(2**63) <= minus_score < 2**63:
            raise NotFound("There is no such page.")
        rows = after(
            db,
            contest,
            key=Key(minus_score, read_instant(order_at)),
            person_id=read_uuid(person_id),
            limit=limit + 1,
        )
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(
        rows[:limit],
        encode_cursor(last.key.minus_score, last.key.order_at.isoformat(), str(last.person_id)),
    )


def results(db: Session, contest: Contest) -> list[ContestResult]:
    """Return the places that were won, best first; empty until the contest is final."""
    return list(
        db.scalars(
            select(ContestResult)
            .where(
                ContestResult.tenant_id == contest.tenant_id, ContestResult.contest_id == contest.id
            )
            .order_by(ContestResult.place, ContestResult.person_id)
        )
    )


def keys_of(
    db: Session, contest: Contest, person_ids: Sequence[UUID] | None = None
) -> dict[UUID, ContestScore]:
    """Return the rows of `person_ids`, or of everybody on the board."""
    query = select(ContestScore).where(_mine(contest))
    if person_ids is not None:
        query = query.where(ContestScore.person_id == func.any(list(person_ids)))
    return {row.person_id: row for row in db.scalars(query)}
