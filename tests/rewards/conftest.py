from __future__ import annotations

import pytest
from flask import Flask

from app.http.principal import Role
from app.kernel import clock
from app.people.models import Person
from tests.conftest import Work
from tests.people.builders import give_person, give_session
from tests.people.phone import Phone
from tests.rewards.builders import Shop, open_shop


@pytest.fixture
def shop(work: Work) -> Shop:
    """A tenant with one rep who has 100 euros, and two cards of 50 in stock."""
    return open_shop(work)


def phone_of(app: Flask, shop: Shop, person: Person) -> Phone:
    """Return a browser in which `person` is signed in."""
    with shop.work(now=clock.utc_now()) as db:
        token = give_session(db, person)
    phone = Phone(app.test_client())
    phone.take(token)
    return phone


@pytest.fixture
def rep(app: Flask, shop: Shop) -> Phone:
    """The rep's browser."""
    return phone_of(app, shop, shop.person)


@pytest.fixture
def finance(app: Flask, shop: Shop) -> Phone:
    """The browser of somebody who keeps the house's money."""
    with shop.work() as db:
        person = give_person(db, name="Fi Nance", roles=[Role.FINANCE])
    return phone_of(app, shop, person)
