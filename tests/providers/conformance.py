"""What every provider must do. An adapter's test subclasses what fits and says how its world is set up.

`Conformance` is for all, `ProviderConformance` for those who take orders, `RemoteConformance` for those of
them who are reached over HTTP, and `CheckerConformance` for those who are only asked about bank accounts.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final, get_args
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import accounts, registry, wire
from app.providers.contract import (
    Accepted,
    AccountKind,
    Destination,
    Forged,
    NotFound,
    Order,
    Placed,
    Provider,
    Quote,
    Refused,
    Reversed,
    Settled,
    Unknown,
    Unsupported,
)
from app.providers.wire import BadReply
from tests.conftest import NOON, Work
from tests.sandboxes import base

PRICE = Money(5_000, "EUR")

OpenWork = Callable[[], AbstractContextManager[Session]]

NUMBERS: Final[dict[str, dict[str, str]]] = {
    "iban": {"iban": "IT60X0542811101000000123456"},
    "ifsc": {"ifsc": "YESB0000262", "account": "026291800001191"},
    "id_bank": {"bank_code": "014", "account": "5270012345"},
    "us_ach": {"routing": "021000021", "account": "123456789", "type": "checking"},
}

LOST: Final = {
    "timeout": "http_504",
    "dropped": "connection_lost",
    "reset": "connection_lost",
    "html": "unreadable",
    "cut": "unreadable",
    "empty": "unreadable",
    "huge": "too_large",
    "charset": "unreadable",
    "nan": "unreadable",
    "duplicate_keys": "unreadable",
}
"""It was done, and the answer is none that can be used: which, and how we say so."""

UNDONE: Final = ("error", "down")
"""Nothing was done, and nobody can tell from the answer."""

TURNED_AWAY: Final = ("throttled", "unauthorized", "out_of_money")
"""Nothing was done for a reason that is not the order's."""


class Conformance:
    """What holds for everybody who is in the registry."""

    speaks: ClassVar[str]
    """Its name there. The house sees to it that every name has such a class."""

    @abstractmethod
    def provider(self, open_work: OpenWork) -> Provider:
        """Return the provider, spoken to by the tenant of `open_work`."""

    @pytest.fixture
    def theirs(self, work: Work) -> Provider:
        return self.provider(work)

    def test_it_says_who_it_is_and_how_long_it_may_take(self, theirs: Provider) -> None:
        assert theirs.name == self.speaks
        assert theirs.patience > timedelta(0)
        assert theirs.consistency >= timedelta(0)

    @pytest.mark.parametrize("kind", get_args(AccountKind))
    def test_it_is_asked_about_bank_accounts_of_its_kinds_and_refuses_the_others(
        self, theirs: Provider, kind: AccountKind
    ) -> None:
        to = Destination(kind, "John Doe", "IT", "EUR", NUMBERS[kind])

        if kind in theirs.checks:
            assert theirs.validate_account(to) is not None
        else:
            with pytest.raises(Unsupported):
                theirs.validate_account(to)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"data": 1}', b"\xff\xfe"])
    def test_what_anybody_could_have_sent_is_not_believed(
        self, theirs: Provider, body: bytes
    ) -> None:
        try:
            read = theirs.parse_webhook({"content-type": "application/json"}, body)
        except Unsupported:
            return

        assert isinstance(read, Forged)

    def test_its_balance_is_whole_minor_units(self, theirs: Provider) -> None:
        balance = theirs.balance()

        assert balance is None or all(type(minor) is int for minor in balance.values())


