"""What can be done about tenants and people."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import errors as pg
from sqlalchemy import Date, cast, delete, func, literal, select
from sqlalchemy.dialects.postgresql import DATERANGE, Range, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import record, tenant_of, work_of
from app.http.principal import Role
from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from app.live import bus, rooms
from app.people import queries, sessions
from app.people.errors import AlreadyTaken, LastAdmin, ManagerLoop, PositionsOverlap, UnknownName
from app.people.events import (
    PersonLeft,
    PersonReturned,
    PositionsChanged,
)
from app.people.models import Person, Position, RoleGrant, Team, Tenant


def create_tenant(
    db: Session,
    *,
    name: str,
    slug: str,
    currency: str = "EUR",
    language: str = "en",
    zone: str = "Europe/Rome",
    week_starts: int = 1,
    brand_hue: int = 152,
    brand_chroma: Decimal = Decimal("0.078"),
) -> Tenant:
    """Create the tenant that this transaction was opened for."""
    tenant = Tenant(
        tenant_id=tenant_of(db),
        name=name,
        slug=slug,
        currency=currency,
        language=language,
        zone=zone,
        week_starts=week_starts,
        brand_hue=brand_hue,
        brand_chroma=brand_chroma,
        created_at=work_of(db).now,
    )
    db.add(tenant)
    db.flush()
    return tenant


def add_person(
    db: Session,
    *,
    name: str,
    email: str | None = None,
    employee_number: str | None = None,
    language: str | None = None,
    zone: str | None = None,
    currency: str | None = None,
    joined_on: date | None = None,
    roles: Collection[Role] = (),
) -> Person:
    """Add somebody; language, zone and currency are the tenant's unless said otherwise."""
    person = new_person(
        queries.get_tenant(db),
        work_of(db).now,
        name=name,
        email=email,
        employee_number=employee_number,
        joined_on=joined_on,
    )
    person.language = language or person.language
    person.zone = zone or person.zone
    person.currency = currency or person.currency
    try:
        with db.begin_nested():
            db.add(person)
    except IntegrityError as error:
        raise _taken(error) from None
    for role in sorted(roles):
        grant_role(db, person.id, role)
    audit.record(
        db,
        action="person.added",
        object_kind="person",
        object_id=person.id,
        after={"roles": sorted(roles)},
    )
    return person


def new_person(
    tenant: Tenant,
    now: datetime,
    *,
    name: str,
    email: str | None = None,
    employee_number: str | None = None,
    joined_on: date | None = None,
) -> Person:
    """Return somebody new, with the tenant's habits and a random handle that says nothing about them."""
    return Person(
        tenant_id=tenant.tenant_id,
        id=new_id(),
        name=name,
        email=email,
        employee_number=employee_number,
        language=tenant.language,
        zone=tenant.zone,
        currency=tenant.currency,
        joined_on=joined_on,
        theme="auto",
        active=True,
        user_handle=secrets.token_bytes(64),
        created_at=now,
    )


def _taken(error: IntegrityError) -> Exception:
    if not isinstance(error.orig, pg.UniqueViolation):
        return error
    constraint = error.orig.diag.constraint_name or ""
    field = "email" if constraint.endswith("_email") else "employee_number"
    noun = "e-mail address" if field == "email" else "employee number"
    return AlreadyTaken(f"Somebody else has this {noun}.", field=field)


def grant_role(db: Session, person_id: UUID, role: Role) -> None:
    """Let a person do what `role` may do, from now on."""
    db.execute(
        insert(RoleGrant)
        .values(
            tenant_id=tenant_of(db),
            person_id=person_id,
            role=role.value,
            granted_at=work_of(db).now,
        )
        .on_conflict_do_nothing()
    )


def revoke_role(db: Session, person_id: UUID, role: Role) -> None:
    """Take `role` away, at once: requests are asked anew, open sockets end."""
    if role is Role.TENANT_ADMIN:
        _keep_an_admin(db, person_id)
    gone = db.execute(
        delete(RoleGrant)
        .where(RoleGrant.person_id == person_id, RoleGrant.role == role.value)
        .returning(RoleGrant.role)
    ).all()
    if gone:
        bus.end_sockets(db, rooms.person(tenant_of(db), person_id))


def set_roles(db: Session, person_id: UUID, roles: frozenset[Role]) -> None:
    """Let a person hold exactly `roles`."""
    held = queries.roles_of(db, person_id)
    for role in sorted(roles - held):
        grant_role(db, person_id, role)
    for role in sorted(held - roles):
        revoke_role(db, person_id, role)
    if held != roles:
        audit.record(
            db,
            action="person.roles_changed",
            object_kind="person",
            object_id=person_id,
            before={"roles": sorted(held)},
            after={"roles": sorted(roles)},
        )


def change_person(db: Session, person_id: UUID, changes: dict[str, Any]) -> Person:
    """Change what is known about somebody; `active: False` lets them leave, `True` come back."""
    person = queries.get_person(db, person_id)
    was, stays = person.active, changes.pop("active", person.active)
    try:
        with db.begin_nested():
            for name, value in changes.items():
                setattr(person, name, value)
    except IntegrityError as error:
        raise _taken(error) from None
    if person.active and not stays:
        leave(db, person_id, left_on=person.left_on or queries.today(db))
    if stays and not person.active:
        person.left_on = changes.get("left_on")
        record(db, PersonReturned(person_id))
    person.active = stays
    # Names and addresses stay out of the journal: it is never erased, a person may ask to be.
    audit.record(
        db,
        action="person.changed",
        object_kind="person",
        object_id=person_id,
        before={"active": was},
        after={"changed": sorted(changes), "active": stays},
    )
    return person


