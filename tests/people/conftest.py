from __future__ import annotations

from collections.abc import Callable
from random import randrange

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http.principal import Role
from app.kernel import clock
from tests.conftest import Work
from tests.people.builders import give_person, give_session, give_tenant
from tests.people.phone import Phone


@pytest.fixture
def tenant(work: Work) -> None:
    """The tenant of the test, standing."""
    with work() as db:
        give_tenant(db)


@pytest.fixture
def phone(app: Flask) -> Callable[[], Phone]:
    """Make browsers, each with its own cookies and its own address."""

    def make() -> Phone:
        client: FlaskClient = app.test_client()
        client.environ_base["REMOTE_ADDR"] = ".".join(str(randrange(1, 255)) for _ in range(4))
        return Phone(client)

    return make


@pytest.fixture
def admin(app: Flask, work: Work) -> Phone:
    """The browser of a tenant admin who is also a rep."""
    with work(now=clock.utc_now()) as db:
        give_tenant(db)
        person = give_person(db, roles=[Role.TENANT_ADMIN, Role.REP])
        token = give_session(db, person)
    phone = Phone(app.test_client())
    phone.take(token)
    return phone
