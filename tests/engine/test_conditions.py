from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.engine import conditions
from app.engine.conditions import Condition

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
SALE: dict[str, str | Decimal | None] = {
    "product": "Dual-fuel",
    "channel": "",
    "amount": Decimal("120.50"),
    "attributes.score": "87",
    "attributes.note": "urgent",
    "attributes.points": Decimal(3),
}


def counts(raw: Any) -> bool:
    return conditions.holds(CONDITION.validate_python(raw), SALE.get)


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("product", "eq", "Dual-fuel", True),
        ("product", "eq", "dual-fuel", False),
        ("product", "ne", "Gas", True),
        ("product", "in", ["Gas", "Dual-fuel"], True),
        ("product", "not_in", ["Gas", "Dual-fuel"], False),
        ("product", "contains", "-fu", True),
        ("product", "starts_with", "fuel", False),
        ("amount", "eq", "120.5", True),
        ("amount", "ne", "120.5", False),
        ("amount", "in", [1, 2], False),
        ("amount", "not_in", ["1", "120.50"], False),
        ("amount", "lt", "120.50", False),
        ("amount", "le", "120.50", True),
        ("amount", "gt", 120, True),
        ("amount", "ge", 121, False),
        ("amount", "between", ["120.50", "200"], True),
        ("attributes.score", "ge", 80, True),
        ("attributes.score", "eq", "87", True),
        ("attributes.note", "gt", 1, False),
        ("attributes.points", "eq", "3", True),
    ],
)
def test_comparisons(field: str, op: str, value: Any, expected: bool) -> None:
    assert counts(leaf(field, op, value)) is expected


@pytest.mark.parametrize("field", ["country", "channel"])
def test_what_is_absent_equals_nothing(field: str) -> None:
    assert not counts(leaf(field, "eq", "IT"))
    assert counts(leaf(field, "ne", "IT"))
    assert counts(leaf(field, "not_in", ["IT"]))
    assert counts(leaf(field, "exists", False))
    assert not counts(leaf(field, "exists", True))


def test_an_absent_number_is_neither_above_nor_below() -> None:
    assert not counts(leaf("units", "gt", 0))
    assert not counts(leaf("units", "le", 0))
    assert counts(leaf("units", "ne", 0))


def test_parts_are_joined_by_all_any_and_not() -> None:
    yes, no = leaf("product", "eq", "Dual-fuel"), leaf("product", "eq", "Gas")

    assert counts({"all": []})
    assert counts({"all": [yes, {"not": no}]})
    assert not counts({"all": [yes, no]})
    assert counts({"any": [no, yes]})
    assert not counts({"any": [no]})


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("colour", "eq", "red"),
        ("product", "lt", "A"),
        ("amount", "contains", "1"),
        ("amount", "eq", "many"),
        ("amount", "eq", 1.5),
        ("amount", "eq", None),
        ("amount", "eq", True),
        ("amount", "in", "1"),
        ("amount", "between", [1, 2, 3]),
        ("product", "eq", 5),
        ("product", "in", []),
        ("product", "in", ["A"] * 501),
        ("product", "eq", ""),
        ("product", "eq", "x" * 201),
        ("product", "exists", "yes"),
        ("attributes.score", "in", [1, "2"]),
        ("attributes.", "eq", "x"),
    ],
)
def test_nonsense_is_refused_when_it_is_stated(field: str, op: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python(leaf(field, op, value))


def test_depth_and_size_are_known() -> None:
    stated = CONDITION.validate_python(
        {"all": [{"not": leaf("product", "eq", "A")}, {"any": [leaf("amount", "gt", 1)] * 3}]}
    )

    assert conditions.size_of(stated) == (3, 4)
    assert conditions.size_of(conditions.EVERYTHING) == (1, 0)


LEAVES = st.sampled_from(
    [leaf("product", "eq", "Dual-fuel"), leaf("amount", "gt", 500), leaf("country", "ne", "IT")]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=8,
)


@given(TREES)
def test_not_is_the_plain_opposite(tree: dict[str, Any]) -> None:
    assert counts({"not": tree}) is not counts(tree)
