"""Pydantic's own words, to tell them from ours."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import InitErrorDetails
from pydantic_core._pydantic_core import list_all_errors

# A template that begins with what it fills in is known by the words after that.
_SENTENCES: Final = [
    re.sub(r"\\\{\w+\\\}", ".*", re.escape(template.strip()))
    for known in list_all_errors()
    for template in (known["message_template_python"], known.get("message_template_json"))
    if template
]
WORDS: Final = re.compile("|".join([*_SENTENCES, "badly formed", "invalid literal", "isoformat"]))


def errors() -> list[tuple[str, ValidationError]]:
    """Return an error of each kind that pydantic has, for the value "much"."""
    return [(str(known["type"]), _error(known)) for known in list_all_errors()]


def _error(known: Any) -> ValidationError:
    context = {name: _example(name, value) for name, value in _context(known).items()}
    found: InitErrorDetails = {"type": known["type"], "loc": (), "input": "much", "ctx": context}
    return ValidationError.from_exception_data("Example", [found])


def _context(known: Any) -> dict[str, Any]:
    return known.get("example_context") or {}


def _example(name: str, value: Any) -> Any:
    if name == "error" and value is None:
        return ValueError("invalid literal for int() with base 10: 'much'")
    return "example" if value == "" else value
