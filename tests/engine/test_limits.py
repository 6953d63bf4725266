from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import limits
from app.engine.codes import STEPS
from app.engine.draws import Draw
from app.engine.limit_rules import Proration, RampStep
from app.engine.limits import Claim, Gate, Here, Limited
from app.engine.periods import Span
from app.engine.proration import Days
from app.kernel.money import Rounding
from tests.engine.documents import EUR, MONDAY
from tests.engine.published import answer, inputs

HERE = Here("main", EUR)
JUNE = Span(date(2026, 6, 1), date(2026, 6, 30))
RAMP = [RampStep(months=1, quota=Decimal("0.25")), RampStep(months=2, quota=Decimal("0.5"))]

amounts = st.decimals("-900", "900", places=2).map(Fraction)
amount_lists = st.lists(amounts, max_size=8)
tops = st.decimals("0", "1500", places=3).map(Fraction)


def codes(limited: Limited) -> list[str]:
    return [step.code for step in limited.steps]


def adds_up(limited: Limited, before: Fraction) -> bool:
    """Whether the steps of `limited` carry `before` to its amount, with the parameters they name."""
    changes = sum(
        Fraction(step.result.text)
        for step in limited.steps
        if STEPS[step.code].adds and step.result is not None
    )
    named = all(set(STEPS[step.code].params) <= set(step.params) for step in limited.steps)
    return named and before + changes == limited.amount


# Quotas


@pytest.mark.parametrize(
    ("period", "share"),
    [
        (JUNE, "0.25"),  # the first month
        (Span(date(2026, 7, 1), date(2026, 7, 31)), "0.5"),  # the second
        (Span(date(2026, 8, 1), date(2026, 8, 31)), "0.5"),  # the third
        (Span(date(2026, 9, 1), date(2026, 9, 30)), "1"),  # after the ramp
        (Span(date(2026, 5, 1), date(2026, 5, 31)), "0.25"),  # before joining
        # 30 days at a quarter and 62 days at a half are 38.5 of 92 days
        (Span(date(2026, 6, 1), date(2026, 8, 31)), "77/184"),
        # 31 days of August at a half and 30 of September in full are 45.5 of 61 days
        (Span(date(2026, 8, 1), date(2026, 9, 30)), "91/122"),
    ],
)
def test_a_new_colleague_has_the_quota_of_the_months_since_joining(
    period: Span, share: str
) -> None:
    assert limits.ramp_share(period, date(2026, 6, 1), RAMP) == Fraction(share)


def test_the_ramp_counts_from_the_day_of_joining() -> None:
    # From 16 June: 15 days of June at a quarter; 15 of July too, then 16 at a half.
    assert limits.ramp_share(JUNE, date(2026, 6, 16), RAMP) == Fraction("0.25")
    july = Span(date(2026, 7, 1), date(2026, 7, 31))
    assert limits.ramp_share(july, date(2026, 6, 16), RAMP) == Fraction(47, 124)


def test_a_ramped_quota_says_why_it_is_smaller() -> None:
    ramped = limits.ramped(Fraction(4000), Fraction("0.25"), HERE)

    assert ramped.amount == 1000
    assert codes(ramped) == ["ramp"]
    assert limits.ramped(Fraction(4000), Fraction(1), HERE) == Limited(Fraction(4000))


def test_a_prorated_quota_says_which_days_count() -> None:
    ten_of_thirty = Days(Fraction(10), Fraction(30))
    rule = Proration(of="quota")

    prorated = limits.prorated_quota(Fraction(21), ten_of_thirty, rule, HERE)

    assert prorated.amount == 7
    assert codes(prorated) == ["prorated_quota"]
    whole = Days(Fraction(30), Fraction(30))
    assert limits.prorated_quota(Fraction(21), whole, rule, HERE) == Limited(Fraction(21))


