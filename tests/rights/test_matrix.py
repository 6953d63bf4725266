from __future__ import annotations

from dataclasses import dataclass
from random import randrange
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.principal import Role, Scope
from app.kernel import clock
from app.kernel.ids import new_id
from tests.people.builders import WRITE, give_key, give_person, give_session, give_tenant
from tests.rights.matrix import ROWS, Row
from tests.rights.rules import address, routes

REFUSALS = {"sign_in_needed", "forbidden", "foreign_origin"}


@dataclass
class House:
    """A tenant with one person of each role."""

    app: Flask
    tenant_id: UUID
    people: dict[Role, Any]

    def work(self) -> Any:
        edge = self.app.extensions["laurel"]
        return unit_of_work(
            edge.engine,
            tenant_id=self.tenant_id,
            actor=SYSTEM,
            now=clock.utc_now(),
            reactions=edge.reactions,
        )

    def call(self, row: Row, *, role: Role | None = None, scopes: list[Scope] | None = None) -> str:
        """Call a route as somebody fresh; return "ok", or the status and code of the refusal."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = ".".join(str(randrange(1, 255)) for _ in range(4))
        headers = dict(WRITE)
        with self.work() as db:
            if role is not None:
                client.set_cookie("sid", give_session(db, self.people[role]), domain="localhost")
            if scopes is not None:
                headers |= give_key(db, *scopes)
        body = {} if row.method != "GET" else None
        answer = client.open(address(row.path), method=row.method, json=body, headers=headers)
        return said(answer)


def said(answer: TestResponse) -> str:
    assert answer.status_code not in (500, 502), answer.data
    code = (answer.json or {}).get("code", "") if answer.is_json else ""
    return f"{answer.status_code} {code}" if code in REFUSALS else "ok"


@pytest.fixture(scope="module")
def house(app: Flask) -> House:
    """Everybody who may ask."""
    made = House(app, new_id(), {})
    with made.work() as db:
        give_tenant(db)
        made.people = {role: give_person(db, role.value, (role,)) for role in Role}
        give_person(db, "Another administrator", (Role.TENANT_ADMIN,))
    return made


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    rows = [(row.method, row.path) for row in ROWS]

    assert set(rows) - routes(app) == set(), "rows without a route"
    assert routes(app) - set(rows) == set(), "routes without a row: say who may call them"
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_the_right_answer(house: House, row: Row) -> None:
    other_scopes = [scope for scope in Scope if scope is not row.scope]
    is_open = row.roles is None

    answers = {
        "nobody": house.call(row),
        **{role.value: house.call(row, role=role) for role in Role},
        "key without the scope": house.call(row, scopes=other_scopes),
        "key with the scope": house.call(row, scopes=[row.scope] if row.scope else list(Scope)),
    }

    def right(allowed: bool) -> str:
        return "ok" if is_open or allowed else "403 forbidden"

    assert answers == {
        "nobody": "ok" if is_open else "401 sign_in_needed",
        **{role.value: right(role in (row.roles or ())) for role in Role},
        "key without the scope": right(allowed=False),
        "key with the scope": right(row.scope is not None),
    }
