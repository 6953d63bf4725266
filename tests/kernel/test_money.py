from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import (
    MOST_MINOR,
    Money,
    Rounding,
    decimal_to_micros,
    exponent_of,
    micros_to_decimal,
    micros_to_minor,
    parse_money,
    round_fraction,
)


def test_currencies_have_their_own_number_of_decimals() -> None:
    assert [exponent_of(code) for code in ("EUR", "IDR", "JPY", "KWD", "PTS")] == [2, 2, 0, 3, 0]


def test_money_is_written_in_major_units() -> None:
    assert str(Money(1234, "EUR")) == "12.34 EUR"
    assert str(Money(1234, "JPY")) == "1234 JPY"
    assert str(-Money(5, "KWD")) == "-0.005 KWD"


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize("wrong", [1.0, Decimal(1), True, "1"])
def test_money_counts_whole_minor_units(wrong: object) -> None:
    with pytest.raises(TypeError):
        Money(wrong, "EUR")  # type: ignore[arg-type]  # that is the point


def test_an_amount_finer_than_a_minor_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="finer"):
        parse_money("12.345", "EUR")


def test_an_amount_the_ledger_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        parse_money("1e30", "EUR")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_money(text, "EUR")


@given(st.integers(-MOST_MINOR, MOST_MINOR), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert parse_money(str(money.decimal), currency) == money


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(5, 2), {"half_even": 2, "half_up": 3, "down": 2, "up": 3}),
        (Fraction(7, 2), {"half_even": 4, "half_up": 4, "down": 3, "up": 4}),
        (Fraction(-5, 2), {"half_even": -2, "half_up": -3, "down": -2, "up": -3}),
        (Fraction(-1, 3), {"half_even": 0, "half_up": 0, "down": 0, "up": -1}),
        (Fraction(4), {"half_even": 4, "half_up": 4, "down": 4, "up": 4}),
    ],
)
def test_each_rounding_settles_a_half_its_own_way(
    value: Fraction, expected: dict[str, int]
) -> None:
    assert {mode.value: round_fraction(value, mode) for mode in Rounding} == expected


@given(st.fractions(), st.sampled_from(list(Rounding)))
def test_rounding_moves_by_less_than_one(value: Fraction, mode: Rounding) -> None:
    assert abs(round_fraction(value, mode) - value) < 1


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_micros_are_exact_decimals(micros: int) -> None:
    assert decimal_to_micros(micros_to_decimal(micros)) == micros


def test_a_seventh_decimal_is_refused() -> None:
    with pytest.raises(ValueError, match="six decimals"):
        decimal_to_micros(Decimal("0.0000001"))


def test_micros_become_minor_units_once() -> None:
    assert micros_to_minor(20_565_620_600, "EUR") == 2_056_562
    assert micros_to_minor(1_500_000, "JPY") == 2
    assert str(micros_to_decimal(20_565_620_600)) == "20565.6206"
    assert str(micros_to_decimal(3_000_000)) == "3.00"
