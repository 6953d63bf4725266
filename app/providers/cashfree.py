"""Cashfree tells whether an Indian bank account exists, and whose it is.

A small amount is sent and the bank answers with the name of the holder. How well that agrees with the name
that was entered decides: a direct or good match passes, a moderate one is for a person to look at, anything
else is refused. The name at the bank leaves this file only masked.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NoReturn
from uuid import UUID

from app.kernel import strict_json
from app.kernel.money import Money
from app.providers import bank_numbers, reading
from app.providers.accounts import HOOK_SECRET, Account, Memory
from app.providers.contract import (
    AccountKind,
    Destination,
    Forged,
    Hint,
    Invalid,
    Limited,
    Match,
    Order,
    Pending,
    Placed,
    Unknown,
    Unsupported,
    Validation,
    Verified,
)
from app.providers.wire import BadReply, Reply, Silence, Wire

TIMEOUT: Final = 60.0
PENALTY: Final = timedelta(minutes=1)
WINDOW: Final = timedelta(minutes=5)
VERSION: Final = "2023-12-18"

MATCHES: Final[Mapping[str, Match]] = {
    "DIRECT_MATCH": "match",
    "GOOD_PARTIAL_MATCH": "match",
    "MODERATE_PARTIAL_MATCH": "close",
    "POOR_PARTIAL_MATCH": "no_match",
    "NO_MATCH": "no_match",
}
PENDING: Final = frozenset({"RECEIVED", "PENDING", "APPROVAL_PENDING"})
PASSING: Final = frozenset(
    {
        "BENE_BANK_OFFLINE",
        "BENEFICIARY_BANK_OFFLINE",
        "CONNECTION_TIMEOUT",
        "IMPS_MODE_FAIL",
        "NPCI_UNAVAILABLE",
        "SOURCE_BANK_DECLINED",
    }
)
"""Failures of today that say nothing about the account."""


class Cashfree(Limited):
    """One merchant's account at Cashfree.

    Settings: way (sync or async), api_version, webhook_join (between time and body in what is signed).
    Secrets: client_id, client_secret, webhook_secret (where it is another one than the client secret).
    """

    name: ClassVar[str] = "cashfree"
    patience: ClassVar[timedelta] = timedelta(minutes=2)
    consistency: ClassVar[timedelta] = timedelta(0)
    checks: ClassVar[frozenset[AccountKind]] = frozenset({"ifsc"})

    def __init__(self, account: Account, wire: Wire, memory: Memory) -> None:
        self._account, self._wire, self._memory = account, wire, memory

    def validate_account(self, destination: Destination) -> Validation:
        """Ask the bank; with a field "verification", ask only what became of that question."""
        if destination.kind not in self.checks:
            raise Unsupported(f"Cashfree checks no accounts of the kind {destination.kind}.")
        earlier = destination.fields.get("verification")
        try:
            if earlier:
                return self._read(self._get(f"/verification/bank-account?reference_id={earlier}"))
            return self._ask_bank(destination)
        except BadReply as error:
            return Unknown(f"unreadable: {error}")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Hint | Forged:
        """Read a webhook: signed over time and raw body, and at most five minutes old."""
        stamp = headers.get("x-webhook-timestamp", "")
        if not self._is_ours(stamp, headers.get("x-webhook-signature", ""), body):
            return Forged("signature")
        sent_at = _time(stamp)
        if sent_at is None or abs(self._memory.now() - sent_at) > WINDOW:
            return Forged("too_old")
        try:
            event = strict_json.loads(body)
            reference = reading.text(event, "data", "reference_id")
        except (strict_json.MalformedJson, BadReply):
            return Forged("unreadable")
        return Hint(reference=reference, sent_at=sent_at)

    def quote(self, product_id: UUID, money: Money) -> NoReturn:  # noqa: ARG002 - of the contract
        raise _nothing_to_order()

    def place(self, order: Order) -> NoReturn:  # noqa: ARG002 - of the contract
        raise _nothing_to_order()

    def lookup(self, key: str) -> NoReturn:  # noqa: ARG002 - of the contract
        raise _nothing_to_order()

    def cancel(self, key: str) -> NoReturn:  # noqa: ARG002 - of the contract
        raise _nothing_to_order()

    def reveal(self, key: str) -> None:
        """Return nothing: nothing is ordered here."""

    def balance(self) -> None:
        """Return nothing: Cashfree tells no balance for verifications."""

    def history(self, since: datetime) -> Iterable[Placed]:  # noqa: ARG002 - of the contract
        """Return nothing: nothing is ordered here."""
        return ()

    def _ask_bank(self, destination: Destination) -> Validation:
        way = self._account.settings.get("way", "sync")
        wanted = {
            "bank_account": destination.fields["account"],
            "ifsc": destination.fields["ifsc"],
            "name": destination.holder,
        }
        if way == "async":
            wanted["user_id"] = self._account.tenant_id.hex
        headers = {"Content-Type": "application/json"}
        path = f"/verification/bank-account/{way}"
        return self._read(self._call("POST", path, headers, json.dumps(wanted).encode()))

    def _get(self, path: str) -> Reply | Silence:
        return self._call("GET", path, {}, None)

    def _call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply | Silence:
        secrets, settings = self._account.secrets, self._account.settings
        ours = {
            "x-client-id": secrets.get("client_id", ""),
            "x-client-secret": secrets.get("client_secret", ""),
            "x-api-version": settings.get("api_version", VERSION),
        }
        return self._wire.call(
            method, path, headers={**ours, **headers}, body=body, timeout=TIMEOUT
        )

    def _read(self, said: Reply | Silence) -> Validation:
        if isinstance(said, Silence):
            return Unknown(said.reason)
        if said.status == 429:
            self._memory.set_penalty(self._memory.now() + PENALTY)
            return Unknown("throttled", retry_after=PENALTY)
        if said.status == 400:
            code = reading.text(said.json(), "code")
            return Invalid("invalid_ifsc") if "ifsc" in code else Unknown(code)
        if said.status != 200:
            return Unknown(f"http_{said.status}")
        return _verdict(reading.mapping(said.json()))

    def _is_ours(self, stamp: str, signature: str, body: bytes) -> bool:
        secrets = self._account.secrets
        secret = secrets.get(HOOK_SECRET) or secrets.get("client_secret", "")
        join = self._account.settings.get("webhook_join", "")
        signed = stamp.encode() + join.encode() + body
        try:
            given = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        expected = hmac.digest(secret.encode(), signed, "sha256")
        return bool(secret) and hmac.compare_digest(given, expected)


def _verdict(answer: Mapping[str, Any]) -> Validation:
    reference, status = reading.text(answer, "reference_id"), reading.text(answer, "account_status")
    code = answer.get("account_status_code") or status
    if status in PENDING:
        return Pending(reference)
    if code in PASSING:
        return Unknown(str(code).lower())
    if status != "VALID" or code != "ACCOUNT_IS_VALID":
        return Invalid(str(code).lower())
    name, result = answer.get("name_at_bank"), answer.get("name_match_result")
    match = MATCHES.get(result, "no_match") if isinstance(result, str) and result else "not_checked"
    return Verified(reference, match, bank_numbers.mask_name(name) if isinstance(name, str) else "")


def _time(stamp: str) -> datetime | None:
    # Both are seen: seconds, and thousandths of them.
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) in (10, 13)):
        return None
    return reading.instant({"at": int(stamp[:10])}, "at")


def _nothing_to_order() -> Unsupported:
    return Unsupported("Cashfree is asked about accounts only.")
