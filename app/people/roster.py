"""The roster: a whole staff list in one request, in any order, from any day on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func, insert, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import bulk
from app.db.unit_of_work import tenant_of, work_of
from app.http.principal import GOVERNING, PARTICIPANTS, Role
from app.kernel.errors import Problem
from app.people import queries, roster_places, service, ways_in
from app.people.core import RosterEntry, fold
from app.people.models import Person, RoleGrant

__all__ = ["RosterEntry", "RosterResult", "import_people"]


@dataclass(slots=True)
class RosterResult:
    """What a staff list changed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ways_in: list[str] = field(default_factory=list)
    """What opens a way into an account or lets somebody govern, in words of one line each."""
    person_ids: list[UUID] = field(default_factory=list)
    """In the order of the lines."""

    def what_is_confirmed(self) -> dict[str, Any]:
        """Return what a passkey commits to: these ways in and no others."""
        lines = "\n".join(sorted(self.ways_in)).encode()
        return {"changes": len(self.ways_in), "sha256": hashlib.sha256(lines).hexdigest()}


_PLAIN = ("name", "email", "language", "zone", "currency", "joined_on")


def import_people(
    db: Session, entries: Sequence[RosterEntry], *, by_machine: bool = False
) -> RosterResult:
    """Add or change everybody in `entries`; managers may come later in the list than their people.

    All or nothing: raise Invalid with every problem of every line. A machine hires reps and managers;
    it neither makes nor unmakes those who govern, nor opens a way in for itself through their address.
    """
    _refuse_doubles(entries)
    people = roster_places.load(db, [entry.employee_number for entry in entries])
    _refuse_taken_emails(db, entries, people)
    if by_machine:
        entries = _without_governing(db, entries, people)
    result = RosterResult()
    guarded = ways_in.guarded(db, [person.id for person in people.values()])
    touched: set[UUID] = set()
    new = [entry for entry in entries if fold(entry.employee_number) not in people]
    people |= _add(db, new)
    for entry in entries:
        person = people[fold(entry.employee_number)]
        if _change(person, entry, guarded, result):
            touched.add(person.id)
    db.flush()
    touched |= _set_roles(db, entries, people, result)
    touched |= roster_places.set_places(db, entries, people)
    added = {people[fold(entry.employee_number)].id for entry in new}
    result.person_ids = [people[fold(entry.employee_number)].id for entry in entries]
    result.added = len(added)
    result.changed = len(touched - added)
    result.unchanged = len(entries) - result.added - result.changed
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
    roster_places.refuse(problems)


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
    roster_places.refuse(problems)


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
    roster_places.refuse(problems)
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


def _change(
    person: Person, entry: RosterEntry, guarded: Collection[UUID], result: RosterResult
) -> bool:
    changed = False
    for name in _PLAIN:
        value = getattr(entry, name)
        if value is None or getattr(person, name) == value:
            continue
        if name == "email" and (person.email is not None or person.id in guarded):
            result.ways_in.append(f"{person.employee_number} email {value}")
        setattr(person, name, value)
        changed = True
    return changed


def _set_roles(
    db: Session,
    entries: Sequence[RosterEntry],
    people: Mapping[str, Person],
    result: RosterResult,
) -> set[UUID]:
    wanted = {
        people[fold(entry.employee_number)].id: entry.roles
        for entry in entries
        if entry.roles is not None
    }
    held = _held(db, list(wanted))
    granted = [(p, role) for p, roles in wanted.items() for role in roles - held[p]]
    revoked = [(p, role) for p, roles in wanted.items() for role in held[p] - roles]
    numbers = {person.id: number for number, person in people.items()}
    result.ways_in += [f"{numbers[p]} role {role}" for p, role in granted if role in GOVERNING]
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
    changed = {person_id for person_id, _ in granted + revoked}
    audit.record_all(
        db,
        action="person.roles_changed",
        object_kind="person",
        changes=[
            audit.Change(p, {"roles": sorted(held[p])}, {"roles": sorted(wanted[p])})
            for p in sorted(changed)
        ],
    )
    return changed
