"""Facts that do not fit the program are refused with their place, or said to be left out."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import currencies, facts_reading
from app.engine.crediting import roles_of
from app.engine.document import Program
from app.engine.evaluate import evaluate
from app.engine.facts_reading import InvalidFacts
from tests.engine.documents import Json, component_json, per_unit, program, rate, sale

NOVEMBER: Json = {"person": "ann", "from": "2026-11-01", "to": "2026-11-30", "target": "40"}
RATE: Json = {"currency": "USD", "rate": "0.9", "from": "2026-12-01"}
FIVE = rate("0.05")
CONVERTS: Json = {"measure": {"kind": "sum", "of": "amount", "convert": True}}


def plan(**changes: Any) -> Program:
    figures = {"visits": {"kind": "count"}}
    return program(component_json(FIVE, figures=figures) | changes)


def problems_of(raw: Json, of: Program) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidFacts) as refused:
        facts_reading.read(raw, of)
    return [(each.pointer, each.code, each.detail) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("stated", "place", "code"),
    [
        ({"quotas": [NOVEMBER | {"component": "none"}]}, "/quotas/0/component", "unknown_component"),
        ({"quotas": [NOVEMBER, NOVEMBER | {"figure": "none"}]}, "/quotas/1/figure", "unknown_figure"),
        (
            {"quotas": [NOVEMBER | {"component": "main", "figure": "none"}]},
            "/quotas/0/figure",
            "unknown_figure",
        ),
        (
            {"mandates": [{"agent": "a", "sub_agent": "b", "rate": "0.03", "from": "2026-01-01",
                           "component": "none"}]},
            "/mandates/0/component",
            "unknown_component",
        ),
    ],
)  # fmt: skip
def test_names_that_the_program_does_not_have_are_refused(
    stated: Json, place: str, code: str
) -> None:
    ((found, told, detail),) = problems_of(stated, plan())

    assert (found, told) == (place, code)
    assert '"none"' in detail


def test_quotas_of_known_components_and_figures_are_taken() -> None:
    stated = [NOVEMBER, NOVEMBER | {"component": "main", "figure": "visits"}]

    assert len(facts_reading.read({"quotas": stated}, plan()).quotas) == 2


def test_shares_that_are_not_one_in_all_are_refused_before_anything_is_paid() -> None:
    shares = [{"person": "ann", "share": "0.7"}, {"person": "bob", "share": "0.2"}]
    split = plan(credit={"to": "split", "by": "shares"})

    assert problems_of({"activities": [sale(1, shares=shares)]}, split) == [
        ("/activities/0/shares", "sum", "The shares of an activity add up to 1.")
    ]


def test_an_amount_to_convert_without_a_rate_of_its_day_is_refused() -> None:
    stated = {"activities": [sale(1), sale(2, currency="USD")], "rates": [RATE]}

    ((place, code, detail),) = problems_of(stated, plan(**CONVERTS))

    assert (place, code) == ("/activities/1/currency", "no_rate")
    assert detail == "No rate says what USD is in EUR on 2026-11-16."


def left_out(of: Program, *activities: Json) -> list[tuple[str, str]]:
    stated = facts_reading.read({"activities": list(activities)}, of)
    return [(each.pointer, each.detail) for each in currencies.left_out(of, stated.activities)]


def test_an_amount_in_another_currency_that_would_count_is_said_to_be_left_out() -> None:
    ((place, sentence),) = left_out(plan(), sale(1, currency="EUR"), sale(2, currency="USD"))

    assert place == "/activities/1/currency"
    assert sentence.startswith('The amount is in USD: "main" counts EUR alone.')


@pytest.mark.parametrize(
    "changes",
    [
        CONVERTS,
        {"counts": {"field": "product", "op": "eq", "value": "Gas"}},
        {"measure": {"kind": "sum", "of": "units"}, "payout": per_unit("2")},
    ],
)
def test_nothing_is_left_out_where_it_converts_or_does_not_count_or_reads_no_amount(
    changes: Json,
) -> None:
    rates = [RATE | {"from": "2026-01-01"}]
    of = plan(**changes)
    stated = facts_reading.read({"activities": [sale(1, currency="USD")], "rates": rates}, of)

    assert list(currencies.left_out(of, stated.activities)) == []


def test_an_activity_without_an_amount_is_not_left_out_for_its_currency() -> None:
    assert left_out(plan(), sale(1, currency="USD", amount=None)) == []


def test_where_people_are_all_there_are_a_role_that_names_nobody_stays_with_the_seller() -> None:
    default = [{"role": "seller", "share": "0.7"}, {"role": "engineer", "share": "0.3"}]
    of = plan(credit={"to": "split", "default": default})
    stated = {"activities": [sale(1, attributes={"engineer": "eve"})]}
    alone = stated | {"people": [{"person": "ann"}], "is_complete": True}

    paid = [evaluate(of, facts_reading.read(each, of)) for each in (stated, alone)]

    assert [[(each.payee, each.outcome.amount_minor) for each in found] for found in paid] == [
        [("ann", 3_50), ("eve", 1_50)],
        [("ann", 5_00)],
    ]


def test_the_roles_of_a_rule_are_those_that_activities_name() -> None:
    default = [{"role": "seller", "share": "0.7"}, {"role": "engineer", "share": "0.3"}]
    split = plan(credit={"to": "split", "default": default}).components[0].credit
    overlay = plan(credit={"to": "overlay", "role": "coach"}).components[0].credit

    assert (roles_of(split), roles_of(overlay), roles_of(plan().components[0].credit)) == (
        ["engineer"],
        ["coach"],
        [],
    )
