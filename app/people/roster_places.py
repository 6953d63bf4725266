"""Where the people of a staff list stand from which day on, and under whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from app.db import bulk
from app.db.unit_of_work import record, tenant_of
from app.kernel.errors import Invalid, Problem
from app.kernel.ids import new_id
from app.people import queries, service
from app.people.core import RosterEntry, fold
from app.people.events import PositionsChanged
from app.people.models import Person, Position


@dataclass(frozen=True, slots=True)
class _Place:
    team_id: UUID | None
    manager_id: UUID | None
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Move:
    person_id: UUID
    place: _Place
    start: date
    until: date | None

    def row(self, tenant_id: UUID) -> dict[str, Any]:
        return {
            "tenant_id": tenant_id,
            "id": new_id(),
            "person_id": self.person_id,
            "team_id": self.place.team_id,
            "manager_id": self.place.manager_id,
            "title": self.place.title,
            "kind": self.place.kind,
            "valid": Range(self.start, self.until),
        }


_NOWHERE = _Place(None, None, "", "staff")


def set_places(
    db: Session, entries: Sequence[RosterEntry], people: Mapping[str, Person]
) -> set[UUID]:
    """Let people stand where `entries` say, from the days they say; return who moved."""
    placed = [(index, entry) for index, entry in enumerate(entries) if entry.says_a_place]
    if not placed:
        return set()
    managers = _managers(db, placed, people)
    teams = _teams(db, [entry.team for _, entry in placed if entry.team])
    known = _positions(db, [people[fold(entry.employee_number)].id for _, entry in placed])
    fallback = queries.today(db)
    moves: list[_Move] = []
    for _, entry in placed:
        person = people[fold(entry.employee_number)]
        earlier = known.get(person.id, [])
        start = entry.from_on or (fallback if earlier else person.joined_on) or fallback
        current = next((p for p in earlier if _holds_on(p, start)), None)
        before = _place_of(current) if current else _NOWHERE
        place = _asked(entry, before, teams, managers)
        if current is None or place != before:
            until = current.valid.upper if current else _first_after(earlier, start)
            moves.append(_Move(person.id, place, start, until))
            _end(db, current, start)
    db.flush()
    if moves:
        db.execute(insert(Position), [move.row(tenant_of(db)) for move in moves])
        _refuse_circles(db, entries, people, {move.person_id for move in moves})
        record(
            db,
            PositionsChanged(
                tuple(sorted(move.person_id for move in moves)), min(m.start for m in moves)
            ),
        )
    return {move.person_id for move in moves}


def _asked(
    entry: RosterEntry, before: _Place, teams: Mapping[str, UUID], managers: Mapping[str, UUID]
) -> _Place:
    return _Place(
        team_id=teams[fold(entry.team)] if entry.team else before.team_id,
        manager_id=(
            managers[fold(entry.manager_employee_number)]
            if entry.manager_employee_number
            else before.manager_id
        ),
        title=before.title if entry.title is None else entry.title,
        kind=entry.kind or before.kind,
    )


def _holds_on(position: Position, day: date) -> bool:
    first, after = queries.as_dates(position)
    return first <= day and (after is None or day < after)


def _first_after(positions: Sequence[Position], day: date) -> date | None:
    later = [p.valid.lower for p in positions if p.valid.lower and p.valid.lower > day]
    return min(later, default=None)


def _place_of(position: Position) -> _Place:
    return _Place(position.team_id, position.manager_id, position.title, position.kind)


def _end(db: Session, current: Position | None, start: date) -> None:
    if current is None:
        return
    if current.valid.lower == start:
        db.delete(current)
    else:
        current.valid = Range(current.valid.lower, start)


def _managers(
    db: Session, placed: Sequence[tuple[int, RosterEntry]], people: Mapping[str, Person]
) -> dict[str, UUID]:
    found = {number: person.id for number, person in people.items()}
    elsewhere = {
        entry.manager_employee_number
        for _, entry in placed
        if entry.manager_employee_number and fold(entry.manager_employee_number) not in found
    }
    found |= {number: person.id for number, person in load(db, elsewhere).items()}
    problems = []
    for index, entry in placed:
        number = fold(entry.manager_employee_number or "")
        pointer = f"/people/{index}/manager_employee_number"
        if number and number not in found:
            problems.append(Problem(pointer, "unknown_manager", "Nobody has this number."))
        elif number and number == fold(entry.employee_number):
            problems.append(Problem(pointer, "manager_loop", "Nobody reports to themselves."))
    refuse(problems)
    return found


def _teams(db: Session, names: Iterable[str]) -> dict[str, UUID]:
    found = {fold(team.name): team.id for team in queries.teams(db)}
    for name in names:
        if fold(name) not in found:
            found[fold(name)] = service.add_team(db, name=name).id
    return found


def _positions(db: Session, person_ids: Sequence[UUID]) -> dict[UUID, list[Position]]:
    found: dict[UUID, list[Position]] = defaultdict(list)
    for position in db.scalars(
        select(Position).where(Position.person_id == bulk.any_of(person_ids))
    ):
        found[position.person_id].append(position)
    return found


def _refuse_circles(
    db: Session,
    entries: Sequence[RosterEntry],
    people: Mapping[str, Person],
    moved: set[UUID],
) -> None:
    start = aliased(Position)
    above: Any = (
        select(start.person_id.label("root"), start.manager_id, start.valid.label("span"))
        .where(start.person_id == bulk.any_of(sorted(moved)), start.manager_id.is_not(None))
        .cte("above", recursive=True)
    )
    above = above.union(
        select(above.c.root, Position.manager_id, (Position.valid * above.c.span).label("span"))
        .join(above, Position.person_id == above.c.manager_id)
        .where(
            above.c.manager_id != above.c.root,
            Position.manager_id.is_not(None),
            Position.valid.overlaps(above.c.span),
        )
    )
    circles = set(db.scalars(select(above.c.root).where(above.c.root == above.c.manager_id)))
    refuse(
        [
            Problem(
                f"/people/{index}/manager_employee_number",
                "manager_loop",
                "The manager would report to this person on one of these days.",
            )
            for index, entry in enumerate(entries)
            if people[fold(entry.employee_number)].id in circles
        ]
    )


def load(db: Session, numbers: Iterable[str]) -> dict[str, Person]:
    """Return the people with these employee numbers, by folded number."""
    wanted = bulk.rows(number=(Text(), [number.strip().lower() for number in numbers]))
    found = db.scalars(
        select(Person).join(wanted, func.lower(Person.employee_number) == wanted.c.number)
    )
    return {fold(person.employee_number or ""): person for person in found}


def refuse(problems: list[Problem]) -> None:
    """Raise Invalid when there are `problems`."""
    if problems:
        raise Invalid(
            f"{len(problems)} lines need a correction." if len(problems) > 1
            else "One line needs a correction.",
            problems=problems,
            count=len(problems),
        )  # fmt: skip
