from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import curve, english, payouts
from app.engine.codes import STEPS
from app.engine.document import Component
from app.engine.exact import decimal_text
from app.engine.limits import Limited
from app.engine.steps import Rule, Step
from tests.engine import strategies
from tests.engine.documents import component, component_json, per_unit, program, rate
from tests.engine.scopes import Table, grouped, together

AMOUNT = {"kind": "sum", "of": "amount"}
CURVE = {"kind": "curve", "points": [{"at": "0.8", "pays": "500"}, {"at": "1", "pays": "1000"}]}
MATRIX = {
    "kind": "matrix",
    "rows": {"value": {"measure": True}, "from": ["0", "100"]},
    "columns": {"value": {"figure": "calls"}, "from": ["5", "10"]},
    "cells": [["0.01", "0.02"], ["0.03", "0.04"]],
}


def rule(payout: dict[str, Any]) -> Component:
    return component(payout, measure=AMOUNT, figures={"calls": {"kind": "count"}})


def in_group(payout: dict[str, Any], name: str) -> Component:
    groups = {name: {"people": ["ann", "bob", "cy"]}}
    return program(component_json(payout), groups=groups).components[0]


def paid(payout: dict[str, Any], measured: str | int, **known: Any) -> Limited:
    figures = {"measure": measured, "calls": known.pop("calls", 0)}
    scope = Table(figures=figures, component=rule(payout), **known)
    return payouts.pay(scope, Fraction(measured))


def said(found: Limited) -> list[str]:
    return [line for step in found.steps for line in english.explain(step)]


def test_a_fixed_amount_does_not_ask_for_the_measure() -> None:
    found = paid({"kind": "fixed", "amount": "7000"}, 0)

    assert (found.amount, said(found)) == (7000, ["A fixed amount: 7,000.00 EUR"])


def test_a_formula_pays_its_value_with_its_named_parts() -> None:
    found = paid({"kind": "formula", "value": {"multiply": [{"measure": True}, "0.1"]}}, 250)

    assert found.amount == 25
    assert said(found) == ["measure x 0.1 = 25.00 EUR", "  measure is 250.00 EUR"]


@pytest.mark.parametrize(
    ("attained", "changes", "expected"),
    [
        (70, {}, 0),
        (80, {}, 500),
        (90, {}, 750),
        (120, {}, 1000),
        (120, {"beyond": "extend"}, 1500),
        (70, {"below": "flat"}, 500),
        (60, {"below": "extend"}, 0),
    ],
)
def test_a_payout_curve_is_straight_between_its_points(
    attained: int, changes: dict[str, str], expected: int
) -> None:
    assert paid(CURVE | changes, attained, target=100).amount == expected


def test_a_curve_can_hold_shares_of_a_target_and_says_between_which_points() -> None:
    points = [{"at": "0.8", "pays": "0.5"}, {"at": "1", "pays": "1"}]
    shares = {"kind": "curve", "points": points, "pays": "share_of_target", "target": "9000"}

    found = paid(shares, 90, target=100)

    assert found.amount == 6750
    assert said(found) == [
        "90.00 EUR of a quota of 100.00 EUR is 90%",
        "90% pays 75% of the target of 9,000.00 EUR: 6,750.00 EUR",
        "  Between 80% (50%) and 100% (100%) on a straight line: 75%",
    ]


def test_a_curve_can_hold_rates_of_the_measure() -> None:
    points = [{"at": "0", "pays": "0"}, {"at": "1000", "pays": "0.1"}]

    found = paid({"kind": "curve", "on": "measure", "points": points, "pays": "rate"}, 500)

    assert found.amount == 25
    assert said(found)[0] == "500.00 EUR pays 5% of 500.00 EUR: 25.00 EUR"


def test_without_a_quota_a_curve_on_attainment_pays_nothing_and_says_why() -> None:
    found = paid(CURVE, 90)

    assert (found.amount, [step.code for step in found.steps]) == (0, ["no_quota"])


