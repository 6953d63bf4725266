"""Whatever is wrong with an account number, a person reads why in the own language."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import get_args

import pytest

from app.destinations.core import Change
from app.providers import bank_numbers

MESSAGES = Path(__file__).resolve().parents[2] / "frontend" / "src" / "messages"
LANGUAGES = ("en", "it", "fr", "id")


def codes_of_numbers() -> set[str]:
    """Return the codes that the reader of bank numbers names."""
    tree = ast.parse(Path(bank_numbers.__file__).read_text("utf-8"))
    raised = {
        str(call.args[1].value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id == "BadNumber" and isinstance(call.args[1], ast.Constant)
    }
    return raised | set(bank_numbers._IBAN_CODES.values())


def words(language: str, name: str) -> set[str]:
    return set(json.loads((MESSAGES / language / name).read_text("utf-8")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_of_a_number_has_words(language: str) -> None:
    assert len(codes_of_numbers()) > 15
    assert sorted(codes_of_numbers() - words(language, "errors.json")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_change_of_an_account_is_told_in_words(language: str) -> None:
    codes = {f"account_{what}" for what in get_args(Change)}
    assert sorted(codes - words(language, "inbox.json")) == []
