from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import reading
from app.engine.reading import InvalidProgram
from tests.engine.documents import bonus, component_json, per_unit, program, program_json, rate

PLAIN = rate("0.05")


def problems_of(raw: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidProgram) as refused:
        reading.read(raw)
    return [(problem.pointer, problem.code) for problem in refused.value.problems]


def test_every_problem_is_named_at_once_with_its_place() -> None:
    raw = program_json(
        component_json(
            {"kind": "rate", "rate": 0.05, "tiers": {"mode": "both", "steps": []}},
            credit={"to": "nobody"},
            period={},
            counts={"all": [{"field": "product", "op": "lt", "value": "A"}]},
        ),
        currency="euro",
    )

    assert problems_of(raw) == [
        ("/currency", "string_pattern_mismatch"),
        ("/components/0/counts/all/0", "value_error"),
        ("/components/0/credit", "union_tag_invalid"),
        ("/components/0/period/kind", "missing"),
        ("/components/0/payout/rate", "value_error"),
        ("/components/0/payout/tiers/mode", "literal_error"),
        ("/components/0/payout/tiers/boundary", "missing"),
        ("/components/0/payout/tiers/steps", "too_short"),
    ]


def test_a_currency_that_does_not_exist_is_refused() -> None:
    assert problems_of(program_json(component_json(PLAIN), currency="ZZZ")) == [
        ("/currency", "value_error")
    ]


def test_one_value_in_place_of_a_list_of_one_is_named_where_it_was_stated() -> None:
    wrong = {"if": "x", "then": "1", "else": "2"}
    nowhere = {"figure": "none"}

    alone = problems_of(program_json(component_json(PLAIN | {"times": wrong})))
    listed = problems_of(program_json(component_json(PLAIN | {"times": ["2", wrong]})))
    unknown = problems_of(program_json(component_json(PLAIN | {"times": nowhere})))

    assert [place for place, _ in alone] == ["/components/0/payout/times/if"]
    assert [place for place, _ in listed] == ["/components/0/payout/times/1/if"]
    assert unknown == [("/components/0/payout/times", "unknown_figure")]


def test_a_cap_of_each_activity_needs_activities_of_the_payee_alone() -> None:
    caps = {"limits": {"caps": [{"amount": "50"}, {"amount": "40", "per": "activity"}]}}
    shared = {"measure": {"kind": "sum", "of": "amount", "whose": "everybody"}}

    assert problems_of(program_json(component_json(PLAIN, **shared, **caps))) == [
        ("/components/0/limits/caps/1/per", "mismatch")
    ]


def test_a_wrong_choice_lists_the_right_ones() -> None:
    with pytest.raises(InvalidProgram) as refused:
        reading.read(program_json(component_json(PLAIN, credit={"to": "nobody"})))

    known = "'direct', 'override', 'upline', 'split', 'overlay', 'group', 'differential'"
    assert refused.value.problems[0].detail == f"Choose one of {known}."


@pytest.mark.parametrize("raw", [None, 5, "x", [], {}, {"components": [3]}, {"a/b~c": 1}])
def test_what_is_no_program_is_refused(raw: Any) -> None:
    assert problems_of(raw)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"effective": {"from": "2026-11-02", "to": "2026-11-01"}}, "/effective/to"),
        ({"effective": {"from": 20261101}}, "/effective/from"),
        ({"effective": {"from": "2026-11-01", "to": "9999-12-31"}}, "/effective/to"),
        ({"effective": {"from": "2026-11-01T00:00"}}, "/effective/from"),
        ({"measure": {"kind": "sum", "of": "units"}}, "/measure"),
        ({"measure": {"kind": "count"}}, "/measure"),
        ({"payout": per_unit("1.00"), "measure": {"kind": "sum", "of": "amount"}}, "/measure"),
        (
            {"credit": {"to": "override", "levels": [{"level": 1}, {"level": 1}]}},
            "/credit/levels",
        ),
        (
            {
                "period": {"kind": "window"},
                "effective": {"from": "2026-11-01"},
                "release": {"on": "period_end"},
            },
            "/release",
        ),
        ({"payout": bonus(("9", "1.00"), ("9", "2.00"))}, "/payout/milestones/1/at"),
        ({"payout": rate("0.1", ("9", "0.2"), ("8", "0.3"))}, "/payout/tiers/steps/1/from"),
        ({"payout": rate("0.1", ("0", "0.2"))}, "/payout/tiers/steps/0/from"),
        ({"payout": rate("-0.1")}, "/payout/rate"),
        ({"payout": rate("0.1", ("9", "x-1"))}, "/payout/tiers/steps/0/multiplier"),
        ({"payout": per_unit("1.0000001")}, "/payout/amount"),
        ({"clawback_days": "30"}, "/clawback_days"),
        ({"counts": {"not": {"all": [{"not": 5}]}}}, "/counts/not/all/0/not"),
    ],
)
def test_parts_that_do_not_fit_are_refused_at_their_place(
    changes: dict[str, Any], pointer: str
) -> None:
    raw = program_json(component_json(PLAIN) | changes)

    assert [place for place, _ in problems_of(raw)] == [f"/components/0{pointer}"]


