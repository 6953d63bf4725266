"""What stands behind the journey of a gift card: the demo's account with Plum, and people with money.

Run as a process in the environment of a live site. `open` connects the company as `make run` does;
`person NAME EMAIL` prints how somebody with 500 euros joins; `later EMAIL` lets an hour pass since their
passkey; `wait` lets ten minutes pass for every order whose outcome nobody knows; `retire NAME` takes a
product off the shelf.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

from sqlalchemy import select, update

from app.cli.demo import vendors
from app.kernel import clock
from app.people import invitations
from app.people.models import Person, SignInSession
from app.rewards.models import RedemptionAttempt, Reward
from app.settings import read_settings
from tests.browser.backstage import tell, work
from tests.ledger.builders import give_available
from tests.people.builders import give_person


def connect() -> dict[str, str]:
    """Give the demo its accounts with the vendors that run, as its seed does."""
    with work() as db:
        vendors.connect(db, read_settings(dict(os.environ)))
    return {}


def welcome(name: str, email: str) -> dict[str, str]:
    """Add a rep who has 500 euros to spend."""
    with work() as db:
        person = give_person(db, name, email=email, currency="EUR")
        give_available(db, person.id, 50_000, "EUR")
        token = invitations.invite(db, person.id)
    return {"join": f"/join/{token}"}


def wait_an_hour(email: str) -> dict[str, str]:
    """Let an hour have passed since somebody used a passkey."""
    with work() as db:
        people = select(Person.id).where(Person.email == email)
        db.execute(
            update(SignInSession)
            .where(SignInSession.person_id.in_(people))
            .values(passkey_at=clock.utc_now() - timedelta(hours=1))
        )
    return {}


def wait_for_news() -> dict[str, str]:
    """Let ten minutes have passed for orders of which nobody knows the outcome."""
    ten = timedelta(minutes=10)
    with work() as db:
        db.execute(
            update(RedemptionAttempt)
            .where(RedemptionAttempt.state == "unknown")
            .values(
                first_sent_at=RedemptionAttempt.first_sent_at - ten,
                sent_at=RedemptionAttempt.sent_at - ten,
                due_at=clock.utc_now(),
            )
        )
    return {}


def retire(brand: str) -> dict[str, str]:
    """Take a product off the shelf while somebody looks at it."""
    with work() as db:
        db.execute(update(Reward).where(Reward.brand == brand).values(active=False))
    return {}


def act(command: str, *arguments: str) -> dict[str, str]:
    """Do one thing; return what the journey has to know."""
    match command, *arguments:
        case ["open"]:
            return connect()
        case ["person", name, email]:
            return welcome(name, email)
        case ["later", email]:
            return wait_an_hour(email)
        case ["wait"]:
            return wait_for_news()
        case ["retire", brand]:
            return retire(brand)
    raise SystemExit(f"Unknown: {command}")


if __name__ == "__main__":
    tell(act(*sys.argv[1:]))