@pytest.mark.shared_data
def test_published_quotas_of_late_starters() -> None:
    goal, quota = inputs("prorate-goal-masters-21"), inputs("prorate-quota-masters")
    days = Fraction(goal["days_in_month"] - goal["start_day"] + 1), Fraction(goal["days_in_month"])
    left = Fraction(quota["days_left"]), Fraction(quota["year_days"])
    whole = Proration(of="quota", round_to=Decimal(1), mode=Rounding.DOWN)
    thousands = Proration(of="quota", round_to=Decimal(10_000))

    found = [
        limits.prorated_quota(Fraction(goal["monthly_goal"]), Days(*days), whole, HERE),
        limits.prorated_quota(Fraction(quota["annual_quota"]), Days(*left), thousands, HERE),
    ]

    assert found[0].amount == Fraction(answer("prorate-goal-masters-21", "goal"))
    assert found[1].amount == Fraction(answer("prorate-quota-masters", "quota_rounded"))


# Whether it pays


def test_open_gates_let_the_amount_through() -> None:
    gates = [Gate("Training passed", met=True), Gate("Present 20 days", met=True)]

    limited = limits.gated(Fraction(100), gates, HERE)

    assert limited.amount == 100
    assert codes(limited) == ["gate_met", "gate_met"]


def test_one_closed_gate_is_enough_and_is_named() -> None:
    gates = [Gate("Training", met=True), Gate("Present", met=False), Gate("Other", met=True)]

    limited = limits.gated(Fraction(100), gates, HERE)

    assert limited.amount == 0
    assert codes(limited) == ["gate_met", "gate_closed"]
    assert limited.steps[1].params["gate"].text == "Present"
    assert adds_up(limited, Fraction(100))


def test_a_closed_gate_does_not_forgive_what_comes_back() -> None:
    assert limits.gated(Fraction(-30), [Gate("Training", met=False)], HERE).amount == -30


@pytest.mark.parametrize(
    ("measured", "cliff", "counts"),
    [
        ("99.99", True, None),
        ("100", True, "100"),
        ("130", True, "130"),
        ("99.99", False, None),
        ("100", False, "0"),
        ("130", False, "30"),
    ],
)
def test_a_threshold_pays_from_nothing_or_only_above(
    measured: str, *, cliff: bool, counts: str | None
) -> None:
    found = limits.past_threshold(Fraction(measured), Fraction(100), cliff=cliff)

    assert found == (None if counts is None else Fraction(counts))


def test_a_threshold_that_is_not_reached_keeps_what_is_owed_and_nothing_else() -> None:
    owed = limits.below_threshold(Fraction(-30), HERE, measured=EUR.money(-600), at=EUR.money(100))
    earned = limits.below_threshold(Fraction(5), HERE, measured=EUR.money(-600), at=EUR.money(100))

    assert owed.amount == -30
    assert earned.amount == 0
    assert adds_up(owed, Fraction(-30))
    assert adds_up(earned, Fraction(5))


# How much


def test_pay_for_part_of_a_period() -> None:
    limited = limits.prorated_pay(
        Fraction(10_000), Days(Fraction(122), Fraction(365)), "actual/actual", HERE
    )

    assert EUR.minor(limited.amount) == 334_247
    assert codes(limited) == ["prorated_pay"]


def test_a_floor_fills_up_and_says_by_how_much() -> None:
    limited = limits.floored(Fraction(20), Fraction(50), HERE)

    assert limited.amount == 50
    assert adds_up(limited, Fraction(20))
    assert limits.floored(Fraction(60), Fraction(50), HERE) == Limited(Fraction(60))


def test_a_cap_takes_off_what_lies_above() -> None:
    limited = limits.capped(Fraction(180), Fraction(150), HERE)

    assert limited.amount == 150
    assert codes(limited) == ["cap_period"]
    assert adds_up(limited, Fraction(180))


def test_a_cap_finer_than_a_coin_is_taken_down_to_the_coin() -> None:
    assert limits.capped(Fraction(180), Fraction("99.999"), HERE).amount == Fraction("99.99")


def test_a_cap_to_date_leaves_what_is_left() -> None:
    limited = limits.capped(Fraction(80), Fraction(150), HERE, per="person", before=Fraction(120))

    assert limited.amount == 30
    assert codes(limited) == ["cap_person"]


@given(amount_lists, tops)
def test_a_cap_holds_at_every_prefix_and_gives_all_that_fits(
    asked: list[Fraction], most: Fraction
) -> None:
    before, given_ = Fraction(0), Fraction(0)
    for each in asked:
        limited = limits.capped(each, most, HERE, per="person", before=before)
        assert adds_up(limited, each)
        before, given_ = before + each, given_ + limited.amount
        assert given_ == min(before, HERE.coins(most))


