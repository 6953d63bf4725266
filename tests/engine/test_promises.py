"""What every plan promises about its limits, whatever it is made of, through `evaluate`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.codes import STEPS
from app.engine.document import Program
from app.engine.evaluate import Earning, attribute, evaluate
from app.engine.facts import Facts, read_facts
from app.kernel.money import Money
from tests.engine.documents import Json, component_json, program, rate
from tests.engine.strategies import codes_in

FIRST = date(2026, 1, 1)
PEOPLE = ("ann", "bob", "cal")

amounts = st.decimals("0.01", "900", places=2).map(str)
sales = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from(PEOPLE), amounts), min_size=1, max_size=7
).map(
    lambda drawn: [
        sale(nth, day=day, person=person, amount=amount)
        for nth, (day, person, amount) in enumerate(drawn)
    ]
)
tops = st.decimals("1", "200", places=2).map(str)
rates = st.tuples(st.decimals("0", "0.3", places=3), st.decimals("0", "0.3", places=3)).map(
    lambda drawn: rate(str(min(drawn)), ("100", str(max(drawn))))
)
rising_limits = st.fixed_dictionaries(
    {},
    optional={
        "floor": tops,
        "threshold": tops.map(lambda at: {"at": at}),
        "caps": st.lists(
            st.fixed_dictionaries(
                {"amount": tops, "per": st.sampled_from(["period", "year", "person", "program"])}
            ),
            min_size=1,
            max_size=2,
        ),
        "guarantee": tops.map(lambda amount: {"amount": amount}),
        "draw": tops.map(lambda amount: {"amount": amount, "recoverable": False}),
    },
)
all_limits = st.tuples(
    rising_limits,
    st.fixed_dictionaries(
        {},
        optional={
            "gates": tops.map(
                lambda most: [{"value": {"measure": True}, "is": "le", "than": f"{most}"}]
            ),
            "proration": st.sampled_from(
                [{"of": "pay", "days": "30/360"}, {"of": "both", "days": "working_days"}]
            ),
            "draw": tops.map(lambda amount: {"amount": amount, "recoverable": True}),
            "round_to": st.sampled_from(["5", "0.05"]),
        },
    ),
).map(lambda drawn: {**drawn[0], **drawn[1]})


def sale(nth: int, *, day: int, person: str, amount: str) -> Json:
    sold_on = FIRST + timedelta(days=day)
    return {
        "id": f"s{nth:02}",
        "occurred_at": f"{sold_on}T{8 + nth:02}:00:00+00:00",
        "person": person,
        "amount": amount,
        "attributes": {"cancelled_on": str(sold_on + timedelta(days=40 * nth))},
    }


def plan(payout: Json, limits: Json, **rules: Any) -> Program:
    return program(component_json(payout, limits=limits), **rules)


def facts(activities: Sequence[Json]) -> Facts:
    return read_facts(
        {
            "as_of": "2026-06-30",
            "people": [{"person": "ann", "joined_on": "2026-01-01"}],
            "enrolments": [
                {"person": person, "from": "2026-01-10", "to": "2026-05-20"} for person in PEOPLE
            ],
            "activities": sorted(activities, key=lambda each: str(each["occurred_at"])),
        }
    )


def paid(found: Sequence[Earning], payee: str | None = None) -> Fraction:
    minor = sum(each.outcome.amount_minor for each in found if payee in {None, each.payee})
    return Fraction(Money(minor, "EUR").decimal)


def prefixes(whole: Facts) -> list[Facts]:
    return [
        whole.model_copy(update={"activities": whole.activities[:upto]})
        for upto in range(len(whole.activities) + 1)
    ]


@settings(max_examples=40)
@given(rates, tops, sales)
def test_a_cap_of_everybody_holds_and_nobody_loses_to_those_who_come_later(
    payout: Json, most: str, activities: list[Json]
) -> None:
    capped = plan(payout, {"caps": [{"amount": most, "per": "program"}]})

    found = [evaluate(capped, so_far) for so_far in prefixes(facts(activities))]

    assert all(paid(each) <= Fraction(most) for each in found)
    standing = [[paid(each, person) for person in PEOPLE] for each in found]
    assert all(
        before <= after
        for earlier, later in pairwise(standing)
        for before, after in zip(earlier, later, strict=True)
    )


@settings(max_examples=40)
@given(rates, tops, sales)
def test_a_budget_that_stops_pays_the_same_as_a_cap_of_everybody_on_all_components(
    payout: Json, most: str, activities: list[Json]
) -> None:
    stopped = plan(payout, {}, budget={"amount": most, "policy": "stop"})
    capped = plan(payout, {}, caps=[{"amount": most, "per": "program"}])
    whole = facts(activities)

    found = [evaluate(stopped, so_far) for so_far in prefixes(whole)]

    assert all(paid(each) <= Fraction(most) for each in found)
    amounts_of = [
        [each.outcome.amount_minor for each in one] for one in (found[-1], evaluate(capped, whole))
    ]
    assert amounts_of[0] == amounts_of[1]


@settings(max_examples=40)
@given(rates, rising_limits, sales)
def test_selling_more_never_pays_less_under_limits_that_only_rise(
    payout: Json, limits: Json, activities: list[Json]
) -> None:
    rising = plan(payout, limits)

    found = [paid(evaluate(rising, so_far)) for so_far in prefixes(facts(activities))]

    assert found == sorted(found)


@settings(max_examples=40)
@given(rates, all_limits, sales)
def test_the_order_of_arrival_does_not_matter(
    payout: Json, limits: Json, activities: list[Json]
) -> None:
    rule, whole = plan(payout, limits), facts(activities)
    backwards = whole.model_copy(update={"activities": whole.activities[::-1]})

    assert evaluate(rule, backwards) == evaluate(rule, whole)


@settings(max_examples=40)
@given(rates, all_limits, sales)
def test_the_steps_of_an_explanation_sum_to_the_amount(
    payout: Json, limits: Json, activities: list[Json]
) -> None:
    for each in evaluate(plan(payout, limits), facts(activities)):
        root = each.outcome.explanation
        parts = [step for step in root.children if STEPS[step.code].adds and step.result]
        total = sum(Fraction(step.result.text) for step in parts if step.result)
        assert abs(total - paid([each])) <= Fraction(len(parts), 1_000_000)
        assert all(set(STEPS[step.code].params) <= {*step.params} for step in codes_in(root))


@settings(max_examples=40)
@given(rates, all_limits, sales)
def test_portions_sum_to_the_amount_and_lines_to_what_activities_brought(
    payout: Json, limits: Json, activities: list[Json]
) -> None:
    clawback = {
        "months": 6,
        "when": {"attribute": "cancelled_on"},
        "schedule": [{"within_months": 1, "share": "1"}, {"within_months": 6, "share": "monthly"}],
    }
    held = component_json(
        payout,
        limits=limits,
        holdback={"share": "0.1", "until": {"days_after_period": 30}},
        clawback=clawback,
    )
    rule = program(held)

    for each in evaluate(rule, facts(activities)):
        earned = [part.minor for part in each.portions if part.state != "clawed_back"]
        taken = [part.minor for part in each.portions if part.state == "clawed_back"]
        brought = [line.outcome.amount_minor for line in attribute(rule, each)]
        assert sum(earned) == each.outcome.amount_minor
        assert -sum(taken) <= sum(max(0, minor) for minor in brought)


@settings(max_examples=25)
@given(rates, all_limits, sales)
def test_nothing_of_an_earning_is_a_float(
    payout: Json, limits: Json, activities: list[Json]
) -> None:
    found = evaluate(plan(payout, limits), facts(activities))

    assert all(type(each.outcome.amount_minor) is int for each in found)
    assert all(type(each.total) is Fraction for each in found)
    told = json.dumps([each.outcome.explanation.to_json() for each in found])
    json.loads(told, parse_float=refuse)


def refuse(number: str) -> None:
    raise AssertionError(f"{number} is a float.")
