"""Nonsense is refused with its place and a sentence, quickly, never with a traceback."""

from __future__ import annotations

import contextlib
import copy
import json
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import evaluate, facts_reading, reading
from app.engine.document import Program
from app.kernel.errors import AppError, Problem
from tests.engine.documents import component_json, program_json, rate
from tests.engine.test_documentation import FACTS, PARTS

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**18)
    | st.text(max_size=8)
    | st.sampled_from(["0.05", "measure", "period", "ann", "north", "-1", "1e5", "NaN", "main"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["kind", "figure", "add", "previous", "if"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


def valid(part: Any) -> Any:
    """Return a whole document around a piece of the documentation."""
    raw = component_json(rate("0.05")) | part
    quality = component_json(rate("0.01"), id="quality")
    return program_json(raw, quality, groups={"north": {"people": ["ann", "bob"]}})


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*at, key))


def changed(document: Any, at: tuple[Any, ...], how: str, junk: Any) -> Any:
    """Return `document` with the value at a place replaced, removed, doubled or given a name more."""
    if not at:
        return junk
    raw = copy.deepcopy(document)
    inside = raw
    for key in at[:-1]:
        inside = inside[key]
    if how == "remove":
        del inside[at[-1]]
    elif how == "double" and isinstance(inside, list):
        inside.append(copy.deepcopy(inside[at[-1]]))
    elif how == "add" and isinstance(inside[at[-1]], dict):
        inside[at[-1]]["more"] = junk
    else:
        inside[at[-1]] = junk
    return raw


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    document = valid(draw(st.sampled_from(PARTS)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from(list(places(document))))
        junk = draw(JSON | st.sampled_from([document, *PARTS]))
        document = changed(
            document, at, draw(st.sampled_from(["replace", "remove", "double", "add"])), junk
        )
    return document


def resolves(document: Any, pointer: str) -> bool:
    """Tell whether a pointer leads into the document, but for its last name, which may be missing."""
    for part in pointer.split("/")[1:-1]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and name.isdigit():
            document = document[int(name)]
        elif isinstance(document, dict) and name in document:
            document = document[name]
        else:
            return False
    return True


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_changed_document_is_read_or_refused_with_places_and_sentences(document: Any) -> None:
    started = time.monotonic()
    program, problems = taken(document)
    if program is not None:
        settle(program)
    for problem in problems:
        assert resolves(document, problem.pointer), problem
        assert re.search(r"\w", problem.detail)
    assert time.monotonic() - started < 10


def taken(document: Any) -> tuple[Program | None, Sequence[Problem]]:
    """Return the program that a document states, or what is wrong with it."""
    try:
        return reading.read(document), ()
    except reading.InvalidProgram as refused:
        return None, refused.problems or [Problem("", "", "")]


def settle(program: Program) -> None:
    """Evaluate a program; only an expected refusal may come of it."""
    with contextlib.suppress(AppError):
        evaluate.evaluate(program, facts_reading.read(FACTS, program))


@settings(max_examples=60)
@given(st.data())
def test_changed_facts_are_read_or_refused_with_places(data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(list(places(FACTS))))
    how = data.draw(st.sampled_from(["replace", "remove", "double", "add"]))
    raw = changed(FACTS, at, how, data.draw(JSON))
    program = reading.read(valid(PARTS[0]))
    with contextlib.suppress(facts_reading.InvalidFacts):
        evaluate.evaluate(program, facts_reading.read(raw, program))


def number(name: str) -> Any:
    return {"kind": "formula", "value": name}


def circle(**figures: Any) -> Any:
    return {"figures": figures}


@pytest.mark.parametrize(
    ("part", "pointer", "code"),
    [
        (circle(one=number({"figure": "two"}), two=number({"figure": "one"})), "value", "circle"),
        ({"payout": {"kind": "formula", "value": {"component": "main"}}}, "value", "circle"),
        ({"payout": {"kind": "formula", "value": {"component": "none"}}}, "component", "unknown_component"),
        ({"payout": {"kind": "formula", "value": {"figure": "none"}}}, "value", "unknown_figure"),
        ({"payout": {"kind": "formula", "value": {"rank": "measure", "among": "x"}}}, "among", "unknown_group"),
        ({"credit": {"to": "split", "default": [{"role": "seller", "share": "0.9"}]}}, "default", "sum"),
        ({"credit": {"to": "split", "default": [{"share": "1"}]}}, "0", "one_of"),
        ({"credit": {"to": "overlay"}}, "credit", "one_of"),
        ({"period": {"kind": "rolling"}}, "days", "missing"),
        ({"period": {"kind": "month", "days": 3}}, "days", "mismatch"),
        ({"period": {"kind": "year", "to_date": "year"}}, "to_date", "mismatch"),
        ({"payout": {"kind": "tickets", "for_each": "5"}}, "kind", "mismatch"),
        ({"payout": {"kind": "pool"}}, "amount", "missing"),
        ({"payout": {"kind": "pool", "by": "rank"}}, "places", "missing"),
        ({"payout": {"kind": "pool", "by": "rank", "amount": "9", "places": ["0.9", "0.9"]}}, "places", "too_much"),
        ({"clawback": {"when": {"attribute": "x"}}}, "clawback", "one_of"),
        ({"clawback": {"days": 3, "when": {"attribute": "x"}, "schedule": [{"within_months": 1, "share": "2"}]}},
         "share", "too_much"),
        ({"holds": [{"until": {"days_after": 3}}, {"until": {"days_after": 3}}]}, "holds", "too_much"),
        ({"holdback": {"share": "1.1", "until": {"days_after": 3}}}, "holdback", "too_much"),
        ({"figures": {"measure": {"kind": "count"}}}, "measure", "duplicate"),
        ({"payout": {"kind": "curve", "pays": "share_of_target",
                     "points": [{"at": "1", "pays": "1"}, {"at": "0", "pays": "1"}]}}, "target", "missing"),
        ({"payout": {"kind": "matrix", "pays": "multiplier", "cells": [["1"], ["1", "2"]],
                     "rows": {"value": "1", "from": ["1"]}, "columns": {"value": "1", "from": ["2", "1"]}}},
         "target", "missing"),
        ({"payout": {"kind": "rate", "rate": {"measure": True}, "within": {"min": "2", "max": "1"}}}, "max", "order"),
        ({"payout": {"kind": "rate", "rate": {"lookup": "1", "steps": [{"from": "1", "value": "1"}] * 2}}},
         "from", "order"),
        ({"period": {"kind": "custom", "spans": [{"from": "2026-02-01", "to": "2026-01-01"}] * 2}}, "to", "order"),
        ({"period": {"kind": "custom", "spans": [{"from": "2026-01-01", "to": "2026-01-31"},
                                                 {"from": "2026-01-31", "to": "2026-02-28"}]}}, "from", "order"),
        ({"period": {"kind": "retail", "starts_on": ["2026-02-01", "2026-08-02"]}}, "1", "order"),
        ({"payout": {"kind": "formula", "value": {"quota": "none"}}}, "value", "unknown_figure"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_place(part: Any, pointer: str, code: str) -> None:
    with pytest.raises(reading.InvalidProgram) as refused:
        reading.read(valid(part))

    found = [(each.pointer.rpartition("/")[2], each.code) for each in refused.value.problems]
    assert (pointer, code) in found


def test_the_program_as_a_whole_must_fit() -> None:
    raw = valid({}) | {
        "caps": [{"amount": "5", "per": "person_period"}],
        "groups": {
            "old": {"where": {"any": [{"not": {"field": "product", "op": "eq", "value": "x"}}]}}
        },
    }

    with pytest.raises(reading.InvalidProgram) as refused:
        reading.read(raw)

    found = [(each.pointer, each.code) for each in refused.value.problems]
    assert found == [("/caps/0/period", "mismatch"), ("/groups/old/where", "unknown_field")]


def test_an_earlier_period_of_oneself_is_no_circle() -> None:
    part = {"payout": {"kind": "formula", "value": {"previous": {"component": "main"}}}}

    assert reading.read(valid(part)).components[0].id == "main"


def test_a_formula_too_deep_or_too_long_is_refused() -> None:
    deep: Any = {"measure": True}
    for _ in range(12):
        deep = {"add": [deep]}
    wide = [{"multiply": [{"measure": True}] * 40}] * 6

    for value in (deep, {"add": wide}):
        with pytest.raises(reading.InvalidProgram) as refused:
            reading.read(valid({"payout": {"kind": "formula", "value": value}}))
        assert {each.code for each in refused.value.problems} == {"too_large"}


def test_a_plan_that_is_too_much_work_is_refused() -> None:
    leaf = {"field": "product", "op": "eq", "value": "A"}
    figure = {"kind": "count", "whose": "everybody", "where": {"any": [leaf] * 100}}
    part = {"figures": {f"f{n}": figure for n in range(20)}}

    with pytest.raises(reading.InvalidProgram) as refused:
        reading.read(valid(part))

    assert [(each.pointer, each.code) for each in refused.value.problems] == [
        ("/components/0", "too_costly")
    ]


def test_a_figure_that_feeds_on_itself_is_stopped() -> None:
    before = {"add": ["3", {"previous": {"figure": "growing"}}]}
    part = {
        "period": {"kind": "week"},
        "figures": {"growing": number({"multiply": [before, before, before]})},
        "payout": {"kind": "formula", "value": {"figure": "growing"}},
    }
    sales = [
        {
            "id": str(week),
            "occurred_at": f"2026-{month:02}-10T10:00:00Z",
            "person": "ann",
            "amount": "1",
        }
        for week, month in enumerate((1, 12))
    ]

    with pytest.raises(AppError, match="grows beyond all bounds"):
        evaluate.evaluate(reading.read(valid(part)), facts_reading.read({"activities": sales}))


def test_quota_periods_of_a_person_do_not_overlap() -> None:
    days = [
        ("2026-01-01", "2026-03-31"),
        ("2026-04-01", "2026-06-30"),
        ("2026-05-01", "2026-05-31"),
    ]
    quotas = [{"person": "ann", "target": "1", "from": first, "to": last} for first, last in days]
    alike = {**quotas[0], "component": "main"}
    program = reading.read(valid({"period": {"kind": "quota"}}))

    facts_reading.read({"quotas": [*quotas[:2], alike]}, program)
    with pytest.raises(facts_reading.InvalidFacts) as refused:
        facts_reading.read({"quotas": quotas}, program)

    assert [problem.pointer for problem in refused.value.problems] == ["/quotas/2/from"]


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ({"activities": [{"id": "a"}]}, "/activities/0/occurred_at"),
        ({"activities": json.loads(json.dumps([FACTS["activities"][0]] * 2))}, "/activities/1/id"),
        ({"activities": [FACTS["activities"][0] | {"shares": [{"person": "a", "share": "2"}]}]},
         "/activities/0/shares"),
        ({"people": [{"person": "a"}, {"person": "a"}]}, "/people/1/person"),
        ({"people": [{"person": "a", "joined_on": "2026-02-01", "left_on": "2026-01-01"}]}, "/people/0/left_on"),
        ({"quotas": [{"person": "a", "target": "1", "from": "2026-02-01", "to": "2026-01-01"}]}, "/quotas/0/to"),
        ({"activities": [FACTS["activities"][0] | {"currency": "JPY"}]}, "/activities/0/currency"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_used_are_refused_at_their_place(raw: Any, pointer: str) -> None:
    program = reading.read(valid({"measure": {"kind": "sum", "of": "amount", "convert": True}}))

    with pytest.raises(facts_reading.InvalidFacts) as refused:
        facts_reading.read(raw, program)

    assert pointer in [each.pointer for each in refused.value.problems]