def _keep_an_admin(db: Session, person_id: UUID) -> None:
    # The rows are locked, so that two administrators cannot remove each other at the same moment.
    db.execute(
        select(RoleGrant.person_id)
        .where(RoleGrant.role == Role.TENANT_ADMIN.value)
        .with_for_update()
    )
    if not set(queries.people_with_role(db, Role.TENANT_ADMIN)) - {person_id}:
        raise LastAdmin("Give somebody else the role of administrator first.")


def add_team(db: Session, *, name: str, parent_id: UUID | None = None) -> Team:
    """Add a team; its name is its own in the tenant."""
    if parent_id is not None and db.get(Team, (tenant_of(db), parent_id)) is None:
        raise Invalid("There is no such team above.")
    team = Team(tenant_id=tenant_of(db), id=new_id(), name=name, parent_id=parent_id)
    try:
        with db.begin_nested():
            db.add(team)
    except IntegrityError:
        raise AlreadyTaken("There is a team of this name.", field="name") from None
    audit.record(
        db, action="team.added", object_kind="team", object_id=team.id, after={"name": name}
    )
    return team


def place(
    db: Session,
    *,
    person_id: UUID,
    from_on: date,
    to_on: date | None = None,
    manager_id: UUID | None = None,
    team_id: UUID | None = None,
    title: str = "",
    kind: str = "staff",
) -> Position:
    """Say where a person stands from `from_on` until the day before `to_on`.

    Raise PositionsOverlap when the person stands elsewhere on one of these days.
    """
    if to_on is not None and to_on <= from_on:
        raise Invalid("A position ends after it begins.")
    span = Range(from_on, to_on)
    _refuse_loop(db, person_id, manager_id, span)
    position = Position(
        tenant_id=tenant_of(db),
        id=new_id(),
        person_id=person_id,
        manager_id=manager_id,
        team_id=team_id,
        title=title,
        kind=kind,
        valid=span,
    )
    try:
        with db.begin_nested():
            db.add(position)
    except IntegrityError as error:
        if isinstance(error.orig, pg.ExclusionViolation):
            raise PositionsOverlap(
                "This person already stands somewhere on one of these days. End that position first."
            ) from None
        if isinstance(error.orig, pg.ForeignKeyViolation):
            raise UnknownName("There is no such manager or team.") from None
        if isinstance(error.orig, pg.CheckViolation):
            raise ManagerLoop("Nobody reports to themselves.") from None
        raise
    record(db, PositionsChanged((person_id,), from_on))
    audit.record(
        db,
        action="person.placed",
        object_kind="person",
        object_id=person_id,
        after={
            "from_on": from_on.isoformat(),
            "until": to_on.isoformat() if to_on else None,
            "manager_id": str(manager_id) if manager_id else None,
            "team_id": str(team_id) if team_id else None,
            "kind": kind,
        },
    )
    return position


def move(
    db: Session,
    *,
    person_id: UUID,
    from_on: date,
    manager_id: UUID | None = None,
    team_id: UUID | None = None,
    title: str = "",
    kind: str = "staff",
) -> Position:
    """Let a person stand elsewhere from `from_on`: what holds then ends the day before.

    A position that was already planned for later stays as it is.
    """
    current = queries.position_on(db, person_id, from_on)
    until = current.valid.upper if current else _next_start(db, person_id, from_on)
    if current is not None:
        if current.valid.lower == from_on:
            db.delete(current)
        else:
            current.valid = Range(current.valid.lower, from_on)
        db.flush()
    return place(
        db,
        person_id=person_id,
        from_on=from_on,
        to_on=until,
        manager_id=manager_id,
        team_id=team_id,
        title=title,
        kind=kind,
    )


def _next_start(db: Session, person_id: UUID, from_on: date) -> date | None:
    starts = func.lower(Position.valid, type_=Date)
    return db.scalar(
        select(func.min(starts)).where(Position.person_id == person_id, starts > from_on)
    )


def _refuse_loop(db: Session, person_id: UUID, manager_id: UUID | None, span: Range[date]) -> None:
    if manager_id is None:
        return
    start: Any = select(
        literal(manager_id).label("person_id"), cast(span, DATERANGE).label("span")
    ).cte("above", recursive=True)
    above = start.union(
        select(Position.manager_id, (Position.valid * start.c.span).label("span"))
        .join(start, Position.person_id == start.c.person_id)
        .where(Position.valid.overlaps(start.c.span), Position.manager_id.is_not(None))
    )
    if db.scalar(select(above.c.person_id).where(above.c.person_id == person_id).limit(1)):
        raise ManagerLoop("The manager would report to this person on one of these days.")


def leave(db: Session, person_id: UUID, *, left_on: date | None) -> None:
    """Let a person leave: nobody signs in as them any more, from this moment."""
    person = queries.get_person(db, person_id)
    person.active = False
    person.left_on = left_on
    if Role.TENANT_ADMIN in queries.roles_of(db, person_id):
        _keep_an_admin(db, person_id)
    record(db, PersonLeft(person_id, left_on))
    sessions.end_sessions(db, person_id, reason="left")
    audit.record(db, action="person.left", object_kind="person", object_id=person_id)
