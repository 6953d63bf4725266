from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import english, formulas, reckoning
from app.engine.codes import STEPS
from tests.engine.scopes import Table, condition, expression, together
from tests.engine.strategies import codes_in

ANN = Table(
    figures={"measure": 12, "sold": "250.50", "calls": 0, "share": "0.25"},
    target=10,
    targets={"sold": 500},
    others={("spif", None): 40, ("spif", "sold"): 7},
    attributes={"level": "3", "team": "north", "note": "?"},
    worked=12,
    before=Table(figures={"measure": 5}),
)
PLACES = [{"from": "0", "value": "1"}, {"from": "10", "value": "2"}, {"from": "12", "value": "3"}]
POINTS = [{"at": "10", "value": "1"}, {"at": "20", "value": "2"}]
BANDS = [{"from": "0", "rate": "0.1"}, {"from": "10", "rate": "0.5"}]


@pytest.mark.parametrize(
    ("raw", "value", "formula"),
    [
        ("12.5", "12.5", "12.5"),
        ({"figure": "sold"}, "250.5", "sold"),
        ({"figure": "share"}, "0.25", "share"),
        ({"measure": True}, "12", "measure"),
        ({"quota": True}, "10", "quota"),
        ({"quota": "sold"}, "500", "quota(sold)"),
        ({"attainment": True}, "1.2", "attainment"),
        ({"component": "spif"}, "40", "spif"),
        ({"component": "spif", "figure": "sold"}, "7", "spif.sold"),
        ({"person": "level"}, "3", "level"),
        ({"person": "note", "default": "2"}, "2", "note"),
        ({"person": "unknown"}, "0", "unknown"),
        ({"days": "worked"}, "12", "days(worked)"),
        ({"days": "period"}, "30", "days(period)"),
        ({"add": ["1", "2", {"measure": True}]}, "15", "1 + 2 + measure"),
        ({"subtract": ["1", "2"]}, "-1", "1 - 2"),
        ({"multiply": [{"add": ["1", "2"]}, "4"]}, "12", "(1 + 2) x 4"),
        ({"divide": ["1", "3"]}, "1/3", "1 / 3"),
        ({"divide": ["1", {"figure": "calls"}]}, "0", "1 / calls"),
        ({"min": ["3", "2"]}, "2", "min(3, 2)"),
        ({"max": ["3", "2"]}, "3", "max(3, 2)"),
        ({"round": "2.345", "to": "0.01"}, "2.34", "round(2.345, 0.01)"),
        ({"round": "2.345", "to": "0.01", "mode": "half_up"}, "2.35", "round(2.345, 0.01)"),
        ({"round": "469041", "to": "10000"}, "470000", "round(469041, 10000)"),
        ({"round": "7", "to": "1"}, "7", "round(7, 1)"),
        ({"lookup": {"measure": True}, "steps": PLACES}, "3", "table(measure)"),
        (
            {"lookup": {"measure": True}, "steps": PLACES, "boundary": "exclusive"},
            "2",
            "table(measure)",
        ),
        ({"lookup": "-1", "steps": PLACES, "below": "9"}, "9", "table(-1)"),
        ({"interpolate": {"measure": True}, "points": POINTS}, "1.2", "line(measure)"),
        ({"interpolate": "30", "points": POINTS}, "2", "line(30)"),
        ({"interpolate": "30", "points": POINTS, "beyond": "extend"}, "3", "line(30)"),
        ({"marginal": {"measure": True}, "steps": BANDS}, "2", "bands(measure)"),
        ({"previous": {"measure": True}}, "5", "previous(measure)"),
        ({"previous": {"previous": {"measure": True}}}, "0", "previous(previous(measure))"),
        ({"rank": "measure"}, "0", "rank(measure)"),
    ],
)
def test_an_expression_comes_to_its_value_and_reads_as_a_formula(
    raw: Any, value: str, formula: str
) -> None:
    found = expression(raw)

    assert reckoning.value(found, ANN) == Fraction(value)
    assert formulas.formula(found) == formula


@pytest.mark.parametrize(
    ("raw", "holds", "says"),
    [
        ({"value": {"measure": True}, "is": "ge", "than": "12"}, True, "measure ≥ 12"),
        ({"value": {"measure": True}, "is": "gt", "than": "12"}, False, "measure > 12"),
        ({"value": {"measure": True}, "is": "le", "than": "12"}, True, "measure ≤ 12"),
        ({"value": {"measure": True}, "is": "lt", "than": "12"}, False, "measure < 12"),
        ({"value": {"measure": True}, "is": "eq", "than": "12"}, True, "measure = 12"),
        ({"value": {"measure": True}, "is": "ne", "than": "12"}, False, "measure ≠ 12"),
        ({"all": [{"value": "1", "is": "eq", "than": "1"}]}, True, "1 = 1"),
        ({"all": []}, True, ""),
        (
            {"any": [{"value": "1", "is": "eq", "than": "2"}, {"all": []}]},
            True,
            "1 = 2 | ()",
        ),
        ({"not": {"value": "1", "is": "eq", "than": "1"}}, False, "not (1 = 1)"),
        ({"person": "team", "in": ["north", "south"]}, True, "team = north | south"),
        ({"person": "office", "in": ["Rome"]}, False, "office = Rome"),
        ({"person": "office", "in": ["Rome"], "says": "Works in Rome"}, False, "Works in Rome"),
    ],
)
def test_a_test_holds_or_not_and_says_itself(raw: Any, *, holds: bool, says: str) -> None:
    found = condition(raw)

    assert reckoning.holds(found, ANN) is holds
    assert reckoning.says(found) == says