class ProviderConformance(Conformance):
    """Whoever takes orders. `prepare` makes at least `stock` orders for `product_id` possible.

    Who is reached over HTTP has a clock and a currency of its own, and another tenant has another account.
    """

    price: ClassVar[Money] = PRICE

    def now(self) -> datetime:
        return NOON

    @abstractmethod
    def prepare(self, db: Session, product_id: UUID, stock: int) -> None:
        """Make `stock` orders possible."""

    @pytest.fixture
    def product_id(self, work: Work) -> UUID:
        product = new_id()
        with work() as db:
            self.prepare(db, product, 12)
        return product

    def order(self, product_id: UUID, key: str = "") -> Order:
        return Order(key or new_id().hex, product_id, self.price, wished_on=date(2026, 12, 24))

    def strangers(self, work: Work) -> Provider:
        """Return the same provider, spoken to by another tenant."""
        stranger = new_id()
        return self.provider(lambda: work(tenant=stranger))

    def placed(self, theirs: Provider) -> list[Placed]:
        """Return what its own books hold."""
        return list(theirs.history(self.now() - timedelta(days=1)))

    def test_a_quote_orders_nothing(self, theirs: Provider, product_id: UUID) -> None:
        quote = theirs.quote(product_id, self.price)

        assert isinstance(quote, Quote)
        assert quote.total.currency == self.price.currency
        assert self.placed(theirs) == []

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
        assert len(self.placed(theirs)) == 1

    def test_the_same_key_many_times_at_once_orders_once(
        self, theirs: Provider, product_id: UUID
    ) -> None:
        order = self.order(product_id)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(self._place_quietly(theirs), [order] * 16))

        settled = {answer.reference for answer in answers if isinstance(answer, Accepted | Settled)}
        assert len(settled) == 1
        assert len(self.placed(theirs)) == 1

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

    def test_after_a_cancellation_the_order_is_refused_settled_or_reversed_and_stays_so(
        self, theirs: Provider, product_id: UUID
    ) -> None:
        order = self.order(product_id)
        theirs.place(order)

        after = theirs.cancel(order.key)

        assert isinstance(after, Refused | Settled | Reversed)
        assert theirs.lookup(order.key) == after
        again = theirs.place(order)
        assert isinstance(again, Unknown) if isinstance(after, Reversed) else again == after
        assert len(self.placed(theirs)) == 1

    def test_its_history_says_what_we_ordered(self, theirs: Provider, product_id: UUID) -> None:
        order = self.order(product_id)
        answer = theirs.place(order)

        (placed,) = self.placed(theirs)

        assert (placed.key, placed.money) == (order.key, self.price)
        assert placed.finding in (answer, _as_listed(answer))
        assert list(theirs.history(self.now() + timedelta(days=1))) == []

    @pytest.mark.usefixtures("product_id")
    def test_its_balance_is_whole_minor_units(self, theirs: Provider) -> None:
        super().test_its_balance_is_whole_minor_units(theirs)

    def test_what_it_gave_is_in_no_words_about_it(self, theirs: Provider, product_id: UUID) -> None:
        answer = theirs.place(self.order(product_id))

        came = answer.deliveries if isinstance(answer, Settled) else ()
        secrets = {part for one in came for part in (one.code, one.pin, one.url) if part}
        assert not any(secret in repr(answer) for secret in secrets)

    def test_another_tenant_does_not_see_the_order(
        self, theirs: Provider, product_id: UUID, work: Work
    ) -> None:
        order = self.order(product_id)
        theirs.place(order)

        others = self.strangers(work)

        assert others.lookup(order.key) == NotFound()
        assert self.placed(others) == []


def _as_listed(answer: object) -> object:
    # A list of orders may leave out when what was delivered expires.
    return replace(answer, expires_on=None) if isinstance(answer, Settled) else answer


class Remote(Conformance):
    """Whoever is reached over HTTP, through an account of the tenant, as the house itself reaches it."""

    path: ClassVar[str] = ""
    """What its base address has behind the host."""
    settings: ClassVar[Mapping[str, str]] = {}
    secrets: ClassVar[Mapping[str, str]]

    @abstractmethod
    def make_sandbox(self) -> base.Sandbox:
        """Return a new vendor on this machine."""

    @pytest.fixture(autouse=True)
    def _vendors(self) -> Iterator[None]:
        wire.connect(allows_loopback=True)
        with self._running() as mine, self._running() as others:
            self._mine, self._others = mine, others
            self.vendor = base.Remote(mine)
            yield

    @contextmanager
    def _running(self) -> Iterator[str]:
        sandbox = self.make_sandbox()
        sandbox.ahead = NOON - datetime.now(UTC)
        with base.running(sandbox) as url:
            yield url

    def provider(self, open_work: OpenWork) -> Provider:
        return self._reached(open_work, self._mine)

    def _reached(self, open_work: OpenWork, url: str) -> Provider:
        with open_work() as db:
            account_id = accounts.add(
                db,
                provider=self.speaks,
                label=self.speaks,
                base_url=url + self.path,
                settings=self.settings,
                secrets=self.secrets,
            ).id
        return registry.reach(open_work, self.speaks, account_id).provider

    def test_it_is_registered_under_its_name(self) -> None:
        assert registry.adapter(self.speaks).name == self.speaks


