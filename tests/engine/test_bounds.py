from __future__ import annotations

import time

from app.engine.evaluate import evaluate
from app.engine.facts import Facts, read_facts
from tests.engine.documents import EUR, Json, component_json, program, rate, sale

OPEN: Json = {"effective": {"from": "2026-01-01"}, "period": {"kind": "window"}}
BUDGET: Json = {"amount": "100", "policy": "stop"}


WAITING: Json = {"holdback": {"share": "0.1", "until": {"attribute": "never"}}}


def facts(activities: list[Json]) -> Facts:
    people = sorted({each["person"] for each in activities})
    return read_facts(
        {
            "as_of": "2026-12-31",
            "enrolments": [{"person": person, "from": "2026-01-01"} for person in people],
            "activities": activities,
        }
    )


def paid(*components: Json, activities: list[Json]) -> dict[tuple[str, str], int]:
    found = evaluate(program(*components, budget=BUDGET), facts(activities))
    return {(each.component, each.payee): each.outcome.amount_minor for each in found}


def test_sales_are_paid_from_a_budget_in_the_order_in_which_they_happened() -> None:
    simple = component_json(rate("0.5"))
    sales = [sale(1), sale(2, person="bob"), sale(3)]

    assert paid(simple, activities=sales) == {("main", "ann"): 5000, ("main", "bob"): 5000}


def test_a_budget_with_room_changes_nothing() -> None:
    assert paid(component_json(rate("0.5")), activities=[sale(1)]) == {("main", "ann"): 5000}


def test_what_no_activity_brought_comes_after_the_sales_of_its_period() -> None:
    fixed = component_json({"kind": "fixed", "amount": "80"}, id="fixed", period={"kind": "year"})

    assert paid(fixed, component_json(rate("0.5")), activities=[sale(1)]) == {
        ("fixed", "ann"): 5000,
        ("main", "ann"): 5000,
    }


def test_a_period_without_end_claims_with_its_last_sale_or_after_all_others() -> None:
    pool = component_json({"kind": "pool", "amount": "70"}, id="pool", **OPEN)
    fixed = component_json({"kind": "fixed", "amount": "80"}, id="fixed", **OPEN)

    assert paid(fixed, pool, activities=[sale(1)]) == {
        ("fixed", "ann"): 8000,
        ("pool", "ann"): 2000,
    }
    assert paid(pool, activities=[sale(1)]) == {("pool", "ann"): 7000}


def test_a_return_among_sales_leaves_the_difference_to_what_is_released_last() -> None:
    weekly = component_json(rate("0.5"), release={"on": "weekday", "weekday": 5}, **WAITING)
    sales = [sale(1, amount="300.00"), sale(9000, amount="-40.00")]

    (found,) = evaluate(program(weekly, budget=BUDGET), facts(sales))

    assert found.outcome.amount_minor == 10_000
    assert [part.minor for part in found.portions] == [13_500, -1_800, -1_700]
    assert [part.step and part.step.result for part in found.portions] == [
        EUR.money(135),
        EUR.money(-18),
        EUR.money(-17),
    ]


def test_portions_shrink_with_the_amount() -> None:
    held = component_json(rate("0.5"), **WAITING)

    (found,) = evaluate(program(held, budget=BUDGET), facts([sale(1, amount="400.00")]))

    assert sum(part.minor for part in found.portions) == found.outcome.amount_minor == 10_000


def test_under_a_cap_of_everybody_an_activity_brings_what_was_left_when_it_came() -> None:
    capped = component_json(rate("0.5"), limits={"caps": [{"amount": "120", "per": "program"}]})
    sales = [sale(1), sale(2, person="bob"), sale(3), sale(4)]

    found = evaluate(program(capped), facts(sales))

    assert [
        (each.payee, [line.outcome.amount_minor for line in each.lines or ()]) for each in found
    ] == [("ann", [5000, 2000, 0]), ("bob", [5000])]


def test_what_no_activity_brought_stays_apart_under_a_cap_of_everybody() -> None:
    limits = {"floor": "80", "caps": [{"amount": "120", "per": "program"}]}
    november = {"from": "2026-11-01", "to": "2026-11-30"}
    floored = component_json(rate("0.5"), limits=limits, effective=november)

    (found,) = evaluate(program(floored), facts([sale(1), sale(2), sale(3)]))

    assert found.outcome.amount_minor == 12000
    assert [line.outcome.amount_minor for line in found.lines or ()] == [0, 2000, 5000]


def test_lines_under_a_cap_of_each_activity_cost_in_proportion_to_the_activities() -> None:
    few, many = seconds_for(100), seconds_for(800)

    assert many < 24 * few  # each with each would be 64


def seconds_for(count: int) -> float:
    """Return the least processor time of three evaluations of so many sales."""
    capped = component_json(rate("0.5"), limits={"caps": [{"amount": "40", "per": "activity"}]})
    stated = facts([sale(nth, amount=str(20 + nth % 100)) for nth in range(count)])
    brought = [min(40_00, (20 + nth % 100) * 50) for nth in range(count)]
    taken = []
    for _ in range(3):
        started = time.process_time()
        (found,) = evaluate(program(capped), stated)
        taken.append(time.process_time() - started)
        assert [line.outcome.amount_minor for line in found.lines or ()] == brought
    return min(taken)
