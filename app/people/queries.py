"""Reads about people. Higher rooms join `people_table()` and `positions_table()` in their own SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Date,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import ColumnElement, Subquery

from app.db import driver
from app.db.unit_of_work import tenant_of, work_of
from app.http.principal import CONSOLE, Principal, Role
from app.kernel import clock
from app.kernel.errors import NotFound
from app.people.core import TenantCalendar, fold, zone_on
from app.people.models import Person, Position, RoleGrant, Team, Tenant


def get_tenant(db: Session) -> Tenant:
    """Return the tenant of this transaction; raise NotFound before it is created."""
    tenant = db.get(Tenant, tenant_of(db))
    if tenant is None:
        raise NotFound("There is no such tenant.")
    return tenant


def calendar(db: Session) -> TenantCalendar:
    """Return what decides the tenant's days, weeks and currency."""
    for zone, week_starts, currency in driver.run(db, _CALENDAR, {"tenant": tenant_of(db)}):
        return TenantCalendar(zone, week_starts, currency)
    raise NotFound("There is no such tenant.")


_CALENDAR = "SELECT zone, week_starts, currency FROM tenants WHERE tenant_id = %(tenant)s"


def today(db: Session) -> date:
    """Return the tenant's calendar day of this transaction."""
    return clock.day_in_zone(work_of(db).now, calendar(db).zone)


def find_person(db: Session, person_id: UUID) -> Person | None:
    """Return the person, or None."""
    return db.get(Person, (tenant_of(db), person_id))


def get_person(db: Session, person_id: UUID) -> Person:
    """Return the person; raise NotFound when there is none here."""
    if (person := find_person(db, person_id)) is None:
        raise NotFound("There is no such person.")
    return person


