from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.engine import evaluate, facts, payout
from app.engine.document import Program
from app.engine.evaluate import Earning
from tests.engine.documents import component_json, per_unit, program, rate, sale

DIRECT = program(component_json(rate("0.05")))


def earned(plan: Program, activities: list[dict[str, Any]], **given_facts: Any) -> list[Earning]:
    stated = facts.read_facts({"activities": activities} | given_facts)
    return evaluate.evaluate(plan, stated)


def amounts(found: list[Earning]) -> dict[tuple[str, str], int]:
    return {(each.payee, each.period): each.outcome.amount_minor for each in found}


def reports(person: str, manager: str | None, **days: str) -> dict[str, Any]:
    return {"person": person, "manager": manager, "from": "2026-01-01"} | days


def override(*levels: dict[str, Any]) -> Program:
    return program(component_json(rate("0.01"), credit={"to": "override", "levels": [*levels]}))


def test_sales_are_added_up_for_each_person_and_month() -> None:
    found = earned(DIRECT, [sale(0), sale(1), sale(2, person="bob")])

    assert amounts(found) == {("ann", "2026-11"): 10_00, ("bob", "2026-11"): 5_00}


def test_the_day_of_a_sale_is_that_of_the_program_zone() -> None:
    late = sale(0, occurred_at="2026-11-30T23:30:00Z")

    assert amounts(earned(DIRECT, [late])) == {("ann", "2026-12"): 5_00}


def test_only_what_meets_the_condition_counts() -> None:
    fuel = {"field": "product", "op": "eq", "value": "Dual-fuel"}
    plan = program(component_json(rate("0.05"), counts=fuel))

    found = earned(plan, [sale(0, product="Dual-fuel"), sale(1, product="Gas"), sale(2)])

    assert amounts(found) == {("ann", "2026-11"): 5_00}


def test_an_amount_in_another_currency_waits_for_its_conversion() -> None:
    assert earned(DIRECT, [sale(0, currency="USD"), sale(1, amount=None)]) == []


def test_an_attribute_can_be_measured() -> None:
    plan = program(component_json(rate("0.10"), measure={"kind": "sum", "of": "attributes.margin"}))

    found = earned(
        plan, [sale(0, attributes={"margin": "50.00"}), sale(1, attributes={"margin": "?"})]
    )

    assert amounts(found) == {("ann", "2026-11"): 5_00}


def test_activities_can_be_counted_whatever_their_amount() -> None:
    plan = program(component_json(per_unit("2.00"), measure={"kind": "count"}))

    assert amounts(earned(plan, [sale(0), sale(1, amount=None)])) == {("ann", "2026-11"): 4_00}


def test_managers_are_credited_by_level_with_their_share() -> None:
    plan = override({"level": 1}, {"level": 2, "share": "0.5"})

    found = earned(plan, [sale(0)], positions=[reports("ann", "bob"), reports("bob", "cy")])

    assert amounts(found) == {("bob", "2026-11"): 1_00, ("cy", "2026-11"): 50}


def test_credit_follows_who_reported_to_whom_on_the_day_of_the_sale() -> None:
    positions = [
        reports("ann", "bob", to="2026-11-16"),
        reports("ann", "eve", **{"from": "2026-11-17"}),
    ]
    sales = [sale(0), sale(1, occurred_at="2026-11-17T10:00:00+01:00")]

    found = earned(override({"level": 1}), sales, positions=positions)

    assert amounts(found) == {("bob", "2026-11"): 1_00, ("eve", "2026-11"): 1_00}


def test_a_circle_of_managers_ends_where_it_would_begin_again() -> None:
    levels = [{"level": level} for level in range(1, 6)]

    found = earned(
        override(*levels), [sale(0)], positions=[reports("ann", "bob"), reports("bob", "ann")]
    )

    assert amounts(found) == {("bob", "2026-11"): 1_00}


def test_only_who_takes_part_on_the_day_earns() -> None:
    enrolled = [{"person": "ann", "from": "2026-11-17"}]

    assert earned(DIRECT, [sale(0)], enrolments=enrolled) == []


def test_a_quota_of_its_own_goes_before_one_for_all_components() -> None:
    tiers = rate("0.05", ("1", "0.10"), on="attainment", mode="retroactive")
    plan = program(component_json(tiers, period={"kind": "quota"}))
    days = {"person": "ann", "from": "2026-11-05", "to": "2026-12-04"}
    quotas = [
        days | {"target": "100", "component": "main"},
        days | {"target": "999"},
        days | {"target": "1", "component": "other"},
    ]

    found = earned(plan, [sale(0)], quotas=quotas)

    assert amounts(found) == {("ann", "2026-11-05..2026-12-04"): 10_00}
    assert found[0].quota == 100


def test_an_earning_is_written_with_its_lines() -> None:
    (found,) = earned(DIRECT, [sale(0), sale(1)])

    raw = found.to_json(evaluate.attribute(DIRECT, found))

    assert (raw["measured"], raw["quota"], raw["amount_minor"]) == ("200", None, 10_00)
    assert [line["amount_minor"] for line in raw["lines"]] == [5_00, 5_00]


def test_a_quota_is_written_with_its_earning() -> None:
    quota = {"person": "ann", "from": "2026-11-01", "to": "2026-11-30", "target": "50.5"}

    (found,) = earned(DIRECT, [sale(0)], quotas=[quota])

    assert found.to_json([])["quota"] == "50.5"


def test_facts_without_zone_or_with_floats_are_refused() -> None:
    with pytest.raises(ValidationError):
        facts.read_facts({"activities": [sale(0, occurred_at="2026-11-16T09:00:00")]})
    with pytest.raises(ValidationError):
        facts.read_facts({"activities": [sale(0, amount=1.5)]})


@given(st.randoms(), st.lists(st.integers(-200, 900), max_size=10))
def test_the_order_of_arrival_changes_nothing(dice: random.Random, cents: list[int]) -> None:
    plan = program(component_json(rate("0.033", ("3", "0.07"), mode="retroactive")))
    sales = [sale(nth, amount=f"{value / 100:.2f}") for nth, value in enumerate(cents)]
    shuffled = list(sales)
    dice.shuffle(shuffled)

    assert earned(plan, shuffled) == earned(plan, sales)


@given(st.lists(st.integers(0, 900), min_size=1, max_size=10))
def test_live_differences_add_up_to_the_replay(amounts_in: list[int]) -> None:
    plan = program(component_json(rate("0.033", ("1500", "0.07"), mode="retroactive")))
    sales = [sale(nth, amount=str(value)) for nth, value in enumerate(amounts_in)]

    posted, standing = [], 0
    for upto in range(1, len(sales) + 1):
        (now,) = earned(plan, sales[:upto])
        posted.append(now.outcome.amount_minor - standing)
        standing = now.outcome.amount_minor

    total = sum(map(Fraction, amounts_in), Fraction(0))
    assert sum(posted) == payout.amount(plan.components[0], total, None, payout.terms_of(plan))
