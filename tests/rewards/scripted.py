"""A provider of the tests that says what it was told to say, and a shop that orders from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from app.kernel.money import Money
from app.providers import accounts
from app.providers.contract import (
    Answer,
    Delivery,
    Finding,
    Limited,
    NotFound,
    Order,
    Placed,
    Quote,
    Replay,
    Reversed,
)
from app.rewards import service
from tests.conftest import Work
from tests.rewards.builders import Shop, open_shop


class Scripted(Limited):
    """A provider of the tests that says what it was told to say, and remembers what it was asked."""

    name: ClassVar[str] = "scripted"
    patience: ClassVar[timedelta] = timedelta(seconds=5)
    consistency: ClassVar[timedelta] = timedelta(seconds=60)

    def __init__(self, *says: Finding) -> None:
        self.says = list(says)
        self.asked: list[str] = []
        self.keys: list[str] = []
        self.orders: list[Order] = []

    def _say(self, what: str, key: str) -> Finding:
        self.asked.append(what)
        self.keys.append(key)
        return self.says.pop(0)

    def place(self, order: Order) -> Answer:
        self.orders.append(order)
        answer = self._say("place", order.key)
        assert not isinstance(answer, NotFound | Reversed)
        return answer

    def lookup(self, key: str) -> Finding:
        return self._say("lookup", key)

    def cancel(self, key: str) -> Finding:
        return self._say("cancel", key)

    def quote(self, product_id: UUID, money: Money) -> Quote:  # noqa: ARG002 - of the contract
        return Quote(money, Money(0, money.currency), at_once=True)

    def reveal(self, key: str) -> Delivery | None:  # noqa: ARG002 - of the contract
        return None

    def balance(self) -> Mapping[str, int] | None:
        return None

    def history(self, since: datetime) -> Iterable[Placed]:  # noqa: ARG002 - of the contract
        return []


class LookingFirst(Scripted):
    """A provider whose orders may be sent again only after a lookup."""

    replay: ClassVar[Replay] = "lookup_first"


class NewKey(Scripted):
    """A provider where a key that failed stays failed."""

    replay: ClassVar[Replay] = "new_key_after_failure"


class Forgetful(Scripted):
    """A provider that remembers a key for 25 days."""

    resend_until: ClassVar[timedelta | None] = timedelta(days=25)


@dataclass(frozen=True)
class Outside:
    """A shop whose card comes from an account with a provider."""

    shop: Shop
    account_id: UUID

    def account_state(self) -> str:
        """Return whether the account is active."""
        with self.shop.work() as db:
            return accounts.get(db, self.account_id).state


def open_outside(work: Work, *, minor: int = 10_000, **settings: str) -> Outside:
    """Open a tenant whose gift card of 50 euros is ordered from a provider over HTTP."""
    inside = open_shop(work, minor=minor, codes=())
    with work() as db:
        account = accounts.add(
            db,
            provider="plum",
            label="Plum",
            base_url="http://127.0.0.1:9",
            settings=settings,
            secrets={"webhook_secret": "a-secret-of-thirteen"},
        )
        reward_id = service.offer(
            db,
            service.Offer(
                "Piazza", "gift_card", "IT", "EUR", (5_000,), provider="plum", product_code="7"
            ),
        )
    return Outside(Shop(inside.work, inside.person, reward_id), account.id)
