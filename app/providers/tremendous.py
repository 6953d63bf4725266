"""Tremendous: gift cards as links, under an external id of ours that orders once for ever.

The link of a reward comes in the first answer only; whoever finds an order later asks for a new link.
States are words with blanks in them.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode
from uuid import UUID

import orjson

from app.kernel import strict_json
from app.kernel.money import Money
from app.providers import reading, tremendous_products
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
from app.providers.wire import BadReply, Reply, Silence, Wire

TIMEOUT: Final = 60.0
PAGE: Final = 100
PENALTY: Final = timedelta(seconds=2)

UNDER_WAY: Final = frozenset(
    {
        "OPEN",
        "CART",
        "PENDING APPROVAL",
        "PENDING INTERNAL PAYMENT APPROVAL",
        "PENDING SETTLEMENT",
    }
)
ACCESS: Final = Refused("provider_access", "Tremendous does not accept our key.", pauses=True)


class _Stopped(Exception):
    """A call that came to nothing, with what is to be answered."""

    def __init__(self, answer: Refused | Unknown, status: int = 0) -> None:
        super().__init__(str(answer))
        self.answer, self.status = answer, status


class Tremendous(Limited):
    """One organization at Tremendous.

    Settings: funding_source_id, campaign_id, timeout_seconds. Secrets: api_key, webhook_secret.
    """

    name: ClassVar[str] = "tremendous"
    patience: ClassVar[timedelta] = timedelta(minutes=3)
    consistency: ClassVar[timedelta] = timedelta(minutes=1)
    replay: ClassVar[Replay] = "same_key"
    resend_until: ClassVar[timedelta | None] = None

    def __init__(self, account: Account, wire: Wire, memory: Memory) -> None:
        self._account, self._wire, self._memory = account, wire, memory

    def quote(self, product_id: UUID, money: Money) -> Quote:  # noqa: ARG002 - of the contract
        """Return the face value; fees and discounts are told when it is charged."""
        return Quote(money, Money(0, money.currency), at_once=True)

    def place(self, order: Order) -> Answer:
        """Order one reward, once for the key: the same order answers again with what there is."""
        try:
            said = self._call("POST", "/orders", self._asked(order), sends=True)
            return _told(self._finding(reading.at(said, "order"), order.key, order.money))
        except _Stopped as stopped:
            if stopped.status == 409:
                # The id was used with another body, which is our mistake: only a person can tell.
                return Unknown("key_conflict")
            return stopped.answer
        except BadReply as error:
            return Unknown(f"unreadable: {error}")

    def lookup(self, key: str) -> Finding:
        """Return what became of the order with this external id."""
        try:
            found = self._find(key)
            return NotFound() if found is None else self._finding(found, key)
        except _Stopped as stopped:
            return _not_told(stopped.answer)
        except BadReply as error:
            return Unknown(f"unreadable: {error}")

    def cancel(self, key: str) -> Finding:
        """Cancel the reward of an order where that is still possible; return what became of it."""
        try:
            found = self._find(key)
            if found is not None:
                self._call("POST", f"/rewards/{_reward_id(found)}/cancel", {})
        except (_Stopped, BadReply):
            pass  # whatever it was, the lookup tells where the order stands
        return self.lookup(key)

    def reveal(self, key: str) -> Delivery | None:
        """Return the link of a reward, as it was kept."""
        came = self._memory.deliveries(key)
        return came[0] if came else None

    def balance(self) -> Mapping[str, int] | None:
        """Return what is left in the prefunded balance."""
        try:
            said = self._call("GET", "/funding_sources")
            for source in reading.rows(reading.at(said, "funding_sources")):
                if source.get("method") == "balance" and source.get("status", "active") == "active":
                    meta = reading.mapping(source.get("meta"))
                    currency = str(meta.get("currency_code") or "USD")
                    return {currency: reading.whole(meta, "available_cents")}
        except (_Stopped, BadReply):
            pass
        return None

    def history(self, since: datetime) -> Iterator[Placed]:
        """Return the orders made since then; raise BadReply when the list cannot be had whole."""
        seen: set[str] = set()
        offset = 0
        while True:
            query = {"created_at[gte]": since.isoformat(), "limit": PAGE, "offset": offset}
            page = self._listed(query)
            for said in page:
                placed = _placed(said)
                if placed.reference not in seen and placed.placed_at >= since:
                    seen.add(placed.reference)
                    yield placed
            if len(page) < PAGE:
                return
            offset += PAGE  # newest first: what comes meanwhile shows others twice and hides none

    def products(self, since: datetime | None) -> Iterator[Offer | Malformed]:  # noqa: ARG002 - tells no changes
        """Return the catalog; Tremendous dates no changes, so it is always whole."""
        try:
            said = self._call("GET", "/products")
        except _Stopped as stopped:
            raise BadReply(f"The products cannot be had: {stopped.answer}") from None
        for line in reading.rows(reading.at(said, "products")):
            yield from tremendous_products.read(line)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Hint | Forged:
        """Read a webhook: signed over the raw body, without a time, told apart by its uuid."""
        secret = self._account.secrets.get(HOOK_SECRET, "")
        signature = headers.get("tremendous-webhook-signature", "").removeprefix("sha256=")
        expected = hmac.digest(secret.encode(), body, "sha256")
        if not secret or not reading.is_signed(signature, expected):
            return Forged("signature")
        try:
            news = strict_json.loads(body)
            resource = reading.mapping(reading.at(news, "payload", "resource"))
            is_order = resource.get("type") == "orders"
            return Hint(
                event_id=reading.text(news, "uuid"),
                reference=reading.text(resource, "id") if is_order else None,
            )
        except (strict_json.MalformedJson, BadReply):
            return Forged("unreadable")

    # Reading orders.

    def _finding(
        self, said: Any, key: str, money: Money | None = None, *, with_link: bool = True
    ) -> Finding:
        if reading.at(said, "external_id") != key or money not in (None, _face(said)):
            raise BadReply("The answer is about another order.")
        finding = _state(said)
        if not with_link or not isinstance(finding, Settled):
            return finding
        link = self._link(said)
        if link is None:
            return Unknown("no_link")
        came = Delivery(code="", pin=None, expires_on=finding.expires_on, url=link)
        return Settled(finding.reference, finding.charged, finding.expires_on, deliveries=(came,))

    def _link(self, said: Any) -> str | None:
        delivery = reading.at(_reward(said), "delivery")
        link = reading.at(delivery, "link")
        if link is None:
            try:
                fresh = self._call("POST", f"/rewards/{_reward_id(said)}/generate_link", {})
            except _Stopped:
                return None
            link = reading.at(fresh, "reward", "link")
        if not isinstance(link, str) or not link.startswith("https://"):
            raise BadReply("The link is none.")
        return link

    def _find(self, key: str) -> Any | None:
        found = self._orders({"external_id": key})
        if any(reading.at(order, "external_id") != key for order in found):
            raise BadReply("The answer is about other orders.")
        if len(found) > 1:
            raise _Stopped(Unknown("several_orders"))
        return found[0] if found else None

    def _listed(self, query: Mapping[str, Any]) -> Any:
        try:
            return self._orders(query)
        except _Stopped as stopped:
            raise BadReply(f"The orders cannot be had: {stopped.answer}") from None

    def _orders(self, query: Mapping[str, Any]) -> Any:
        return reading.rows(reading.at(self._call("GET", f"/orders?{urlencode(query)}"), "orders"))

    # Calls.

    def _asked(self, order: Order) -> Mapping[str, Any]:
        settings = self._account.settings
        reward: dict[str, Any] = {
            "value": {
                "denomination": orjson.Fragment(f"{order.money.decimal:f}"),
                "currency_code": order.money.currency,
            },
            "delivery": {"method": "LINK"},
        }
        if order.product_code:
            reward["products"] = [tremendous_products.id_of(order.product_code)]
        if settings.get("campaign_id"):
            reward["campaign_id"] = settings["campaign_id"]
        if order.recipient is not None:
            reward["recipient"] = {"name": order.recipient.name}
            reward["language"] = order.recipient.language
        return {
            "external_id": order.key,
            "payment": {"funding_source_id": settings.get("funding_source_id", "BALANCE")},
            "reward": reward,
        }

    def _call(
        self,
        method: str,
        path: str,
        value: Mapping[str, Any] | None = None,
        *,
        sends: bool = False,
    ) -> Any:
        until = self._memory.penalty()
        if until is not None:
            raise _Stopped(Unknown("throttled", retry_after=until - self._memory.now()))
        said = self._wire.call(
            method,
            path,
            headers={
                "Authorization": f"Bearer {self._account.secrets.get('api_key', '')}",
                "Content-Type": "application/json",
            },
            body=None if value is None else orjson.dumps(value),
            timeout=float(self._account.settings.get("timeout_seconds", TIMEOUT)),
        )
        if isinstance(said, Reply) and said.status in (200, 201):
            return said.json()
        if isinstance(said, Reply) and said.status == 429:
            self._memory.set_penalty(self._memory.now() + PENALTY)
        status = said.status if isinstance(said, Reply) else 0
        raise _Stopped(_trouble(said, sends=sends), status)


def _reward(said: Any) -> Mapping[str, Any]:
    (reward, *others) = reading.rows(reading.at(said, "rewards")) or ({},)
    if others:
        raise BadReply("The order has more than one reward.")
    return reward


def _reward_id(said: Any) -> str:
    reward_id = reading.text(_reward(said), "id")
    if not reward_id.isalnum():
        raise BadReply("The id of the reward is none.")
    return reward_id


def _face(said: Any) -> Money:
    value = reading.mapping(reading.at(_reward(said), "value"))
    return reading.in_major(value, reading.text(value, "currency_code"), "denomination")


def _state(said: Any) -> Accepted | Settled | Refused | Reversed | Unknown:
    reference, status = reading.text(said, "id"), reading.text(said, "status").upper()
    if status in UNDER_WAY:
        return Accepted(reference)
    if status == "FAILED":
        return Refused("order_failed", reference)
    if status == "CANCELED":
        is_back = reading.at(said, "payment", "refund") is not None
        return Reversed(reference, "cancelled") if is_back else Refused("cancelled", reference)
    if status != "EXECUTED":
        return Unknown(f"state_{status}"[:60])
    reward, payment = _reward(said), reading.mapping(reading.at(said, "payment"))
    if reading.at(reward, "delivery", "status") in ("SCHEDULED", "PENDING"):
        return Accepted(reference)
    charged = reading.in_major(payment, reading.text(payment, "currency_code"), "total")
    expires = reward.get("expires_at")
    expires_on = reading.instant(reward, "expires_at").date() if expires else None
    return Settled(reference, charged, expires_on)


def _placed(said: Mapping[str, Any]) -> Placed:
    return Placed(
        key=str(said.get("external_id") or ""),
        reference=reading.text(said, "id"),
        money=_face(said),
        placed_at=reading.instant(said, "created_at"),
        finding=_state(said),
    )


def _told(finding: Finding) -> Answer:
    # `place` may not say that money came back: whoever looks the order up is told so.
    return Unknown("reversed_at_once") if isinstance(finding, Reversed | NotFound) else finding


def _not_told(answer: Refused | Unknown) -> Unknown:
    # A refusal to look is no refusal of the order.
    return answer if isinstance(answer, Unknown) else Unknown(f"lookup_refused: {answer.code}")


def _trouble(said: Reply | Silence, *, sends: bool) -> Refused | Unknown:
    if isinstance(said, Silence):
        return Unknown(said.reason)
    if said.status == 429:
        return Unknown("throttled", retry_after=PENALTY)
    if said.status in (401, 403):
        return ACCESS
    if said.status == 402:
        return Refused("provider_out_of_money", "The balance is used up.", pauses=True)
    if said.status in (400, 404, 422) and sends:
        code = "not_offered" if said.status == 404 else "invalid_order"
        return Refused(code, _message(said))
    return Unknown(f"http_{said.status}")


def _message(said: Reply) -> str:
    try:
        message = reading.at(said.json(), "errors", "message")
    except BadReply:
        return f"HTTP {said.status}"
    return message[:200] if isinstance(message, str) else f"HTTP {said.status}"
