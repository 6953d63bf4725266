"""The company's own bank as a provider: the contract that every provider keeps."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.payouts import paying
from app.payouts.file_provider import FileProvider
from app.providers.contract import Order
from app.rewards import queries as rewards
from app.rewards import service as shop
from tests.conftest import Work
from tests.ledger.builders import give_available
from tests.payouts.builders import iban
from tests.payouts.desk import SETTINGS, TODAY
from tests.people.builders import give_person, give_tenant
from tests.providers.conformance import OpenWork, ProviderConformance


class TestConformance(ProviderConformance):
    speaks = "file"
    work: Work

    @pytest.fixture(autouse=True)
    def _remember(self, work: Work) -> None:
        self.work = work

    def provider(self, open_work: OpenWork) -> FileProvider:
        return FileProvider(open_work)

    def prepare(self, db: Session, product_id: UUID, stock: int) -> None:
        give_tenant(db)
        account = paying.add(db, label="Main account", settings=SETTINGS)
        made = shop.offer(
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
                max_minor=self.price.minor * stock,
            ),
        )
        db.execute(
            text("UPDATE rewards SET id = :id WHERE id = :made"), {"id": product_id, "made": made}
        )

    def order(self, product_id: UUID, key: str = "") -> Order:
        """Return an order as the saga would send it: a redemption that waits stands behind its key."""
        with self.work() as db:
            person = give_person(db, email=f"{new_id().hex}@example.test")
            give_available(db, person.id, self.price.minor)
            redemption = shop.redeem(
                db,
                person_id=person.id,
                reward_id=product_id,
                money=self.price,
                today=TODAY,
                destination=iban(),
            )
            attempt = rewards.live_attempt(db, redemption.id)
            if key:
                attempt.key = key
            return Order(attempt.key, product_id, self.price, destination=iban())
