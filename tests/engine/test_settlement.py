"""Settling: the order of steps and components, windows, periods to date, caps, draws and budgets."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import evaluate, facts_reading, settlement
from app.engine.document import Program
from app.engine.memory import book_of
from app.engine.settlement import Earning
from tests.engine.documents import component_json, per_unit, program, rate
from tests.engine.strategies import sum_of_parts

FIVE = rate("0.05")


def sold(nth: int, amount: str, person: str = "ann", month: int = 11, **more: Any) -> Any:
    at = f"2026-{month:02}-10T10:{nth:02}:00Z"
    return {"id": f"s{nth:02}", "occurred_at": at, "person": person, "amount": amount} | more


def earned(plan: Program, *activities: Any, **more: Any) -> list[Earning]:
    stated = facts_reading.read({"activities": [*activities], **more}, plan)
    return evaluate.evaluate(plan, stated)


def minors(plan: Program, *activities: Any, **more: Any) -> dict[tuple[str, str, str], int]:
    return {
        (each.component, each.payee, each.period): each.outcome.amount_minor
        for each in earned(plan, *activities, **more)
    }


def single(*activities: Any, more: Any = None, top: Any = None, **changes: Any) -> dict[str, int]:
    """Return what one component pays ann, by period."""
    payout = changes.pop("payout", FIVE)
    plan = program(component_json(payout) | changes, **(top or {}))
    found = minors(plan, *activities, **(more or {}))
    return {period: minor for (_, payee, period), minor in found.items() if payee == "ann"}


def test_a_component_may_use_what_a_later_one_pays() -> None:
    first = component_json({"kind": "formula", "value": {"component": "later"}}, id="first")
    later = component_json(FIVE, id="later")

    found = minors(program(first, later), sold(1, "100"))

    assert list(found.values()) == [5_00, 5_00]


def test_a_longer_period_uses_the_sum_of_the_shorter_ones_within() -> None:
    yearly = component_json(
        {"kind": "formula", "value": {"component": "monthly"}}, id="yearly", period={"kind": "year"}
    )
    plan = program(yearly, component_json(FIVE, id="monthly"))

    found = minors(plan, sold(1, "100", month=10), sold(2, "200"))

    assert found["yearly", "ann", "2026"] == 15_00


def test_a_shorter_period_uses_the_longer_one_around_its_end() -> None:
    monthly = component_json({"kind": "formula", "value": {"component": "yearly"}}, id="monthly")
    plan = program(monthly, component_json(FIVE, id="yearly", period={"kind": "year"}))

    assert minors(plan, sold(1, "100"))["monthly", "ann", "2026-11"] == 5_00


def test_components_of_single_activities_meet_at_the_activity() -> None:
    alone = {"period": {"kind": "activity"}}
    twice = {"kind": "formula", "value": {"multiply": ["2", {"component": "base"}]}}
    plan = program(
        component_json(twice, id="twice") | alone, component_json(FIVE, id="base") | alone
    )

    found = minors(plan, sold(1, "100"), sold(2, "300"))

    assert found["twice", "ann", "s01"] == 10_00
    assert found["twice", "ann", "s02"] == 30_00


def test_an_activity_that_another_component_does_not_count_brings_nothing_of_its_day() -> None:
    alone = {"period": {"kind": "activity"}}
    gas = {"field": "product", "op": "eq", "value": "Gas"}
    same = {"kind": "formula", "value": {"component": "base"}}
    plan = program(
        component_json(same, id="same") | alone,
        component_json(FIVE, id="base", counts=gas) | alone,
    )

    found = minors(plan, sold(1, "100", product="Gas"), sold(2, "300", product="Power"))

    assert (found["same", "ann", "s01"], found["same", "ann", "s02"]) == (5_00, 0)


@pytest.mark.parametrize(
    ("threshold", "pays"),
    [
        ({"at": "1000"}, -25_00),
        ({"at": "1000", "cliff": False}, -25_00),
        ({"at": "0.8", "on": "attainment"}, 0),  # there is no quota to owe anything under
    ],
)
def test_a_total_below_zero_is_owed_though_a_threshold_is_not_reached(
    threshold: Any, pays: int
) -> None:
    plan = program(component_json(FIVE, limits={"threshold": threshold, "floor": "10"}))

    assert minors(plan, sold(1, "300"), sold(2, "-800")).get(("main", "ann", "2026-11"), 0) == pays


@pytest.mark.parametrize(
    "closed",
    [
        {"threshold": {"at": "9000"}},
        {"gates": [{"value": {"measure": True}, "is": "ge", "than": "9000"}]},
    ],
)
def test_a_cap_of_each_activity_takes_nothing_of_what_is_not_paid(closed: Any) -> None:
    cap = {"caps": [{"amount": "4", "per": "activity"}]}
    plan = program(component_json(FIVE, limits=closed | cap))

    assert minors(plan, sold(1, "300"), sold(2, "500"))["main", "ann", "2026-11"] == 0


def test_a_cap_of_each_activity_holds_of_what_proration_leaves() -> None:
    rules = {
        "proration": {"of": "pay", "days": "actual/actual"},
        "caps": [{"amount": "40", "per": "activity"}],
    }
    plan = program(component_json(FIVE, limits=rules))
    stated = facts_reading.read(
        {
            "people": [{"person": "ann", "joined_on": "2026-11-16"}],
            "activities": [sold(20, "1000"), sold(21, "2000")],
        }
    )

    (found,) = evaluate.evaluate(plan, stated)

    assert found.outcome.amount_minor == 25_00 + 40_00
    assert [line.outcome.amount_minor for line in found.lines or ()] == [25_00, 40_00]


def test_a_component_may_read_a_figure_of_another() -> None:
    visits = {"figures": {"visits": {"kind": "count"}}}
    each = {
        "kind": "formula",
        "value": {"multiply": ["3", {"component": "base", "figure": "visits"}]},
    }
    plan = program(component_json(each, id="each"), component_json(FIVE, id="base", **visits))

    found = minors(plan, sold(1, "100"), sold(2, "300"))

    assert found["each", "ann", "2026-11"] == 6_00


def test_a_rank_is_among_everybody_of_the_period() -> None:
    first = {"value": {"rank": "measure"}, "is": "eq", "than": "1"}
    prize = {"kind": "formula", "value": {"if": first, "then": "50", "else": "0"}}
    plan = program(component_json(prize, measure={"kind": "sum", "of": "amount"}))

    found = minors(plan, sold(1, "100"), sold(2, "300", person="bob"))

    assert found["main", "bob", "2026-11"] == 50_00
    assert found["main", "ann", "2026-11"] == 0


def test_a_draw_ends_after_its_months_and_what_is_owed_is_still_taken() -> None:
    draw = {"draw": {"amount": "100", "recoverable": True, "months": 1}}
    starts = {"effective": {"from": "2026-10-01", "to": "2026-12-31"}}
    plan = program(component_json(FIVE, limits=draw, **starts))

    found = minors(plan, sold(1, "1000", month=10), sold(2, "1600", month=11))

    assert found["main", "ann", "2026-10"] == 100_00
    assert found["main", "ann", "2026-11"] == 30_00


def test_an_activity_may_be_paid_by_what_its_month_brings() -> None:
    alone = {"period": {"kind": "activity"}}
    same = {"kind": "formula", "value": {"component": "base"}}
    plan = program(component_json(same, id="same") | alone, component_json(FIVE, id="base"))

    found = minors(plan, sold(1, "100"), sold(2, "300"))

    assert (found["same", "ann", "s01"], found["same", "ann", "s02"]) == (20_00, 20_00)


def test_only_the_components_asked_for_are_settled_with_what_they_need() -> None:
    first = component_json({"kind": "formula", "value": {"component": "later"}}, id="first")
    plan = program(first, component_json(FIVE, id="later"), component_json(FIVE, id="other"))
    stated = facts_reading.read({"activities": [sold(1, "100")]})
    book = book_of(plan, stated, lambda *_: Fraction(0))

    found = settlement.settle(plan, book, components=["first"])

    assert [(each.component, each.outcome.amount_minor) for each in found] == [("first", 5_00)]


@pytest.mark.parametrize(
    ("window", "paid"),
    [
        ("period", 5_00),
        ({"to_date": "year"}, 35_00),
        ({"to_date": "quarter"}, 15_00),
        ({"to_date": "month"}, 5_00),
        ({"to_date": "effective"}, 35_00),
        ({"rolling_days": 60}, 15_00),
        ({"shift": "previous_period"}, 10_00),
        ({"shift": "previous_year"}, 50_00),
    ],
)
def test_a_figure_looks_at_its_window(window: Any, paid: int) -> None:
    sales = [sold(1, "100"), sold(2, "200", month=10), sold(3, "400", month=2)]
    past = sold(4, "1000") | {"occurred_at": "2025-11-10T10:00:00Z"}
    measure = {"kind": "sum", "of": "amount", "window": window}

    assert single(*sales, past, measure=measure)["2026-11"] == paid


def test_a_figure_may_be_that_of_a_group_or_of_everybody() -> None:
    sales = [sold(1, "100"), sold(2, "200", "bob"), sold(3, "400", "cy")]
    groups = {"groups": {"pair": {"people": ["ann", "bob"]}}}

    for whose, paid in (({"group": "pair"}, 15_00), ("everybody", 35_00), ("payee", 5_00)):
        measure = {"kind": "sum", "of": "amount", "whose": whose}
        assert single(*sales, measure=measure, top=groups) == {"2026-11": paid}


def test_groups_are_teams_lists_or_attributes() -> None:
    sales = [sold(1, "100"), sold(2, "200", "bob"), sold(3, "400", "cy")]
    people = [{"person": "ann", "attributes": {"grade": "A"}}, {"person": "bob"}]
    positions = [{"person": "ann", "manager": "cy", "from": "2026-01-01"}]
    groups = {
        "team": {"team_of": "cy"},
        "graded": {"where": {"all": [{"field": "attributes.grade", "op": "eq", "value": "A"}]}},
    }

    for name, paid in (("team", 25_00), ("graded", 5_00)):
        measure = {"kind": "sum", "of": "amount", "whose": {"group": name}}
        found = single(
            *sales,
            measure=measure,
            top={"groups": groups},
            more={"people": people, "positions": positions},
        )
        assert found == {"2026-11": paid}


@pytest.mark.parametrize(
    ("figure", "paid"),
    [
        ({"kind": "distinct", "of": "customer"}, 2_00),
        ({"kind": "average", "of": "units"}, 2_00),
        ({"kind": "highest", "of": "units"}, 4_00),
        ({"kind": "lowest", "of": "units"}, 1_00),
        ({"kind": "ratio", "of": "sum", "to": "deals"}, 2_00),
        ({"kind": "growth", "of": "sum", "against": "previous_period", "as": "amount"}, 4_00),
        ({"kind": "growth", "of": "sum", "against": "previous_year"}, 0),
        ({"kind": "mix", "parts": [{"figure": "sum", "weight": "0.5"}, {"figure": "deals", "weight": "1"}]}, 6_00),
        ({"kind": "points", "times": "units",
          "table": [{"when": {"field": "customer", "op": "eq", "value": "x"}, "points": "3"}]}, 15_00),
    ],
)  # fmt: skip
def test_each_kind_of_figure(figure: Any, paid: int) -> None:
    sales = [
        sold(1, "0", units="1", customer="x"),
        sold(2, "0", units="1", customer="y"),
        sold(3, "0", units="4", customer="x"),
        sold(4, "0", units="2", month=10),
    ]
    figures = {"sum": {"kind": "sum", "of": "units"}, "deals": {"kind": "count"}}

    found = single(*sales, payout=per_unit("1"), measure=figure, figures=figures)

    assert found.get("2026-11", 0) == paid


def test_an_amount_is_converted_by_the_rate_of_its_day_and_says_so() -> None:
    rates = [
        {"currency": "USD", "rate": "0.5", "from": "2026-01-01"},
        {"currency": "USD", "rate": "0.9", "from": "2026-11-01"},
    ]
    measure = {"kind": "sum", "of": "amount", "convert": True}
    plan = program(component_json(FIVE, measure=measure))

    (found,) = earned(plan, sold(1, "100", currency="USD"), rates=rates)

    assert found.outcome.amount_minor == 4_50
    (line,) = evaluate.attribute(plan, found)
    assert line.outcome.explanation.children[0].code == "converted"


def test_what_is_paid_to_date_is_the_difference() -> None:
    tiers = rate("0.05", ("300", "0.10"), mode="retroactive")
    sales = [sold(1, "200", month=10), sold(2, "200"), sold(3, "-150", month=12)]

    found = single(*sales, payout=tiers, period={"kind": "month", "to_date": "year"})

    assert found == {"2026-10": 10_00, "2026-11": 30_00, "2026-12": -27_50}


def test_what_is_paid_to_date_may_run_from_the_start_of_the_component() -> None:
    sales = [sold(1, "100", month=10), sold(2, "200")]
    tiers = rate("0.05", ("300", "0.10"), mode="retroactive")

    found = single(*sales, payout=tiers, period={"kind": "month", "to_date": "effective"})

    assert (found["2026-10"], found["2026-11"]) == (5_00, 25_00)


def test_of_two_quotas_that_begin_together_an_open_one_is_no_part_of_the_other() -> None:
    quotas = [
        {"person": "ann", "from": "2026-02-01", "target": "100"},
        {"person": "ann", "from": "2026-02-01", "to": "2026-12-31", "target": "200"},
    ]

    (found,) = earned(
        program(component_json(FIVE, period={"kind": "window"}, effective={"from": "2026-01-01"})),
        sold(1, "100"),
        quotas=quotas,
    )

    assert found.quota is None


def test_a_quota_for_the_year_holds_to_date() -> None:
    tiers = rate("0.05", ("1", "0.10"), mode="retroactive", on="attainment")
    quotas = [{"person": "ann", "from": "2026-01-01", "to": "2026-12-31", "target": "300"}]

    found = single(
        sold(1, "200", month=10),
        sold(2, "200"),
        payout=tiers,
        period={"kind": "month", "to_date": "year"},
        more={"quotas": quotas},
    )

    assert found == {"2026-10": 10_00, "2026-11": 30_00}


QUARTERLY = [("2026-07-01", "2026-09-30"), ("2026-10-01", "2026-10-31")]


@pytest.mark.parametrize(
    ("spans", "pays"),
    [
        (QUARTERLY, -10_00),  # none for November: the base price holds
        ([*QUARTERLY, ("2026-11-01", "2026-11-30")], 20_00),
        ([*QUARTERLY, ("2026-10-15", "2026-11-30")], -10_00),
    ],
    ids=["not to the end", "to the end", "twice"],
)
def test_quotas_that_begin_later_than_the_year_hold_to_date(spans: Any, pays: int) -> None:
    tiers = rate("0.05", ("1", "0.10"), mode="retroactive", on="attainment")
    quotas = [
        {"person": "ann", "from": first, "to": last, "target": "200"} for first, last in spans
    ]

    found = single(
        sold(1, "400", month=10),
        sold(2, "200"),
        payout=tiers,
        period={"kind": "month", "to_date": "year"},
        more={"quotas": quotas},
    )

    assert found == {"2026-10": 40_00, "2026-11": pays}


@pytest.mark.parametrize(
    ("payout", "pays"),
    [
        ({"kind": "formula", "value": {"multiply": [{"measure": True}, "0.1"]}}, 5_00),
        ({"kind": "rate", "rate": "0.1", "times": {"attainment": True}}, 5_00 * 150 // 100),
        (
            {"kind": "matrix", "pays": "rate", "rows": {"value": {"measure": True}, "from": ["0", "100"]},
             "columns": {"value": "1", "from": ["0"]}, "cells": [["0.1"], ["0.5"]]},
            5_00,
        ),
        ({"kind": "pool", "amount": "100"}, 25_00),
    ],
)  # fmt: skip
def test_only_what_lies_above_a_threshold_is_seen_by_the_payout(payout: Any, pays: int) -> None:
    quotas = [{"person": "ann", "from": "2026-11-01", "to": "2026-11-30", "target": "100"}]

    found = single(
        sold(1, "150"),
        sold(2, "250", person="bob"),
        payout=payout,
        measure={"kind": "sum", "of": "amount"},
        limits={"threshold": {"at": "100", "cliff": False}},
        more={"quotas": quotas},
    )

    assert found == {"2026-11": pays}


def test_quotas_that_fill_the_period_add_up() -> None:
    quotas = [
        {"person": "ann", "from": first, "to": last, "target": "50"}
        for first, last in (("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-12-31"))
    ]
    tiers = rate("0.05", ("1", "0.10"), mode="retroactive", on="attainment")

    found = single(
        sold(1, "100"), payout=tiers, period={"kind": "quarter"}, more={"quotas": quotas}
    )

    assert found == {"2026-Q4": 10_00}


def test_quotas_with_a_gap_do_not_fill_the_period() -> None:
    quotas = [{"person": "ann", "from": "2026-11-01", "to": "2026-12-31", "target": "50"}]
    tiers = rate("0.05", ("1", "0.10"), mode="retroactive", on="attainment")

    found = single(
        sold(1, "100"), payout=tiers, period={"kind": "quarter"}, more={"quotas": quotas}
    )

    assert found == {"2026-Q4": 5_00}


def test_caps_hold_for_a_period_a_year_and_ever() -> None:
    sales = [sold(month, "2000", month=month) for month in (10, 11, 12)]

    for cap, paid in (
        ({"amount": "60", "per": "period"}, [60_00, 60_00, 60_00]),
        ({"amount": "150", "per": "year"}, [100_00, 50_00, 0]),
        ({"amount": "250", "per": "person"}, [100_00, 100_00, 50_00]),
        ({"amount": "220", "per": "program"}, [100_00, 100_00, 20_00]),
    ):
        assert list(single(*sales, limits={"caps": [cap]}).values()) == paid


def test_a_floor_does_not_open_a_gate() -> None:
    gate = {"value": {"measure": True}, "is": "ge", "than": "100"}

    for amount, paid in (("50", 0), ("100", 20_00)):
        found = single(sold(1, amount), limits={"floor": "20", "gates": [gate]})
        assert found == {"2026-11": paid}


def test_an_amount_is_rounded_to_the_multiple_that_the_plan_says() -> None:
    assert single(sold(1, "1234.56"), limits={"round_to": "5"}) == {"2026-11": 60_00}


def test_payees_without_activities_are_paid_while_they_are_there() -> None:
    people = [{"person": "ann", "joined_on": "2026-09-10", "left_on": "2026-11-20"}]

    found = single(
        payout={"kind": "fixed", "amount": "100"}, more={"people": people, "as_of": "2026-12-31"}
    )

    assert found == {"2026-09": 100_00, "2026-10": 100_00, "2026-11": 100_00}


def test_enrolment_decides_who_is_there() -> None:
    enrolments = [{"person": "ann", "from": "2026-10-01", "to": "2026-10-31"}]
    people = [{"person": "ann", "joined_on": "2026-12-05"}, {"person": "bob"}]
    more = {"people": people, "as_of": "2026-12-31", "enrolments": enrolments}

    assert single(payout={"kind": "fixed", "amount": "100"}, more=more) == {}


@pytest.mark.parametrize(
    ("budget", "paid"),
    [
        ({"amount": "9", "policy": "stop"}, [5_00, 4_00]),
        ({"amount": "9", "policy": "scale"}, [4_50, 4_50]),
        ({"amount": "9", "policy": "warn"}, [5_00, 5_00]),
        ({"amount": "9", "per": "period", "policy": "scale"}, [4_50, 4_50]),
        ({"amount": "10", "policy": "scale"}, [5_00, 5_00]),
    ],
)
def test_a_budget_stops_scales_or_warns(budget: Any, paid: list[int]) -> None:
    plan = program(component_json(FIVE), budget=budget)

    found = earned(plan, sold(1, "100"), sold(2, "100", "bob"))

    assert [each.outcome.amount_minor for each in found] == paid


@pytest.mark.parametrize(
    ("cap", "paid"),
    [
        ({"amount": "7", "per": "program"}, [5_00, 2_00, 0]),
        ({"amount": "7", "per": "person"}, [5_00, 2_00, 5_00]),
        ({"amount": "4", "per": "person_period", "period": "month"}, [4_00, 4_00, 4_00]),
    ],
)
def test_the_program_caps_what_all_components_pay(cap: Any, paid: list[int]) -> None:
    plan = program(component_json(FIVE), caps=[cap])

    found = earned(plan, sold(1, "100", month=9), sold(2, "100", month=10), sold(3, "100", "bob"))

    assert [each.outcome.amount_minor for each in found] == paid


LIMITS: list[Any] = [
    None,
    {"caps": [{"amount": "20"}]},
    {"caps": [{"amount": "3", "per": "activity"}]},
    {"threshold": {"at": "100"}, "round_to": "0.05"},
    {"threshold": {"at": "100", "cliff": False}, "floor": "2"},
    {"draw": {"amount": "10", "recoverable": True}},
    {"guarantee": {"amount": "4"}},
]


@given(
    st.sampled_from(LIMITS),
    st.sampled_from([None, ["1.5"], [{"if": {"value": {"measure": True}, "is": "gt", "than": "50"}, "then": "2"}]]),
    st.lists(st.integers(-50_00, 300_00), min_size=1, max_size=6),
)  # fmt: skip
def test_the_steps_and_the_lines_sum_to_the_amount(
    limits: Any, times: Any, cents: list[int]
) -> None:
    payout = rate("0.033", ("150", "0.07"), mode="retroactive") | {"times": times}
    plan = program(component_json(payout, limits=limits))
    sales = [sold(nth, f"{value / 100:.2f}") for nth, value in enumerate(cents)]
    (nothing,) = earned(plan, sold(0, "0"))

    (found,) = earned(plan, *sales)

    root = found.outcome.explanation
    assert root.result is not None
    assert sum_of_parts(root) == Fraction(root.result.text)
    lines = sum(line.outcome.amount_minor for line in evaluate.attribute(plan, found))
    assert lines == found.outcome.amount_minor - nothing.outcome.amount_minor


@given(st.lists(st.integers(0, 900), min_size=1, max_size=8), st.integers(1, 60))
def test_caps_hold_at_every_prefix(amounts: list[int], most: int) -> None:
    caps = [{"amount": str(most), "per": "person"}]
    plan = program(component_json(FIVE, limits={"caps": caps}, period={"kind": "activity"}))
    sales = [sold(nth, str(value)) for nth, value in enumerate(amounts)]

    for upto in range(1, len(sales) + 1):
        found = earned(plan, *sales[:upto])
        paid = sum(each.outcome.amount_minor for each in found)
        assert paid == min(most * 100, sum(amounts[:upto]) * 5)


def test_what_a_budget_takes_is_taken_from_every_portion() -> None:
    holdback = {"share": "0.2", "until": {"days_after_period": 90}}
    plan = program(
        component_json(FIVE, holdback=holdback), budget={"amount": "4", "policy": "scale"}
    )

    (found,) = earned(plan, sold(1, "100"))

    assert [each.minor for each in found.portions] == [3_20, 80]
    assert evaluate.attribute(plan, found) == []


def test_a_mandate_sets_the_rate_within_what_the_plan_allows() -> None:
    payout = {"kind": "rate", "rate": {"mandate": True}, "within": {"min": "0.01", "max": "0.05"}}
    mandates = [
        {"agent": "bob", "sub_agent": "ann", "rate": "0.03", "from": "2026-01-01"},
        {"agent": "bob", "sub_agent": "ann", "rate": "0.09", "from": "2026-01-01", "component": "main"},
    ]  # fmt: skip

    for held, paid in ((mandates[:1], 3_00), (mandates, 5_00), ([], 0)):
        assert single(sold(1, "100"), payout=payout, more={"mandates": held}) == {"2026-11": paid}


def test_a_ramp_and_part_of_a_period_lower_the_quota() -> None:
    people = [{"person": "ann", "joined_on": "2026-11-16"}]
    quotas = [{"person": "ann", "from": "2026-11-01", "to": "2026-11-30", "target": "400"}]
    plan = program(
        component_json(
            rate("0.05", ("1", "0.10"), mode="retroactive", on="attainment"),
            limits={"ramp": [{"months": 3, "quota": "0.5"}], "proration": {"of": "quota"}},
        )
    )

    (found,) = earned(plan, sold(1, "100", month=11), people=people, quotas=quotas)

    assert (found.quota, found.outcome.amount_minor) == (100, 10_00)


def test_a_formula_may_count_the_days_worked() -> None:
    people = [{"person": "ann", "joined_on": "2026-11-16"}]
    share = {"divide": [{"days": "worked"}, {"days": "period"}]}
    payout = {"kind": "formula", "value": {"multiply": ["100", share]}}

    assert single(payout=payout, more={"people": people, "as_of": "2026-11-30"}) == {
        "2026-11": 50_00
    }