@pytest.mark.parametrize(
    ("measured", "calls", "pays", "expected"),
    [
        (50, 5, "amount", "0.01"),
        (100, 10, "amount", "0.04"),
        (99, 10, "amount", "0.02"),
        (50, 4, "amount", "0"),
        (200, 9, "rate", "6"),
    ],
)
def test_a_matrix_pays_the_cell_where_two_values_meet(
    measured: int, calls: int, pays: str, expected: str
) -> None:
    found = paid(MATRIX | {"pays": pays}, measured, calls=calls)

    assert found.amount == Fraction(expected)


def test_the_boundary_setting_of_a_matrix_decides_at_exactly_a_place() -> None:
    matrix = MATRIX | {"boundary": "exclusive"}

    assert paid(matrix, 100, calls=10).amount == Fraction("0.01")


def test_a_cell_can_multiply_a_target() -> None:
    matrix = MATRIX | {"pays": "multiplier", "target": "1000"}

    assert paid(matrix, 50, calls=5).amount == 10


def test_tickets_come_whole_and_never_below_none() -> None:
    tickets = program(
        component_json({"kind": "tickets", "for_each": "100"}, measure=AMOUNT), currency="PTS"
    ).components[0]

    found = [payouts.pay(Table(component=tickets), Fraction(each)) for each in (99, 250, -150)]

    assert [each.amount for each in found] == [0, 2, 0]


def test_an_award_is_named_and_is_no_money() -> None:
    award = {"kind": "award", "award": "A week in Bali", "at": "2", "on": "attainment"}

    assert said(paid(award, 250, target=100))[1:] == ["200% reached, you get: A week in Bali"]
    assert said(paid(award, 150, target=100))[1:] == ["50.00 EUR to go to 200% for: A week in Bali"]
    assert [step.code for step in paid(award, 250).steps] == ["no_quota"]
    assert paid(award, 250, target=100).amount == 0


def test_an_award_at_a_number_needs_no_quota() -> None:
    award = {"kind": "award", "award": "Badge", "at": "200"}

    assert said(paid(award, 200)) == ["200.00 EUR reached, you get: Badge"]


def test_a_computed_rate_pays_with_its_tiers() -> None:
    tiers = rate("0", ("100", "x2"))["tiers"]
    computed = {"kind": "rate", "rate": {"person": "rate"}, "tiers": tiers}

    found = paid(computed, 300, attributes={"rate": "0.05"})

    assert found.amount == 5 + 20
    assert said(found) == [
        "rate of this person is 0.05",
        "Base rate 5% of 100.00 EUR: 5.00 EUR",
        "From 100.00 EUR, 10% of 200.00 EUR: 20.00 EUR",
        "  5% x 2 = 10%",
    ]


@pytest.mark.parametrize(
    ("stated", "expected"), [("0.02", 2), ("0.09", 5), ("0.001", 1), (None, 3)]
)
def test_a_mandate_rate_stays_within_the_limits_of_the_plan(
    stated: str | None, expected: int
) -> None:
    payout = {
        "kind": "rate",
        "rate": {"mandate": True, "default": "0.03"},
        "within": {"min": "0.01", "max": "0.05"},
    }

    found = paid(payout, 100, mandate=None if stated is None else Fraction(stated))

    assert found.amount == expected


def test_a_mandate_amount_for_each_unit_may_be_without_limits() -> None:
    payout = {"kind": "per_unit", "amount": {"mandate": True}}
    scope = Table(component=component(payout), mandate=Fraction(7))

    found = payouts.pay(scope, Fraction(3))

    assert found.amount == 21
    assert said(found)[0] == "Your agent set 7.00 EUR, so 7.00 EUR holds"


def test_factors_multiply_one_after_the_other_and_their_changes_add_up() -> None:
    factors = [{"if": {"value": {"figure": "calls"}, "is": "ge", "than": "5"}, "then": "1.5"}, "2"]
    scope = Table(figures={"calls": 5}, component=rule(rate("0.05") | {"times": factors}))

    found = payouts.times(scope, Fraction(100))

    assert found.amount == 300
    assert [step.result and step.result.text for step in found.steps] == ["50", "150"]
    assert payouts.times(Table(component=rule(rate("0.05"))), Fraction(5)) == Limited(Fraction(5))


