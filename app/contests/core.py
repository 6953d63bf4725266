"""Places, prizes and distances: pure decisions over scores.

The order is: higher score first, then who reached it first; equal on both is one shared place, and
the next place counts everybody before it (1, 1, 3). Identifiers never decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from app.contests.rules import ContestRules, Prize, TieBreak, Unit
from app.kernel.money import MICROS, Money, exponent_of, micros_to_decimal, parse_money

NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for "not reached": it sorts after every real instant."""
EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
"""Sorts before every real instant."""

State = Literal["draft", "scheduled", "running", "provisional", "final"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOP: Final = 2**63 - 1
_LONG_AGO: Final = 2**62


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a place is decided by; smaller is better."""

    minus_score: int
    order_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's place on a board."""

    person_id: UUID
    score_micros: int
    reached_at: datetime | None
    activities: int
    key: Key
    place: int
    tied: bool
    moved: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """The nearest better place: how much more it needs, and whether it would be shared.

    `behind_micros` is the distance to the score of whoever stands there, at `behind_place`; it is
    nothing where only time decides.
    """

    place: int
    places: int
    need_micros: int
    unit: Unit
    is_shared: bool
    behind_micros: int
    behind_place: int


def key_of(score_micros: int, reached_at: datetime | None, tie_break: TieBreak) -> Key:
    """Return what decides the place of a score under `tie_break`."""
    return Key(-score_micros, (reached_at or NEVER) if tie_break == "earliest" else NEVER)


def code_of(key: Key) -> str:
    """Return `key` as 32 hexadecimal digits whose order as text is the order of places."""
    since = key.order_at - _EPOCH
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return f"{key.minus_score + _TOP:016x}{micros + _LONG_AGO:016x}"


def places(keys: Sequence[Key], *, before: int = 0, better: int = 0) -> list[int]:
    """Return the place of each of `keys`, which are sorted.

    `before` counts the rows above the first of them, `better` those above it with a better key.
    """
    found: list[int] = []
    for index, key in enumerate(keys):
        if index == 0:
            found.append(better + 1)
        elif key == keys[index - 1]:
            found.append(found[-1])
        else:
            found.append(before + index + 1)
    return found


def state_at(*, launched: bool, is_final: bool, rules: ContestRules, now: datetime) -> State:
    """Return where a contest stands at `now`."""
    if not launched:
        return "draft"
    if is_final:
        return "final"
    if now < rules.starts_at:
        return "scheduled"
    return "running" if now < rules.ends_at else "provisional"


def grain_of(unit: Unit) -> int:
    """Return the least step of a score in millionths: one activity, one unit, or the smallest coin."""
    return MICROS if unit in ("count", "units") else MICROS // 10 ** exponent_of(unit)


def next_move(
    *,
    place: int,
    score_micros: int,
    above_score: int,
    place_of_equals: int,
    place_beyond: int,
    rules: ContestRules,
) -> Move:
    """Return what it takes to leave `place` for the nearest better one.

    `above_score` is the lowest score among those with a better place; `place_of_equals` is the place
    of those who hold it, `place_beyond` the place of one who passes all of them. Who arrives later at
    an equal score stands behind under "earliest", so there one must pass; under "shared" one joins.
    """
    unit = rules.measure.unit
    if rules.tie_break == "shared":
        need, target = above_score - score_micros, place_of_equals
    else:
        need, target = above_score - score_micros + grain_of(unit), place_beyond
    return Move(
        place=target,
        places=place - target,
        need_micros=need,
        unit=unit,
        is_shared=rules.tie_break == "shared",
        behind_micros=above_score - score_micros,
        behind_place=place_of_equals,
    )


def prize_of(place: int, tied_with: int, prizes: Sequence[Prize]) -> Money | str | None:
    """Return what one of `tied_with` people who share `place` wins if it ends so.

    Prizes of money for the places they fill are added and split; a rest smaller than a minor unit each
    is not paid. A prize in words goes to everybody who shares its place.
    """
    pool = pool_of(place, tied_with, prizes)
    if pool is not None:
        return Money(pool.minor // tied_with, pool.currency)
    worth = _prizes_for(place, tied_with, prizes)
    return worth[0].text if worth else None


def pool_of(place: int, tied_with: int, prizes: Sequence[Prize]) -> Money | None:
    """Return the prizes of money for the places that `tied_with` people fill from `place` on, added."""
    money = [prize.money.money for prize in _prizes_for(place, tied_with, prizes) if prize.money]
    return Money(sum(one.minor for one in money), money[0].currency) if money else None


def _prizes_for(place: int, tied_with: int, prizes: Sequence[Prize]) -> list[Prize]:
    filled = range(place, place + tied_with)
    return [prize for at in filled if (prize := _prize_at(at, prizes))]


def money_won(document: dict[str, str] | None) -> Money | None:
    """Return the money of a prize as it is kept; None for a text, nothing, or less than a coin each."""
    if document is None or "amount" not in document:
        return None
    money = parse_money(document["amount"], document["currency"])
    return money if money.minor else None


def prize_document(prize: Money | str) -> dict[str, str]:
    """Return a prize as it is kept and shown."""
    if isinstance(prize, str):
        return {"text": prize}
    return {"amount": str(prize.decimal), "currency": prize.currency}


def _prize_at(place: int, prizes: Iterable[Prize]) -> Prize | None:
    return next((prize for prize in prizes if prize.place_from <= place <= prize.place_to), None)


def score_text(score_micros: int, unit: Unit) -> str:
    """Return a score as people write it: "11" contracts, "1250.50" euros."""
    if unit in ("count", "units") and score_micros % MICROS == 0:
        return str(score_micros // MICROS)
    return format(micros_to_decimal(score_micros), "f")


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of `name`."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@dataclass(frozen=True, slots=True)
class Landing:
    """One changed row, told in the places of the board before the change.

    `left` is the place it had; `pushes_from` is the first place that now stands behind it.
    """

    left: int | None
    pushes_from: int | None


@dataclass(frozen=True, slots=True)
class Shift:
    """Everybody unchanged who had a place in `from_place` to `to_place` (None: the end) moved by `by`."""

    from_place: int
    to_place: int | None
    by: int


def shifts(landings: Sequence[Landing]) -> list[Shift]:
    """Return how the places of all rows that did not change themselves moved, as few ranges."""
    steps: dict[int, int] = {}
    for landing in landings:
        if landing.pushes_from is not None:
            steps[landing.pushes_from] = steps.get(landing.pushes_from, 0) + 1
        if landing.left is not None:
            steps[landing.left + 1] = steps.get(landing.left + 1, 0) - 1
    edges = sorted(at for at, step in steps.items() if step)
    found: list[Shift] = []
    by = 0
    for index, edge in enumerate(edges):
        by += steps[edge]
        if by:
            following = edges[index + 1] - 1 if index + 1 < len(edges) else None
            found.append(Shift(edge, following, by))
    return found
