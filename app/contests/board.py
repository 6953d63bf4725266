"""The board in Valkey: a sorted set whose order is the order of places, and the pushes made from it.

Members sort as text: 32 hexadecimal digits of the key, then the person. The set holds what was last
pushed, so the difference to the database is what a push has to say. It is derived: lost or stale, it
is built again from the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

import redis
import structlog

from app.contests.core import Key, Landing, code_of, initials, score_text, shifts
from app.contests.models import Contest, ContestScore
from app.contests.rules import read_rules
from app.live import rooms
from app.live.bus import bus
from app.live.events import BoardMoved, BoardRow, BoardShift

log = structlog.get_logger(__name__)

KEPT_SECONDS: Final = 14 * 86_400
_CHUNK: Final = 2_000
_AFTER: Final = "~"
"""Sorts after the colon and every digit: the end of a group of equals."""


def _order(tenant_id: UUID, contest_id: UUID) -> str:
    return f"board:{tenant_id}:{contest_id}"


def _codes(tenant_id: UUID, contest_id: UUID) -> str:
    return f"board:{tenant_id}:{contest_id}:codes"


def _member(code: str, person_id: UUID) -> str:
    return f"{code}:{person_id}"


def place_of(tenant_id: UUID, contest_id: UUID, key: Key, *, expected: int) -> int | None:
    """Return the place of `key`; None when Valkey is away or does not hold all `expected` people."""
    order = _order(tenant_id, contest_id)
    try:
        with bus().valkey.pipeline() as pipe:
            pipe.zcard(order)
            pipe.zlexcount(order, "-", f"({code_of(key)}")
            held, better = pipe.execute()
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))
        return None
    return int(better) + 1 if held == expected else None


def size(tenant_id: UUID, contest_id: UUID) -> int:
    """Return how many people the sorted set holds; 0 when Valkey is away."""
    try:
        return int(bus().valkey.zcard(_order(tenant_id, contest_id)))
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))
        return 0


def rebuild(tenant_id: UUID, contest_id: UUID, keys: Mapping[UUID, Key]) -> None:
    """Replace the sorted set of a contest by `keys`."""
    order, codes = _order(tenant_id, contest_id), _codes(tenant_id, contest_id)
    coded = [(person_id, code_of(key)) for person_id, key in keys.items()]
    with bus().valkey.pipeline(transaction=True) as pipe:
        pipe.delete(order, codes)
        for start in range(0, len(coded), _CHUNK):
            part = coded[start : start + _CHUNK]
            pipe.zadd(order, {_member(code, person_id): 0 for person_id, code in part})
            pipe.hset(codes, mapping={str(person_id): code for person_id, code in part})
        pipe.expire(order, KEPT_SECONDS)
        pipe.expire(codes, KEPT_SECONDS)
        pipe.execute()


def holds(tenant_id: UUID, contest_id: UUID) -> bool:
    """Whether the sorted set of a contest exists."""
    return bool(bus().valkey.exists(_order(tenant_id, contest_id)))


def held(tenant_id: UUID, contest_id: UUID) -> set[UUID]:
    """Return everybody in the sorted set of a contest."""
    found = cast("list[bytes]", bus().valkey.hkeys(_codes(tenant_id, contest_id)))
    return {UUID(one.decode()) for one in found}


@dataclass(frozen=True, slots=True)
class _Turn:
    """One person's key, before and after; None: not on the board."""

    person_id: UUID
    old: str | None
    new: str | None


def update(
    tenant_id: UUID, contest_id: UUID, fresh: Mapping[UUID, Key | None]
) -> tuple[list[_Turn], list[Landing]]:
    """Bring the sorted set to `fresh` (None: no longer on the board); return what turned."""
    valkey = bus().valkey
    order, codes = _order(tenant_id, contest_id), _codes(tenant_id, contest_id)
    people = list(fresh)
    held = cast("list[bytes | None]", valkey.hmget(codes, [str(one) for one in people]))
    turns = [
        _Turn(person_id, old.decode() if old else None, code_of(key) if key else None)
        for person_id, old in zip(people, held, strict=True)
        for key in [fresh[person_id]]
    ]
    turns = [turn for turn in turns if turn.old != turn.new]
    if not turns:
        return [], []
    landings = _landings(order, turns)
    with valkey.pipeline(transaction=True) as pipe:
        for turn in turns:
            if turn.old is not None:
                pipe.zrem(order, _member(turn.old, turn.person_id))
                pipe.hdel(codes, str(turn.person_id))
            if turn.new is not None:
                pipe.zadd(order, {_member(turn.new, turn.person_id): 0})
                pipe.hset(codes, str(turn.person_id), turn.new)
        pipe.expire(order, KEPT_SECONDS)
        pipe.expire(codes, KEPT_SECONDS)
        pipe.execute()
    return turns, landings


