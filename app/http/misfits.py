"""What does not fit the shape that is asked for: house codes, house words, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final, NamedTuple, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from app.kernel.errors import Problem

VALUE: Final = "value_error"
PATTERN: Final = "string_pattern_mismatch"
NONE_FITS: Final = "none_fits"
PYDANTICS_OWN: Final = frozenset(get_args(ErrorType))
"""Every name that pydantic gives a problem; any other name is one of ours."""

_ABSENT: Final = object()


class Said(NamedTuple):
    """The stable code of a problem, and its sentence with the names that pydantic fills in."""

    code: str
    sentence: str


_OBJECT: Final = Said("object_type", "Give an object with its fields, in curly brackets.")
_LIST: Final = Said("list_type", "Give a list, in square brackets.")
_TEXT: Final = Said("string_type", "Give a text, in quotation marks.")
_NUMBER: Final = Said("number_type", "Give a number.")
_DIGITS: Final = Said("out_of_range", "The number has more digits than can be kept.")
_YES_NO: Final = Said("bool_parsing", "Give true or false, without quotation marks.")
_WHOLE: Final = "Give a whole number."
_DAY: Final = "Give a day, such as 2026-11-19."
_MOMENT: Final = "Give a moment with its zone, such as 2026-11-19T10:18:00+01:00."
_TIME: Final = Said("time_parsing", "Give a time of day, such as 09:30.")
_ID: Final = Said("uuid_parsing", "Give an id (a UUID) as this API hands them out.")
_OTHER: Final = Said(VALUE, "This cannot be right.")

SAID: Final[Mapping[str, Said]] = {
    "missing": Said("missing", "This is needed."),
    "extra_forbidden": Said("extra_forbidden", "There is no such field here."),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "too_short": Said("too_short", "There must be {min_length} of these or more."),
    "too_long": Said("too_long", "There may be {max_length} of these at most."),
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "invalid_key": _TEXT,
    "string_too_short": Said(
        "string_too_short", "The text is too short: its length must be {min_length} or more."
    ),
    "string_too_long": Said(
        "string_too_long", "The text is too long: its length may be {max_length} at most."
    ),
    PATTERN: Said(PATTERN, "Write this as the pattern {pattern} has it."),
    "literal_error": Said("literal_error", "Choose one of {expected}."),
    "enum": Said("literal_error", "Choose one of {expected}."),
    "union_tag_invalid": Said("union_tag_invalid", "Choose one of {expected_tags}."),
    "union_tag_not_found": Said("union_tag_not_found", "Say which kind of object this is."),
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "int_type": Said("int_type", "Give a whole number, without quotation marks."),
    "int_parsing": Said("int_parsing", _WHOLE),
    "int_from_float": Said("int_from_float", _WHOLE),
    "int_parsing_size": _DIGITS,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_max_digits": _DIGITS,
    "decimal_max_places": _DIGITS,
    "decimal_whole_digits": _DIGITS,
    "greater_than": Said("greater_than", "This must be more than {gt}."),
    "greater_than_equal": Said("greater_than_equal", "This must be at least {ge}."),
    "less_than": Said("less_than", "This must be less than {lt}."),
    "less_than_equal": Said("less_than_equal", "This must be at most {le}."),
    "date_type": Said("date_type", _DAY),
    "date_parsing": Said("date_parsing", _DAY),
    "date_from_datetime_parsing": Said("date_from_datetime_parsing", _DAY),
    "date_from_datetime_inexact": Said("date_from_datetime_parsing", _DAY),
    "datetime_type": Said("datetime_type", _MOMENT),
    "datetime_parsing": Said("datetime_parsing", _MOMENT),
    "datetime_object_invalid": Said("datetime_parsing", _MOMENT),
    "datetime_from_date_parsing": Said("datetime_from_date_parsing", _MOMENT),
    "timezone_aware": Said("timezone_aware", _MOMENT),
    "timezone_offset": Said("timezone_aware", _MOMENT),
    "time_type": _TIME,
    "time_parsing": _TIME,
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "uuid_version": _ID,
}
"""By pydantic's own name of the problem. The names became codes of ours, and codes never change."""