@given(amounts, amounts.map(abs), tops, st.sampled_from([limits.floored, limits.capped]))
def test_earning_more_never_gives_less(
    amount: Fraction, more: Fraction, bound: Fraction, limit: Callable[..., Limited]
) -> None:
    assert limit(amount, bound, HERE).amount <= limit(amount + more, bound, HERE).amount


def test_a_draw_tells_what_is_advanced_recovered_and_left() -> None:
    draw = Draw(Fraction(2000))

    first, low = limits.under_draw(Fraction(1500), draw, Fraction(0), HERE)
    _, high = limits.under_draw(Fraction(2375), draw, first.owed, HERE)

    assert codes(low) == ["draw_advanced", "draw_balance"]
    assert codes(high) == ["draw_recovered", "draw_balance"]
    assert low.amount == high.amount == 2000
    assert adds_up(low, Fraction(1500))
    assert adds_up(high, Fraction(2375))


@pytest.mark.parametrize(("earned", "told"), [(2000, []), (2750, ["draw_excess"])])
def test_where_nothing_is_owed_no_balance_of_the_draw_is_told(earned: int, told: list[str]) -> None:
    _, limited = limits.under_draw(Fraction(earned), Draw(Fraction(2000)), Fraction(0), HERE)

    assert codes(limited) == told


def test_a_draw_that_is_forgiven_has_no_balance() -> None:
    _, limited = limits.under_draw(
        Fraction(1500), Draw(Fraction(2000), recoverable=False), Fraction(0), HERE
    )

    assert codes(limited) == ["draw_advanced"]


def test_a_guarantee_holds_for_its_months() -> None:
    limited = limits.with_guarantee(Fraction(300), Fraction(1000), HERE)
    joined = date(2026, 4, 1)

    assert limited.amount == 1000
    assert adds_up(limited, Fraction(300))
    assert limits.within_months(joined, 3, JUNE)
    assert not limits.within_months(joined, 2, JUNE)
    assert limits.within_months(joined, None, JUNE)


# One pot for many


def claims(*minor: int) -> list[Claim]:
    return [
        Claim(f"p{nth}", MONDAY + timedelta(minutes=nth), f"a{nth}", each)
        for nth, each in enumerate(minor)
    ]


def test_who_comes_first_is_paid_first() -> None:
    found = limits.first_come(reversed(claims(60, 50, 10)), 100)

    assert [(claim.owner, part) for claim, part in found] == [("p0", 60), ("p1", 40), ("p2", 0)]


def test_at_the_same_instant_the_id_decides() -> None:
    late, early = Claim("x", MONDAY, "b", 80), Claim("y", MONDAY, "a", 80)

    assert limits.first_come([late, early], 100) == [(early, 80), (late, 20)]


def test_a_return_makes_room_only_below_the_pot() -> None:
    parts = [part for _, part in limits.first_come(claims(90, 40, -20, -20, 30), 100)]

    assert parts == [90, 10, 0, -10, 10]


pots = st.lists(st.integers(-500, 900), max_size=9)


@given(pots, st.integers(0, 2000), st.randoms())
def test_a_pot_holds_at_every_prefix_whatever_order_claims_arrive_in(
    asked: list[int], most: int, chance: Random
) -> None:
    shuffled = claims(*asked)
    chance.shuffle(shuffled)

    found = limits.first_come(shuffled, most)

    assert found == limits.first_come(claims(*asked), most)
    for index in range(len(found) + 1):
        assert sum(part for _, part in found[:index]) == min(sum(asked[:index]), most)


def test_a_budget_that_is_not_enough_is_shared() -> None:
    assert limits.scaled_down([100, 200, 300], 400) == [67, 133, 200]
    assert limits.scaled_down([100, 200, 300], 600) == [100, 200, 300]
    assert limits.scaled_down([100, -50, 300], 200) == [63, -50, 187]


@given(pots, st.integers(0, 3000))
def test_a_shared_budget_is_never_exceeded_and_nobody_gets_more_than_claimed(
    asked: list[int], most: int
) -> None:
    parts = limits.scaled_down(asked, most)

    assert sum(parts) == min(sum(asked), most)
    assert all(part <= each for part, each in zip(parts, asked, strict=True))
