"""Xoxoday Plum: gift cards and experiences, ordered one by one under a purchase order number of ours.

Plum does not say what a repeated number does, so an order is only sent again after a lookup. Answers do not
name the number; the tag of an order carries it, too, and comes back with every answer.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson

from app.kernel import strict_json
from app.kernel.money import Money, exponent_of
from app.providers import plum_products, reading
from app.providers.accounts import HOOK_SECRET, Account, Memory
from app.providers.contract import (
    Accepted,
    Answer,
    Delivery,
    Finding,
    Forged,
    Hint,
    Limited,
    Malformed,
    NotFound,
    Offer,
    Order,
    Placed,
    Quote,
    Refused,
    Replay,
    Reversed,
    Settled,
    Unknown,
)
from app.providers.plum_session import ACCESS, PATIENT, PlumSession, Stopped
from app.providers.wire import BadReply, Wire

PAGE: Final = 500
HISTORY_PAGE: Final = 100

DEFINITIVE: Final = {
    "PLE10001": "invalid_order",
    "PLE10015": "not_offered",
    "PLE10017": "not_offered",
    "PLE10018": "not_offered",
    "PLE10019": "not_offered",
    "PLE10036": "cancelled",
    "PLE10041": "not_offered",
    "PLE10042": "not_offered",
}
"""Errors after which nothing was ordered and never will be; they decide, whatever the HTTP status says."""

OURS: Final = frozenset({"PLE10005", "PLE10006", "PLE10014", "PIPE10015", "PIPE10016", "PIPE10017"})
"""Something about our account has to be put right before anything can be ordered."""

LOOK_ONCE: Final = frozenset({"PLE10007", "PLE10010", "PLE10011"})
"""The order failed half-way: one look tells whether it is there all the same."""

URLS: Final = frozenset({"url", "urlpin"})


class Plum(Limited):
    """One wallet at Plum.

    Settings: page_size, timeout_seconds. Secrets: client_id, client_secret, access_token, refresh_token,
    webhook_secret.
    """

    name: ClassVar[str] = "plum"
    patience: ClassVar[timedelta] = timedelta(minutes=4)
    consistency: ClassVar[timedelta] = timedelta(seconds=150)
    replay: ClassVar[Replay] = "lookup_first"
    resend_until: ClassVar[timedelta | None] = None

    def __init__(self, account: Account, wire: Wire, memory: Memory) -> None:
        self._account, self._memory = account, memory
        self._session = PlumSession(account, wire, memory)

    def quote(self, product_id: UUID, money: Money) -> Quote:  # noqa: ARG002 - of the contract
        """Return the face value; what Plum takes in our currency it says when it charges."""
        return Quote(money, Money(0, money.currency), at_once=True)

    def place(self, order: Order) -> Answer:
        """Order one voucher, once for the key."""
        try:
            said = self._session.ask("placeOrder", _asked(order), timeout=PATIENT)
            return _told(_finding(said, order.key, order))
        except Stopped as stopped:
            return self._after(stopped, order.key)
        except BadReply as error:
            return Unknown(f"unreadable: {error}")

    def _after(self, stopped: Stopped, key: str) -> Answer:
        error_id = stopped.error_id
        if error_id in LOOK_ONCE:
            found = self.lookup(key)
            return _failed(error_id) if isinstance(found, NotFound) else _told(found)
        if error_id == "PLE10004":
            # The number was used before; only the order that has it can tell.
            found = self.lookup(key)
            return Unknown("key_used") if isinstance(found, NotFound) else _told(found)
        return _judged(stopped)

    def lookup(self, key: str) -> Finding:
        """Return what became of the order with this number."""
        try:
            return _finding(self._details(key), key)
        except Stopped as stopped:
            if stopped.error_id == "PLE10016":
                return NotFound()
            if stopped.error_id == "PLE10036":
                return Refused("cancelled", stopped.error_id)
            return _not_told(_judged(stopped))
        except BadReply as error:
            return Unknown(f"unreadable: {error}")

    def _details(self, key: str) -> Any:
        return self._session.ask(
            "getOrderDetails", {"poNumber": key, "orderId": 0, "sendMailToReceiver": 0}
        )

    def cancel(self, key: str) -> Finding:
        """Return what became of the order: Plum takes nothing back."""
        return self.lookup(key)

    def reveal(self, key: str) -> Delivery | None:
        """Return the voucher of an order, as it was kept."""
        came = self._memory.deliveries(key)
        return came[0] if came else None

    def balance(self) -> Mapping[str, int] | None:
        """Return what is left in the wallet."""
        try:
            said = self._session.ask("getBalance", {})
            money = _rounded(said, reading.text(said, "currency"), "value")
        except (Stopped, BadReply):
            return None
        return {money.currency: money.minor}

    def history(self, since: datetime) -> Iterator[Placed]:
        """Return the orders placed since then; raise BadReply when the list cannot be had whole."""
        last = (self._memory.now() + timedelta(days=1)).date()
        asked = {
            "startDate": (since - timedelta(days=1)).date().isoformat(),
            "endDate": last.isoformat(),
            "limit": HISTORY_PAGE,
        }
        seen: set[str] = set()
        for page in range(1, 10_000):
            lines = reading.rows(self._listed("getOrderHistory", asked | {"page": page}))
            for line in lines:
                placed = _placed(line)
                if placed.reference not in seen and placed.placed_at >= since:
                    seen.add(placed.reference)
                    yield placed
            if len(lines) < HISTORY_PAGE:
                return

    def products(self, since: datetime | None) -> Iterator[Offer | Malformed]:
        """Return the catalog, or what was changed since then, the latest change first."""
        size = int(self._account.settings.get("page_size", PAGE))
        asked: dict[str, Any] = {"limit": size, "exchangeRate": 1, "includeProducts": ""}
        if since is not None:
            asked["sort"] = {"field": "lastUpdateDate", "order": "DESC"}
        for page in range(1, 10_000):
            try:
                lines = reading.rows(self._listed("getVouchers", asked | {"page": page}))
            except _Nothing:
                return
            offers = [plum_products.read(line) for line in lines]
            yield from offers
            if len(lines) < size or (since is not None and plum_products.are_older(offers, since)):
                return

    def _listed(self, operation: str, asked: Mapping[str, Any]) -> Any:
        try:
            return self._session.ask(operation, asked)
        except Stopped as stopped:
            if stopped.error_id in ("PLE10030", "PLE10022", "PLE10027"):
                raise _Nothing("The list is empty.") from None
            raise BadReply(f"{operation} cannot be had: {stopped.answer}") from None

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Hint | Forged:
        """Read the news of a delivery. Its header is the same each time, so it is a hint at most."""
        secret = self._account.secrets.get(HOOK_SECRET, "")
        given = headers.get("x-api-key", "")
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            return Forged("api_key")
        try:
            news = strict_json.loads(body)
            return Hint(
                event_id=reading.text(news, "id"),
                order_key=reading.text(news, "data", "poNumber"),
                reference=reading.text(news, "data", "orderId"),
            )
        except (strict_json.MalformedJson, BadReply):
            return Forged("unreadable")


class _Nothing(BadReply):
    """The vendor says by an error that a list is empty."""


def _asked(order: Order) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "productId": int(order.product_code) if order.product_code.isdigit() else 0,
        "quantity": 1,
        "denomination": orjson.Fragment(f"{order.money.decimal:f}"),
        "poNumber": order.key,
        "tag": order.key,
        "notifyReceiverEmail": 0,
        "notifyAdminEmail": 0,
    }
    if order.recipient is not None and order.recipient.email:
        asked["email"] = order.recipient.email
    return asked


def _finding(said: Any, key: str, order: Order | None = None) -> Finding:
    """Read an order; raise BadReply when it is another one, or not one at all."""
    reference = reading.text(said, "orderId")
    lines = reading.rows(reading.at(said, "voucherDetails"))
    if reading.at(said, "tag") != key or not _is_of(lines, order):
        raise BadReply("The answer is about another order.")
    status = reading.text(said, "deliveryStatus").lower()
    vouchers = tuple(_delivery(voucher) for voucher in reading.rows(reading.at(said, "vouchers")))
    if status == "pending":
        return Accepted(reference)
    if status in ("canceled", "cancelled"):
        return Reversed(reference, "cancelled") if vouchers else Refused("cancelled", reference)
    if status != "delivered":
        return Unknown(f"state_{status}"[:60])
    ordered = reading.whole(said, "quantity")
    if len(vouchers) < ordered:
        return Unknown("partial", deliveries=vouchers)
    if ordered != 1 or len(vouchers) != 1:
        return Unknown("quantity_differs", deliveries=vouchers)
    charged = _rounded(said, reading.text(said, "currencyCode"), "amountCharged")
    return Settled(reference, charged, vouchers[0].expires_on, deliveries=vouchers)


def _is_of(lines: Any, order: Order | None) -> bool:
    if order is None:
        return True
    return all(
        reading.text(line, "productId") == order.product_code
        and reading.decimal(line, "denomination") == order.money.decimal
        for line in lines
    )


def _delivery(voucher: Mapping[str, Any]) -> Delivery:
    code, pin = reading.text(voucher, "voucherCode"), voucher.get("pin")
    is_url = str(voucher.get("type") or "").lower() in URLS
    return Delivery(
        code="" if is_url else code,
        pin=str(pin) if pin not in (None, "") else None,
        expires_on=_day(voucher.get("validity")),
        url=code if is_url else None,
    )


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _rounded(said: Any, currency: str, field: str) -> Money:
    """Return an amount of the wallet, which keeps more decimals than the currency has."""
    exact = reading.decimal(said, field).scaleb(exponent_of(currency))
    try:
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_EVEN)), currency)
    except (ArithmeticError, ValueError):
        raise BadReply(f"{field} is beyond all bounds.") from None


def _placed(line: Mapping[str, Any]) -> Placed:
    reference = reading.text(line, "orderId")
    (product, *_) = reading.rows(line.get("products")) or ({},)
    currency = reading.text(product, "currency")
    each = _rounded(product, currency, "price")
    money = Money(each.minor * reading.whole(product, "quantity"), currency)
    at = reading.text(line, "orderDate").replace("Z", "")
    try:
        placed_at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    except ValueError:
        raise BadReply("orderDate should be a time.") from None
    status = reading.text(line, "deliveryStatus").lower()
    charged = _rounded(line, reading.text(line, "currencyCode"), "amountCharged")
    findings: Mapping[str, Answer] = {
        "delivered": Settled(reference, charged),
        "pending": Accepted(reference),
        "canceled": Refused("cancelled", reference),
        "cancelled": Refused("cancelled", reference),
    }
    finding = findings.get(status, Unknown(f"state_{status}"[:60]))
    return Placed(str(line.get("poNumber") or ""), reference, money, placed_at, finding)


def _judged(stopped: Stopped) -> Refused | Unknown:
    """Return what an error means when nothing else is known."""
    error_id = stopped.error_id
    if error_id == "PLE10024":
        return Refused("out_of_stock", error_id, restock=True)
    if error_id == "PLE10026":
        return Unknown("refund_failed")
    if error_id in DEFINITIVE:
        return Refused(DEFINITIVE[error_id], error_id)
    if error_id in OURS:
        return Refused(ACCESS.code, error_id, pauses=True)
    return stopped.answer


def _failed(error_id: str) -> Refused:
    if error_id == "PLE10010":
        # "Failed to redeem points": our wallet is empty, and the order waits until it is filled.
        return Refused("provider_out_of_money", error_id, pauses=True)
    return Refused("order_failed", error_id)


def _told(finding: Finding) -> Answer:
    # `place` may not say that money came back: whoever looks the order up is told so.
    if isinstance(finding, Reversed):
        return Unknown("reversed_at_once")
    return Unknown("not_found") if isinstance(finding, NotFound) else finding


def _not_told(answer: Refused | Unknown) -> Unknown:
    # A refusal to look is no refusal of the order.
    return answer if isinstance(answer, Unknown) else Unknown(f"lookup_refused: {answer.code}")