WRITTEN: Final[Mapping[str, str]] = {
    r"^[A-Z]{3}$": "Give the three letters of a currency, such as EUR.",
    r"^[A-Z]{2}$": "Give the two letters of a country, such as IT.",
    r"^-?\d{1,12}(\.\d{1,6})?$": 'Write a number such as "12.50": at most 12 digits, then a point and 6 more.',
    r"^\d{1,12}(\.\d{1,6})?$": (
        'Write a number such as "12.50", not less than nothing: at most 12 digits, then a point and 6 more.'
    ),
    r"^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)$": 'Write a percentage from 0 to 100, such as "22.5": 4 decimals at most.',
    r"^\d{1,2}(\.\d{1,4})?$": 'Write a percentage below 100, such as "22.5": 4 decimals at most.',
    r"^20\d{2}-(0[1-9]|1[0-2])$": "Give a month, such as 2026-11.",
    r"^[^@\s\x00-\x1f<>,;]+@[^@\s\x00-\x1f<>,;]+$": "Give an e-mail address, such as ada@example.com.",
}
"""What the patterns that many fields share ask for; of another the pattern itself is told."""


def problems_of(error: ValidationError, raw: Any, root: str = "") -> list[Problem]:
    """Return everything that pydantic found in `raw`, at JSON pointers below `root`."""
    found = [_placed(each, raw) for each in error.errors(include_url=False, include_input=False)]
    together: dict[str, list[_Misfit]] = {}
    for misfit in found:
        together.setdefault(misfit.pointer, []).append(misfit)
    return [
        problem
        for pointer, misfits in together.items()
        for problem in _told(root + pointer, misfits)
    ]


@dataclass(frozen=True, slots=True)
class _Misfit:
    """One of pydantic's findings at its place in what was sent."""

    pointer: str
    is_of_a_branch: bool
    """It is what one of several shapes says that may stand there."""
    code: str
    detail: str
    params: dict[str, Any]


def _told(pointer: str, misfits: Sequence[_Misfit]) -> Iterator[Problem]:
    """Yield what is wrong at one place; of several shapes that may stand there, all in one problem."""
    distinct = list({misfit.detail: misfit for misfit in misfits}.values())
    if len(distinct) > 1 and all(misfit.is_of_a_branch for misfit in distinct):
        detail = " Or: ".join(misfit.detail for misfit in distinct)
        codes = list(dict.fromkeys(misfit.code for misfit in distinct))
        yield Problem(pointer, NONE_FITS, detail, {"codes": codes})
        return
    for misfit in distinct:
        yield Problem(pointer, misfit.code, misfit.detail, misfit.params)


def _placed(found: ErrorDetails, raw: Any) -> _Misfit:
    parts = found["loc"]
    sent = list(_sent(parts, raw, ends_absent=found["type"] == "missing"))
    pointer = "".join(f"/{_escape(part)}" for part in sent)
    return _Misfit(pointer, len(sent) < len(parts), *_words(found))


def _sent(parts: Sequence[str | int], raw: Any, *, ends_absent: bool) -> Iterator[str | int]:
    """Yield the parts of a place that are in what was sent; the others name branches of our shapes."""
    value = raw
    for index, part in enumerate(parts):
        if (child := _child(value, part)) is not _ABSENT:
            value = child
            yield part
        elif ends_absent and index == len(parts) - 1:
            yield part


def _child(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(part, _ABSENT)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return _ABSENT


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _words(found: ErrorDetails) -> tuple[str, str, dict[str, Any]]:
    """Return the code, the sentence and the values in it of one of pydantic's findings."""
    kind, given = found["type"], found.get("ctx", {})
    if kind not in PYDANTICS_OWN:
        return kind, _sentence(found["msg"]), _plain(given)
    if kind == VALUE:
        return VALUE, _own_words(given), {}
    if kind == PATTERN and (told := WRITTEN.get(given["pattern"])):
        return PATTERN, told, _plain(given)
    code, sentence = SAID.get(kind, _OTHER)
    names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    values = {name: _untagged(given[name]) for name in names}
    return code, sentence.format_map(values), _plain(values)


def _own_words(given: Mapping[str, Any]) -> str:
    """Return the sentence of a rule of ours; what Python says of a value is no sentence."""
    said = str(given.get("error", ""))
    return said if said.endswith(".") else _OTHER.sentence


def _sentence(text: str) -> str:
    return text.rstrip(".") + "."


def _untagged(value: Any) -> Any:
    """Return `value` without the angle brackets of branches that only we name."""
    return value.replace("<", "").replace(">", "") if isinstance(value, str) else value


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if isinstance(value, str | int | list)}