def names(db: Session, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of `person_ids`."""
    wanted = list(person_ids)
    return {
        row.id: row.name
        for row in db.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    }


def zones(db: Session, person_ids: Collection[UUID], on: date) -> dict[UUID, str]:
    """Return the zones that people live by on the day `on`."""
    rows = driver.run(db, _ZONES, {"tenant": tenant_of(db), "ids": list(person_ids)})
    return {person_id: zone_on(zone, later, since, on) for person_id, zone, later, since in rows}


_ZONES = text(
    "SELECT id, zone, next_zone, next_zone_from FROM people"
    " WHERE tenant_id = :tenant AND id = ANY (CAST(:ids AS uuid[]))"
)


def person_index(
    db: Session, by: Literal["employee_number", "email", "name"] = "employee_number"
) -> dict[str, UUID]:
    """Return everybody by what a file calls them (folded); a name that two people share is left out."""
    column = {
        "employee_number": Person.employee_number,
        "email": Person.email,
        "name": Person.name,
    }[by]
    rows = [
        (fold(key), person_id)
        for key, person_id in db.execute(select(column, Person.id))
        if key is not None
    ]
    seen = Counter(key for key, _ in rows)
    return {key: person_id for key, person_id in rows if seen[key] == 1}


def positions_table() -> Subquery:
    """Return every position as (person_id, manager_id, team_id, title, kind, from_on, to_on).

    `from_on` is the first day, `to_on` the first day after (null: open end).
    """
    return select(
        Position.tenant_id,
        Position.person_id,
        Position.manager_id,
        Position.team_id,
        Position.title,
        Position.kind,
        func.lower(Position.valid, type_=Date).label("from_on"),
        func.upper(Position.valid, type_=Date).label("to_on"),
    ).subquery("positions_over_time")


def known_people() -> Subquery:
    """Return the ids of everybody of every tenant that can be seen, for joining."""
    return select(Person.tenant_id, Person.id).subquery("known_people")


def people_table(on: date | None = None) -> Subquery:
    """Return everybody, with team, manager and zone of the day `on`.

    Without `on`: as they are until further notice, whenever that begins.
    """
    place = aliased(Position)
    holds: ColumnElement[bool]
    zone: ColumnElement[str]
    if on is None:
        holds = func.upper_inf(place.valid, type_=Boolean)
        zone = func.coalesce(Person.next_zone, Person.zone)
    else:
        day = cast(on, Date)
        holds = place.valid.contains(day)
        zone = case((Person.next_zone_from <= day, Person.next_zone), else_=Person.zone)
    return (
        select(
            Person.tenant_id,
            Person.id,
            Person.name,
            Person.employee_number,
            Person.email,
            Person.active,
            Person.joined_on,
            Person.left_on,
            zone.label("zone"),
            Person.language,
            Person.currency,
            place.team_id,
            place.manager_id,
            place.title,
        )
        .outerjoin(
            place,
            and_(place.tenant_id == Person.tenant_id, place.person_id == Person.id, holds),
        )
        .subquery("people_of_the_day")
    )


def subtree_query(manager_id: UUID, on: date) -> Select[UUID]:
    """Return a query of everybody who stands below `manager_id` on the day `on`, at any depth."""
    below = (
        select(Position.person_id)
        .where(Position.manager_id == manager_id, Position.valid.contains(cast(on, Date)))
        .cte("below", recursive=True)
    )
    below = below.union(
        select(Position.person_id)
        .join(below, Position.manager_id == below.c.person_id)
        .where(Position.valid.contains(cast(on, Date)))
    )
    return select(below.c.person_id)


def subtree(db: Session, manager_id: UUID, on: date) -> set[UUID]:
    """Return everybody who stands below `manager_id` on the day `on`, without the manager."""
    return set(db.scalars(subtree_query(manager_id, on))) - {manager_id}


def visible_people(
    db: Session,  # noqa: ARG001 - session first, as everywhere
    principal: Principal,
    on: date,
) -> Select[UUID]:
    """Return a query of the people `principal` may see on the day `on`.

    API keys and the console's roles see all, a manager the own subtree, a rep only themselves.
    """
    if principal.person_id is None or principal.has(*(CONSOLE - {Role.MANAGER})):
        return select(Person.id)
    if not principal.has(Role.MANAGER):
        return select(Person.id).where(Person.id == principal.person_id)
    seen = union_all(
        select(literal(principal.person_id).label("id")), subtree_query(principal.person_id, on)
    ).subquery("seen")
    return select(seen.c.id)


def may_see(db: Session, principal: Principal, person_id: UUID) -> bool:
    """Whether `principal` may see `person_id` today."""
    query = visible_people(db, principal, today(db)).subquery()
    return bool(db.scalar(select(select(query).where(query.c.id == person_id).exists())))


def get_visible_person(db: Session, principal: Principal, person_id: UUID) -> Person:
    """Return the person; raise NotFound when `principal` may not see them, as if they were not there."""
    if not may_see(db, principal, person_id):
        raise NotFound("There is no such person.")
    return get_person(db, person_id)


def managers_of(
    db: Session, person_ids: Collection[UUID], on: date, levels: int
) -> dict[UUID, list[UUID]]:
    """Return for each person who stood above on the day `on`, nearest first, at most `levels` of them."""
    day = cast(on, Date)
    above = (
        select(Position.person_id, Position.manager_id, literal(1).label("level"))
        .where(
            Position.person_id.in_(person_ids),
            Position.valid.contains(day),
            Position.manager_id.is_not(None),
        )
        .cte("above", recursive=True)
    )
    above = above.union_all(
        select(above.c.person_id, Position.manager_id, above.c.level + 1)
        .join(above, Position.person_id == above.c.manager_id)
        .where(
            Position.valid.contains(day),
            Position.manager_id.is_not(None),
            above.c.level < levels,
        )
    )
    found: dict[UUID, list[UUID]] = {person_id: [] for person_id in person_ids}
    for row in db.execute(select(above).order_by(above.c.level)):
        found[row.person_id].append(row.manager_id)
    return found


def roles_of(db: Session, person_id: UUID) -> frozenset[Role]:
    """Return the roles that a person holds now."""
    return frozenset(
        Role(role)
        for role in db.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id))
    )


def people_with_role(db: Session, role: Role) -> list[UUID]:
    """Return everybody who holds `role` and may sign in."""
    return list(
        db.scalars(
            select(Person.id)
            .join(RoleGrant, and_(RoleGrant.tenant_id == Person.tenant_id,
                                  RoleGrant.person_id == Person.id))
            .where(RoleGrant.role == role, Person.active)
            .order_by(Person.id)
        )
    )  # fmt: skip


def position_on(db: Session, person_id: UUID, on: date) -> Position | None:
    """Return where the person stands on the day `on`, or None."""
    return db.scalar(
        select(Position).where(
            Position.person_id == person_id, Position.valid.contains(cast(on, Date))
        )
    )


def positions_of(db: Session, person_id: UUID) -> list[Position]:
    """Return where the person stood and will stand, oldest first."""
    return list(
        db.scalars(
            select(Position)
            .where(Position.person_id == person_id)
            .order_by(func.lower(Position.valid))
        )
    )


def teams(db: Session) -> list[Team]:
    """Return every team by name."""
    return list(db.scalars(select(Team).order_by(Team.name)))


def as_dates(position: Position) -> tuple[date, date | None]:
    """Return the first day of `position` and the first day after it (None: open end)."""
    lower = position.valid.lower
    assert lower is not None
    return lower, position.valid.upper
