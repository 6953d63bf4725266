"""The documents in `docs/plan-language.md` are programs and facts that the engine takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from app.engine import english, evaluate, facts, reading, text

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plan-language.md"


def blocks() -> list[Any]:
    found = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [json.loads(block) for block in found]


def test_the_first_program_pays_what_its_prose_says() -> None:
    program = reading.read(blocks()[0])
    sales = [
        {
            "id": f"C-{n:02}",
            "occurred_at": f"2026-11-19T10:{n:02}:00+01:00",
            "person": "ann",
            "product": "Dual-fuel",
            "status": "verified",
        }
        for n in range(14)
    ]

    found = evaluate.evaluate(program, facts.read_facts({"activities": sales}))

    assert [each.outcome.amount_minor for each in found] == [9 * 18_00 + 5 * 22_50, 60_00]


def test_the_first_program_reads_like_its_prose() -> None:
    said = english.describe(text.sentences(reading.read(blocks()[0])))

    assert "You get 18.00 EUR for units in week." in said
    assert "From 10 on, what follows pays 22.50 EUR." in said
    assert "At 14 in week you get 60.00 EUR once." in said


def test_the_facts_on_the_page_are_facts() -> None:
    assert facts.read_facts(blocks()[1]).activities[0].person == "ann"