def test_a_test_that_chooses_is_named_with_what_it_looked_at() -> None:
    gate = {"value": {"attainment": True}, "is": "ge", "than": "1", "says": "Quota met"}

    value, steps = reckoning.explained(
        expression({"if": gate, "then": {"figure": "sold"}, "else": "1"}), ANN
    )

    assert value == Fraction("250.5")
    assert [line for step in steps for line in english.explain(step)] == [
        "12 of a quota of 10 is 120%",
        "This holds: Quota met",
        "sold is 250.50 EUR",
    ]


def test_a_choice_without_else_comes_to_nothing() -> None:
    value, (step,) = reckoning.explained(
        expression({"if": {"value": "1", "is": "gt", "than": "2"}, "then": "5"}), ANN
    )

    assert (value, step.code) == (0, "condition_not_met")


def test_what_was_tested_is_explained_too() -> None:
    met, steps = reckoning.tested(
        condition({"value": {"measure": True}, "is": "ge", "than": {"quota": True}}), ANN
    )

    assert met
    assert [step.code for step in steps] == ["figure", "quota"]


def test_without_a_quota_attainment_and_quota_are_nothing_and_say_so() -> None:
    both = expression({"add": [{"attainment": True}, {"quota": True}]})

    value, steps = reckoning.explained(both, Table(figures={"measure": 3}))

    assert value == 0
    assert [step.code for step in steps] == ["no_quota", "no_quota"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"rank": "measure"}, [1, 2, 2]),
        ({"rank": "measure", "best": "lowest"}, [3, 1, 1]),
        ({"rank": "measure", "method": "fractional"}, [1, Fraction(5, 2), Fraction(5, 2)]),
    ],
)
def test_a_rank_is_the_place_among_all_payees_of_the_period(
    raw: Any, expected: list[Fraction]
) -> None:
    scopes = together({"ann": 9, "bob": 4, "cy": 4})

    assert [reckoning.value(expression(raw), scope) for scope in scopes.values()] == expected


def test_the_period_before_is_explained_within_its_step() -> None:
    _, (step,) = reckoning.explained(expression({"previous": {"measure": True}}), ANN)

    assert list(english.explain(step)) == [
        "measure in the period before: 5",
        "  measure is 5",
    ]


_leaves = st.sampled_from(
    [
        "0",
        "-3.5",
        "7",
        {"figure": "sold"},
        {"figure": "calls"},
        {"measure": True},
        {"quota": True},
        {"attainment": True},
        {"component": "spif"},
        {"person": "level"},
        {"days": "worked"},
        {"rank": "measure"},
    ]
)


def _nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pair = st.tuples(inner, inner).map(list)
    return st.one_of(
        *(pair.map(lambda two, key=key: {key: two}) for key in ("add", "subtract", "multiply")),
        *(pair.map(lambda two, key=key: {key: two}) for key in ("divide", "min", "max")),
        inner.map(lambda one: {"round": one, "to": "0.5"}),
        inner.map(lambda one: {"lookup": one, "steps": PLACES}),
        inner.map(lambda one: {"interpolate": one, "points": POINTS, "beyond": "extend"}),
        inner.map(lambda one: {"marginal": one, "steps": BANDS}),
        inner.map(lambda one: {"previous": one}),
        pair.map(
            lambda two: {
                "if": {"any": [{"value": two[0], "is": "ge", "than": two[1]}]},
                "then": two[0],
                "else": two[1],
            }
        ),
    )


@given(st.recursive(_leaves, _nodes, max_leaves=12), st.sampled_from([ANN, Table()]))
def test_every_expression_comes_to_an_exact_number_with_words_for_each_step(
    raw: Any, scope: Table
) -> None:
    found = expression(raw)

    value, steps = reckoning.explained(found, scope)

    assert type(value) is Fraction
    assert formulas.formula(found)
    for step in (each for top in steps for each in codes_in(top)):
        assert set(step.params) == set(STEPS[step.code].params)
        assert not STEPS[step.code].adds
        assert "".join(english.explain(step))


@given(st.decimals("-99", "99", places=3), st.decimals("-99", "99", places=3))
def test_bands_that_all_hold_something_never_pay_less_for_more(one: Decimal, two: Decimal) -> None:
    low, high = (
        reckoning.value(expression({"marginal": str(each), "steps": BANDS}), ANN)
        for each in sorted((one, two))
    )

    assert low <= high
