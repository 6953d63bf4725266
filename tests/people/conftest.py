from __future__ import annotations

from collections.abc import Callable
from random import randrange

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Work
from tests.people.builders import give_tenant
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
