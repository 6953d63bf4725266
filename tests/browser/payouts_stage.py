"""What stands behind the journey of a pay-out: accounts with vendors, a way of paying, a person with money.

Run as a process in the environment of a live site. `open CASHFREE RAZORPAYX` prints what the journey has
to know; `release` lets three days pass for every account that is held.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from sqlalchemy import update

from app.destinations.models import BankAccount
from app.kernel import clock
from app.people import invitations
from app.providers import accounts
from app.rewards import cash
from app.rewards.cash import Method
from app.rewards.cash_core import Fee
from tests.browser.backstage import tell, work
from tests.ledger.builders import give_available
from tests.people.builders import give_person
from tests.sandboxes import cashfree, razorpayx

HOOK_SECRET = "a-secret-of-thirteen"
WAY = Method(
    name="Bank transfer",
    provider="razorpayx",
    currency="INR",
    least=10_000,
    most=1_000_000,
    fee=Fee(500, 0),
    is_instant=True,
    arrives_hours=0,
)


def open_counter(at_cashfree: str, at_razorpayx: str) -> dict[str, str]:
    """Give the demo two accounts with vendors and a rep who has 5,000 rupees to pay out."""
    with work() as db:
        accounts.add(
            db,
            provider="cashfree",
            label="Cashfree",
            base_url=at_cashfree,
            settings={},
            secrets={
                "client_id": cashfree.CLIENT_ID,
                "client_secret": cashfree.CLIENT_SECRET,
            },
        )
        bank = accounts.add(
            db,
            provider="razorpayx",
            label="RazorpayX",
            base_url=at_razorpayx,
            settings={"account_number": razorpayx.ACCOUNT},
            secrets={
                "key_id": razorpayx.KEY_ID,
                "key_secret": razorpayx.KEY_SECRET,
                accounts.HOOK_SECRET: HOOK_SECRET,
            },
        )
        person = give_person(db, "John Doe", email="john@example.test", currency="INR")
        give_available(db, person.id, 500_000, "INR")
        cash.allow(db, WAY)
        token = invitations.invite(db, person.id)
    return {"join": f"/join/{token}", "hook_path": bank.hook_path, "secret": HOOK_SECRET}


def release() -> dict[str, str]:
    """Let the days of waiting after a change be over."""
    with work() as db:
        db.execute(
            update(BankAccount)
            .where(BankAccount.state == "active")
            .values(usable_from=clock.utc_now() - timedelta(seconds=1))
        )
    return {}


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    told = open_counter(*arguments) if command == "open" else release()
    tell(told)
