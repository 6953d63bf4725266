"""In which order a store is laid out: what people like, and among it what they have not tried yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, islice
from typing import Final
from uuid import UUID

PLACES: Final = 120
"""So many rewards of a country have a place of their own; nobody turns further without looking for something."""

LAST_PLACE: Final = 1_000_000
"""The place of all the others: behind, by what is ordered and by name."""

LIKED_FOR_ONE_NEW: Final = 3
"""After so many that people order comes one that nobody has tried: else only the known stays known."""

CARDS_FOR_ONE_EXPERIENCE: Final = 2


@dataclass(frozen=True, slots=True)
class Thing:
    """What the order of a shelf depends on. `reach`: in how many countries its family is sold."""

    id: UUID
    kind: str
    family: str
    department: str
    popularity: int
    is_ours: bool
    reach: int = 1

    @property
    def is_liked(self) -> bool:
        """Whether people order it, or the company stocks it for them."""
        return self.popularity > 0 or self.is_ours


def family_of(kind: str, brand: str) -> str:
    """Return what things have in common that differ by their place only: "Tea for two, Rome" is "tea for two"."""
    head, comma, _ = brand.rpartition(",")
    name = head if kind == "experience" and comma else brand
    return name.strip().casefold()


def laid_out(things: Iterable[Thing], *, seed: str) -> list[UUID]:
    """Return the first PLACES things of a country in the order of its shelf, one of each family first.

    Things come in the order in which they were listed. `seed` decides between equals, so that two countries
    do not begin with the same department.
    """
    heads, others = _heads(things)
    liked = sorted((one for one in heads if one.is_liked), key=_by_liking)
    new = [one for one in heads if not one.is_liked]
    cards = _dealt((one for one in new if one.kind != "experience"), seed)
    experiences = _dealt((one for one in new if one.kind == "experience"), seed)
    fresh = _mixed(cards, experiences, CARDS_FOR_ONE_EXPERIENCE)
    front = _mixed(iter(liked), fresh, LIKED_FOR_ONE_NEW)
    rest = sorted(others, key=_by_liking)
    return [one.id for one in islice(chain(front, rest), PLACES)]


def _by_liking(one: Thing) -> tuple[int, bool]:
    return -one.popularity, not one.is_ours


def _heads(things: Iterable[Thing]) -> tuple[list[Thing], list[Thing]]:
    """Part the most liked thing of each family from its others."""
    families: dict[tuple[str, str], list[Thing]] = {}
    for one in things:
        families.setdefault((one.kind, one.family), []).append(one)
    heads, others = [], []
    for members in families.values():
        head = min(members, key=_by_liking)
        heads.append(head)
        others += [one for one in members if one is not head]
    return heads, others


def _dealt(things: Iterable[Thing], seed: str) -> Iterator[Thing]:
    """Take one thing of each department in turn, those that are sold in the most countries first."""
    departments: dict[str, list[Thing]] = {}
    for one in sorted(things, key=lambda one: -one.reach):
        departments.setdefault(one.department, []).append(one)
    order = sorted(
        departments, key=lambda name: (-departments[name][0].reach, _mark(f"{seed}:{name}"))
    )
    return _in_turn([departments[name] for name in order])


def _in_turn(piles: Sequence[Sequence[Thing]]) -> Iterator[Thing]:
    deepest = max(map(len, piles), default=0)
    return (pile[row] for row in range(deepest) for pile in piles if row < len(pile))


def _mark(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _mixed(many: Iterator[Thing], few: Iterator[Thing], ratio: int) -> Iterator[Thing]:
    """Let one of `few` follow every `ratio` of `many`; when either ends, the other goes on."""
    while group := list(islice(many, ratio)):
        yield from group
        yield from islice(few, 1)
    yield from few
