"""What is said of a document that does not have its shape: one sentence for each kind of problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_DAY: Final = 'Write the day, such as "2026-11-19".'
_MOMENT: Final = 'Write the moment with its zone, such as "2026-11-19T10:18:00+01:00".'
SENTENCES: Final[Mapping[str, str]] = {
    "missing": "This field is needed here.",
    "extra_forbidden": "There is no such field here.",
    "literal_error": "Choose one of {expected}.",
    "enum": "Choose one of {expected}.",
    "string_type": "Write text in quotation marks.",
    "int_type": "Write a whole number, without quotation marks.",
    "bool_type": "Write true or false, without quotation marks.",
    "tuple_type": "Write a list, in square brackets.",
    "list_type": "Write a list, in square brackets.",
    "model_type": "Write an object with its fields, in curly brackets.",
    "model_attributes_type": "Write an object with its fields, in curly brackets.",
    "dict_type": "Write an object with its fields, in curly brackets.",
    "too_short": "There must be at least {min_length} of these.",
    "too_long": "There may be at most {max_length} of these.",
    "string_too_short": "The text is too short: at least {min_length} characters.",
    "string_too_long": "The text is too long: at most {max_length} characters.",
    "greater_than_equal": "This must be at least {ge}.",
    "greater_than": "This must be more than {gt}.",
    "less_than_equal": "This must be at most {le}.",
    "less_than": "This must be less than {lt}.",
    "int_from_float": "Write a whole number.",
    "int_parsing": "Write a whole number, without quotation marks.",
    "int_parsing_size": "The number has more digits than can be kept.",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_object_invalid": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": _MOMENT,
}
_CHARACTERS: Final[Mapping[str, str]] = {
    "^[a-z0-9][a-z0-9-]": "Write small letters, digits and dashes, such as dual-fuel.",
    "^[a-z][a-z0-9_]": "Write small letters, digits and _, such as team_sales.",
    "^[A-Za-z0-9_][A-Za-z0-9_ -]": "Write letters, digits, spaces, dashes and _, such as salary.",
    "^[A-Z]{3}$": "Write the three letters of a currency, such as EUR.",
}


def sentence(error: Mapping[str, Any]) -> str:
    """Return what one of pydantic's errors says to the author of a document."""
    kind, given = str(error["type"]), error.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        return _of_pattern(str(given["pattern"]))
    if kind == "value_error":
        return str(given["error"])
    return SENTENCES.get(kind, "This cannot be right.").format_map(given)


def _of_pattern(pattern: str) -> str:
    """Say which characters, or which names of a field, a pattern of the language allows."""
    names, bracket, _ = pattern.removeprefix("^(").partition(r"|attributes\.")
    if bracket:
        return f"Choose one of {', '.join(names.split('|'))}, or attributes.<name>."
    found = (each for start, each in _CHARACTERS.items() if pattern.startswith(start))
    return next(found, f"Write this as the pattern {pattern} has it.")
