"""Sharing a sum among people and ranking them: exact, whole coins, the same whatever the order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

RankMethod = Literal["standard", "modified", "dense", "ordinal", "fractional"]

ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Tie:
    """People with one score: the first place they hold together, and their names in order."""

    place: int
    names: tuple[str, ...]

    @property
    def last(self) -> int:
        """The last place they hold together."""
        return self.place + len(self.names) - 1


def ties(scores: Mapping[str, Fraction]) -> Iterator[Tie]:
    """Yield who stands where, the highest score first."""
    by_score: dict[Fraction, list[str]] = {}
    for name, score in scores.items():
        by_score.setdefault(score, []).append(name)
    place = 1
    for score in sorted(by_score, reverse=True):
        names = by_score[score]
        yield Tie(place, tuple(sorted(names)))
        place += len(names)


def ranks(scores: Mapping[str, Fraction], method: RankMethod = "standard") -> dict[str, Fraction]:
    """Return the rank of everyone, 1 for the highest score.

    Among equal scores: `standard` 1224, `modified` 1334, `dense` 1223, `ordinal` 1234 by name,
    `fractional` 1 2.5 2.5 4 (the names are those of the Wikipedia article "Ranking").
    """
    found: dict[str, Fraction] = {}
    for nth, tie in enumerate(ties(scores), start=1):
        for index, name in enumerate(tie.names):
            found[name] = _rank(tie, nth, index, method)
    return found


def _rank(tie: Tie, nth: int, index: int, method: RankMethod) -> Fraction:
    if method == "standard":
        return Fraction(tie.place)
    if method == "modified":
        return Fraction(tie.last)
    if method == "dense":
        return Fraction(nth)
    if method == "ordinal":
        return Fraction(tie.place + index)
    return Fraction(tie.place + tie.last, 2)


def place_shares(scores: Mapping[str, Fraction], places: Sequence[Fraction]) -> dict[str, Fraction]:
    """Return what each name gets of the prizes in `places`; who ties shares the prizes of the tie.

    Three who tie for the first of 25, 15 and 8 get 16 each. A score of 0 has no place.
    """
    found: dict[str, Fraction] = {}
    for tie in ties({name: score for name, score in scores.items() if score}):
        together = sum(places[tie.place - 1 : tie.last], ZERO)
        for name in tie.names:
            found[name] = together / len(tie.names)
    return found


def share_out(whole: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Split `whole` coins by `weights` so that the parts sum to it, by largest remainder.

    A weight below zero counts as none, and when nobody has any, nobody gets any. Of equal
    remainders the first name in order gets the coin.
    """
    counted = {name: max(weight, ZERO) for name, weight in weights.items()}
    total = sum(counted.values(), ZERO)
    if not total:
        return dict.fromkeys(counted, 0)
    exact = {name: abs(whole) * weight / total for name, weight in counted.items()}
    parts = {name: part.numerator // part.denominator for name, part in exact.items()}
    left = abs(whole) - sum(parts.values())
    for name in sorted(parts, key=lambda each: (parts[each] - exact[each], each))[:left]:
        parts[name] += 1
    return {name: part if whole >= 0 else -part for name, part in parts.items()}
