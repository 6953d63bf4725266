from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.draws import Draw, Drawn, drawn, guaranteed
from tests.engine.published import answer, inputs

amounts = st.decimals("-500", "5000", places=2).map(Fraction)
draws = st.builds(
    Draw,
    st.decimals("0", "3000", places=2).map(Fraction),
    st.booleans(),
    st.none() | st.decimals("0", "4000", places=2).map(Fraction),
)


def months(earned: list[Fraction], draw: Draw) -> list[Drawn]:
    """Return each month, carrying over what is owed."""
    found: list[Drawn] = []
    for each in earned:
        found.append(drawn(each, draw, found[-1].owed if found else Fraction(0)))
    return found


@pytest.mark.shared_data
def test_six_published_months_of_a_recoverable_draw() -> None:
    given_ = inputs("draw-oracle-siebel")

    found = months([Fraction(each) for each in given_["gross_earnings"]], Draw(Fraction(2000)))

    assert [str(each.net) for each in found] == answer("draw-oracle-siebel", "net_earnings")
    assert [str(each.balance) for each in found] == answer("draw-oracle-siebel", "draw_balance")


@pytest.mark.shared_data
def test_a_published_advance_is_worked_off_once_it_is_no_longer_paid() -> None:
    given_ = inputs("advance-aag")
    start = drawn(Fraction(0), Draw(Fraction(given_["advance"])))
    owed, left = start.owed, []
    for _ in range(given_["payments"]):
        month = drawn(Fraction(given_["earned_per_payment"]), Draw(Fraction(0)), owed)
        owed = month.owed
        left.append(str(owed))

    assert start.net == given_["advance"]
    assert left == answer("advance-aag", "advance_balance")


def test_what_is_earned_below_the_draw_is_topped_up_and_owed() -> None:
    month = drawn(Fraction(1500), Draw(Fraction(2000)))

    assert month == Drawn(Fraction(2000), Fraction(500), Fraction(0), Fraction(-500))
    assert month.owed == 500


def test_a_limit_of_the_balance_ends_the_advance() -> None:
    month = drawn(Fraction(1500), Draw(Fraction(2000), limit=Fraction(700)), Fraction(400))

    assert month == Drawn(Fraction(1800), Fraction(300), Fraction(0), Fraction(-700))


def test_a_draw_that_is_not_recoverable_is_forgiven() -> None:
    draw = Draw(Fraction(2000), recoverable=False)

    low, high = months([Fraction(1500), Fraction(3000)], draw)

    assert [low.net, low.owed] == [2000, 0]
    assert [high.net, high.balance] == [3000, 1000]


@given(st.lists(amounts, max_size=8), draws)
def test_what_is_paid_ahead_is_what_is_owed_plus_what_came_back(
    earned: list[Fraction], draw: Draw
) -> None:
    found = months(earned, draw)

    assert all(
        each.net == gross + each.advanced - each.recovered
        for each, gross in zip(found, earned, strict=True)
    )
    if draw.recoverable and found:
        paid = sum(each.net for each in found)
        assert paid - sum(earned) == found[-1].owed


@given(st.lists(amounts, max_size=8), draws)
def test_nobody_owes_more_than_the_limit(earned: list[Fraction], draw: Draw) -> None:
    owed = [each.owed for each in months(earned, draw)]

    assert draw.limit is None or all(each <= draw.limit for each in owed)


@given(amounts, draws, amounts.map(abs))
def test_earning_more_never_pays_less(earned: Fraction, draw: Draw, more: Fraction) -> None:
    assert drawn(earned, draw, Fraction(100)).net <= drawn(earned + more, draw, Fraction(100)).net


def test_a_guarantee_fills_up_to_the_minimum() -> None:
    assert guaranteed(Fraction(300), Fraction(1000)) == 700
    assert guaranteed(Fraction(1300), Fraction(1000)) == 0
