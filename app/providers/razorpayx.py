"""RazorpayX: payouts to Indian bank accounts.

A payout goes to a fund account of a contact; both are made from the same particulars, so that repeating a
payout repeats its body to the letter. A key is remembered until its payout has ended; after a failure a new
key is needed. Processed payouts may come back days later.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from app.kernel import strict_json
from app.kernel.money import Money
from app.providers import reading
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
PAGE: Final = 100
LEAST: Final = 100
IMPS_MOST: Final = 50_000_000
PENALTY: Final = timedelta(seconds=10)

UNDER_WAY: Final = frozenset({"pending", "queued", "scheduled", "processing"})
ENDED_UNPAID: Final = frozenset({"cancelled", "rejected", "failed"})

_NOT_NARRATION = re.compile(r"[^A-Za-z0-9 ]+")


class _Stopped(Exception):
    """The way ends here, with what is to be answered."""

    def __init__(self, answer: Refused | Unknown) -> None:
        super().__init__(str(answer))
        self.answer = answer


class RazorpayX(Limited):
    """One business account at RazorpayX.

    Settings: account_number, purpose, narration. Secrets: key_id, key_secret, webhook_secret.
    """

    name: ClassVar[str] = "razorpayx"
    patience: ClassVar[timedelta] = timedelta(minutes=5)
    consistency: ClassVar[timedelta] = timedelta(minutes=1)
    replay: ClassVar[Replay] = "new_key_after_failure"
    resend_until: ClassVar[timedelta | None] = None

    def __init__(self, account: Account, wire: Wire, memory: Memory) -> None:
        self._account, self._wire, self._memory = account, wire, memory

    def quote(self, product_id: UUID, money: Money) -> Quote | Refused:  # noqa: ARG002 - of the contract
        """Return the amount itself: what RazorpayX takes is billed to the company."""
        return _unfit(money) or Quote(money, Money(0, money.currency), at_once=True)

    def place(self, order: Order) -> Answer:
        """Send the money to the account of the order, once for the key."""
        if (refused := _unfit(order.money)) is not None:
            return refused
        if order.destination is None or order.destination.kind != "ifsc":
            return Refused("destination_not_served", "An Indian bank account is needed.")
        try:
            payout = self._post("/payouts", self._payout(order), key=order.key)
            return _said_at_once(_finding(payout, order.key, order.money))
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
        """Take a payout back that still waits for money or its day; return what became of it."""
        try:
            payout = self._find(key)
            if payout is not None and payout.get("status") in ("queued", "scheduled"):
                self._post(f"/payouts/{reading.text(payout, 'id')}/cancel", {})
        except (_Stopped, BadReply):
            pass  # whatever it was, the lookup tells where the payout stands
        return self.lookup(key)

    def reveal(self, key: str) -> Delivery | None:  # noqa: ARG002 - of the contract
        """Return nothing: money is not shown."""
        return None

    def balance(self) -> Mapping[str, int] | None:
        """Return what the account can pay out with."""
        try:
            for account in reading.rows(reading.at(self._get("/banking_balances"), "items")):
                if account.get("account_number") == self._number:
                    return {"INR": reading.whole(account, "available_amount")}
        except (_Stopped, BadReply):
            pass
        return None

    def history(self, since: datetime) -> Iterator[Placed]:
        """Return the payouts made since then; raise BadReply when the list cannot be had whole."""
        seen: set[str] = set()
        for payout in self._listed(since):
            reference = reading.text(payout, "id")
            placed_at = reading.instant(payout, "created_at")
            if reference not in seen and placed_at >= since:
                seen.add(reference)
                key = payout.get("reference_id") or ""
                finding = _finding(payout, key)
                if isinstance(finding, NotFound):
                    raise BadReply("A listed payout was not found.")
                money = reading.in_minor(payout, reading.text(payout, "currency"), "amount")
                yield Placed(key, reference, money, placed_at, finding)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Hint | Forged:
        """Read a webhook: signed over the raw body, without a time, told apart by the id of the event."""
        secret = self._account.secrets.get(HOOK_SECRET, "")
        signature = headers.get("x-razorpay-signature", "")
        expected = hmac.digest(secret.encode(), body, "sha256")
        if not secret or not reading.is_signed(signature, expected):
            return Forged("signature")
        try:
            payout = reading.at(strict_json.loads(body), "payload", "payout", "entity")
        except strict_json.MalformedJson:
            return Forged("unreadable")
        key, reference = reading.at(payout, "reference_id"), reading.at(payout, "id")
        return Hint(
            event_id=headers.get("x-razorpay-event-id"),
            order_key=key if isinstance(key, str) else None,
            reference=reference if isinstance(reference, str) else None,
        )

    @property
    def _number(self) -> str:
        return self._account.settings.get("account_number", "")

    def _payout(self, order: Order) -> dict[str, Any]:
        assert order.destination is not None
        to, settings = order.destination, self._account.settings
        contact = self._post("/contacts", {"name": to.holder, "type": "employee"})
        fund_account = self._post(
            "/fund_accounts",
            {
                "contact_id": reading.text(contact, "id"),
                "account_type": "bank_account",
                "bank_account": {
                    "name": to.holder,
                    "ifsc": to.fields["ifsc"],
                    "account_number": to.fields["account"],
                },
            },
        )
        return {
            "account_number": self._number,
            "fund_account_id": reading.text(fund_account, "id"),
            "amount": order.money.minor,
            "currency": order.money.currency,
            "mode": "IMPS" if order.money.minor <= IMPS_MOST else "RTGS",
            "purpose": settings.get("purpose", "payout"),
            "queue_if_low_balance": True,
            "reference_id": order.key,
            "narration": _NOT_NARRATION.sub(" ", settings.get("narration", "Incentive"))[:30],
        }

    def _find(self, key: str) -> Mapping[str, Any] | None:
        found = reading.rows(reading.at(self._get(self._list_path(reference_id=key)), "items"))
        mine = [payout for payout in found if payout.get("reference_id") == key]
        if len(mine) != len(found):
            raise BadReply("The answer is about other payouts.")
        if len(mine) > 1:
            raise _Stopped(Unknown("several_orders"))
        return mine[0] if mine else None

    def _listed(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        skip = 0
        while True:
            path = self._list_path(count=PAGE, skip=skip, **{"from": int(since.timestamp())})
            try:
                page: Sequence[Mapping[str, Any]] = reading.rows(
                    reading.at(self._get(path), "items")
                )
            except _Stopped as stopped:
                raise BadReply(f"The list of payouts cannot be had: {stopped.answer}") from None
            yield from page
            if len(page) < PAGE:
                return
            skip += PAGE  # newest first: what comes meanwhile shows others twice and hides none

    def _list_path(self, **wanted: str | int) -> str:
        words = {"account_number": self._number, **wanted}
        return "/payouts?" + "&".join(f"{name}={value}" for name, value in words.items())

    def _get(self, path: str) -> Mapping[str, Any]:
        return self._ask("GET", path, None, {})

    def _post(self, path: str, value: Mapping[str, Any], *, key: str = "") -> Mapping[str, Any]:
        headers = {"Content-Type": "application/json"} | (
            {"X-Payout-Idempotency": key} if key else {}
        )
        return self._ask("POST", path, json.dumps(value).encode(), headers)

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Mapping[str, Any]:
        secrets = self._account.secrets
        pair = f"{secrets.get('key_id', '')}:{secrets.get('key_secret', '')}".encode()
        said = self._wire.call(
            method,
            path,
            headers={"Authorization": "Basic " + base64.b64encode(pair).decode(), **headers},
            body=body,
            timeout=TIMEOUT,
        )
        if isinstance(said, Reply) and said.status in (200, 201):
            return reading.mapping(said.json())
        if isinstance(said, Reply) and said.status == 429:
            self._memory.set_penalty(self._memory.now() + PENALTY)
        raise _Stopped(_trouble(said))


def _unfit(money: Money) -> Refused | None:
    if money.currency != "INR":
        return Refused("currency_not_served", "RazorpayX pays in rupees.")
    if money.minor < LEAST:
        return Refused("amount_too_small", "The least that can be paid is one rupee.")
    return None


def _finding(payout: Mapping[str, Any], key: str, money: Money | None = None) -> Finding:
    reference, status = reading.text(payout, "id"), reading.text(payout, "status")
    amount = reading.in_minor(payout, reading.text(payout, "currency"), "amount")
    if (payout.get("reference_id") or "") != key or money not in (None, amount):
        raise BadReply("The answer is about another payout.")
    if status in UNDER_WAY:
        return Accepted(reference)
    if status == "processed":
        return Settled(reference, amount)
    if status == "reversed":
        return Reversed(reference, _reason(payout, status))
    if status in ENDED_UNPAID:
        said = reading.at(payout, "status_details", "description")
        return Refused(_reason(payout, status), said if isinstance(said, str) else "")
    return Unknown(f"state_{status}"[:60])


def _reason(payout: Mapping[str, Any], status: str) -> str:
    reason = reading.at(payout, "status_details", "reason")
    return reason if isinstance(reason, str) and reason else status


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
        return Refused("provider_access", "RazorpayX does not accept our key.", pauses=True)
    if said.status != 400:
        return Unknown(f"http_{said.status}")
    try:
        error = reading.mapping(reading.at(said.json(), "error"))
        words = reading.text(error, "description")
    except BadReply:
        return Unknown("http_400")
    return _refusal(error, words)


def _refusal(error: Mapping[str, Any], words: str) -> Refused | Unknown:
    lowered = words.lower()
    if "idempotency" in lowered:
        # Another body under this key, or a key that failed before: only the books there can tell.
        return Unknown("key_conflict")
    if error.get("reason") == "insufficient_balance" or "enough balance" in lowered:
        return Refused("provider_out_of_money", words, pauses=True)
    if "ip" in lowered.split() and "whitelist" in lowered:
        return Refused("provider_access", words, pauses=True)
    field = error.get("field")
    return Refused(f"invalid_{field}" if isinstance(field, str) and field else "refused", words)
