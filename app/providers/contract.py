"""What every provider can do, and the four things it can say to an order.

`place` may be repeated with the same key as far as `replay` says. An adapter never raises for what a
provider says or fails to say: whatever is not understood is Unknown, and money is never given back on
Unknown. What a provider cannot do at all raises Unsupported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal, Protocol
from uuid import UUID

from app.kernel.money import Money

Replay = Literal["same_key", "lookup_first", "new_key_after_failure"]
"""What sending an order again means: the same order under the same key; safe only after a lookup; or
the same order until it failed for good, and then a new key."""

Match = Literal["match", "close", "no_match", "not_checked"]
AccountKind = Literal["iban", "ifsc", "id_bank", "us_ach"]


class Unsupported(Exception):
    """The provider has no such service; a bug when it is met outside the list of what it can do."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets what is ordered."""

    name: str
    email: str | None = None
    phone: str | None = None
    language: str = "en"

    def __repr__(self) -> str:
        return "Recipient(...)"


@dataclass(frozen=True, slots=True)
class Destination:
    """A bank account as it was approved. Secret like a code: it is kept sealed.

    `fields` by kind: iban (and bic); ifsc, account; bank_code, account; routing, account, type.
    """

    kind: AccountKind
    holder: str
    country: str
    currency: str
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Destination({self.kind}, {self.country}, ...)"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to be delivered to one person, named by a key of ours."""

    key: str
    product_id: UUID
    money: Money
    wished_on: date | None = None
    note: str = ""
    product_code: str = ""
    recipient: Recipient | None = None
    destination: Destination | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the person was given. Secret: shown to its owner; kept sealed, never logged or pushed."""

    code: str
    pin: str | None
    expires_on: date | None
    url: str | None = None

    def __repr__(self) -> str:
        return "Delivery(...)"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider works on it."""

    reference: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Delivered; `charged` is what the provider takes for it, in its own currency."""

    reference: str
    charged: Money
    expires_on: date | None = None
    confirmed_on: date | None = None
    deliveries: tuple[Delivery, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Not delivered, and it never will be under this key.

    `pauses`: nothing is wrong with the order but with our account; the order waits until that is put
    right. `restock`: the product is sold out and is taken from the shelf.
    """

    code: str
    detail: str = ""
    pauses: bool = False
    restock: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say; only a lookup helps. `deliveries`: what came of an order that came in part."""

    reason: str
    retry_after: timedelta | None = None
    deliveries: tuple[Delivery, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider has no order with this key, as far as it knows now."""


@dataclass(frozen=True, slots=True)
class Reversed:
    """Was settled, and the money came back to us later."""

    reference: str
    code: str


Answer = Accepted | Settled | Refused | Unknown
Finding = Answer | NotFound | Reversed


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost and when it would come."""

    total: Money
    fee: Money
    at_once: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as the provider's own books have it."""

    key: str
    reference: str
    money: Money
    placed_at: datetime
    finding: Answer | Reversed


@dataclass(frozen=True, slots=True)
class Verified:
    """The account exists; `match` says how its holder's name agrees, `masked_name` may be shown."""

    reference: str
    match: Match
    masked_name: str = ""


@dataclass(frozen=True, slots=True)
class Invalid:
    """No money can be sent to this account, and `code` says why."""

    code: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The bank has not answered yet; ask again with `validate_account`."""

    reference: str


Validation = Verified | Invalid | Pending | Unknown


@dataclass(frozen=True, slots=True)
class Offer:
    """A product of a provider's catalog. No denominations means an open amount within the limits."""

    code: str
    name: str
    brand: str
    kind: str
    country: str
    currency: str
    denominations: tuple[int, ...]
    min_minor: int | None
    max_minor: int | None
    categories: tuple[str, ...] = ()
    description: str = ""
    terms: str = ""
    image_url: str = ""
    expiry_text: str = ""
    delivery_code: str = "instant"
    updated_at: datetime | None = None
    in_stock: bool = True


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line of a provider's catalog that cannot be sold as it stands, and why."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A webhook says that something happened to an order; only a lookup says what.

    `event_id` is None where the provider numbers nothing: the same body is then the same event.
    `sent_at` is None where the provider signs no time.
    """

    event_id: str | None = None
    order_key: str | None = None
    reference: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Forged:
    """A webhook that is not from whom it says it is, or is too old."""

    reason: str


class Provider(Protocol):
    """A provider, spoken to for one tenant."""

    name: ClassVar[str]
    patience: ClassVar[timedelta]
    """How long one call may take at most; after that somebody else looks."""
    consistency: ClassVar[timedelta]
    """How long after sending "not found" means nothing."""
    replay: ClassVar[Replay]
    """What sending the same order again means."""
    resend_until: ClassVar[timedelta | None]
    """How long after the first sending a key is remembered; None: for ever."""
    checks: ClassVar[frozenset[AccountKind]]
    """The kinds of bank accounts it can be asked about."""

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
        """Return what is left to order with, in minor units by currency; None: no limit, or not said."""
        ...

    def history(self, since: datetime) -> Iterable[Placed]:
        """Return the orders placed at `since` or later, as the provider's books have them."""
        ...

    def validate_account(self, destination: Destination) -> Validation:
        """Ask whether a bank account exists and whose it is."""
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Hint | Forged:
        """Read what the provider sent to us; `headers` by lower-case name, `body` as it came."""
        ...

    def products(self, since: datetime | None) -> Iterable[Offer | Malformed]:
        """Return what can be ordered; with `since` at least what changed from then on.

        Raise BadReply when the list cannot be had whole: nothing follows then from what is missing.
        """
        ...


class Limited:
    """The services a provider does without until it says otherwise: inherit, and write what there is."""

    replay: ClassVar[Replay] = "same_key"
    resend_until: ClassVar[timedelta | None] = None
    checks: ClassVar[frozenset[AccountKind]] = frozenset()

    def validate_account(self, destination: Destination) -> Validation:
        raise Unsupported(f"{type(self).__name__} checks no bank accounts ({destination.kind}).")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Hint | Forged:  # noqa: ARG002 - of the contract
        raise Unsupported(f"{type(self).__name__} sends no webhooks.")

    def products(self, since: datetime | None) -> Iterable[Offer | Malformed]:  # noqa: ARG002 - of the contract
        raise Unsupported(f"{type(self).__name__} has no catalog.")
