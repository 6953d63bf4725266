from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.engine import reading
from tests.engine.documents import component_json, program_json, rate
from tests.http import pydantics


def problems_of(**changes: Any) -> dict[str, str]:
    with pytest.raises(reading.InvalidProgram) as refused:
        reading.read(program_json(component_json(rate("0.05")) | changes))
    return {each.pointer: each.detail for each in refused.value.problems}


@pytest.mark.parametrize(
    ("changes", "place", "sentence"),
    [
        ({"period": "month"}, "/period", "Write an object with its fields, in curly brackets."),
        ({"period": {}}, "/period/kind", "This field is needed here."),
        ({"cap": "500"}, "/cap", "There is no such field here."),
        (
            {"limits": {"caps": {"amount": "5"}}},
            "/limits/caps",
            "Write a list, in square brackets.",
        ),
        (
            {"id": "Dual Fuel"},
            "/id",
            "Write small letters, digits and dashes, such as dual-fuel.",
        ),
        (
            {"measure": {"kind": "sum", "of": "margin"}},
            "/measure/of",
            "Choose one of amount, units, or attributes.<name>.",
        ),
        (
            {"period": {"kind": "month", "to_date": "week"}},
            "/period/to_date",
            "Choose one of 'year', 'quarter' or 'effective'.",
        ),
    ],
)
def test_a_mistake_of_shape_is_answered_with_its_place_and_a_sentence(
    changes: dict[str, Any], place: str, sentence: str
) -> None:
    assert problems_of(**changes)[f"/components/0{place}"] == sentence


def test_a_formula_that_is_none_is_answered_with_those_that_are() -> None:
    payout = {"kind": "rate", "rate": {"plus": ["1", "2"]}}

    (detail,) = problems_of(payout=payout).values()

    assert detail.startswith("Choose one of a plain value, 'component', 'figure', 'measure'")


@pytest.mark.parametrize(("kind", "error"), pydantics.errors())
def test_whatever_pydantic_finds_in_a_document_is_told_in_our_words(
    kind: str, error: ValidationError
) -> None:
    (found,) = error.errors()

    told = reading.problem_of(found)

    assert kind == "value_error" or not pydantics.WORDS.search(told.detail)
