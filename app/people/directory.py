"""The console's list of people: who they are, where they stand today, whether they can sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from app.http.principal import Principal, Role
from app.kernel.errors import NotFound
from app.kernel.pages import Page, decode_cursor, page_of
from app.people import queries
from app.people.models import Passkey, Person, Position, RoleGrant, SignInSession, Team

_manager = aliased(Person, name="manager")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people are asked for."""

    search: str | None = None
    team_id: UUID | None = None
    role: Role | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Where somebody stood; `to_on` is the last day."""

    id: UUID
    team_id: UUID | None
    team_name: str | None
    manager_id: UUID | None
    manager_name: str | None
    title: str
    kind: str
    from_on: date
    to_on: date | None


def page(
    db: Session, principal: Principal, wanted: Wanted, *, cursor: str | None, limit: int
) -> Page[Any]:
    """Return the people that `principal` may see, by name."""
    today = queries.today(db)
    query = _rows(today).where(Person.id.in_(queries.visible_people(db, principal, today)))
    query = query.where(*_filters(wanted))
    if cursor is not None:
        name, person_id = decode_cursor(cursor, str, str)
        query = query.where(tuple_(Person.name, Person.id) > tuple_(name, _uuid(person_id)))
    rows = db.execute(query.order_by(Person.name, Person.id).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.name, str(row.id)))


def one(db: Session, person_id: UUID) -> dict[str, Any]:
    """Return somebody with everywhere they stood; rights are the caller's matter."""
    row = db.execute(_rows(queries.today(db)).where(Person.id == person_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such person.")
    return {**row._asdict(), "positions": stays(db, person_id)}


def stays(db: Session, person_id: UUID) -> list[Stay]:
    """Return everywhere somebody stood, oldest first."""
    rows = db.execute(
        select(Position, Team.name, _manager.name)
        .outerjoin(Team, and_(Team.tenant_id == Position.tenant_id, Team.id == Position.team_id))
        .outerjoin(
            _manager,
            and_(_manager.tenant_id == Position.tenant_id, _manager.id == Position.manager_id),
        )
        .where(Position.person_id == person_id)
        .order_by(func.lower(Position.valid))
    )
    return [_stay(position, team, manager) for position, team, manager in rows]


def team_sizes(db: Session) -> dict[UUID, int]:
    """Return how many stand in each team today."""
    rows = db.execute(
        select(Position.team_id, func.count())
        .where(Position.team_id.is_not(None), Position.valid.contains(queries.today(db)))
        .group_by(Position.team_id)
    )
    return {team_id: count for team_id, count in rows if team_id is not None}


def _stay(position: Position, team: str | None, manager: str | None) -> Stay:
    first, after = queries.as_dates(position)
    return Stay(
        position.id,
        position.team_id,
        team,
        position.manager_id,
        manager,
        position.title,
        position.kind,
        first,
        after - timedelta(days=1) if after else None,
    )


def _rows(today: date) -> Any:
    roles = (
        select(func.array_agg(RoleGrant.role, type_=ARRAY(Text)))
        .where(RoleGrant.tenant_id == Person.tenant_id, RoleGrant.person_id == Person.id)
        .scalar_subquery()
    )
    seen = (
        select(func.max(SignInSession.last_seen_at))
        .where(SignInSession.tenant_id == Person.tenant_id, SignInSession.person_id == Person.id)
        .scalar_subquery()
    )
    has_passkey = (
        select(Passkey.id)
        .where(Passkey.tenant_id == Person.tenant_id, Passkey.person_id == Person.id)
        .exists()
    )
    return (
        select(
            Person.id,
            Person.name,
            Person.employee_number,
            Person.email,
            Position.team_id,
            Team.name.label("team_name"),
            Position.manager_id,
            _manager.name.label("manager_name"),
            Position.title,
            func.coalesce(roles, []).label("roles"),
            Person.active,
            Person.language,
            Person.zone,
            Person.currency,
            Person.joined_on,
            Person.left_on,
            has_passkey.label("has_passkey"),
            seen.label("last_seen_at"),
        )
        .outerjoin(
            Position,
            and_(
                Position.tenant_id == Person.tenant_id,
                Position.person_id == Person.id,
                Position.valid.contains(today),
            ),
        )
        .outerjoin(Team, and_(Team.tenant_id == Position.tenant_id, Team.id == Position.team_id))
        .outerjoin(
            _manager,
            and_(_manager.tenant_id == Position.tenant_id, _manager.id == Position.manager_id),
        )
    )


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if wanted.search:
        filters.append(
            or_(
                *(
                    column.icontains(wanted.search, autoescape=True)
                    for column in (Person.name, Person.email, Person.employee_number)
                )
            )
        )
    if wanted.team_id is not None:
        filters.append(Position.team_id == wanted.team_id)
    if wanted.active is not None:
        filters.append(Person.active == wanted.active)
    if wanted.role is not None:
        filters.append(
            select(RoleGrant.role)
            .where(
                RoleGrant.tenant_id == Person.tenant_id,
                RoleGrant.person_id == Person.id,
                RoleGrant.role == wanted.role.value,
            )
            .exists()
        )
    return filters


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
