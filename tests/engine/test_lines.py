from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import lines
from app.engine.lines import Place

TABLE = [Place(Fraction(10), Fraction(1)), Place(Fraction(20), Fraction(3))]
NUMBERS = st.integers(-50, 50).map(lambda tenths: Fraction(tenths, 10))


@st.composite
def tables(draw: st.DrawFn) -> list[Place]:
    ats = sorted(draw(st.lists(NUMBERS, min_size=2, max_size=5)))
    return [Place(at, draw(NUMBERS)) for at in ats]


@pytest.mark.parametrize(
    ("value", "inclusive", "expected"),
    [
        (9, True, None),
        (10, True, 1),
        (10, False, None),
        (20, True, 3),
        (20, False, 1),
        (99, True, 3),
    ],
)
def test_a_step_is_reached_exactly_at_its_place_when_the_boundary_is_inclusive(
    value: int, *, inclusive: bool, expected: int | None
) -> None:
    found = lines.step_at(TABLE, Fraction(value), inclusive=inclusive)

    assert (found and found.value) == expected


def test_every_stretch_holds_what_lies_above_its_place() -> None:
    found = list(lines.stretches(TABLE, Fraction(25)))

    assert found == [(TABLE[0], 10), (TABLE[1], 5)]
    assert list(lines.stretches(TABLE, Fraction(10))) == []


def test_between_two_points_the_value_lies_on_the_straight_line() -> None:
    assert lines.read_line(TABLE, Fraction(15)).value == 2


@pytest.mark.parametrize(("rule", "expected"), [("nothing", 0), ("flat", 3), ("extend", 5)])
def test_past_an_end_the_rule_decides(rule: lines.Outside, expected: int) -> None:
    assert lines.read_line(TABLE, Fraction(30), beyond=rule).value == expected


def test_before_the_first_point_the_line_can_be_prolonged_or_stay() -> None:
    assert lines.read_line(TABLE, Fraction(5), below="extend").value == 0
    assert lines.read_line(TABLE, Fraction(5)).value == 1


def test_a_line_straight_up_is_not_prolonged() -> None:
    cliff = [Place(Fraction(1), Fraction(0)), Place(Fraction(1), Fraction(5))]

    assert lines.read_line(cliff, Fraction(1)).value == 5
    assert lines.read_line(cliff, Fraction(2), beyond="extend").value == 5


@given(tables(), NUMBERS)
def test_a_value_between_points_lies_between_theirs(table: list[Place], at: Fraction) -> None:
    found = lines.read_line(table, at)

    if found.low and found.high:
        low, high = sorted((found.low.value, found.high.value))
        assert low <= found.value <= high


@given(tables(), NUMBERS)
def test_the_stretches_of_a_value_add_up_to_its_way_above_the_first_place(
    table: list[Place], value: Fraction
) -> None:
    found = sum((part for _, part in lines.stretches(table, value)), Fraction(0))

    assert found == max(value - table[0].at, Fraction(0))
