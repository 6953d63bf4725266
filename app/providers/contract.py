"""What every provider can do, and the four things it can say to an order.

`place` may be repeated with the same key and then orders nothing more. An adapter never raises for what
a provider says or fails to say: whatever is not understood is Unknown, and money is never given back on
Unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Protocol
from uuid import UUID

from app.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to be delivered to one person, named by a key of ours."""

    key: str
    product_id: UUID
    money: Money
    wished_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider works on it."""

    reference: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Delivered; `charged` is what the provider takes for it."""

    reference: str
    charged: Money
    expires_on: date | None = None
    confirmed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Not delivered, and it never will be under this key."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say; only a lookup helps."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider has no order with this key, as far as it knows now."""


Answer = Accepted | Settled | Refused | Unknown
Finding = Answer | NotFound


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost and when it would come."""

    total: Money
    fee: Money
    at_once: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the person was given. Secret: shown to its owner, never kept, logged or pushed."""

    code: str
    pin: str | None
    expires_on: date | None

    def __repr__(self) -> str:
        return "Delivery(...)"


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as the provider's own books have it."""

    key: str
    reference: str
    money: Money
    placed_at: datetime
    finding: Answer


class Provider(Protocol):
    """A provider, spoken to for one tenant."""

    name: ClassVar[str]
    patience: ClassVar[timedelta]
    """How long one call may take at most; after that somebody else looks."""
    consistency: ClassVar[timedelta]
    """How long after sending "not found" means nothing."""

    def quote(self, product_id: UUID, money: Money) -> Quote | Refused:
        """Return what an order would cost now; orders nothing."""
        ...

    def place(self, order: Order) -> Answer:
        """Order, once for the key."""
        ...

    def lookup(self, key: str) -> Finding:
        """Return what became of the order with this key."""
        ...

    def cancel(self, key: str) -> Finding:
        """Take an order back where that is still possible; return what became of it."""
        ...

    def reveal(self, key: str) -> Delivery | None:
        """Return what was delivered under this key, None when there is nothing to show."""
        ...

    def balance(self) -> Mapping[str, int] | None:
        """Return what is left to order with, in minor units by currency; None where there is no limit."""
        ...

    def history(self, since: datetime) -> Iterable[Placed]:
        """Return the orders placed at `since` or later, as the provider's books have them."""
        ...
