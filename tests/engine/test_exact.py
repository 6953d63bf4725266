from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import exact
from app.engine.steps import Rule, Step, money, step_from_json


@pytest.mark.parametrize("value", ["0.05", "-3", "007", 12, Decimal("1.50")])
def test_plain_numbers_are_read(value: Any) -> None:
    assert exact.read_number(value) == Decimal(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1.",
        ".5",
        "1e3",
        " 1",
        "1_0",
        "NaN",
        "٣",
        "1" * 16,
        "0.1234567",
        0.5,
        True,
        None,
        [],
        "1\n",
    ],
)
def test_anything_else_is_no_number(value: Any) -> None:
    with pytest.raises(ValueError, match="Write"):
        exact.read_number(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1, 8), "0.125"),
        (Fraction(-9, 2), "-4.5"),
        (Fraction(100), "100"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(-1, 30), "-0.033333"),
        (Decimal("18.00"), "18"),
    ],
)
def test_numbers_are_written_plainly(value: Fraction, shown: str) -> None:
    assert exact.decimal_text(value) == shown


@given(st.decimals("-99999999", "99999999", places=6))
def test_a_decimal_survives_being_written(value: Decimal) -> None:
    assert Decimal(exact.decimal_text(value)) == value


def test_an_explanation_survives_being_stored() -> None:
    leaf = Step("no_quota", {}, None, Rule("main"))
    tree = Step("payout", {"measured": money(5, "EUR")}, money(1, "EUR"), Rule("main", 2), (leaf,))

    assert step_from_json(tree.to_json()) == tree
