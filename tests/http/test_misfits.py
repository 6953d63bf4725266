"""What does not fit a shape is told in the words of the house, with codes that never change."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AwareDatetime,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from app.http.endpoint import SPECS
from app.http.misfits import problems_of
from app.http.principal import Scope
from app.http.shapes import Currency, MoneyIn, Shape
from app.kernel.errors import Problem
from tests.conftest import Work
from tests.house.test_words import words
from tests.http import pydantics
from tests.people import builders


class Circle(Shape):
    """One of two kinds."""

    kind: Literal["circle"]
    radius: int


class Line(Shape):
    """The other kind."""

    kind: Literal["line"]
    length: int


class Everything(Shape):
    """A field of each kind; none is needed, so that each can be wrong alone."""

    amount: MoneyIn | None = None
    text: Annotated[str, StringConstraints(min_length=2, max_length=4)] = "text"
    code: Annotated[str, StringConstraints(pattern="^a+$")] = "a"
    currency: Currency = "EUR"
    number: Annotated[int, Field(ge=1, le=9)] = 1
    flag: bool = False
    choice: Literal["up", "down"] = "up"
    day: date = date(2026, 11, 19)
    moment: AwareDatetime | None = None
    id: UUID | None = None
    items: Annotated[tuple[int, ...], Field(min_length=1, max_length=2)] = (1,)
    named: dict[Annotated[str, StringConstraints(pattern="^[a-z]+$")], str | int | bool] | None = (
        None
    )
    drawn: Annotated[Circle | Line, Field(discriminator="kind")] | None = None
    parsed: UUID | None = None

    @field_validator("parsed", mode="before")
    @classmethod
    def _is_read_by_python(cls, value: Any) -> UUID:
        return UUID(value)


def told(shape: Any, raw: Any) -> list[Problem]:
    try:
        TypeAdapter(shape).validate_python(raw)
    except ValidationError as error:
        return problems_of(error, raw)
    return []


@pytest.mark.parametrize(
    ("raw", "place", "code", "detail"),
    [
        (
            {"amount": "much"},
            "/amount",
            "object_type",
            "Give an object with its fields, in curly brackets.",
        ),
        ({"amount": {"amount": "1"}}, "/amount/currency", "missing", "This is needed."),
        (
            {"amount": {"amount": "9" * 30, "currency": "EUR"}},
            "/amount/amount",
            "string_pattern_mismatch",
            'Write a number such as "12.50": at most 12 digits, then a point and 6 more.',
        ),
        (
            {"amount": {"amount": 12.5, "currency": "EUR"}},
            "/amount/amount",
            "string_type",
            "Give a text, in quotation marks.",
        ),
        ({"colour": "red"}, "/colour", "extra_forbidden", "There is no such field here."),
        ({"text": 7}, "/text", "string_type", "Give a text, in quotation marks."),
        (
            {"text": "a"},
            "/text",
            "string_too_short",
            "The text is too short: its length must be 2 or more.",
        ),
        (
            {"text": "abcde"},
            "/text",
            "string_too_long",
            "The text is too long: its length may be 4 at most.",
        ),
        (
            {"code": "b"},
            "/code",
            "string_pattern_mismatch",
            "Write this as the pattern ^a+$ has it.",
        ),
        (
            {"currency": "euro"},
            "/currency",
            "string_pattern_mismatch",
            "Give the three letters of a currency, such as EUR.",
        ),
        ({"number": "many"}, "/number", "int_parsing", "Give a whole number."),
        ({"number": 10}, "/number", "less_than_equal", "This must be at most 9."),
        (
            {"flag": "perhaps"},
            "/flag",
            "bool_parsing",
            "Give true or false, without quotation marks.",
        ),
        ({"choice": "left"}, "/choice", "literal_error", "Choose one of 'up' or 'down'."),
        (
            {"day": "2026-02-30"},
            "/day",
            "date_from_datetime_parsing",
            "Give a day, such as 2026-11-19.",
        ),
        (
            {"moment": "2026-11-19T10:18:00"},
            "/moment",
            "timezone_aware",
            "Give a moment with its zone, such as 2026-11-19T10:18:00+01:00.",
        ),
        (
            {"id": "mine"},
            "/id",
            "uuid_parsing",
            "Give an id (a UUID) as this API hands them out.",
        ),
        ({"items": 1}, "/items", "list_type", "Give a list, in square brackets."),
        ({"items": []}, "/items", "too_short", "There must be 1 of these or more."),
        ({"items": [1, 2, 3]}, "/items", "too_long", "There may be 2 of these at most."),
        ({"items": [1, "b"]}, "/items/1", "int_parsing", "Give a whole number."),
        (
            {"named": {"A/b": "c"}},
            "/named/A~1b",
            "string_pattern_mismatch",
            "Write this as the pattern ^[a-z]+$ has it.",
        ),
        (
            {"named": {"a": []}},
            "/named/a",
            "none_fits",
            (
                "Give a text, in quotation marks. Or: Give a whole number, without quotation marks."
                " Or: Give true or false, without quotation marks."
            ),
        ),
        (
            {"drawn": {"kind": "dot"}},
            "/drawn",
            "union_tag_invalid",
            "Choose one of 'circle', 'line'.",
        ),
        ({"drawn": {}}, "/drawn", "union_tag_not_found", "Say which kind of object this is."),
        ({"drawn": {"kind": "line"}}, "/drawn/length", "missing", "This is needed."),
        ({"parsed": "mine"}, "/parsed", "value_error", "This cannot be right."),
    ],
)
def test_a_misfit_is_told_at_its_place_with_what_belongs_there(
    raw: dict[str, Any], place: str, code: str, detail: str
) -> None:
    (problem,) = told(Everything, raw)

    assert (problem.pointer, problem.code, problem.detail) == (place, code, detail)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    raw = {"amount": "much", "number": 10, "choice": "left", "colour": "red"}

    assert {problem.pointer for problem in told(Everything, raw)} == {
        "/amount",
        "/number",
        "/choice",
        "/colour",
    }


def test_programs_read_the_limits_of_a_field_in_the_problem() -> None:
    (few, long) = told(Everything, {"items": [], "text": "abcde"})[::-1]

    assert (few.params, long.params) == ({"min_length": 1}, {"max_length": 4})


@pytest.mark.parametrize(("kind", "error"), pydantics.errors())
def test_whatever_pydantic_finds_is_told_in_our_words(kind: str, error: ValidationError) -> None:
    (problem,) = problems_of(error, "much")

    assert not pydantics.WORDS.search(problem.detail)
    assert problem.code in known_codes()


@cache
def known_codes() -> frozenset[str]:
    return frozenset(words("en"))


SCALARS = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text()


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw a shape of the API, and something that is sent for it: often its fields, with anything in them."""
    accepts = [spec.accepts or spec.query for spec in SPECS.values() if spec.accepts or spec.query]
    shape = draw(st.sampled_from(accepts))
    values = st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | named(inner), max_leaves=6
    )
    return shape, draw(named(values) | values)