def _landings(order: str, turns: Sequence[_Turn]) -> list[Landing]:
    with bus().valkey.pipeline(transaction=True) as pipe:
        for turn in turns:
            for code in (turn.old, turn.new):
                pipe.zlexcount(order, "-", f"({code or ''}")
            pipe.zlexcount(order, f"[{turn.new or ''}", f"[{turn.new or ''}{_AFTER}")
        counts = [int(count) for count in pipe.execute()]
    return [
        Landing(
            left=counts[at] + 1 if turn.old is not None else None,
            pushes_from=(
                None if turn.new is None else counts[at + 1] + (2 if counts[at + 2] else 1)
            ),
        )
        for at, turn in zip(range(0, len(counts), 3), turns, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where somebody is on the board now."""

    person_id: UUID
    place: int
    tied: bool


def _spots(tenant_id: UUID, contest_id: UUID, turns: Sequence[_Turn]) -> tuple[list[_Spot], int]:
    """Return where the turned rows are now, with those whose tie they made or broke, and the size."""
    order = _order(tenant_id, contest_id)
    came = Counter(turn.new for turn in turns if turn.new)
    left = Counter(turn.old for turn in turns if turn.old)
    groups = sorted({*came, *left})
    with bus().valkey.pipeline(transaction=True) as pipe:
        for code in groups:
            pipe.zlexcount(order, "-", f"({code}")
            pipe.zlexcount(order, f"[{code}", f"[{code}{_AFTER}")
            pipe.zrangebylex(order, f"[{code}", f"[{code}{_AFTER}", start=0, num=came[code] + 1)
        pipe.zcard(order)
        *answers, size = pipe.execute()
    found: dict[UUID, _Spot] = {}
    for index, code in enumerate(groups):
        better, count, members = answers[3 * index : 3 * index + 3]
        # Two who stay keep each other company; one alone may just have won or lost it.
        if count - came[code] == 1 and bool(came[code]) != bool(left[code]):
            for member in members:
                person_id = UUID(member.decode().partition(":")[2])
                found[person_id] = _Spot(person_id, int(better) + 1, count > 1)
    turned = {turn.person_id: turn.new for turn in turns if turn.new}
    at_code = {code: answers[3 * index : 3 * index + 2] for index, code in enumerate(groups)}
    for person_id, code in turned.items():
        better, count = at_code[code]
        found[person_id] = _Spot(person_id, int(better) + 1, count > 1)
    return list(found.values()), int(size)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a push will say, before names and scores are read."""

    spots: Sequence[_Spot]
    shifts: Sequence[BoardShift]
    gone: Sequence[UUID]
    participants: int

    @property
    def people(self) -> list[UUID]:
        """Whose rows are told."""
        return [spot.person_id for spot in self.spots]


def move(tenant_id: UUID, contest_id: UUID, fresh: Mapping[UUID, Key | None]) -> Moved | None:
    """Bring the board to `fresh`; return what moved, None when nothing did."""
    turns, landings = update(tenant_id, contest_id, fresh)
    if not turns:
        return None
    spots, size = _spots(tenant_id, contest_id, turns)
    return Moved(
        spots=spots,
        shifts=[
            BoardShift(from_place=s.from_place, to_place=s.to_place, by=s.by)
            for s in shifts(landings)
        ],
        gone=[turn.person_id for turn in turns if turn.new is None],
        participants=size,
    )


def push_of(
    contest: Contest,
    moved: Moved,
    rows: Mapping[UUID, ContestScore],
    names: Mapping[UUID, str],
    *,
    as_of: str,
) -> BoardMoved:
    """Return the push that tells `moved`."""
    rules = read_rules(contest.rules)
    return BoardMoved(
        contest_id=contest.id,
        rows=[
            BoardRow(
                participant_id=spot.person_id,
                name=shown_name(names.get(spot.person_id, ""), rules.names),
                place=spot.place,
                tied=spot.tied,
                score=score_text(row.score_micros, rules.measure.unit),
                reached_at=row.reached_at.isoformat() if row.reached_at else None,
            )
            for spot in sorted(moved.spots, key=lambda spot: spot.place)
            if (row := rows.get(spot.person_id))
        ],
        shifts=list(moved.shifts),
        gone=list(moved.gone),
        participants=moved.participants,
        as_of=as_of,
    )


def shown_name(name: str, policy: str) -> str:
    """Return what others read of somebody's name under the policy of a contest."""
    return name if policy == "full" else initials(name)


def topic(contest: Contest) -> str:
    """Return what a contest is called by the coalescer: the room its board is told to."""
    return rooms.contest(contest.tenant_id, contest.id)


def as_members(person_ids: Iterable[UUID]) -> list[str]:
    """Return people as the coalescer keeps them."""
    return [str(person_id) for person_id in person_ids]


def read_members(members: Collection[str]) -> list[UUID]:
    """Return the people that were marked; what is no id is nobody."""
    return [UUID(member) for member in members if member != EVERYBODY]


EVERYBODY: Final = "*"
"""The mark that asks to compare the whole board with the database."""