def pool(scores: Mapping[str, int | str], **payout: Any) -> dict[str, Fraction]:
    shared = in_group({"kind": "pool"} | payout, "north")
    scopes = grouped(together(scores, component=shared), "north", "ann")
    return {payee: found.amount for payee, found in payouts.pay_all(scopes).items()}


def test_a_pool_is_shared_in_proportion_to_the_last_cent() -> None:
    found = pool({"ann": 1, "bob": 1, "cy": 1, "di": -2}, amount="100")

    assert found == {
        "ann": Fraction("33.34"),
        "bob": Fraction("33.33"),
        "cy": Fraction("33.33"),
        "di": 0,
    }


def test_a_pool_can_be_shared_equally_by_all_above_nothing() -> None:
    assert pool({"ann": 9, "bob": 1, "cy": 0}, amount="100", by="equal") == {
        "ann": 50,
        "bob": 50,
        "cy": 0,
    }


def test_places_are_shares_of_the_pool_and_who_ties_shares_theirs() -> None:
    found = pool({"ann": 5, "bob": 9, "cy": 5}, amount="100", by="rank", places=["0.5", "0.3"])

    assert found == {"ann": 15, "bob": 50, "cy": 15}


def test_a_place_is_told_as_shared_only_where_somebody_shares_it() -> None:
    rule = component({"kind": "pool", "amount": "100", "by": "rank", "places": ["0.5", "0.3"]})

    found = payouts.pay_all(together({"ann": 5, "bob": 9, "cy": 5}, component=rule))

    assert {payee: each.steps[0].code for payee, each in found.items()} == {
        "ann": "pool_rank_tied",
        "bob": "pool_rank",
        "cy": "pool_rank_tied",
    }


def test_places_without_an_amount_are_prizes() -> None:
    found = pool({"ann": 5, "bob": 5, "cy": 5}, by="rank", places=["25", "15", "8"])

    assert found == {"ann": 16, "bob": 16, "cy": 16}


def test_a_pool_can_be_for_a_group_alone() -> None:
    assert pool({"ann": 1, "bob": 9}, amount="100", among="north") == {"ann": 100, "bob": 0}


def test_each_share_of_a_pool_is_explained() -> None:
    scopes = together({"ann": 3, "bob": 1}, component=component({"kind": "pool", "amount": "80"}))

    found = payouts.pay_all(scopes)

    assert said(found["ann"]) == [
        "Your 3 of 4, as a share of 80.00 EUR: 60.00 EUR",
        "  measure is 3",
    ]


def team(scores: dict[str, int], **changes: Any) -> dict[str, Limited]:
    when = {"value": {"measure": True}, "is": "ge", "than": "10"}
    bonus = {"kind": "group_bonus", "group": "team", "amount": "100", "when": when} | changes
    scopes = together(scores, component=in_group(bonus, "team"))
    return payouts.pay_all(grouped(scopes, "team", "ann", "bob", "cy"))


def test_a_group_bonus_pays_each_member_when_all_have_reached_it() -> None:
    found = team({"ann": 10, "bob": 11, "cy": 12, "di": 99})

    assert [each.amount for each in found.values()] == [100, 100, 100, 0]


def test_a_group_bonus_can_be_shared() -> None:
    found = team({"ann": 10, "bob": 11, "cy": 12}, shared=True)

    assert [each.amount for each in found.values()] == [
        Fraction("33.34"),
        Fraction("33.33"),
        Fraction("33.33"),
    ]


def test_one_member_who_has_not_reached_it_keeps_the_bonus_from_all() -> None:
    found = team({"ann": 10, "bob": 9, "cy": 12}, shared=True)

    assert [each.amount for each in found.values()] == [0, 0, 0]
    assert said(found["ann"]) == ["2 of 3 of team have reached it (measure ≥ 10): 0.00 EUR"]


