"""A shop for tests: a person with money, a reward, codes in the vault."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.money import Money
from app.ledger import queries as ledger
from app.people.models import Person
from app.providers.contract import Provider
from app.providers.registry import Contact, reach
from app.providers.vault import NewCode
from app.rewards import queries, saga, service
from app.rewards.models import Redemption
from tests.conftest import NOON, Work
from tests.ledger.builders import give_available
from tests.people.builders import give_person, give_tenant

FIFTY = Money(5_000, "EUR")


def offer_card(
    db: Session, *, codes: Sequence[str] = (), denominations: tuple[int, ...] = (5_000,)
) -> UUID:
    """Offer a gift card of 50 euros with these codes in the vault."""
    offer = service.Offer("Bottega Nord", "gift_card", "IT", "EUR", denominations, low_stock_at=1)
    reward_id = service.offer(db, offer)
    if codes:
        add_codes(db, reward_id, codes)
    return reward_id


def add_codes(db: Session, reward_id: UUID, codes: Sequence[str]) -> list[bool]:
    """Put codes of 50 euros in the vault."""
    stock = [NewCode(code, pin="0000", expires_on=date(2028, 11, 18)) for code in codes]
    return service.add_stock(db, reward_id, money=FIFTY, codes=stock)


def offer_night(db: Session) -> UUID:
    """Offer a night in a hut for 79 euros, which the company books itself."""
    return service.offer(db, service.Offer("Rifugio Alto", "experience", "IT", "EUR", (7_900,)))


@dataclass(frozen=True)
class Shop:
    """One person with money, and what can be bought."""

    work: Work
    person: Person
    reward_id: UUID

    def redeem(self, money: Money = FIFTY, wished_on: date | None = None) -> UUID:
        """Order, in a transaction of its own."""
        with self.work() as db:
            return service.redeem(
                db,
                person_id=self.person.id,
                reward_id=self.reward_id,
                money=money,
                today=NOON.date(),
                wished_on=wished_on,
            ).id

    def advance(
        self,
        redemption_id: UUID,
        *,
        now: datetime = NOON,
        hint: bool = False,
        provider: Provider | None = None,
    ) -> None:
        """Take an order as far as it goes at `now`."""

        def open_work() -> AbstractContextManager[Session]:
            return self.work(now=now)

        saga.advance(
            open_work,
            redemption_id,
            hint=hint,
            reach=lambda *who: Contact(provider) if provider is not None else reach(*who),
        )

    def look(self, redemption_id: UUID) -> Redemption:
        """Return the order as it is now."""
        with self.work() as db:
            found = queries.get_redemption(db, redemption_id)
            db.expunge(found)
            return found

    def state(self, redemption_id: UUID) -> str:
        """Return where the order stands."""
        return self.look(redemption_id).state

    def purse(self) -> dict[str, int]:
        """Return the person's euros by state, without what is nothing."""
        with self.work() as db:
            (line,) = ledger.wallet(db, self.person.id)
        states = {name: getattr(line, name).minor for name in ("available", "reserved", "paid")}
        return {name: minor for name, minor in states.items() if minor}

    def steps(self, redemption_id: UUID) -> list[str]:
        """Return the states the order went through."""
        with self.work() as db:
            line = queries.line_of(db, queries.get_redemption(db, redemption_id))
            return [move.state for move in line.moves]


def open_shop(work: Work, *, minor: int = 10_000, codes: Sequence[str] = ("AAAA", "BBBB")) -> Shop:
    """Open a tenant with one person who has `minor` cents and a card with `codes` in stock."""
    with work() as db:
        give_tenant(db)
        person = give_person(db)
        give_available(db, person.id, minor)
        reward_id = offer_card(db, codes=codes)
        assert tenant_of(db) == person.tenant_id
    return Shop(work, person, reward_id)
