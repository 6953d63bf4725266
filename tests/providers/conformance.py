"""What every provider must do. An adapter's test subclasses this and says how its world is set up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers.contract import (
    Accepted,
    NotFound,
    Order,
    Provider,
    Quote,
    Refused,
    Settled,
)
from tests.conftest import NOON, Work

PRICE = Money(5_000, "EUR")

OpenWork = Callable[[], AbstractContextManager[Session]]


class ProviderConformance:
    """The contract, as tests. `prepare` makes at least `stock` orders for `product_id` possible.

    Who is reached over HTTP has a clock and a currency of its own, and another tenant has another account.
    """

    price: ClassVar[Money] = PRICE

    def now(self) -> datetime:
        return NOON

    def provider(self, open_work: OpenWork) -> Provider:
        raise NotImplementedError

    def prepare(self, db: Session, product_id: UUID, stock: int) -> None:
        raise NotImplementedError

    @pytest.fixture
    def product_id(self, work: Work) -> UUID:
        product = new_id()
        with work() as db:
            self.prepare(db, product, 12)
        return product

    @pytest.fixture
    def theirs(self, work: Work) -> Provider:
        return self.provider(work)

    def order(self, product_id: UUID, key: str = "") -> Order:
        return Order(key or new_id().hex, product_id, self.price, wished_on=date(2026, 12, 24))

    def strangers(self, work: Work) -> Provider:
        """Return the same provider, spoken to by another tenant."""
        stranger = new_id()
        return self.provider(lambda: work(tenant=stranger))

    def test_it_says_how_long_it_may_take(self, theirs: Provider) -> None:
        assert theirs.name
        assert theirs.patience > timedelta(0)
        assert theirs.consistency >= timedelta(0)

    def test_a_quote_orders_nothing(self, theirs: Provider, product_id: UUID) -> None:
        quote = theirs.quote(product_id, self.price)

        assert isinstance(quote, Quote)
        assert quote.total.currency == self.price.currency
        assert list(theirs.history(self.now() - timedelta(days=1))) == []

    def test_an_order_is_accepted_or_settled_and_found_by_its_key(
        self, theirs: Provider, product_id: UUID
    ) -> None:
        order = self.order(product_id)

        answer = theirs.place(order)

        assert isinstance(answer, Accepted | Settled)
        assert theirs.lookup(order.key) == answer

    def test_the_same_key_orders_once(self, theirs: Provider, product_id: UUID) -> None:
        order = self.order(product_id)

        first, second = theirs.place(order), theirs.place(order)

        assert first == second
        assert len(list(theirs.history(self.now() - timedelta(days=1)))) == 1

    def test_the_same_key_many_times_at_once_orders_once(
        self, theirs: Provider, product_id: UUID
    ) -> None:
        order = self.order(product_id)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(self._place_quietly(theirs), [order] * 16))

        settled = {answer.reference for answer in answers if isinstance(answer, Accepted | Settled)}
        assert len(settled) == 1
        assert len(list(theirs.history(self.now() - timedelta(days=1)))) == 1

    @staticmethod
    def _place_quietly(theirs: Provider) -> Callable[[Order], object]:
        def place(order: Order) -> object:
            try:
                return theirs.place(order)
            except Exception as error:  # noqa: BLE001 - a lost call is unknown, and looked up later
                return error

        return place

    def test_other_keys_are_other_orders(self, theirs: Provider, product_id: UUID) -> None:
        answers = [theirs.place(self.order(product_id)) for _ in range(3)]

        assert len({a.reference for a in answers if isinstance(a, Accepted | Settled)}) == 3

    def test_a_key_it_never_saw_is_not_found(self, theirs: Provider) -> None:
        assert theirs.lookup("nobody") == NotFound()
        assert theirs.cancel("nobody") == NotFound()
        assert theirs.reveal("nobody") is None

    def test_after_a_cancellation_the_order_is_refused_or_stays_settled(
        self, theirs: Provider, product_id: UUID
    ) -> None:
        order = self.order(product_id)
        theirs.place(order)

        after = theirs.cancel(order.key)

        assert isinstance(after, Refused | Settled)
        assert theirs.lookup(order.key) == after
        assert theirs.place(order) == after

    def test_its_history_says_what_we_ordered(self, theirs: Provider, product_id: UUID) -> None:
        order = self.order(product_id)
        answer = theirs.place(order)

        (placed,) = theirs.history(self.now() - timedelta(days=1))

        assert (placed.key, placed.money, placed.finding) == (order.key, self.price, answer)
        assert list(theirs.history(self.now() + timedelta(days=1))) == []

    @pytest.mark.usefixtures("product_id")
    def test_its_balance_is_whole_minor_units(self, theirs: Provider) -> None:
        balance = theirs.balance()

        assert balance is None or all(type(minor) is int for minor in balance.values())

    def test_another_tenant_does_not_see_the_order(
        self, theirs: Provider, product_id: UUID, work: Work
    ) -> None:
        order = self.order(product_id)
        theirs.place(order)

        others = self.strangers(work)

        assert others.lookup(order.key) == NotFound()
        assert list(others.history(self.now() - timedelta(days=1))) == []