def test_nobody_shares_nothing() -> None:
    assert payouts.pay_all({}) == {}


def test_a_payout_for_each_alone_is_no_pool() -> None:
    with pytest.raises(TypeError):
        payouts.pay_all(together({"ann": 1}, component=component(per_unit("1"))))


def test_one_payee_alone_gets_all_of_a_pool() -> None:
    shared = component({"kind": "pool", "amount": "100"})

    assert payouts.pay(Table(figures={"measure": 1}, component=shared), Fraction(1)).amount == 100


@given(strategies.components(), strategies.totals(), strategies.quotas())
def test_the_fast_path_and_the_long_one_pay_the_same(
    simple: Component, total: Fraction, quota: Fraction | None
) -> None:
    scope = Table(figures={"measure": total}, target=quota, component=simple)

    found = payouts.pay(scope, total)

    assert found.amount == curve.pays(simple, total, quota)
    root = Step("payout", {}, None, Rule("main"), found.steps)
    assert strategies.sum_of_parts(root) == found.amount


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(-3, 9), max_size=6),
    st.sampled_from(["pro_rata", "equal", "rank"]),
    st.decimals("0", "999", places=3).map(str),
)
def test_the_shares_of_a_pool_sum_to_it_and_each_step_has_its_words(
    scores: dict[str, int], by: str, amount: str
) -> None:
    places = {"places": ["1"]} if by == "rank" else {}
    shared = component({"kind": "pool", "amount": amount, "by": by} | places)

    found = payouts.pay_all(together(scores, component=shared))

    takes_part = any(score > 0 or (by == "rank" and score) for score in scores.values())
    minor = round(Fraction(amount) * 100) if takes_part else 0
    assert sum(each.amount for each in found.values()) == Fraction(minor, 100)
    for step in (
        each for part in found.values() for top in part.steps for each in strategies.codes_in(top)
    ):
        assert set(step.params) == set(STEPS[step.code].params)


@given(st.decimals("0", "2", places=3), st.decimals("0", "2", places=3))
def test_a_curve_through_rising_points_never_pays_less_for_more(one: Any, two: Any) -> None:
    low, high = (paid(CURVE, str(each), target=1).amount for each in sorted((one, two)))

    assert low <= high


_curves = st.builds(
    lambda points, on, pays, target, below, beyond: (
        {
            "kind": "curve",
            "points": [{"at": str(at), "pays": str(value)} for at, value in sorted(points.items())],
            "on": on,
            "pays": pays,
            "below": below,
            "beyond": beyond,
        }
        | ({} if target is None else {"target": target})
    ),
    st.dictionaries(st.integers(0, 5), st.integers(-2, 9), min_size=2, max_size=4),
    st.sampled_from(["measure", "attainment"]),
    st.sampled_from(["amount", "share_of_target", "rate"]),
    st.sampled_from(["0", "700"]),
    st.sampled_from(["nothing", "flat", "extend"]),
    st.sampled_from(["flat", "extend"]),
)


@given(_curves, strategies.totals(), strategies.quotas())
def test_a_payout_curve_pays_the_same_on_the_short_way_and_its_steps_sum_to_it(
    payout: dict[str, Any], total: Fraction, quota: Fraction | None
) -> None:
    scope = Table(figures={"measure": total}, target=quota, component=rule(payout))

    found = payouts.pay(scope, total)

    assert curve.follows(scope.component)
    assert found.amount == curve.pays(scope.component, total, quota)
    money = [step.result for step in found.steps if STEPS[step.code].adds]
    assert [result and result.text for result in money] in ([decimal_text(found.amount)], [])


def test_what_asks_for_more_than_a_total_does_not_follow_from_one() -> None:
    shares = CURVE | {"pays": "share_of_target", "target": {"person": "target"}}

    assert not curve.follows(rule(shares))
    assert not curve.follows(rule(rate("0.05") | {"times": ["2"]}))
    with pytest.raises(TypeError):
        curve.pays(rule(shares), Fraction(1), None)
