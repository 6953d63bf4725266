"""People for tests: a tenant, somebody in it, and a signed-in client."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.http.principal import Role, Scope
from app.people import api_keys, service, sessions
from app.people.models import Person, Tenant

ORIGIN = "http://localhost:8000"
WRITE = {"X-Laurel": "1", "Origin": ORIGIN}
"""What our own pages send with every write."""


def give_tenant(db: Session, **values: Any) -> Tenant:
    """Create the tenant of this transaction, called by its own id."""
    return service.create_tenant(
        db, **{"name": "Northwind Field", "slug": tenant_of(db).hex, **values}
    )


def give_person(
    db: Session,
    name: str = "Ada Ferri",
    roles: Collection[Role] = (Role.REP,),
    *,
    manager: Person | None = None,
    from_on: date = date(2026, 1, 1),
    **values: Any,
) -> Person:
    """Add somebody, with a position since the beginning of 2026 when a manager is given."""
    person = service.add_person(db, name=name, roles=roles, **values)
    if manager is not None:
        service.place(db, person_id=person.id, manager_id=manager.id, from_on=from_on)
    return person


def give_session(db: Session, person: Person, *, by: str = "passkey") -> str:
    """Sign `person` in and return the token of the cookie."""
    return sessions.open_session(
        db, person_id=person.id, signed_in_by=by, label="Chrome, Linux"
    ).token


def sign_in(client: FlaskClient, db: Session, person: Person) -> dict[str, str]:
    """Sign `person` in on `client`; return the headers that a write needs. Commit `db` before asking."""
    client.set_cookie("sid", give_session(db, person), domain="localhost")
    return dict(WRITE)


def give_key(db: Session, *scopes: Scope) -> dict[str, str]:
    """Make an API key with `scopes`; return the headers of a request that carries it."""
    _, secret = api_keys.create_api_key(db, name="Import", scopes=scopes)
    return {"Authorization": f"Bearer {secret}"}
