"""A finance desk for tests: people with money, an account the company pays from, transfers in its batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.ledger import queries as ledger
from app.payouts import collecting, hearing, paying, service
from app.payouts.files.answers import Answer
from app.payouts.invariants import INVARIANTS
from app.payouts.models import PayoutBatch, PayoutLine
from app.people.models import Person
from app.providers.contract import Destination
from app.rewards import queries as rewards
from app.rewards import saga
from app.rewards import service as shop
from tests.conftest import NOON, Work
from tests.ledger.builders import give_available
from tests.payouts.builders import EURO_PAYER, iban
from tests.people.builders import give_person, give_tenant

SETTINGS = {
    "format": "pain.001.001.09",
    "currency": "EUR",
    "name": EURO_PAYER.name,
    "zone": "Europe/Rome",
    **EURO_PAYER.fields,
}
TODAY = NOON.date()


@dataclass
class Desk:
    """The desk of one tenant."""

    work: Work
    run_jobs: Callable[[], None]
    account_id: UUID
    reward_id: UUID
    payees: list[Person]
    preparer: Person
    approver: Person
    orders: list[UUID] = field(default_factory=list)

    def order(
        self, who: int = 0, minor: int = 10_000, to: Destination | None = None, *, fee: int = 0
    ) -> UUID:
        """Let a person take money out to a bank account, of which we keep a fee; it waits in the open batch."""
        with self.work() as db:
            redemption = shop.redeem(
                db,
                person_id=self.payees[who].id,
                reward_id=self.reward_id,
                money=Money(minor, "EUR"),
                today=TODAY,
                destination=to or iban(),
            )
            redemption.fee_minor = fee
        self.advance(redemption.id)
        self.orders.append(redemption.id)
        return redemption.id

    def advance(self, redemption_id: UUID, *, now: datetime = NOON, hint: bool = False) -> None:
        """Take an order as far as it goes at `now`."""

        def open_work() -> AbstractContextManager[Session]:
            return self.work(now=now)

        saga.advance(open_work, redemption_id, hint=hint)

    def hear(self) -> None:
        """Let every order hear what its payment came to."""
        for redemption_id in self.orders:
            self.advance(redemption_id, hint=True)

    def batch(self, number: int = -1) -> PayoutBatch:
        """Return a batch as it is now: the newest when nothing else is said."""
        with self.work() as db:
            found = db.query(PayoutBatch).order_by(PayoutBatch.id).all()[number]
            db.expunge(found)
            return found

    def lines(self, batch_id: UUID) -> list[PayoutLine]:
        """Return the payments of a batch."""
        with self.work() as db:
            found = collecting.lines_of(db, batch_id)
            db.expunge_all()
            return found

    def prepare(self, *, pay_on: date = TODAY, now: datetime = NOON) -> UUID:
        """Write the file of the newest batch."""
        batch_id = self.batch().id
        with self.work(now=now) as db:
            service.prepare(db, batch_id, pay_on=pay_on, person_id=self.preparer.id)
        return batch_id

    def approve(self, batch_id: UUID, by: Person | None = None) -> None:
        """Let somebody say yes."""
        with self.work() as db:
            service.approve(db, batch_id, person_id=(by or self.approver).id)

    def download(self, batch_id: UUID) -> bytes:
        """Return the bytes of the file."""
        with self.work() as db:
            return service.download(db, batch_id).content

    def sent(self) -> UUID:
        """Bring the newest batch to the bank."""
        batch_id = self.prepare()
        self.approve(batch_id)
        self.download(batch_id)
        with self.work() as db:
            service.mark_sent(db, batch_id)
        return batch_id

    def void(self, batch_id: UUID) -> UUID:
        """Give a file up; return the batch its payments are in now."""
        with self.work() as db:
            return service.void(db, batch_id, reason="Wrong day.").id

    def say(self, answer: Answer) -> hearing.Heard:
        """Let the bank say something, and everybody hear it."""
        with self.work() as db:
            heard = hearing.apply(db, answer)
        self.hear()
        return heard

    def states(self) -> list[str]:
        """Return where the orders stand."""
        with self.work() as db:
            return [rewards.get_redemption(db, order).state for order in self.orders]

    def purse(self, who: int = 0) -> dict[str, int]:
        """Return what a person has, without what is nothing."""
        with self.work() as db:
            (line,) = ledger.wallet(db, self.payees[who].id)
        states = {name: getattr(line, name).minor for name in ("available", "reserved", "paid")}
        return {name: minor for name, minor in states.items() if minor}

    def wrong(self) -> list[str]:
        """Return which rules do not hold."""
        with self.work() as db:
            return [
                f"{one.code}: {sample}" for one in INVARIANTS for sample in one.check(db).sample
            ]


def open_desk(work: Work, run_jobs: Callable[[], None], *, people: int = 2) -> Desk:
    """Give a tenant people with 500 euros each and an account to pay them from."""
    with work() as db:
        give_tenant(db)
        payees = [give_person(db, name=f"Payee {n}") for n in range(people)]
        for person in payees:
            give_available(db, person.id, 50_000)
        preparer, approver = give_person(db, name="Pia Prep"), give_person(db, name="Alba Appro")
        account = paying.add(db, label="Main account", settings=SETTINGS)
        reward_id = shop.offer(
            db,
            shop.Offer(
                "Bank transfer",
                "bank_transfer",
                "IT",
                "EUR",
                (),
                provider="file",
                account_id=account.id,
                min_minor=1,
                max_minor=1_000_000_00,
            ),
        )
    return Desk(work, run_jobs, account.id, reward_id, payees, preparer, approver)
