"""Every sentence of the engine has its words in the languages of the app, with the values it carries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from app.engine.codes import STEPS, TEXTS, Code
from tests.conftest import ROOT

LANGUAGES = ("en", "it", "fr", "id")


def words(language: str) -> dict[str, Any]:
    path = ROOT / "frontend" / "src" / "messages" / language / "explanation.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def missing(family: str, codes: Mapping[str, Code], known: Mapping[str, Any]) -> list[str]:
    """Return what a reader would miss: codes without words, and values that are never told."""
    found = []
    for name, code in codes.items():
        text = known.get(f"{family}.{name}")
        if text is None:
            found.append(f"{name}: no words")
            continue
        told = set(re.findall(r"\{(\w+)", text))
        found += [f"{name}: {each} is not told" for each in sorted(_told_in_english(code) - told)]
        found += [f"{name}: {each} is not known" for each in sorted(told - set(code.params))]
    return found


def _told_in_english(code: Code) -> set[str]:
    """The result stands beside the words, in a column of its own."""
    return set(re.findall(r"\{(\w+)", code.english)) - {"result"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_of_an_explanation_has_words(language: str) -> None:
    assert missing("step", STEPS, words(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_a_plan_has_words(language: str) -> None:
    assert missing("says", TEXTS, words(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_left_of_codes_that_are_gone(language: str) -> None:
    known = {f"step.{name}" for name in STEPS} | {f"says.{name}" for name in TEXTS}

    assert [
        key for key in words(language) if not key.startswith("word.") and key not in known
    ] == []
