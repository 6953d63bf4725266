"""Programs to begin from: complete documents, each with its name and what it is for in four languages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = Path(__file__).parent / "template_documents"


@dataclass(frozen=True, slots=True)
class Template:
    """A document to begin from; `name` and `description` by language."""

    key: str
    category: str
    name: dict[str, str]
    description: dict[str, str]
    document: dict[str, Any]


@cache
def templates() -> tuple[Template, ...]:
    """Return every template, in order of its key."""
    return tuple(
        Template(**json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_FOLDER.glob("*.json"))
    )
