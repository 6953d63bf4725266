"""Bank accounts for tests: a person, numbers that can be right, and banks that say what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.destinations import checking, queries, service
from app.destinations.core import Kind
from app.destinations.models import AccountCheck, BankAccount
from app.people.models import Person
from app.providers import accounts, registry
from app.providers.contract import Destination, Limited, Provider, Validation
from tests.conftest import NOON, Work
from tests.people.builders import give_person, give_tenant

NUMBERS: Final[Mapping[Kind, dict[str, str]]] = {
    "iban": {"iban": "IT60X0542811101000000123456"},
    "ifsc": {"ifsc": "YESB0000262", "account": "026291800001191"},
    "id_bank": {"bank_code": "014", "account": "5270012345"},
    "us_ach": {"routing": "021000021", "account": "123456789", "type": "checking"},
}


class Bank(Limited):
    """A bank that answers what it is told to; it remembers what it was asked."""

    def __init__(self) -> None:
        self.says: list[Validation] = []
        self.asked: list[Destination] = []

    def validate_account(self, destination: Destination) -> Validation:
        self.asked.append(destination)
        return self.says.pop(0)


@contextmanager
def connected(bank: Bank) -> Iterator[Bank]:
    """Let `bank` answer where Cashfree would be asked."""
    registry.declare("cashfree", lambda _: cast("Provider", bank))
    try:
        yield bank
    finally:
        del registry.OWN["cashfree"]


@dataclass(frozen=True)
class Purse:
    """One person and their bank accounts."""

    work: Work
    person: Person

    def add(self, kind: Kind = "ifsc", holder: str = "Ada Ferri", **fields: str) -> UUID:
        with self.work() as db:
            number = NUMBERS[kind] | fields
            return service.add(
                db, person_id=self.person.id, kind=kind, holder=holder, fields=number
            ).id

    def verify(self, account_id: UUID, *, now: datetime = NOON) -> UUID:
        """Ask for a check and have a worker make it; return the check."""
        with self.work(now=now) as db:
            service.verify(db, person_id=self.person.id, account_id=account_id)
            found = db.scalar(
                select(AccountCheck.id).where(
                    AccountCheck.account_id == account_id, AccountCheck.due_at.is_not(None)
                )
            )
        assert found is not None
        self.check(found, now=now)
        return found

    def check(self, check_id: UUID, *, now: datetime = NOON) -> None:
        def open_work() -> AbstractContextManager[Session]:
            return self.work(now=now)

        checking.check(open_work, check_id)

    def confirm(self, account_id: UUID, *, now: datetime = NOON) -> None:
        with self.work(now=now) as db:
            service.confirm(db, person_id=self.person.id, account_id=account_id)

    def ready(self, kind: Kind = "iban") -> UUID:
        """Return an account whose hold is over at noon."""
        account_id = self.add(kind)
        long_ago = NOON - timedelta(days=4)
        self.verify(account_id, now=long_ago)
        self.confirm(account_id, now=long_ago)
        return account_id

    def look(self, account_id: UUID) -> BankAccount:
        with self.work() as db:
            found = queries.get_account(db, account_id)
            db.expunge(found)
            return found

    def state(self, account_id: UUID) -> str:
        return self.look(account_id).state


def open_purse(work: Work, **values: Any) -> Purse:
    """Return a person in a tenant that has an account with a bank checker."""
    with work() as db:
        give_tenant(db)
        person = give_person(db, email=f"ada-{tenant_of(db).hex}@example.test", **values)
        give_checker(db)
    return Purse(work, person)


def give_checker(db: Session, provider: str = "cashfree") -> None:
    """Give the tenant an account with whoever checks bank accounts."""
    accounts.add(
        db,
        provider=provider,
        label=provider,
        base_url="http://localhost:1",
        settings={},
        secrets={"client_id": "id", "client_secret": "secret"},
    )
