"""The roster: a whole staff list in one request, in any order, from any day on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from app.audit import service as audit
from app.db import bulk
from app.db.unit_of_work import record, tenant_of, work_of
from app.http.principal import PARTICIPANTS, Role
from app.kernel.errors import Invalid, Problem
from app.kernel.ids import new_id
from app.people import queries, service
from app.people.core import fold
from app.people.events import PeopleAdded, PositionsChanged
from app.people.models import Person, Position, RoleGrant


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One line of a staff list; None leaves what is known as it is."""

    employee_number: str
    name: str
    email: str | None = None
    language: str | None = None
    zone: str | None = None
    currency: str | None = None
    joined_on: date | None = None
    roles: frozenset[Role] | None = None
    team: str | None = None
    manager_employee_number: str | None = None
    title: str | None = None
    kind: str | None = None
    from_on: date | None = None
    """From when team, manager, title and kind hold; today (or the first day) when left out."""

    @property
    def says_a_place(self) -> bool:
        """Whether the line says anything about where the person stands."""
        return (self.team, self.manager_employee_number, self.title, self.kind) != (None,) * 4


@dataclass(slots=True)
class RosterResult:
    """What a staff list changed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    email_changes: int = 0
    person_ids: list[UUID] = field(default_factory=list)
    """In the order of the lines."""


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
_PLAIN = ("name", "email", "language", "zone", "currency", "joined_on")


def import_people(
    db: Session, entries: Sequence[RosterEntry], *, by_machine: bool = False
) -> RosterResult:
    """Add or change everybody in `entries`; managers may come later in the list than their people.

    All or nothing: raise Invalid with every problem of every line. A machine hires reps and managers;
    it neither makes nor unmakes those who govern, nor opens a way in for itself through their address.
    """
    _refuse_doubles(entries)
    people = _load(db, [entry.employee_number for entry in entries])
    _refuse_taken_emails(db, entries, people)
    if by_machine:
        entries = _without_governing(db, entries, people)
    result = RosterResult()
    touched: set[UUID] = set()
    new = [entry for entry in entries if fold(entry.employee_number) not in people]
    people |= _add(db, new)
    for entry in entries:
        person = people[fold(entry.employee_number)]
        if _change(person, entry, result):
            touched.add(person.id)
    db.flush()
    touched |= _set_roles(db, entries, people)
    touched |= _set_places(db, entries, people)
    added = {people[fold(entry.employee_number)].id for entry in new}
    result.person_ids = [people[fold(entry.employee_number)].id for entry in entries]
    result.added = len(added)
    result.changed = len(touched - added)
    result.unchanged = len(entries) - result.added - result.changed
    if added:
        record(db, PeopleAdded(tuple(sorted(added))))
    audit.record(
        db,
        action="people.imported",
        object_kind="tenant",
        object_id=tenant_of(db),
        after={"added": result.added, "changed": result.changed, "unchanged": result.unchanged},
    )
    return result


def _refuse_doubles(entries: Sequence[RosterEntry]) -> None:
    problems: list[Problem] = []
    for name in ("employee_number", "email"):
        seen: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if (value := getattr(entry, name)) is None:
                continue
            if (first := seen.setdefault(fold(value), index)) != index:
                problems.append(
                    Problem(
                        f"/people/{index}/{name}",
                        "twice",
                        f"Line {first + 1} says the same.",
                        {"line": first + 1},
                    )
                )
    _raise(problems)


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise Invalid(
            f"{len(problems)} lines need a correction." if len(problems) > 1
            else "One line needs a correction.",
            problems=problems,
            count=len(problems),
        )  # fmt: skip


def _load(db: Session, numbers: Iterable[str]) -> dict[str, Person]:
    wanted = bulk.rows(number=(Text(), [number.strip().lower() for number in numbers]))
    found = db.scalars(
        select(Person).join(wanted, func.lower(Person.employee_number) == wanted.c.number)
    )
    return {fold(person.employee_number or ""): person for person in found}


def _refuse_taken_emails(
    db: Session, entries: Sequence[RosterEntry], people: Mapping[str, Person]
) -> None:
    emails = {fold(entry.email): index for index, entry in enumerate(entries) if entry.email}
    wanted = bulk.rows(email=(Text(), list(emails)))
    rows = db.execute(
        select(Person.id, func.lower(Person.email).label("email")).join(
            wanted, func.lower(Person.email) == wanted.c.email
        )
    )
    problems = []
    for row in rows:
        index = emails[row.email]
        owner = people.get(fold(entries[index].employee_number))
        if owner is None or owner.id != row.id:
            problems.append(
                Problem(
                    f"/people/{index}/email",
                    "already_taken",
                    "Somebody else has this e-mail address.",
                )
            )
    _raise(problems)


def _without_governing(
    db: Session, entries: Sequence[RosterEntry], people: Mapping[str, Person]
) -> list[RosterEntry]:
    """Return `entries` with the governing roles that people hold already; refuse to touch them."""
    held = _held(db, [person.id for person in people.values()])
    problems: list[Problem] = []
    kept: list[RosterEntry] = []
    for index, entry in enumerate(entries):
        person = people.get(fold(entry.employee_number))
        governs = held.get(person.id, set()) - PARTICIPANTS if person else set()
        wanted = (entry.roles or frozenset()) - PARTICIPANTS
        if wanted - governs:
            problems.append(_beyond(f"/people/{index}/roles"))
        if governs and person and entry.email and entry.email != person.email:
            problems.append(_beyond(f"/people/{index}/email"))
        kept.append(entry if entry.roles is None else replace(entry, roles=entry.roles | governs))
    _raise(problems)
    return kept


def _beyond(pointer: str) -> Problem:
    return Problem(pointer, "beyond_a_key", "An administrator must do this, signed in.")


def _held(db: Session, person_ids: Sequence[UUID]) -> dict[UUID, set[Role]]:
    held: dict[UUID, set[Role]] = defaultdict(set)
    for row in db.execute(
        select(RoleGrant.person_id, RoleGrant.role).where(
            RoleGrant.person_id == bulk.any_of(person_ids)
        )
    ):
        held[row.person_id].add(Role(row.role))
    return held


def _add(db: Session, entries: Sequence[RosterEntry]) -> dict[str, Person]:
    tenant = queries.get_tenant(db)
    made = {
        fold(entry.employee_number): service.new_person(
            tenant, work_of(db).now, name=entry.name, employee_number=entry.employee_number.strip()
        )
        for entry in entries
    }
    db.add_all(made.values())
    db.flush()
    return made


def _change(person: Person, entry: RosterEntry, result: RosterResult) -> bool:
    changed = False
    for name in _PLAIN:
        value = getattr(entry, name)
        if value is None or getattr(person, name) == value:
            continue
        if name == "email" and person.email is not None:
            result.email_changes += 1
        setattr(person, name, value)
        changed = True
    return changed


def _set_roles(
    db: Session, entries: Sequence[RosterEntry], people: Mapping[str, Person]
) -> set[UUID]:
    wanted = {
        people[fold(entry.employee_number)].id: entry.roles
        for entry in entries
        if entry.roles is not None
    }
    held = _held(db, list(wanted))
    granted = [(p, role) for p, roles in wanted.items() for role in roles - held[p]]
    revoked = [(p, role) for p, roles in wanted.items() for role in held[p] - roles]
    if granted:
        now = work_of(db).now
        db.execute(
            insert(RoleGrant),
            [
                {"tenant_id": tenant_of(db), "person_id": p, "role": role.value, "granted_at": now}
                for p, role in granted
            ],
        )
    for person_id, role in revoked:
        service.revoke_role(db, person_id, role)
    return {person_id for person_id, _ in granted + revoked}


def _set_places(
    db: Session, entries: Sequence[RosterEntry], people: Mapping[str, Person]
) -> set[UUID]:
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
    found |= {number: person.id for number, person in _load(db, elsewhere).items()}
    problems = []
    for index, entry in placed:
        number = fold(entry.manager_employee_number or "")
        pointer = f"/people/{index}/manager_employee_number"
        if number and number not in found:
            problems.append(Problem(pointer, "unknown_manager", "Nobody has this number."))
        elif number and number == fold(entry.employee_number):
            problems.append(Problem(pointer, "manager_loop", "Nobody reports to themselves."))
    _raise(problems)
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
    _raise(
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
