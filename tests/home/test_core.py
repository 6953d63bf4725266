from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from app.home.core import direction, measure, part_of_today, spread, working_days
from app.kernel.money import Money

THURSDAY = date(2026, 11, 19)
SUNDAY = date(2026, 11, 22)


def test_a_measure_of_things_is_a_number_and_one_of_money_is_money() -> None:
    assert measure(Fraction(11), "count", "EUR") == 11
    assert measure(Fraction(3, 2), "count", "EUR") == 1.5
    assert measure(Fraction(12345, 100), "money", "EUR") == Money(12_345, "EUR")


def test_what_is_missing_is_rounded_up_and_what_is_done_down() -> None:
    third = Fraction(1, 3)

    assert measure(third, "money", "EUR") == Money(33, "EUR")
    assert measure(third, "money", "EUR", up=True) == Money(34, "EUR")


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (THURSDAY, THURSDAY, 1),
        (THURSDAY, SUNDAY, 2),
        (SUNDAY, SUNDAY, 1),
        (SUNDAY, date(2026, 11, 24), 3),
        (date(2026, 11, 2), date(2026, 11, 30), 21),
    ],
)
def test_a_pace_counts_working_days_and_today(first: date, last: date, days: int) -> None:
    assert working_days(first, last) == days


def _part(done: int, done_today: int, goal: int = 14) -> Fraction | None:
    return part_of_today(
        goal=Fraction(goal),
        done=Fraction(done),
        done_today=Fraction(done_today),
        today=THURSDAY,
        last=SUNDAY,
    )


def test_the_part_of_today_does_not_shrink_while_the_day_goes_well() -> None:
    assert _part(8, 0) == _part(10, 2) == 3


def test_a_target_that_is_reached_asks_for_nothing_more() -> None:
    assert _part(14, 5) is None


def test_bands_hold_everybody_once() -> None:
    percents = [Fraction(p) for p in (0, 39, 40, 99, 100, 139, 140, 400)]

    bands = spread(percents)

    assert sum(band.count for band in bands) == len(percents)
    assert [band.count for band in bands if band.first in (0, 40, 90, 100, 140)] == [2, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("weeks", "says"),
    [
        ([10, 10, 10, 10, 10, 12, 12, 3], "rising"),
        ([10, 10, 10, 10, 10, 10, 10, 3], "steady"),
        ([10, 10, 10, 10, 10, 8, 8, 3], "slower"),
        ([0, 0, 0, 0, 0, 0, 0, 3], "steady"),
        ([], "steady"),
    ],
)
def test_a_direction_compares_whole_weeks_only(weeks: list[int], says: str) -> None:
    assert direction(weeks) == says
