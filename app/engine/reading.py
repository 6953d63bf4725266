"""Reading a program document: every problem at once, each with its place as a JSON pointer."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from app.engine.conditions import MAX_DEPTH, MAX_LEAVES, size_of
from app.engine.document import (
    BonusPayout,
    Component,
    OverrideCredit,
    PeriodEndRelease,
    Program,
    RatePayout,
    SumMeasure,
    UnitPayout,
)
from app.kernel import strict_json
from app.kernel.errors import Invalid, Problem

MAX_NESTING: Final = 24
MAX_NODES: Final = 20_000
MAX_PROBLEMS: Final = 100

_PROGRAM: Final[TypeAdapter[Program]] = TypeAdapter(Program)


class InvalidProgram(Invalid):
    """The document does not state a program; `problems` says where and why."""

    code = "invalid_program"
    title = "The program is not complete"


def read(raw: Any) -> Program:
    """Return the program that the JSON value `raw` states, or raise InvalidProgram."""
    _refuse_monsters(raw)
    try:
        program = _PROGRAM.validate_python(raw)
    except ValidationError as error:
        problems = [_problem(each) for each in error.errors(include_url=False)]
        raise _invalid(_without_echoes(problems)) from None
    if problems := list(_contradictions(program)):
        raise _invalid(problems)
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


def _refuse_monsters(raw: Any) -> None:
    """Raise InvalidProgram before a document that is too deep or too large costs anything."""
    level, nodes, depth = [raw], 0, 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MAX_NODES or depth > MAX_NESTING:
            raise _invalid(
                [Problem("", "too_large", "The document is too large or nested too deeply.")]
            )
        level = [child for each in level for child in _children(each)]


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _problem(error: Any) -> Problem:
    pointer, code = _pointer(error["loc"]), str(error["type"])
    if code == "union_tag_invalid":
        known = error["ctx"]["expected_tags"].replace("<", "").replace(">", "")
        return Problem(pointer, code, f"Choose one of {known}.")
    return Problem(pointer, code, str(error["msg"]).removeprefix("Value error, "))


def _without_echoes(problems: list[Problem]) -> list[Problem]:
    """Drop "too short" where an item of the list is itself the problem: it was left out for that."""
    places = [problem.pointer for problem in problems]
    return [
        problem
        for problem in problems
        if problem.code != "too_short"
        or not any(place.startswith(f"{problem.pointer}/") for place in places)
    ]


def _pointer(place: Sequence[int | str]) -> str:
    """Write pydantic's `place` as a JSON pointer, leaving out the names of shapes."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place]
    return "".join(f"/{part}" for part in parts if not part.startswith("<"))


def _contradictions(program: Program) -> Iterator[Problem]:
    """Yield what no single part can see: parts that do not fit each other."""
    if not _is_zone(program.zone):
        yield Problem("/zone", "unknown_zone", "This time zone is not known.")
    seen = Counter[str]()
    for index, component in enumerate(program.components):
        place = f"/components/{index}"
        seen[component.id] += 1
        if seen[component.id] > 1:
            yield Problem(f"{place}/id", "duplicate", "Another component has the same id.")
        yield from _days(component, place)
        yield from _condition_size(component, place)
        yield from _levels(component, place)
        yield from _fitting(component, place)
        yield from _steps(component, place)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _days(component: Component, place: str) -> Iterator[Problem]:
    first, last = component.effective.from_, component.effective.to
    if last is not None and last < first:
        yield Problem(f"{place}/effective/to", "order", "The last day lies before the first.")
    if component.period.kind != "window" or last is not None:
        return
    if isinstance(component.release, PeriodEndRelease):
        yield Problem(
            f"{place}/release",
            "no_end",
            "A window without a last day never ends, so this never pays.",
        )


def _condition_size(component: Component, place: str) -> Iterator[Problem]:
    depth, leaves = size_of(component.counts)
    if depth > MAX_DEPTH or leaves > MAX_LEAVES:
        detail = f"At most {MAX_LEAVES} comparisons, nested {MAX_DEPTH} deep."
        yield Problem(f"{place}/counts", "too_large", detail)


def _levels(component: Component, place: str) -> Iterator[Problem]:
    if not isinstance(component.credit, OverrideCredit):
        return
    levels = [each.level for each in component.credit.levels]
    if len(set(levels)) < len(levels):
        yield Problem(f"{place}/credit/levels", "duplicate", "A level is named twice.")


def _fitting(component: Component, place: str) -> Iterator[Problem]:
    counts_things = not isinstance(component.measure, SumMeasure) or component.measure.of == "units"
    if isinstance(component.payout, RatePayout) and counts_things:
        detail = "A rate is paid on an amount; measure the sum of an amount, or pay per unit."
        yield Problem(f"{place}/measure", "mismatch", detail)
    if isinstance(component.payout, UnitPayout) and component.measures_money:
        detail = "An amount for each unit needs a number of things; measure units, or pay a rate."
        yield Problem(f"{place}/measure", "mismatch", detail)


def _steps(component: Component, place: str) -> Iterator[Problem]:
    payout = component.payout
    if isinstance(payout, BonusPayout):
        marks = [each.at for each in payout.milestones]
        yield from _ascending(marks, f"{place}/payout/milestones", "at")
    elif isinstance(payout, RatePayout | UnitPayout) and payout.tiers is not None:
        at = f"{place}/payout/tiers/steps"
        yield from _ascending([each.from_ for each in payout.tiers.steps], at, "from")
        for index, step in enumerate(payout.tiers.steps):
            if (step.price is None) == (step.multiplier is None):
                yield Problem(
                    f"{at}/{index}", "one_of", "Give either the new value or a multiplier."
                )


def _ascending(marks: Sequence[Any], place: str, key: str) -> Iterator[Problem]:
    for index in range(1, len(marks)):
        if marks[index] <= marks[index - 1]:
            yield Problem(f"{place}/{index}/{key}", "order", "Each step lies above the one before.")
