"""The people that a document names: ids of people who are here, or the document is refused."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.engine.credit_rules import DefaultShare, OverlayCredit
from app.engine.dependencies import Found, walk
from app.engine.document import ListGroup, Program, TeamGroup
from app.engine.reading import MAX_PROBLEMS, InvalidProgram
from app.kernel.errors import Problem
from app.programs import facts

DETAIL = "This is nobody's id; name the person by the id they have here."


def refuse_nobody(db: Session, program: Program) -> None:
    """Raise InvalidProgram with the place of every name in a document that is nobody's id."""
    named = list(_named(program))
    known = facts.known_among(db, {name for name, _ in named}) if named else frozenset()
    problems = [
        Problem(pointer, "unknown_person", DETAIL) for name, pointer in named if name not in known
    ]
    if problems:
        detail = "The program names people who are not here."
        raise InvalidProgram(detail, problems=problems[:MAX_PROBLEMS])


def _named(program: Program) -> Iterator[tuple[str, str]]:
    for found in walk(program):
        yield from _names_in(found)


def _names_in(found: Found) -> Iterator[tuple[str, str]]:
    part, pointer = found.part, found.pointer
    if isinstance(part, TeamGroup):
        yield part.team_of, f"{pointer}/team_of"
    elif isinstance(part, DefaultShare) and part.person is not None:
        yield part.person, f"{pointer}/person"
    elif isinstance(part, ListGroup | OverlayCredit):
        for index, name in enumerate(part.people):
            yield name, f"{pointer}/people/{index}"
