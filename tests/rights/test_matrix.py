from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.http.principal import Role, Scope
from tests.rights.house import House
from tests.rights.matrix import ROWS, Row
from tests.rights.rules import address, routes

REFUSALS = {"sign_in_needed", "forbidden", "foreign_origin"}


def call(
    house: House, row: Row, *, role: Role | None = None, scopes: list[Scope] | None = None
) -> str:
    """Call a route as somebody fresh; return "ok", or the status and code of the refusal."""
    client = house.client(role, scopes)
    body = {} if row.method != "GET" else None
    return said(client.open(address(row.path), method=row.method, json=body))


def said(answer: TestResponse) -> str:
    assert answer.status_code not in (500, 502), answer.data
    code = (answer.json or {}).get("code", "") if answer.is_json else ""
    return f"{answer.status_code} {code}" if code in REFUSALS else "ok"


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
        "nobody": call(house, row),
        **{role.value: call(house, row, role=role) for role in Role},
        "key without the scope": call(house, row, scopes=other_scopes),
        "key with the scope": call(house, row, scopes=[row.scope] if row.scope else list(Scope)),
    }

    def right(allowed: bool) -> str:
        return "ok" if is_open or allowed else "403 forbidden"

    assert answers == {
        "nobody": "ok" if is_open else "401 sign_in_needed",
        **{role.value: right(role in (row.roles or ())) for role in Role},
        "key without the scope": right(allowed=False),
        "key with the scope": right(row.scope is not None),
    }
