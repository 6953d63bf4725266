"""What stands behind the journeys of finance's queues: accounts to pay from, people who earn, two of finance.

Run as a process in the environment of a live site. `open XENDIT` prints what the journeys have to know;
`wait` lets ten minutes pass for every order whose outcome nobody knows.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.destinations import service as destinations
from app.destinations.core import Kind
from app.http.principal import Role
from app.kernel import clock
from app.payouts import paying
from app.people import invitations
from app.people.models import Person
from app.programs import service as programs
from app.programs.service import EnrolmentRule
from app.providers import accounts
from app.rewards import cash
from app.rewards.cash import Method
from app.rewards.cash_core import Fee
from tests.browser.backstage import tell, work
from tests.browser.store_stage import wait_for_news
from tests.ledger.builders import give_available
from tests.payouts.desk import SETTINGS
from tests.people.builders import give_person
from tests.programs.builders import give_program
from tests.sandboxes import xendit

RUPIAH = Method(
    name="Transfer bank",
    provider="xendit",
    currency="IDR",
    least=1_000_000,
    most=100_000_000,
    fee=Fee(0, 0),
    is_instant=True,
    arrives_hours=0,
)
IBANS = ("DE89370400440532013000", "NL91ABNA0417164300")


def open_desk(at_xendit: str) -> dict[str, str]:
    """Give the demo two accounts to pay from, two of finance, two who earn euros and one with rupiah."""
    with work() as db:
        paying.add(db, label="Abel Bank", settings=SETTINGS)
        ida, jan = (
            _euro_earner(db, *who) for who in zip(("Ida Kern", "Jan Maas"), IBANS, strict=True)
        )
        program = give_program(db, name="Late returns")
        rules = [EnrolmentRule("person", person.id) for person in (ida, jan)]
        programs.enrol(db, program_id=program.id, rules=rules)
        _account(db, at_xendit)
        cash.allow(db, RUPIAH)
        siti = give_person(db, "Siti Rahma", email="siti@queues.example.test", currency="IDR")
        give_available(db, siti.id, 100_000_000, "IDR")
        _bank(db, siti, "id_bank", {"bank_code": "014", "account": "5270012345"})
        people = {
            "ida": ida,
            "jan": jan,
            "siti": siti,
            **{name: _of_finance(db, name) for name in ("nora", "luca", "nora2", "luca2")},
        }
        return {name: f"/join/{invitations.invite(db, one.id)}" for name, one in people.items()} | {
            "ida_id": str(ida.id),
            "jan_id": str(jan.id),
        }


def _of_finance(db: Session, name: str) -> Person:
    return give_person(
        db, f"{name.title()} Ricci", email=f"{name}@queues.example.test", roles=[Role.FINANCE]
    )


def _euro_earner(db: Session, name: str, iban: str) -> Person:
    person = give_person(db, name, email=f"{name.split(maxsplit=1)[0].lower()}@queues.example.test")
    _bank(db, person, "iban", {"iban": iban})
    return person


def _bank(db: Session, person: Person, kind: Kind, fields: dict[str, str]) -> UUID:
    """Give a person an account that was proven long ago."""
    account = destinations.add(
        db, person_id=person.id, kind=kind, holder=person.name, fields=fields
    )
    account.state, account.is_primary = "active", True
    account.usable_from = clock.utc_now() - timedelta(days=1)
    return account.id


def _account(db: Session, at_xendit: str) -> None:
    accounts.add(
        db,
        provider="xendit",
        label="Xendit",
        base_url=at_xendit,
        settings={},
        secrets={"api_key": xendit.API_KEY, accounts.HOOK_SECRET: "callback-token"},
    )


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    told = open_desk(*arguments) if command == "open" else wait_for_news()
    tell(told)
