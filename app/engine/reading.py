"""Reading a program document: every problem at once, each with its place as a JSON pointer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from app.engine import refusals
from app.engine.checks import contradictions
from app.engine.document import Program
from app.kernel import strict_json
from app.kernel.errors import Invalid, Problem

MAX_NESTING: Final = 48
MAX_NODES: Final = 20_000
MAX_PROBLEMS: Final = 100

_PROGRAM: Final[TypeAdapter[Program]] = TypeAdapter(Program)


class InvalidProgram(Invalid):
    """The document does not state a program; `problems` says where and why."""

    code = "invalid_program"
    title = "The program is not complete"


def read(raw: Any) -> Program:
    """Return the program that the JSON value `raw` states, or raise InvalidProgram."""
    refuse_monsters(raw)
    try:
        program = _PROGRAM.validate_python(raw)
    except ValidationError as error:
        problems = [problem_of(each) for each in error.errors(include_url=False)]
        raise _invalid(_placed(_without_echoes(problems), raw)) from None
    if problems := list(contradictions(program)):
        raise _invalid(_placed(problems, raw))
    return program


def canonical(program: Program) -> bytes:
    """Return the one byte string that stands for `program`."""
    return strict_json.dumps_canonical(
        program.model_dump(mode="json", by_alias=True, exclude_none=True)
    )


def fingerprint(program: Program) -> str:
    """Return the SHA-256 of the canonical document, in hexadecimal: the seal of a version."""
    return hashlib.sha256(canonical(program)).hexdigest()


def json_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a program document."""
    schema = _PROGRAM.json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _invalid(problems: Sequence[Problem]) -> InvalidProgram:
    return InvalidProgram("The program is not complete.", problems=problems[:MAX_PROBLEMS])


def refuse_monsters(raw: Any, nodes: int = MAX_NODES) -> None:
    """Raise InvalidProgram before a document that is too deep or too large costs anything."""
    level, seen, depth = [raw], 0, 0
    while level:
        seen, depth = seen + len(level), depth + 1
        if seen > nodes or depth > MAX_NESTING:
            raise _invalid(
                [Problem("", "too_large", "The document is too large or nested too deeply.")]
            )
        level = [child for each in level for child in _children(each)]


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def problem_of(error: Any) -> Problem:
    """Return one of pydantic's errors as a problem with its place."""
    pointer, code = _pointer(error["loc"]), str(error["type"])
    if code == "union_tag_invalid":
        tags = str(error["ctx"]["expected_tags"]).replace("<", "").replace(">", "")
        named = (tag.replace("computed_", "") for tag in tags.split(", "))
        known = dict.fromkeys("a plain value" if tag == "'plain'" else tag for tag in named)
        return Problem(pointer, code, f"Choose one of {', '.join(known)}.")
    return Problem(pointer, code, refusals.sentence(error))


def _without_echoes(problems: list[Problem]) -> list[Problem]:
    """Drop "too short" where an item of the list is itself the problem: it was left out for that."""
    places = [problem.pointer for problem in problems]
    return [
        problem
        for problem in problems
        if problem.code != "too_short"
        or not any(place.startswith(f"{problem.pointer}/") for place in places)
    ]


def _placed(problems: Sequence[Problem], raw: Any) -> list[Problem]:
    return [replace(each, pointer=_stated(each.pointer, raw)) for each in problems]


def _stated(pointer: str, raw: Any) -> str:
    """Return `pointer` into what was stated: one value may stand where a list of one is meant."""
    kept, value = [""], raw
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(name)] if int(name) < len(value) else None
        elif name.isdigit() and value is not None and name not in _names(value):
            continue
        else:
            value = _names(value).get(name)
        kept.append(part)
    return "/".join(kept)


def _names(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _pointer(place: Sequence[int | str]) -> str:
    """Write pydantic's `place` as a JSON pointer, leaving out the names of shapes."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place]
    return "".join(f"/{part}" for part in parts if not part.startswith(("<", "[key]")))