def named(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(field_names()) | st.text(max_size=3), values, max_size=6)


@cache
def field_names() -> tuple[str, ...]:
    """Return every name that some shape of the API has."""
    found: set[str] = set()
    for spec in SPECS.values():
        if spec.accepts is not None:
            schema = TypeAdapter(spec.accepts).json_schema()
            for part in [schema, *schema.get("$defs", {}).values()]:
                found |= set(part.get("properties", {}))
    return tuple(sorted(found))


@pytest.mark.usefixtures("app")
@given(sent=bodies())
def test_no_shape_of_the_api_answers_in_words_of_others(sent: tuple[Any, Any]) -> None:
    shape, raw = sent

    problems = told(shape, raw)

    assert [each for each in problems if pydantics.WORDS.search(each.detail)] == []
    assert {problem.code for problem in problems} <= known_codes()


def test_a_sale_of_no_amount_is_refused_at_its_place_in_our_words(app: Flask, work: Work) -> None:
    with work() as db:
        builders.give_tenant(db)
        headers = builders.give_key(db, Scope.ACTIVITIES_WRITE)

    sale = {"external_id": "1", "amount": "much", "occurred_at": "today"}
    answer = app.test_client().post("/api/v1/activities", json=sale, headers=headers)

    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [
        ("/person", "missing"),
        ("/occurred_at", "datetime_from_date_parsing"),
        ("/amount", "object_type"),
    ]
