"""Each rule does what its sentence says, and says why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activities.cleaning import Cleaned, Cleaner
from app.activities.core import FormulaCell, Outcome
from app.activities.errors import MappingRefused
from app.activities.mapping import check_complete, read_mapping
from app.activities.readers import Known
from app.kernel.money import MICROS

ADA = UUID(int=1)
KNOWN = Known(people={"ada": ADA}, products={"gtx pro": ("GTX Pro", "GTX"), "p-7": ("Fibre", None)})
COLUMNS = ("id", "who", "day", "value", "item", "stage")
ROW = ("A-1", "Ada", "2026-11-19", "12.34", "GTX Pro", "Won")


def mapping_with(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "fields": {
            "external_id": {"column": "id"},
            "person": {"column": "who", "by": "name"},
            "occurred_at": {"column": "day"},
            "amount": {"column": "value"},
            "product": {"column": "item"},
            **fields,
        },
        "rules": list(rules),
    }


def clean(raw: dict[str, Any], *rows: tuple[Any, ...]) -> list[Cleaned]:
    cleaner = Cleaner(read_mapping(raw), COLUMNS, KNOWN)
    return [cleaner.clean(row, number) for number, row in enumerate(rows or (ROW,), start=2)]


def changed(**cells: Any) -> tuple[Any, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(COLUMNS, ROW, strict=True))


def codes(cleaned: Cleaned) -> list[str]:
    return [reason.code for reason in cleaned.reasons]


def test_a_clean_row_is_accepted_with_its_exact_amount() -> None:
    [cleaned] = clean(mapping_with())

    assert cleaned.outcome is Outcome.ACCEPTED
    assert cleaned.ready is not None
    assert (cleaned.ready.person_id, cleaned.ready.amount_micros) == (ADA, 12_340_000)
    assert (cleaned.ready.product, cleaned.ready.product_group) == ("GTX Pro", "GTX")
    assert (cleaned.ready.currency, cleaned.ready.units_micros) == ("EUR", MICROS)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"who": "Bo"}, "unknown_person"),
        ({"who": " "}, "no_person"),
        ({"day": "2026-11-31"}, "not_a_date"),
        ({"day": ""}, "no_date"),
        ({"value": "12,34"}, "not_a_number"),
        ({"value": "1.2345678"}, "too_precise"),
        ({"value": "9" * 20}, "too_large"),
        ({"id": ""}, "no_external_id"),
        ({"id": "x" * 600}, "too_long"),
        ({"item": "x" * 600}, "too_long"),
        ({"value": FormulaCell("2")}, "formula_cell"),
        ({"id": FormulaCell("2")}, "formula_cell"),
    ],
)
def test_a_row_that_makes_no_sense_is_set_aside(cells: dict[str, Any], code: str) -> None:
    [cleaned] = clean(mapping_with(), changed(**cells))

    assert (cleaned.outcome, cleaned.ready) == (Outcome.QUARANTINED, None)
    assert codes(cleaned) == [code]


def test_a_row_with_cells_missing_is_set_aside() -> None:
    [cleaned] = clean(mapping_with(), ROW[:3])

    assert cleaned.reasons[0].params == {"found": 3, "expected": 6}


def test_a_known_misspelling_is_fixed_and_told() -> None:
    rule = {"rule": "map_values", "field": "product", "values": {"GTXPro": "GTX Pro"}}

    [cleaned] = clean(mapping_with(rule, {"rule": "known_product"}), changed(item="GTXPro"))

    assert (cleaned.outcome, codes(cleaned)) == (Outcome.FIXED, ["mapped"])
    assert cleaned.ready is not None
    assert cleaned.ready.product == "GTX Pro"


def test_blanks_inside_a_text_are_joined_when_asked() -> None:
    [cleaned] = clean(
        mapping_with({"rule": "trim", "field": "product"}), changed(item=" GTX   Pro ")
    )

    assert (cleaned.outcome, codes(cleaned)) == (Outcome.FIXED, ["trimmed"])


@pytest.mark.parametrize(
    ("rule", "cells", "code"),
    [
        ({"rule": "required", "field": "product"}, {"item": ""}, "required"),
        ({"rule": "range", "field": "amount", "min": "0"}, {"value": "-1"}, "out_of_range"),
        ({"rule": "range", "field": "amount", "max": "10"}, {"value": "10.01"}, "out_of_range"),
        ({"rule": "date_window", "from": "2026-11-20"}, {}, "date_window"),
        ({"rule": "date_window", "to": "2026-11-18"}, {}, "date_window"),
        ({"rule": "known_product"}, {"item": "Toaster"}, "unknown_product"),
    ],
)
@pytest.mark.parametrize(
    ("otherwise", "outcome"),
    [("quarantine", Outcome.QUARANTINED), ("refuse", Outcome.REFUSED)],
)
def test_a_rule_sets_aside_or_refuses_as_it_says(
    rule: dict[str, Any], cells: dict[str, Any], code: str, otherwise: str, outcome: Outcome
) -> None:
    [cleaned] = clean(mapping_with({**rule, "otherwise": otherwise}), changed(**cells))

    assert (cleaned.outcome, codes(cleaned)) == (outcome, [code])


def test_the_ends_of_a_range_and_of_a_window_are_inside() -> None:
    rules = (
        {"rule": "range", "field": "amount", "min": "12.34", "max": "12.34"},
        {"rule": "date_window", "from": "2026-11-19", "to": "2026-11-19"},
    )

    assert clean(mapping_with(*rules))[0].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("test", "stage", "hit"),
    [
        ({"in": ["Lost"]}, "Lost", True),
        ({"in": ["Lost"]}, "Won", False),
        ({"not_in": ["Won"]}, "Lost", True),
        ({"not_in": ["Won"]}, "Won", False),
        ({"empty": True}, "", True),
        ({"empty": False}, "", False),
        ({"empty": False}, "x", True),
    ],
)
def test_a_condition_on_a_column_refuses_the_row_under_its_own_code(
    test: dict[str, Any], stage: str, hit: bool
) -> None:
    rule = {"rule": "when", "column": "stage", "outcome": "refuse", "code": "not_won", **test}

    [cleaned] = clean(mapping_with(rule), changed(stage=stage))

    assert codes(cleaned) == (["not_won"] if hit else [])


def test_a_person_may_be_nobody_when_the_rule_says_so() -> None:
    rule = {"rule": "known_person", "otherwise": "nobody"}

    [cleaned] = clean(mapping_with(rule), changed(who="Bo"))

    assert cleaned.outcome is Outcome.ACCEPTED
    assert cleaned.ready is not None
    assert cleaned.ready.person_id is None


@pytest.mark.parametrize(
    ("repeats", "outcomes", "keys"),
    [
        ("count", ["accepted", "accepted"], ["A-1#1", "A-1#2"]),
        ("revise", ["accepted", "accepted"], ["A-1", "A-1"]),
        ("refuse", ["accepted", "refused"], ["A-1", "A-1"]),
        ("quarantine", ["accepted", "quarantined"], ["A-1", "A-1"]),
    ],
)
def test_a_key_that_comes_again_is_what_the_source_says(
    repeats: str, outcomes: list[str], keys: list[str]
) -> None:
    raw = mapping_with(external_id={"column": "id", "repeats": repeats})

    cleaned = clean(raw, ROW, ROW)

    assert [one.outcome.value for one in cleaned] == outcomes
    assert [one.external_id for one in cleaned] == keys


def test_an_amount_may_be_the_exact_product_of_two_columns() -> None:
    raw = mapping_with(amount={"product_of": ["value", "stage"]})

    cleaned = clean(raw, changed(stage="-3.333"), changed(id="A-2", stage="three"))

    assert cleaned[0].ready is not None
    assert cleaned[0].ready.amount_micros == -41_129_220
    assert codes(cleaned[1]) == ["not_a_number"]


def test_attributes_hold_what_the_mapping_names_and_leave_out_what_is_empty() -> None:
    raw = mapping_with(
        **{"attributes.stage": {"column": "stage"}, "attributes.list": {"value": "week 47"}}
    )

    cleaned = clean(raw, ROW, changed(id="A-2", stage=""))

    assert [one.ready.attributes for one in cleaned if one.ready] == [
        '{"list":"week 47","stage":"Won"}',
        '{"list":"week 47"}',
    ]


@given(st.lists(st.tuples(*[st.text(max_size=12)] * 6), max_size=30))
def test_whatever_a_file_holds_every_row_gets_one_outcome(rows: list[tuple[str, ...]]) -> None:
    cleaned = clean(mapping_with(), *rows) if rows else []

    assert len(cleaned) == len(rows)
    assert all((one.ready is None) == bool(one.reasons) for one in cleaned)


@pytest.mark.parametrize(
    "raw",
    [
        {"fields": {"amount": {"column": "a", "value": "1"}}},
        {"fields": {"amount": {}}},
        {"fields": {"surprise": {"column": "a"}}},
        {"fields": {"person": {"columns": ["a", "b"]}}},
        {"fields": {"product": {"product_of": ["a", "b"]}}},
        {"fields": {"amount": {"column": "a", "by": "name"}}},
        {"rules": [{"rule": "when", "column": "a", "outcome": "refuse", "code": "x"}]},
        {"rules": [{"rule": "unknown"}]},
        {"formats": {"zone": "Mars/Base"}},
        {"extra": 1},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_a_pointer(raw: dict[str, Any]) -> None:
    with pytest.raises(MappingRefused) as refusal:
        read_mapping(raw)

    assert refusal.value.problems[0].pointer.startswith("/mapping")


def test_a_mapping_survives_being_kept() -> None:
    rules = (
        {"rule": "when", "column": "stage", "in": ["Lost"], "outcome": "refuse", "code": "lost"},
        {"rule": "date_window", "from": "2026-01-01"},
        {"rule": "range", "field": "amount", "min": "0.10"},
    )
    mapping = read_mapping(mapping_with(*rules))

    assert read_mapping(mapping.stored()) == mapping


def test_a_column_that_is_not_in_the_file_is_named() -> None:
    with pytest.raises(MappingRefused, match="no column item"):
        check_complete(read_mapping(mapping_with()), ("id", "who", "day", "value"))
