"""Xendit: payouts to bank accounts in Indonesia.

Rupiah have hundredths in ISO 4217 and in our books, and none at any bank: we pay whole rupiah only and
refuse the rest before it is reserved anywhere. A payout that succeeded may be reversed weeks later. The
states are read leniently, for the vendor's documents know more of them than its own SDK.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode
from uuid import UUID

from app.kernel import strict_json
from app.kernel.money import Money
from app.providers import bank_numbers, reading
from app.providers.accounts import HOOK_SECRET, Account, Memory
from app.providers.contract import (
    Accepted,
    Answer,
    Delivery,
    Finding,
    Forged,
    Hint,
    Limited,
    NotFound,
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
PAGE: Final = 50
PENALTY: Final = timedelta(minutes=1)

UNDER_WAY: Final = frozenset(
    {"ACCEPTED", "REQUESTED", "LOCKED", "READY", "PENDING", "PENDING_COMPLIANCE_ASSESSMENT"}
)
ENDED_UNPAID: Final = frozenset(
    {"FAILED", "CANCELLED", "CANCELED", "EXPIRED", "VOIDED", "COMPLIANCE_REJECTED"}
)
PAID: Final = frozenset({"SUCCEEDED", "SUCCESS", "COMPLETED"})


class _Stopped(Exception):
    """The way ends here, with what is to be answered."""

    def __init__(self, answer: Refused | Unknown) -> None:
        super().__init__(str(answer))
        self.answer = answer


class Xendit(Limited):
    """One business account at Xendit.

    Settings: description, for_user_id. Secrets: api_key, webhook_secret (the callback token).
    """

    name: ClassVar[str] = "xendit"
    patience: ClassVar[timedelta] = timedelta(minutes=2)
    consistency: ClassVar[timedelta] = timedelta(minutes=1)
    replay: ClassVar[Replay] = "new_key_after_failure"
    resend_until: ClassVar[timedelta | None] = None

    def __init__(self, account: Account, wire: Wire, memory: Memory) -> None:
        self._account, self._wire, self._memory = account, wire, memory

    def quote(self, product_id: UUID, money: Money) -> Quote | Refused:  # noqa: ARG002 - of the contract
        """Return the amount itself: what Xendit takes is billed to the company."""
        return _unfit(money) or Quote(money, Money(0, money.currency), at_once=True)

    def place(self, order: Order) -> Answer:
        """Send the money to the account of the order, once for the key."""
        if (refused := _unfit(order.money)) is not None:
            return refused
        to = order.destination
        bank = to and bank_numbers.bank_of_indonesia(to.fields.get("bank_code", ""))
        if to is None or not bank or not bank.channel:
            return Refused("destination_not_served", "Xendit does not pay to this bank.")
        payout = {
            "reference_id": order.key,
            "channel_code": bank.channel,
            "channel_properties": {
                "account_number": to.fields["account"],
                "account_holder_name": to.holder,
            },
            "amount": order.money.minor // bank_numbers.payable_step("IDR"),
            "currency": order.money.currency,
            "description": self._account.settings.get("description", "Incentive"),
        }
        headers = {"Content-Type": "application/json", "idempotency-key": order.key}
        try:
            said = self._ask("POST", "/v2/payouts", headers, json.dumps(payout).encode())
            return _said_at_once(_finding(said, order.key, order.money))
        except _Stopped as stopped:
            return stopped.answer
        except BadReply as error:
            return Unknown(f"unreadable: {error}")

    def lookup(self, key: str) -> Finding:
        """Return what became of the payout with this reference."""
        try:
            payout = self._find(key)
            return NotFound() if payout is None else _finding(payout, key)
        except _Stopped as stopped:
            return _not_told(stopped.answer)
        except BadReply as error:
            return Unknown(f"unreadable: {error}")

    def cancel(self, key: str) -> Finding:
        """Take a payout back that no bank has yet; return what became of it."""
        try:
            payout = self._find(key)
            if payout is not None and payout.get("status") == "ACCEPTED":
                self._ask("POST", f"/v2/payouts/{reading.text(payout, 'id')}/cancel", {}, b"")
        except (_Stopped, BadReply):
            pass  # whatever it was, the lookup tells where the payout stands
        return self.lookup(key)

    def reveal(self, key: str) -> Delivery | None:  # noqa: ARG002 - of the contract
        """Return nothing: money is not shown."""
        return None

    def balance(self) -> Mapping[str, int] | None:
        """Return what the account can pay out with."""
        try:
            held = self._get("/balance", account_type="CASH", currency="IDR")
            return {"IDR": reading.in_major(held, "IDR", "balance").minor}
        except (_Stopped, BadReply):
            return None

    def history(self, since: datetime) -> Iterator[Placed]:
        """Return the payouts made since then; raise BadReply when the list cannot be had whole."""
        wanted: dict[str, str | int] = {
            "types": "DISBURSEMENT",
            "created[gte]": since.astimezone(UTC).isoformat(timespec="seconds"),
            "limit": PAGE,
        }
        while True:
            try:
                page = self._get("/transactions", **wanted)
            except _Stopped as stopped:
                raise BadReply(f"The list of payouts cannot be had: {stopped.answer}") from None
            booked = reading.rows(page.get("data"))
            for one in booked:
                yield _placed(one)
            if not page.get("has_more") or not booked:
                return
            wanted["after_id"] = reading.text(booked[-1], "id")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Hint | Forged:
        """Read a webhook. It carries a token of ours and no signature: it is a hint and nothing more."""
        token = self._account.secrets.get(HOOK_SECRET, "")
        given = headers.get("x-callback-token", "")
        if not token or not hmac.compare_digest(given.encode(), token.encode()):
            return Forged("token")
        try:
            payout = reading.at(strict_json.loads(body), "data")
        except strict_json.MalformedJson:
            return Forged("unreadable")
        key, reference = reading.at(payout, "reference_id"), reading.at(payout, "id")
        return Hint(
            event_id=headers.get("webhook-id"),
            order_key=key if isinstance(key, str) else None,
            reference=reference if isinstance(reference, str) else None,
        )

    def _find(self, key: str) -> Mapping[str, Any] | None:
        found = reading.rows(self._get("/v2/payouts", reference_id=key).get("data"))
        if any(payout.get("reference_id") != key for payout in found):
            raise BadReply("The answer is about other payouts.")
        if len(found) > 1:
            raise _Stopped(Unknown("several_orders"))
        return found[0] if found else None

    def _get(self, path: str, **wanted: str | int) -> Mapping[str, Any]:
        return self._ask("GET", f"{path}?{urlencode(wanted)}", {}, None)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, Any]:
        pair = f"{self._account.secrets.get('api_key', '')}:".encode()
        ours = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        if user := self._account.settings.get("for_user_id"):
            ours["for-user-id"] = user
        said = self._wire.call(
            method, path, headers={**ours, **headers}, body=body, timeout=TIMEOUT
        )
        if isinstance(said, Reply) and said.status in (200, 201):
            return reading.mapping(said.json())
        if isinstance(said, Reply) and said.status == 429:
            self._memory.set_penalty(self._memory.now() + PENALTY)
        raise _Stopped(_trouble(said))


def _unfit(money: Money) -> Refused | None:
    if money.currency != "IDR":
        return Refused("currency_not_served", "This account pays in rupiah.")
    if money.minor <= 0 or money.minor % bank_numbers.payable_step("IDR"):
        return Refused("amount_not_whole", "Banks in Indonesia pay whole rupiah.")
    return None


def _finding(payout: Mapping[str, Any], key: str, money: Money | None = None) -> Finding:
    amount = reading.in_major(payout, reading.text(payout, "currency"), "amount")
    if payout.get("reference_id") != key or money not in (None, amount):
        raise BadReply("The answer is about another payout.")
    return _meaning(
        reading.text(payout, "id"),
        reading.text(payout, "status"),
        amount,
        payout.get("failure_code"),
    )


def _meaning(
    reference: str, status: str, amount: Money, failure: Any
) -> Accepted | Settled | Refused | Unknown | Reversed:
    state = status.strip().upper()
    if state in UNDER_WAY:
        return Accepted(reference)
    if state in PAID:
        return Settled(reference, amount)
    if state == "REVERSED":
        return Reversed(reference, "reversed")
    if state in ENDED_UNPAID:
        return Refused((failure if isinstance(failure, str) and failure else state).lower())
    return Unknown(f"state_{state}"[:60])


def _placed(booked: Mapping[str, Any]) -> Placed:
    money = reading.in_major(booked, reading.text(booked, "currency"), "amount")
    reference = reading.text(booked, "product_id")
    return Placed(
        reading.text(booked, "reference_id"),
        reference,
        money,
        reading.instant(booked, "created"),
        _meaning(reference, reading.text(booked, "status"), money, None),
    )


def _said_at_once(finding: Finding) -> Answer:
    # `place` may not say that money came back: whoever looks the payout up is told so.
    return Unknown("reversed_at_once") if isinstance(finding, Reversed | NotFound) else finding


def _not_told(answer: Refused | Unknown) -> Unknown:
    # A refusal to look is no refusal of the order.
    return answer if isinstance(answer, Unknown) else Unknown(f"lookup_refused: {answer.code}")


def _trouble(said: Reply | Silence) -> Refused | Unknown:
    if isinstance(said, Silence):
        return Unknown(said.reason)
    if said.status == 429:
        return Unknown("throttled", retry_after=PENALTY)
    if said.status in (401, 403):
        return Refused("provider_access", "Xendit does not accept our key.", pauses=True)
    if not 400 <= said.status < 500:
        return Unknown(f"http_{said.status}")
    try:
        error = reading.mapping(said.json())
        code = reading.text(error, "error_code")
    except BadReply:
        return Unknown(f"http_{said.status}")
    return _refusal(code, error)


def _refusal(code: str, error: Mapping[str, Any]) -> Refused | Unknown:
    words = error.get("message")
    detail = words if isinstance(words, str) else ""
    if "DUPLICATE" in code or "IDEMPOTENCY" in code:
        # Another body under this key: only the books there can tell.
        return Unknown("key_conflict")
    if code == "INSUFFICIENT_BALANCE":
        return Refused("provider_out_of_money", detail, pauses=True)
    if code == "API_VALIDATION_ERROR":
        errors = error.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else {}
        path = reading.at(first, "path")
        return Refused(f"invalid_{path}" if isinstance(path, str) and path else "refused", detail)
    return Refused(code.removesuffix("_ERROR").lower(), detail)
