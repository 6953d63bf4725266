from __future__ import annotations

from fractions import Fraction

from hypothesis import given

from app.engine import guidance, payout
from app.engine.document import Component
from app.engine.guidance import NextStep
from tests.engine import strategies
from tests.engine.documents import (
    EUR,
    bonus,
    component,
    component_json,
    credit,
    per_unit,
    program,
    rate,
)


def following(rule: Component, total: str | int, quota: int | None = None) -> NextStep:
    found = guidance.next_step(rule, Fraction(total), quota, EUR)
    assert found is not None
    return found


def test_three_more_contracts_unlock_a_bonus_of_sixty() -> None:
    step = following(component(bonus(("14", "60.00"))), 11)

    assert (step.kind, step.at, step.distance, step.worth_minor) == ("bonus", 14, 3, 60_00)


def test_a_marginal_unit_tier_is_worth_what_its_first_unit_pays_more() -> None:
    step = following(component(per_unit("18.00", ("10", "x1.25"))), 7)

    assert (step.kind, step.distance, step.earns_minor, step.worth_minor, step.price) == (
        "tier",
        3,
        18_00 * 2 + 22_50,
        4_50,
        Fraction("22.5"),
    )


def test_a_retroactive_tier_is_worth_its_leap() -> None:
    step = following(component(rate("0.05", ("1000", "0.06"), mode="retroactive")), 900)

    assert (step.distance, step.earns_minor, step.worth_minor) == (100, 15_00, 10_00)


def test_an_exclusive_boundary_is_reached_with_the_smallest_coin_beyond() -> None:
    rule = component(rate("0.05", ("1000", "0.06"), boundary="exclusive", mode="retroactive"))

    assert following(rule, 999).distance == Fraction("1.01")


def test_a_place_between_two_units_is_reached_with_the_next_whole_one() -> None:
    rule = component(bonus(("0.5", "60.00"), on="attainment"))

    assert following(rule, 3, quota=15).distance == 5


def test_the_quota_is_a_step_too() -> None:
    step = following(component(rate("0.05")), 80, quota=100)

    assert (step.kind, step.distance, step.earns_minor, step.worth_minor) == ("quota", 20, 1_00, 0)


def test_when_everything_is_reached_nothing_follows() -> None:
    assert guidance.next_step(component(bonus(("2", "5.00"))), 2, 2, EUR) is None


def test_the_nearest_step_comes_first() -> None:
    rule = component(per_unit("10.00", ("5", "12.00"), ("9", "15.00")))

    steps = guidance.next_steps(rule, 1, 7, EUR)

    assert [(step.kind, step.distance) for step in steps] == [
        ("tier", 4),
        ("quota", 6),
        ("tier", 8),
    ]


def test_things_that_are_counted_come_whole() -> None:
    rule = program(component_json(bonus(("2.5", "5.00")), measure={"kind": "count"})).components[0]

    assert following(rule, 0).distance == 3


def test_what_if_brings_what_the_sale_itself_would_bring() -> None:
    rule = component(per_unit("18.00", ("10", "x1.25")))

    found = guidance.what_if(rule, credit(1), 9, None, EUR)

    assert found is not None
    assert found.amount_minor == 22_50


@given(strategies.components(), strategies.totals(), strategies.quotas())
def test_what_if_answers_whatever_follows_from_one_total(
    rule: Component, total: Fraction, quota: Fraction | None
) -> None:
    answered = guidance.what_if(rule, credit(1), total, quota, EUR)

    assert (answered is not None) == rule.is_simple


@given(strategies.components(), strategies.totals(), strategies.quotas())
def test_the_way_to_a_step_earns_the_difference_of_two_payouts(
    rule: Component, total: Fraction, quota: Fraction | None
) -> None:
    for step in guidance.next_steps(rule, total, quota, EUR):
        before = payout.amount(rule, total, quota, EUR)
        after = payout.amount(rule, total + step.distance, quota, EUR)
        assert step.distance > 0
        assert step.earns_minor == after - before


def test_nothing_is_said_of_pay_that_needs_more_than_one_total() -> None:
    rule = component({"kind": "fixed", "amount": "100"})

    assert guidance.next_steps(rule, 0, 10, EUR) == []
