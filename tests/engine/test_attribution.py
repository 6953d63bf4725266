from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.engine import attribution, payout
from app.engine.attribution import Credit
from app.engine.codes import STEPS
from app.engine.document import Component
from tests.engine import strategies
from tests.engine.documents import EUR, bonus, component, credit, per_unit, rate


def brought(rule: Component, *values: str | int, quota: int | None = None) -> list[int]:
    credited = [credit(value, nth) for nth, value in enumerate(values)]
    return [line.outcome.amount_minor for line in attribution.lines(rule, credited, quota, EUR)]


def test_each_unit_brings_its_own_price() -> None:
    assert brought(component(per_unit("18.00", ("3", "x1.25"))), 1, 1, 1, 1) == [
        1800,
        1800,
        2250,
        2250,
    ]


def test_the_sale_that_reaches_a_retroactive_tier_brings_the_leap() -> None:
    rule = component(rate("0.05", ("200", "0.10"), mode="retroactive"))

    assert brought(rule, 100, 100, 100) == [5_00, 15_00, 10_00]


def test_a_leap_is_named_in_the_explanation() -> None:
    rule = component(rate("0.05", ("200", "0.10"), mode="retroactive"))

    tree = attribution.line(rule, credit(100), 100, None, EUR).explanation

    assert [child.code for child in tree.children] == ["rate_base", "rate_more", "retroactive_jump"]
    assert [child.result.text for child in tree.children if child.result] == ["5", "5", "5"]


def test_a_return_below_a_milestone_takes_the_bonus_back() -> None:
    rule = component(bonus(("2", "60.00")))

    assert brought(rule, 1, 1, -1, 1) == [0, 60_00, -60_00, 60_00]
    lost = attribution.line(rule, credit(-1), 2, None, EUR).explanation
    assert [child.code for child in lost.children] == ["bonus_lost"]


def test_fractions_of_a_cent_are_carried_so_that_nothing_is_lost() -> None:
    assert brought(component(rate("0.005")), 1, 1, 1, 1) == [0, 1, 1, 0]


def test_an_override_line_says_whose_sale_counts_and_how_much() -> None:
    above = credit(200, level=2, share=Fraction(1, 2))

    tree = attribution.line(component(rate("0.02")), above, 0, None, EUR)

    assert tree.amount_minor == 2_00
    assert tree.explanation.children[0].code == "credit_level"
    assert tree.explanation.children[0].params["share"].text == "50"


def test_credits_count_in_the_order_they_happened_and_by_id_at_one_instant() -> None:
    later, earlier = credit(1, 2), credit(1, 1)
    twin = Credit("a0000", earlier.occurred_at, Fraction(1))

    assert attribution.in_order([later, earlier, twin]) == [twin, earlier, later]


def test_lines_can_begin_in_the_middle_of_a_period() -> None:
    rule = component(per_unit("18.00", ("3", "x1.25")))

    line = next(attribution.lines(rule, [credit(1)], None, EUR, before=2))

    assert (line.before, line.outcome.amount_minor) == (2, 2250)


@given(strategies.components(), strategies.credit_lists(), strategies.quotas(), st.randoms())
def test_lines_sum_to_the_payout_whatever_the_order_of_arrival(
    rule: Component, credited: list[Credit], quota: Fraction | None, dice: random.Random
) -> None:
    total = sum((each.counted for each in credited), Fraction(0))
    arrived = list(credited)
    dice.shuffle(arrived)

    found = list(attribution.lines(rule, arrived, quota, EUR))

    assert sum(line.outcome.amount_minor for line in found) == payout.amount(
        rule, total, quota, EUR
    )
    assert found == list(attribution.lines(rule, credited, quota, EUR))


@given(strategies.components(), strategies.credit_lists(), strategies.quotas())
def test_the_parts_of_every_line_sum_to_the_line(
    rule: Component, credited: list[Credit], quota: Fraction | None
) -> None:
    for line in attribution.lines(rule, credited, quota, EUR):
        parts = strategies.sum_of_parts(line.outcome.explanation)
        assert parts == Fraction(line.outcome.amount_minor, 100)


@given(strategies.components(), strategies.credit_lists(), strategies.quotas())
def test_every_step_carries_exactly_the_parameters_its_code_lists(
    rule: Component, credited: list[Credit], quota: Fraction | None
) -> None:
    total = sum((each.counted for each in credited), Fraction(0))
    trees = [line.outcome.explanation for line in attribution.lines(rule, credited, quota, EUR)]
    trees.append(payout.payout(rule, total, quota, EUR).explanation)

    for step in (found for tree in trees for found in strategies.codes_in(tree)):
        assert set(step.params) == set(STEPS[step.code].params)
