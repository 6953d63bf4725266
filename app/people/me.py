"""What a signed-in person is told about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.http.principal import Role
from app.kernel.clock import day_in_zone
from app.people import queries
from app.people.core import initials, zone_on
from app.people.models import Passkey, Person, Position, SignInSession, Team, Tenant


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in person, where they stand, and what their screens need at start."""

    person: Person
    tenant: Tenant
    roles: list[Role]
    csrf: str
    is_demo: bool
    has_passkey: bool
    """There is one that may confirm: not one that may have been copied."""
    team_name: str | None
    manager_name: str | None
    sub_agents: int
    initials: str
    zone: str


def describe(db: Session, *, person_id: UUID, session_id: UUID, is_demo: bool) -> Me:
    """Return what the person behind a session is told."""
    person = queries.get_person(db, person_id)
    usable = select(Passkey).where(Passkey.person_id == person_id, Passkey.suspect_at.is_(None))
    today = queries.today(db)
    place = queries.position_on(db, person_id, today)
    team = db.get(Team, (tenant_of(db), place.team_id)) if place and place.team_id else None
    manager = queries.find_person(db, place.manager_id) if place and place.manager_id else None
    return Me(
        person=person,
        tenant=queries.get_tenant(db),
        roles=sorted(queries.roles_of(db, person_id)),
        csrf=db.scalars(select(SignInSession.csrf).where(SignInSession.id == session_id)).one(),
        is_demo=is_demo,
        has_passkey=bool(db.scalar(select(usable.exists()))),
        team_name=team.name if team else None,
        manager_name=manager.name if manager else None,
        sub_agents=db.scalar(
            select(func.count())
            .select_from(Position)
            .where(
                Position.manager_id == person_id,
                Position.kind == "sub_agent",
                Position.valid.contains(today),
            )
        )
        or 0,
        initials=initials(person.name),
        zone=zone_on(
            person.zone,
            person.next_zone,
            person.next_zone_from,
            day_in_zone(work_of(db).now, person.zone),
        ),
    )


def change_me(db: Session, person_id: UUID, changes: dict[str, Any]) -> Person:
    """Change how a person wants to be spoken to; another zone counts from tomorrow."""
    person = queries.get_person(db, person_id)
    before = _wishes(person)
    if "zone" in changes:
        _change_zone(person, changes["zone"], work_of(db).now)
    for name in ("language", "theme"):
        if name in changes:
            setattr(person, name, changes[name])
    audit.record(
        db,
        action="person.changed",
        object_kind="person",
        object_id=person_id,
        before=before,
        after=_wishes(person),
    )
    return person


def _wishes(person: Person) -> dict[str, Any]:
    return {
        "language": person.language,
        "theme": person.theme,
        "zone": person.next_zone or person.zone,
    }


def _change_zone(person: Person, zone: str, now: datetime) -> None:
    today = day_in_zone(now, person.zone)
    person.zone = zone_on(person.zone, person.next_zone, person.next_zone_from, today)
    changes = zone != person.zone
    person.next_zone = zone if changes else None
    person.next_zone_from = day_in_zone(now, person.zone) + timedelta(days=1) if changes else None
