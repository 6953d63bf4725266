"""A mapping that cannot work is refused, with everything that is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from app.activities.errors import MappingRefused
from app.activities.mapping import read_mapping


def refused(mapping: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(MappingRefused) as refusal:
        read_mapping(mapping)
    return {problem.pointer: problem.detail for problem in refusal.value.problems}


@pytest.mark.parametrize(
    "name", ["surprise", "attributes.", "attributes. x", "Person", "amount\n", ""]
)
def test_a_field_that_is_not_known_is_named_together_with_those_that_are(name: str) -> None:
    said = refused(
        {
            "fields": {name: {"column": "A"}, "attributes.Sub-region 2": {"column": "B"}},
            "rules": [{"rule": "required", "field": name}],
        }
    )

    assert set(said) == {f"/mapping/fields/{name}", "/mapping/rules/0/field"}
    assert {detail.partition(" Choose one of ")[0] for detail in said.values()} == {
        f"There is no field {name}."
    }
    assert {"external_id, person, occurred_at" in detail for detail in said.values()} == {True}
    assert {"such as attributes.region" in detail for detail in said.values()} == {True}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"rule": "range", "field": "amount"}, "Give min, max or both."),
        ({"rule": "range", "field": "amount", "min": "5", "max": "4.99"}, "min is the larger one"),
        ({"rule": "date_window"}, "Give from, to or both."),
        ({"rule": "date_window", "from": "2026-02-01", "to": "2026-01-31"}, "from is the later"),
    ],
)
def test_a_rule_that_nothing_can_follow_is_refused(rule: dict[str, Any], said: str) -> None:
    [(pointer, detail)] = refused({"rules": [rule]}).items()

    assert pointer == "/mapping/rules/0"
    assert said in detail


@pytest.mark.parametrize(
    "rule",
    [
        {"rule": "range", "field": "amount", "min": "5", "max": "5"},
        {"rule": "range", "field": "units", "max": "5"},
        {"rule": "date_window", "from": "2026-01-31", "to": "2026-01-31"},
    ],
)
def test_both_ends_of_a_rule_may_be_the_same_and_one_may_be_open(rule: dict[str, Any]) -> None:
    assert read_mapping({"rules": [rule]}).stored()["rules"]


def test_every_option_that_stands_at_the_wrong_field_is_named() -> None:
    fields = {
        "external_id": {"column": "Id", "by": "email"},
        "person": {"columns": ["First", "Last"]},
        "product": {"column": "Sku", "by": "name", "repeats": "count"},
        "country": {"product_of": ["A", "B"]},
    }

    found = refused({"fields": fields})

    assert found.keys() == {
        "/mapping/fields/external_id/by",
        "/mapping/fields/person/columns",
        "/mapping/fields/product/by",
        "/mapping/fields/product/repeats",
        "/mapping/fields/country/product_of",
    }
    assert found["/mapping/fields/product/by"] == "product is no person: by is for person."
