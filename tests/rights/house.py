"""A tenant with one person of each role, to ask in everybody's name."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import randrange
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.principal import Role, Scope
from app.kernel import clock
from app.kernel.ids import new_id
from app.people.models import Person
from tests.people.builders import WRITE, give_key, give_person, give_session, give_tenant


@dataclass
class House:
    """A tenant and the people in it, by role."""

    app: Flask
    tenant_id: UUID = field(default_factory=new_id)
    people: dict[Role, Person] = field(default_factory=dict)

    def work(self) -> AbstractContextManager[Session]:
        """Open a transaction of the tenant, now."""
        edge = self.app.extensions["laurel"]
        return unit_of_work(
            edge.engine,
            tenant_id=self.tenant_id,
            actor=SYSTEM,
            now=clock.utc_now(),
            reactions=edge.reactions,
        )

    def client(
        self, role: Role | None = None, scopes: Collection[Scope] | None = None
    ) -> FlaskClient:
        """Return a browser signed in as the person of `role`, or a machine with a key."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = ".".join(str(randrange(1, 255)) for _ in range(4))
        headers = dict(WRITE)
        with self.work() as db:
            if role is not None:
                token = give_session(db, self.people[role])
                client.set_cookie("sid", token, domain="localhost")
            if scopes is not None:
                headers |= give_key(db, *scopes)
        client.environ_base |= {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
        }
        return client


def build(app: Flask) -> House:
    """Return a new tenant: everybody below the manager, and a second administrator."""
    house = House(app)
    with house.work() as db:
        give_tenant(db)
        manager = give_person(db, "Mara Manager", (Role.MANAGER,))
        house.people = {Role.MANAGER: manager}
        for role in set(Role) - {Role.MANAGER}:
            house.people[role] = give_person(db, f"{role.value} person", (role,), manager=manager)
        give_person(db, "Another administrator", (Role.TENANT_ADMIN,))
    return house
