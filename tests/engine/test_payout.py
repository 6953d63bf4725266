from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import payout
from app.engine.payout import Terms
from app.kernel.money import Rounding
from tests.engine import strategies
from tests.engine.documents import EUR, bonus, component, per_unit, rate


def pays(rule: dict[str, object], total: str | int, quota: str | None = None) -> int:
    goal = None if quota is None else Fraction(quota)
    return payout.payout(component(rule), Fraction(total), goal, EUR).amount_minor


def test_a_rate_pays_its_share_of_the_amount() -> None:
    assert pays(rate("0.02"), 1_035_000) == 20_700_00


def test_marginal_tiers_pay_each_stretch_at_its_own_rate() -> None:
    tiers = rate("0.06", ("3000", "0.08"), ("8000", "0.10"))

    assert pays(tiers, 9_000) == 180_00 + 400_00 + 100_00


def test_retroactive_tiers_pay_everything_at_the_rate_reached() -> None:
    tiers = rate("0.05", ("1000", "x1.20"), mode="retroactive")

    assert [pays(tiers, 999), pays(tiers, 1000)] == [49_95, 60_00]


@pytest.mark.parametrize(("boundary", "expected"), [("inclusive", 60_00), ("exclusive", 50_00)])
def test_the_boundary_setting_decides_at_exactly_the_threshold(
    boundary: str, expected: int
) -> None:
    tiers = rate("0.05", ("1000", "0.06"), mode="retroactive", boundary=boundary)

    assert pays(tiers, 1000) == expected


@pytest.mark.parametrize(
    ("rule", "paid"),
    [
        (rate("0.05", ("1", "0.10"), mode="retroactive", on="attainment"), 5_00),
        (bonus(("1", "60.00"), on="attainment"), 0),
    ],
)
def test_a_quota_of_nothing_is_never_attained(rule: dict[str, object], paid: int) -> None:
    assert pays(rule, 100, "0") == paid


def test_tiers_on_attainment_are_shares_of_the_quota() -> None:
    tiers = rate("0.05", ("1", "0.07"), on="attainment")

    assert pays(tiers, 130_000, "100000") == 5_000_00 + 2_100_00


def test_without_a_quota_tiers_on_attainment_pay_the_base() -> None:
    tiers = rate("0.05", ("1", "0.07"), on="attainment")

    assert pays(tiers, 130_000) == 6_500_00


def test_an_inclusive_unit_tier_begins_with_the_unit_that_reaches_it() -> None:
    spif = per_unit("18.00", ("10", "x1.25"), ("18", "x1.40"))

    assert [pays(spif, 9), pays(spif, 10)] == [162_00, 184_50]
    assert pays(spif, 18) == 162_00 + 8 * 22_50 + 25_20


def test_an_exclusive_unit_tier_begins_with_the_next_unit() -> None:
    spif = per_unit("18.00", ("10", "20.00"), boundary="exclusive")

    assert [pays(spif, 10), pays(spif, 11)] == [180_00, 200_00]


def test_unit_tiers_on_attainment_begin_with_the_first_whole_unit_that_reaches_them() -> None:
    spif = per_unit("10.00", ("0.5", "20.00"), on="attainment")

    assert [pays(spif, 7, "15"), pays(spif, 8, "15")] == [70_00, 90_00]


def test_retroactive_unit_tiers_pay_every_unit_at_the_new_price() -> None:
    spif = per_unit("10.00", ("3", "12.00"), mode="retroactive")

    assert [pays(spif, 2), pays(spif, 3)] == [20_00, 36_00]


def test_every_milestone_reached_pays_once() -> None:
    marks = bonus(("10", "20.00"), ("14", "60.00"))

    assert [pays(marks, n) for n in (9, 10, 14, 99)] == [0, 20_00, 80_00, 80_00]


def test_milestones_on_attainment_need_a_quota() -> None:
    marks = bonus(("1", "60.00"), on="attainment")

    assert [pays(marks, 14, "14"), pays(marks, 13, "14"), pays(marks, 14)] == [60_00, 0, 0]


def test_below_zero_the_base_price_is_taken_back() -> None:
    assert pays(rate("0.05", ("100", "0.10")), -200) == -10_00


def test_a_decelerator_may_pay_nothing_more() -> None:
    assert pays(rate("0.05", ("1000", "x0")), 5_000) == 50_00