def test_a_step_gives_either_a_price_or_a_multiplier() -> None:
    raw = component_json(rate("0.1", ("9", "0.2")))
    raw["payout"]["tiers"]["steps"][0]["multiplier"] = "2"
    neither = component_json(rate("0.1", ("9", "0.2")), id="neither")
    del neither["payout"]["tiers"]["steps"][0]["rate"]

    assert problems_of(program_json(raw, neither)) == [
        ("/components/0/payout/tiers/steps/0", "one_of"),
        ("/components/1/payout/tiers/steps/0", "one_of"),
    ]


def test_two_components_cannot_share_an_id() -> None:
    raw = program_json(component_json(PLAIN), component_json(PLAIN))

    assert problems_of(raw) == [("/components/1/id", "duplicate")]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    assert problems_of(program_json(component_json(PLAIN), zone=zone)) == [
        ("/zone", "unknown_zone")
    ]


def test_an_overgrown_condition_is_refused() -> None:
    deep: Any = {"field": "product", "op": "eq", "value": "A"}
    for _ in range(6):
        deep = {"not": deep}
    wide = {"any": [{"field": "product", "op": "eq", "value": "A"}] * 101}

    raw = program_json(
        component_json(PLAIN, counts=deep), component_json(PLAIN, id="wide", counts=wide)
    )

    assert problems_of(raw) == [
        ("/components/0/counts", "too_large"),
        ("/components/1/counts", "too_large"),
    ]


def test_a_monster_is_refused_before_it_costs_anything() -> None:
    bottomless: Any = []
    for _ in range(100_000):
        bottomless = [bottomless]

    assert problems_of(bottomless) == [("", "too_large")]
    assert problems_of([0] * 30_000) == [("", "too_large")]


def test_reading_what_was_written_gives_the_same_program_and_seal() -> None:
    original = program(component_json(per_unit("18.00", ("10", "x1.25"))))

    again = reading.read(json.loads(reading.canonical(original)))

    assert again == original
    assert reading.fingerprint(again) == reading.fingerprint(original)


def test_the_seal_changes_with_any_number() -> None:
    one, other = program(component_json(rate("0.05"))), program(component_json(rate("0.06")))

    assert reading.fingerprint(one) != reading.fingerprint(other)


def test_the_json_schema_names_every_shape_of_payout() -> None:
    schema = reading.json_schema()

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"RatePayout", "UnitPayout", "BonusPayout"} <= set(schema["$defs"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    st.sampled_from(["payout", "counts", "credit", "measure", "effective", "release", "id"]), JSON
)
def test_nonsense_anywhere_is_refused_with_a_place_inside_the_document(
    part: str, junk: Any
) -> None:
    raw = program_json(component_json(PLAIN) | {part: junk})
    for pointer, code in _problems_if_any(raw):
        assert pointer.startswith("/components/0")
        assert code


def _problems_if_any(raw: Any) -> list[tuple[str, str]]:
    try:
        reading.read(raw)
    except InvalidProgram as refused:
        return [(problem.pointer, problem.code) for problem in refused.problems]
    return []
