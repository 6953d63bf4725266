"""Values read from a table of places: steps, stretches at their own rates, and broken lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple

ZERO: Final = Fraction(0)

Outside = Literal["nothing", "flat", "extend"]


class Place(NamedTuple):
    """A place of a table and what it holds."""

    at: Fraction
    value: Fraction


def step_at(places: Sequence[Place], value: Fraction, *, inclusive: bool = True) -> Place | None:
    """Return the highest of the rising `places` that `value` reaches, None below the first.

    Exactly at a place, `inclusive` says that it is reached.
    """
    cut = bisect_right if inclusive else bisect_left
    reached = cut(places, value, key=_at)
    return places[reached - 1] if reached else None


def stretches(places: Sequence[Place], value: Fraction) -> Iterator[tuple[Place, Fraction]]:
    """Yield how much of `value` lies in the stretch that begins at each of the rising `places`."""
    for index, place in enumerate(places):
        end = value if index + 1 == len(places) else min(value, places[index + 1].at)
        if end > place.at:
            yield place, end - place.at


@dataclass(frozen=True, slots=True)
class Reading:
    """A value read from a broken line, and the points it was read from: one at or past an end."""

    value: Fraction
    low: Place | None
    high: Place | None


def read_line(
    points: Sequence[Place], at: Fraction, *, below: Outside = "flat", beyond: Outside = "flat"
) -> Reading:
    """Return the value at `at` on straight lines through the rising `points` (two or more).

    `below` the first and `beyond` the last point it is nothing, that of the point, or on the line
    prolonged. Where two points stand at one place, the later holds.
    """
    after = bisect_right(points, at, key=_at)
    if after and points[after - 1].at == at:
        return Reading(points[after - 1].value, points[after - 1], None)
    if after == 0:
        return _outside(points[0], (points[0], points[1]), at, below)
    if after == len(points):
        return _outside(points[-1], (points[-2], points[-1]), at, beyond)
    low, high = points[after - 1], points[after]
    return Reading(_on_line(low, high, at), low, high)


def _outside(end: Place, stretch: tuple[Place, Place], at: Fraction, rule: Outside) -> Reading:
    if rule == "nothing":
        return Reading(ZERO, None, None)
    if rule == "flat":
        return Reading(end.value, end, None)
    return Reading(_on_line(*stretch, at), *stretch)


def _on_line(low: Place, high: Place, at: Fraction) -> Fraction:
    """Return the value at `at` on the line through two points; a line straight up has none beyond."""
    if low.at == high.at:
        return high.value
    return low.value + (high.value - low.value) * (at - low.at) / (high.at - low.at)


def _at(place: Place) -> Fraction:
    return place.at