@pytest.mark.parametrize(
    ("mode", "expected"), [("half_even", 2), ("half_up", 3), ("down", 2), ("up", 3)]
)
def test_a_fraction_of_a_cent_is_settled_once_by_the_rule_of_the_plan(
    mode: str, expected: int
) -> None:
    terms = Terms("EUR", Rounding(mode))

    outcome = payout.payout(component(rate("0.025")), 1, None, terms)

    assert outcome.amount_minor == expected
    assert outcome.explanation.children[-1].code == "rounding"


def test_a_currency_without_cents_is_paid_whole() -> None:
    outcome = payout.payout(component(rate("0.05")), 1_111, None, Terms("JPY", Rounding.HALF_EVEN))

    assert outcome.amount_minor == 56


def test_the_explanation_names_rule_tier_inputs_and_results() -> None:
    spif = component(per_unit("18.00", ("10", "x1.25")))

    tree = payout.payout(spif, 11, None, EUR).explanation.to_json()

    assert tree["result"] == {"kind": "money", "value": "207", "currency": "EUR"}
    assert [child["code"] for child in tree["children"]] == ["unit_base", "unit_band"]
    assert tree["children"][1] == {
        "code": "unit_band",
        "params": {
            "part": {"kind": "number", "value": "2"},
            "price": {"kind": "money", "value": "22.5", "currency": "EUR"},
            "from": {"kind": "number", "value": "10"},
        },
        "result": {"kind": "money", "value": "45", "currency": "EUR"},
        "rule": {"component": "main", "tier": 1},
        "children": [
            {
                "code": "price_times",
                "params": {
                    "base": {"kind": "money", "value": "18", "currency": "EUR"},
                    "multiplier": {"kind": "number", "value": "1.25"},
                },
                "result": {"kind": "money", "value": "22.5", "currency": "EUR"},
                "rule": {"component": "main", "tier": 1},
                "children": [],
            }
        ],
    }


def test_a_bonus_not_reached_says_how_far_it_is() -> None:
    tree = payout.payout(component(bonus(("14", "60.00"))), 11, None, EUR).explanation

    assert tree.children[0].code == "bonus_open"
    assert tree.children[0].params["missing"].text == "3"


def test_attainment_is_shown_where_the_plan_speaks_of_it() -> None:
    rule = component(rate("0.05", ("1", "0.07"), on="attainment"))

    with_quota = payout.payout(rule, 50, 200, EUR).explanation.children[0]
    without = payout.payout(rule, 50, None, EUR).explanation.children[0]

    assert with_quota.result is not None
    assert (with_quota.code, with_quota.result.text) == ("attainment", "25")
    assert (without.code, without.result) == ("no_quota", None)


@given(strategies.components(), strategies.totals(), strategies.quotas())
def test_the_parts_of_an_explanation_sum_to_its_result(
    rule: strategies.Component, total: Fraction, quota: Fraction | None
) -> None:
    outcome = payout.payout(rule, total, quota, EUR)

    assert strategies.sum_of_parts(outcome.explanation) == Fraction(outcome.amount_minor, 100)
    assert outcome.amount_minor == payout.amount(rule, total, quota, EUR)


@given(strategies.rising_marginal(), strategies.totals(), strategies.totals())
def test_where_prices_never_fall_below_zero_selling_more_never_pays_less(
    rule: strategies.Component, one: Fraction, other: Fraction
) -> None:
    low, high = sorted((one, other))

    assert payout.amount(rule, low, None, EUR) <= payout.amount(rule, high, None, EUR)


@given(st.integers(min_value=0, max_value=10**9))
def test_a_plain_rate_loses_no_fraction_before_the_end(micros: int) -> None:
    total = Fraction(micros, 10**6)

    paid = payout.amount(component(rate("0.07")), total, None, EUR)

    assert abs(Fraction(paid, 100) - total * Fraction("0.07")) <= Fraction(1, 200)


def test_what_needs_more_than_a_total_is_not_explained_from_one() -> None:
    with pytest.raises(TypeError):
        payout.payout(component({"kind": "fixed", "amount": "5"}), 0, None, EUR)
    with pytest.raises(TypeError):
        list(payout._parts(component({"kind": "fixed", "amount": "5"}), Fraction(0), None, EUR))
