"""Whatever the house refuses, a person reads why in the own language."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app.engine.refusals import SENTENCES
from app.http import misfits
from app.http.problems import HTTP_CODES, OTHER_HTTP_CODE
from app.kernel.errors import AppError

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = ROOT / "frontend" / "src" / "messages"
LANGUAGES = ("en", "it", "fr", "id")
FILES = ("errors.json", "console-errors.json")


def refusals(kind: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """Yield every refusal of the house; all of it must be imported."""
    yield kind
    for child in kind.__subclasses__():
        yield from refusals(child)


def codes_of_refusals() -> set[str]:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)
    own = {kind.code for kind in refusals() if kind.__module__.startswith("app.")}
    return own | set(HTTP_CODES.values()) | {OTHER_HTTP_CODE}


def codes_of_problems() -> set[str]:
    """Return the codes that are written where a problem is made."""
    place = {"Problem": 1, "PydanticCustomError": 0}
    return {
        code.value
        for path in sorted((ROOT / "app").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if (at := place.get(call.func.id)) is not None and len(call.args) > at
        if isinstance(code := call.args[at], ast.Constant) and isinstance(code.value, str)
    }


def codes_of_misfits() -> set[str]:
    """Return the codes of what does not have the shape asked for, of a body or of a plan."""
    return {said.code for said in misfits.SAID.values()} | {misfits.NONE_FITS} | {*SENTENCES}


def words(language: str) -> dict[str, object]:
    known: dict[str, object] = {}
    for name in FILES:
        known |= json.loads((MESSAGES / language / name).read_text("utf-8"))
    return known


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_words_in_each_language(language: str) -> None:
    assert sorted(codes_of_refusals() - words(language).keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_of_a_field_has_words_in_each_language(language: str) -> None:
    assert sorted((codes_of_problems() | codes_of_misfits()) - words(language).keys()) == []


def test_the_codes_are_found_where_they_are_written() -> None:
    assert {"ends_before_start", "unknown_person"} <= codes_of_problems()
    assert {"positions_overlap", "malformed_json", "http_error"} <= codes_of_refusals()
