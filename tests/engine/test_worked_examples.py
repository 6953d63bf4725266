"""Published cases, each a plan document and facts: the answers come from the file, not from here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.engine.exact import decimal_text
from tests.engine.cases import limiting, selling, sharing
from tests.engine.cases.plans import CASES
from tests.engine.documents import Json

pytestmark = pytest.mark.shared_data

__all__ = ["limiting", "selling", "sharing"]

EXAMPLES = Path(__file__).resolve().parents[3] / "shared/data/worked-examples/worked_examples.json"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "worked-examples.md"


@cache
def published() -> dict[str, Json]:
    text = EXAMPLES.read_text(encoding="utf-8")
    found: list[Json] = json.loads(text, parse_float=Decimal)["cases"]
    return {case["id"]: case for case in found}


@cache
def answered(name: str) -> Json:
    return CASES[name].answer(published()[name]["inputs"])


def names(*uses: str) -> list[str]:
    if not EXAMPLES.exists():
        return []
    return [name for name, case in published().items() if case["use_as"] in uses]


def leaves(answer: Any) -> Iterator[Fraction]:
    """Yield every number of an answer, in order of its names and places."""
    if isinstance(answer, dict):
        for name in sorted(answer):
            yield from leaves(answer[name])
    elif isinstance(answer, list):
        for each in answer:
            yield from leaves(each)
    else:
        yield Fraction(answer)


def agree(found: Any, expected: Any, tolerance: str) -> bool:
    pairs = zip(leaves(found), leaves(expected), strict=True)
    return all(abs(one - other) <= Fraction(tolerance) for one, other in pairs)


@pytest.mark.parametrize("name", names("assert", "assert_with_stated_convention"))
def test_a_published_case_gives_its_published_answer(name: str) -> None:
    case = published()[name]

    assert sorted(answered(name)) == sorted(case["expected"])
    assert agree(answered(name), case["expected"], case["tolerance"])
    assert agree(answered(name), case["recomputed"], case["tolerance"])


@pytest.mark.parametrize("name", names("do_not_assert"))
def test_a_case_that_was_published_wrong_gives_the_right_answer(name: str) -> None:
    case = published()[name]

    assert sorted(answered(name)) == sorted(case["recomputed"])
    assert agree(answered(name), case["recomputed"], case["tolerance"])
    assert not agree(answered(name), case["expected"], case["tolerance"])


def test_every_published_case_is_expressed() -> None:
    assert sorted(CASES) == sorted(published())


def shown(answer: Any) -> str:
    """Return an answer as the page shows it: names and plain numbers."""
    if isinstance(answer, dict):
        return "; ".join(f"{name} {shown(each)}" for name, each in answer.items())
    if isinstance(answer, list):
        return ", ".join(shown(each) for each in answer)
    return decimal_text(Fraction(answer))


def row(name: str) -> str:
    case, source = published()[name], published()[name]["source"]
    use = {"assert": "", "assert_with_stated_convention": "convention"}
    remark = use.get(case["use_as"], "published wrong")
    result = shown(answered(name))
    cells = (name, f"[{source['publisher']}]({source['url']})", CASES[name].says, result, remark)
    return "| " + " | ".join(cells) + " |"


def test_the_table_of_published_cases_is_true() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [row(name) for name in published()] == [
        line for line in page.splitlines() if line.startswith("| ") and "](http" in line
    ]
