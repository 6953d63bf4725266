"""Inputs and recomputed answers of the published cases, for the rules that they are examples of."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[3] / "shared/data/worked-examples/worked_examples.json"


@cache
def _cases() -> dict[str, Any]:
    found = json.loads(EXAMPLES.read_text(encoding="utf-8"), parse_float=Decimal)["cases"]
    return {case["id"]: case for case in found}


def inputs(case: str) -> Any:
    """Return what a case starts from."""
    return _cases()[case]["inputs"]


def answer(case: str, name: str) -> Any:
    """Return one recomputed answer of a case."""
    return _cases()[case]["recomputed"][name]
