from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.rewards.tax import Rule, rule_on, window_start, work_out

RULE = Rule(
    new_id(),
    "IT",
    "EUR",
    "earnings",
    date(2026, 1, 1),
    threshold_minor=100_000,
    ppm=200_000,
    basis="excess",
    year_starts=1,
)
LATER = replace(RULE, id=new_id(), from_on=date(2026, 7, 1), ppm=230_000)
DRAWS = replace(RULE, id=new_id(), income="draw_prize", ppm=250_000)


def withheld(rule: Rule | None, gross: int, *, earlier: int = 0, before: int = 0) -> int:
    answer = work_out(rule, Money(gross, "EUR"), earlier_minor=earlier, withheld_minor=before)
    return answer.money.minor


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), RULE),
        (date(2026, 6, 30), RULE),
        (date(2026, 7, 1), LATER),
        (date(2030, 1, 1), LATER),
    ],
)
def test_the_rule_that_began_last_is_in_force(on: date, found: Rule | None) -> None:
    rules = [LATER, RULE, DRAWS]

    assert rule_on(rules, country="IT", currency="EUR", income="earnings", on=on) == found


def test_prizes_of_draws_and_other_countries_have_rules_of_their_own() -> None:
    rules, day = [RULE, DRAWS], date(2026, 8, 1)

    assert rule_on(rules, country="IT", currency="EUR", income="draw_prize", on=day) == DRAWS
    assert rule_on(rules, country="FR", currency="EUR", income="earnings", on=day) is None
    assert rule_on(rules, country="IT", currency="USD", income="earnings", on=day) is None


@pytest.mark.parametrize(
    ("starts", "on", "first"),
    [
        (1, date(2026, 11, 22), date(2026, 1, 1)),
        (4, date(2026, 3, 31), date(2025, 4, 1)),
        (4, date(2026, 4, 1), date(2026, 4, 1)),
        (12, date(2026, 11, 30), date(2025, 12, 1)),
        (0, date(2026, 11, 22), None),
    ],
)
def test_a_year_begins_in_the_month_of_the_rule(starts: int, on: date, first: date | None) -> None:
    assert window_start(replace(RULE, year_starts=starts), on) == first


@pytest.mark.parametrize(
    ("gross", "earlier", "before", "taken"),
    [
        (50_000, 0, 0, 0),
        (100_000, 0, 0, 0),
        (100_001, 0, 0, 0),
        (100_005, 0, 0, 1),
        (50_000, 80_000, 0, 6_000),
        (50_000, 130_000, 6_000, 10_000),
        (50_000, 130_000, 99_999, 0),
        (1_000, 900_000, 0, 1_000),
    ],
)
def test_above_the_threshold_of_the_year_the_excess_is_taxed_once(
    gross: int, earlier: int, before: int, taken: int
) -> None:
    assert withheld(RULE, gross, earlier=earlier, before=before) == taken


def test_once_the_threshold_is_crossed_everything_of_the_year_may_be_taxed() -> None:
    whole = replace(RULE, basis="whole", ppm=100_000)

    assert withheld(whole, 90_000) == 0
    assert withheld(whole, 20_000, earlier=90_000) == 11_000
    assert withheld(whole, 20_000, earlier=110_000, before=11_000) == 2_000


def test_without_a_window_every_payment_stands_for_itself() -> None:
    each = replace(RULE, year_starts=0)

    assert withheld(each, 90_000, earlier=500_000, before=77) == 0
    assert withheld(each, 110_000, earlier=500_000, before=77) == 2_000


def test_no_rule_and_a_rate_of_nothing_take_nothing() -> None:
    for rule in (None, replace(RULE, ppm=0)):
        answer = work_out(rule, Money(5, "EUR"), earlier_minor=10**9, withheld_minor=0)
        assert answer.money == Money(0, "EUR")
        assert [step["code"] for step in answer.steps] == ["tax_free"]


def test_of_rupiah_whole_ones_are_withheld() -> None:
    rule = replace(RULE, country="ID", currency="IDR", threshold_minor=0, ppm=25_000)

    answer = work_out(rule, Money(10_001_00, "IDR"), earlier_minor=0, withheld_minor=0, step=100)

    assert answer.money == Money(250_00, "IDR")


def test_the_steps_say_what_was_taxed_and_how() -> None:
    answer = work_out(
        replace(RULE, ppm=212_500), Money(50_000, "EUR"), earlier_minor=80_000, withheld_minor=1_000
    )

    assert answer.steps == (
        {
            "code": "tax_on_excess",
            "params": {
                "threshold": {"amount": "1000.00", "currency": "EUR"},
                "total": {"amount": "1300.00", "currency": "EUR"},
                "base": {"amount": "300.00", "currency": "EUR"},
                "withheld_before": {"amount": "10.00", "currency": "EUR"},
                "percent": "21.25",
            },
        },
    )
    assert work_out(RULE, Money(1, "EUR"), earlier_minor=0, withheld_minor=0).steps[0]["code"] == (
        "tax_below"
    )


@given(
    payments=st.lists(st.integers(1, 10**7), min_size=1, max_size=12),
    threshold=st.integers(0, 10**7),
    ppm=st.integers(1, 1_000_000),
)
def test_in_however_many_payments_the_same_total_pays_the_same_tax(
    payments: list[int], threshold: int, ppm: int
) -> None:
    rule = replace(RULE, threshold_minor=threshold, ppm=ppm)

    earlier = taken = 0
    for gross in payments:
        taken += withheld(rule, gross, earlier=earlier, before=taken)
        earlier += gross

    assert taken == withheld(rule, sum(payments))