class RemoteConformance(Remote, ProviderConformance):
    """Whoever takes orders over HTTP: broken lines and answers, and our own account being the trouble.

    Another tenant has an account of its own at the vendor.
    """

    placing: ClassVar[str]
    """The vendor's name for ordering."""
    looking: ClassVar[str]
    """The vendor's name for finding an order by our key."""
    listing: ClassVar[str]
    """The vendor's name for listing orders."""

    def strangers(self, work: Work) -> Provider:
        stranger = new_id()
        return self._reached(lambda: work(tenant=stranger), self._others)

    def prepare(self, db: Session, product_id: UUID, stock: int) -> None:
        """Nothing: the account holds enough."""

    @pytest.mark.parametrize("mode", LOST)
    def test_an_order_whose_answer_was_lost_is_unknown_and_then_found(
        self, theirs: Provider, product_id: UUID, mode: str
    ) -> None:
        order = self.order(product_id)
        self.vendor.mode(mode, on=self.placing, times=1)

        answer = theirs.place(order)

        assert isinstance(answer, Unknown)
        assert isinstance(theirs.lookup(order.key), Accepted | Settled)
        assert len(self.placed(theirs)) == 1

    @pytest.mark.parametrize("mode", UNDONE)
    def test_an_order_that_was_lost_is_unknown_and_then_not_found(
        self, theirs: Provider, product_id: UUID, mode: str
    ) -> None:
        order = self.order(product_id)
        self.vendor.mode(mode, on=self.placing, times=1)

        answer = theirs.place(order)

        assert isinstance(answer, Unknown)
        assert theirs.lookup(order.key) == NotFound()
        assert isinstance(theirs.place(order), Accepted | Settled)
        assert len(self.placed(theirs)) == 1

    @pytest.mark.parametrize("mode", TURNED_AWAY)
    def test_an_order_that_was_turned_away_for_our_sake_waits(
        self, theirs: Provider, product_id: UUID, mode: str
    ) -> None:
        self.vendor.mode(mode, on=self.placing)

        answer = theirs.place(self.order(product_id))

        assert isinstance(answer, Unknown) if mode == "throttled" else answer.pauses  # type: ignore[union-attr] # only a refusal pauses

    @pytest.mark.parametrize("mode", [*LOST, *UNDONE, *TURNED_AWAY])
    def test_a_lookup_that_went_wrong_says_nothing_about_the_order(
        self, theirs: Provider, product_id: UUID, mode: str
    ) -> None:
        order = self.order(product_id)
        theirs.place(order)
        self.vendor.mode(mode, on=self.looking)

        assert isinstance(theirs.lookup(order.key), Unknown)

    def test_the_answer_to_another_order_is_not_taken_for_this_one(
        self, theirs: Provider, product_id: UUID
    ) -> None:
        first, second = self.order(product_id), self.order(product_id)
        theirs.place(first)
        self.vendor.mode("crossed", on=self.placing, times=1)

        answer = theirs.place(second)

        assert isinstance(answer, Unknown)
        assert theirs.lookup(second.key) != theirs.lookup(first.key)
        assert len(self.placed(theirs)) == 2

    @pytest.mark.parametrize("mode", [*LOST, *UNDONE, "throttled", "unauthorized"])
    def test_a_list_of_orders_that_broke_off_is_none(
        self, theirs: Provider, product_id: UUID, mode: str
    ) -> None:
        theirs.place(self.order(product_id))
        self.vendor.mode(mode, on=self.listing)

        with pytest.raises(BadReply):
            self.placed(theirs)

    @pytest.mark.parametrize("mode", [*LOST, *UNDONE, "throttled", "unauthorized"])
    def test_a_balance_that_cannot_be_had_is_none(self, theirs: Provider, mode: str) -> None:
        self.vendor.mode(mode)

        assert theirs.balance() is None


class CheckerConformance(Remote):
    """Whoever is only asked about bank accounts, over HTTP: takes no orders, and says what it knows."""

    asking: ClassVar[str]
    """The vendor's name for asking about an account."""

    def test_it_checks_something(self, theirs: Provider) -> None:
        assert theirs.checks

    def test_it_takes_no_orders(self, theirs: Provider) -> None:
        with pytest.raises(Unsupported):
            theirs.quote(new_id(), PRICE)
        with pytest.raises(Unsupported):
            theirs.place(Order("k", new_id(), PRICE))
        with pytest.raises(Unsupported):
            theirs.lookup("k")
        with pytest.raises(Unsupported):
            theirs.cancel("k")
        assert theirs.reveal("k") is None
        assert list(theirs.history(NOON)) == []

    @pytest.mark.parametrize("mode", [*LOST, *UNDONE, *TURNED_AWAY])
    def test_an_answer_that_was_lost_says_nothing_about_the_account(
        self, theirs: Provider, mode: str
    ) -> None:
        (kind,) = theirs.checks
        self.vendor.mode(mode, on=self.asking)

        verdict = theirs.validate_account(Destination(kind, "A", "IN", "INR", NUMBERS[kind]))

        assert isinstance(verdict, Unknown)
