"""People and where they stand, from a file: who has a problem is refused, everybody else is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.cli.tables import Kind, Row, TableMap
from app.http.misfits import problems_of
from app.kernel.errors import Invalid
from app.people import roster
from app.people.schemas import RosterLine

_DAYS: Final = {"joined_on", "from_on"}
KINDS: Final[dict[str, Kind]] = {
    name: "day" if name in _DAYS else "text" for name in RosterLine.model_fields
}
NEEDED: Final = ("employee_number", "name")
_SEPARATORS: Final = re.compile(r"[\s,;|]+")
_PLACE: Final = re.compile(r"/people/(\d+)/(\w+)")


def take(
    open_work: Callable[[], AbstractContextManager[Session]], rows: Sequence[Row], _: TableMap
) -> int:
    """Add or change the people of `rows` and return how many were known so already.

    A problem may show only when another row is left out, so what remains is tried until it holds.
    """
    lines = {row.number: line for row in rows if (line := _line(row)) is not None}
    while good := [row for row in rows if not row.problems]:
        try:
            with open_work() as db:
                entries = [_entry(lines[row.number]) for row in good]
                return roster.import_people(db, entries).unchanged
        except Invalid as refusal:
            found = [(_PLACE.match(problem.pointer), problem) for problem in refusal.problems]
            if not all(place for place, _ in found) or not found:
                raise
            for place, problem in found:
                assert place is not None
                index, name = int(place[1]), place[2]
                params = problem.params
                if "line" in params:
                    params = {"row": good[params["line"] - 1].number}
                good[index].refuse(name, problem.code, problem.detail, **params)
    return 0


def _line(row: Row) -> RosterLine | None:
    stated = dict(row.stated)
    if "roles" in stated:
        stated["roles"] = [role for role in _SEPARATORS.split(stated["roles"].lower()) if role]
    try:
        return RosterLine.model_validate(stated)
    except ValidationError as error:
        said = {problem.pointer for problem in row.problems}
        for problem in problems_of(error, stated):
            name = problem.pointer.split("/")[1]
            if not said & {name, ""}:
                row.refuse(name, problem.code, problem.detail, **problem.params)
        return None


def _entry(line: RosterLine) -> roster.RosterEntry:
    return roster.RosterEntry(
        **line.model_dump(exclude={"roles"}),
        roles=None if line.roles is None else frozenset(line.roles),
    )
