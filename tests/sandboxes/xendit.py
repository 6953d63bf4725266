"""Xendit's payouts (v2) as its documentation and its SDK describe them, for Indonesia.

Modes beside the common ones, on "payout.create": a fate that the next payouts take.

    failed                 FAILED, with `code` (INVALID_DESTINATION)
    reversed               SUCCEEDED, and REVERSED after `seconds` (20 days)
    compliance             PENDING_COMPLIANCE_ASSESSMENT, then COMPLIANCE_REJECTED after `seconds` (600)
    locked stuck           LOCKED; ACCEPTED for ever
    novel                  a state that no document mentions
    unlisted               cannot be found by its reference for `seconds` (30)

`POST /_state {"pace": seconds, "balance": rupiah}` says how long banks take and what the account holds.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from flask import Flask, Request, Response, request

from tests.sandboxes.base import Mode, Sandbox, answer, main

API_KEY: Final = "xnd_development_sandbox"
DAY: Final = 86_400
BANKS: Final = {
    "ID_BCA": "Bank Central Asia (BCA)",
    "ID_MANDIRI": "Bank Mandiri",
    "ID_BRI": "Bank Rakyat Indonesia (BRI)",
    "ID_BNI": "Bank Negara Indonesia (BNI)",
    "ID_PERMATA": "Bank Permata",
    "ID_CIMB": "Bank CIMB Niaga",
    "ID_DANAMON": "Bank Danamon",
    "ID_BSI": "Bank Syariah Indonesia (BSI)",
}
NO_LINK: Final = {"href": "", "rel": "", "method": "GET"}
LEAST, MOST = 10_000, 10_000_000_000
_FATES: Final[Mapping[str, tuple[str, ...]]] = {
    "failed": ("FAILED",),
    "reversed": ("SUCCEEDED", "REVERSED"),
    "compliance": ("PENDING_COMPLIANCE_ASSESSMENT", "COMPLIANCE_REJECTED"),
    "locked": ("LOCKED",),
    "novel": ("UNDER_REVIEW_BY_PARTNER",),
    "stuck": (),
}
_LATER: Final = {"reversed": 20 * DAY, "compliance": 600}
_UNPAID: Final = ("FAILED", "CANCELLED", "REVERSED", "COMPLIANCE_REJECTED", "EXPIRED")
_OF_TRANSACTION: Final = {
    "SUCCEEDED": "SUCCESS",
    "FAILED": "FAILED",
    "COMPLIANCE_REJECTED": "FAILED",
    "CANCELLED": "VOIDED",
    "REVERSED": "REVERSED",
}


class Xendit(Sandbox):
    """A business account at Xendit, in rupiah."""

    name: ClassVar[str] = "xendit"

    def new_state(self) -> dict[str, Any]:
        return {"payouts": {}, "keys": {}, "balance": 1_000_000_000, "pace": 0}

    def operation(self, request: Request) -> str:
        parts = request.path.strip("/").split("/")
        if parts[:2] != ["v2", "payouts"]:
            return parts[0]
        if request.method == "POST":
            return "payout.cancel" if parts[-1] == "cancel" else "payout.create"
        return "payout.get" if len(parts) > 2 else "payout.list"

    def refusal(self, kind: str, mode: Mode | None) -> Response:
        match kind:
            case "throttled":
                return refused("RATE_LIMIT_EXCEEDED", "Too many requests.", 429)
            case "unauthorized":
                return refused("INVALID_API_KEY", "API key is not authorized.", 401)
            case "out_of_money":
                return refused("INSUFFICIENT_BALANCE", "The balance is not sufficient.", 400)
            case "not_found":
                return answer({"data": [], "has_more": False, "links": NO_LINK})
        status = int(mode.options.get("status", 500)) if mode else 500
        return refused("SERVER_ERROR", "Unexpected error.", status)

    def signed(self, body: bytes, secret: str) -> Mapping[str, str]:
        return {"x-callback-token": secret, "webhook-id": hashlib.sha256(body).hexdigest()[:24]}

    def routes(self, app: Flask) -> None:
        app.before_request(self._check_key)
        app.add_url_rule("/v2/payouts", view_func=self.create, methods=["POST"])
        app.add_url_rule("/v2/payouts", "list", self.by_reference)
        app.add_url_rule("/v2/payouts/<payout_id>", view_func=self.get)
        app.add_url_rule("/v2/payouts/<payout_id>/cancel", view_func=self.cancel, methods=["POST"])
        app.add_url_rule("/payouts_channels", view_func=self.channels)
        app.add_url_rule("/balance", view_func=self.balance)
        app.add_url_rule("/transactions", view_func=self.transactions)
        app.add_url_rule("/_state", view_func=self._set_state, methods=["POST"])

    def _check_key(self) -> Response | None:
        expected = "Basic " + base64.b64encode(f"{API_KEY}:".encode()).decode()
        if request.path.startswith("/_") or request.headers.get("Authorization") == expected:
            return None
        return self.refusal("unauthorized", None)

    def create(self) -> Response:
        wanted, key = request.get_json(), request.headers.get("idempotency-key", "")
        with self.lock:
            self.time_passed()
            if not key:
                return invalid("idempotency-key", "is required")
            kept = self.state["keys"].get(key)
            if kept is not None and kept["hash"] == _hash(wanted):
                return answer(shown(self.state["payouts"][kept["payout_id"]]))
            if kept is not None:
                return refused("DUPLICATE_ERROR", "Idempotency key was used before.", 409)
            return self._wrong(wanted) or self._make(wanted, key)

    def _wrong(self, wanted: Mapping[str, Any]) -> Response | None:
        properties, amount = wanted.get("channel_properties") or {}, wanted.get("amount")
        if wanted.get("channel_code") not in BANKS:
            words = "The channel code is not supported."
            return refused("CHANNEL_CODE_NOT_SUPPORTED_ERROR", words, 400)
        if not str(properties.get("account_number", "")).isdigit():
            return refused("RECIPIENT_ACCOUNT_NUMBER_ERROR", "Invalid account number.", 400)
        if isinstance(amount, int | float) and amount > MOST:
            return refused("MAXIMUM_TRANSFER_LIMIT_ERROR", "Above the maximum.", 400)
        for field, holds in {
            "reference_id": bool(wanted.get("reference_id")),
            "currency": wanted.get("currency") == "IDR",
            "amount": isinstance(amount, int | float) and amount == int(amount) >= LEAST,
        }.items():
            if not holds:
                return invalid(field, "is not valid for this channel")
        return None

    def _make(self, wanted: dict[str, Any], key: str) -> Response:
        name, steps, later, code = self._fate()
        hidden = self.taken("unlisted")
        now = self._seconds()
        made: dict[str, Any] = {
            "id": f"disb-{len(self.state['payouts']) + 1:08d}-sandbox",
            "reference_id": wanted["reference_id"],
            "channel_code": wanted["channel_code"],
            "channel_properties": wanted["channel_properties"],
            "amount": wanted["amount"],
            "currency": wanted["currency"],
            "description": wanted.get("description"),
            "status": "ACCEPTED",
            "created": _time(now),
            "updated": _time(now),
            "business_id": "61fdbd5a0000000000000000",
            "estimated_arrival_time": _time(now + 900),
            "failure_code": None,
            "_created": now,
            "_hidden_until": now + (int(hidden.options.get("seconds", 30)) if hidden else 0),
        }
        if name == "succeeded" and made["amount"] > self.state["balance"]:
            steps, code = ("FAILED",), "INSUFFICIENT_BALANCE"
        self.state["balance"] -= made["amount"]
        made["_planned"] = [
            [now + self.state["pace"] + (later if number else 0), status, code]
            for number, status in enumerate(steps)
        ]
        self.state["payouts"][made["id"]] = made
        self.state["keys"][key] = {"hash": _hash(wanted), "payout_id": made["id"]}
        if self.state["pace"]:
            timer = threading.Timer(self.state["pace"] + 0.05, self.time_passed)
            timer.daemon = True
            timer.start()
        self.time_passed()
        return answer(shown(made))

    def _fate(self) -> tuple[str, tuple[str, ...], int, str]:
        for name, steps in _FATES.items():
            if (mode := self.taken(name)) is not None:
                later = int(mode.options.get("seconds", _LATER.get(name, 0)))
                return name, steps, later, mode.options.get("code", "INVALID_DESTINATION")
        return "succeeded", ("SUCCEEDED",), 0, ""

    def time_passed(self) -> None:
        with self.lock:
            for payout in list(self.state["payouts"].values()):
                planned = payout["_planned"]
                while planned and planned[0][0] <= self._seconds():
                    _, status, code = planned.pop(0)
                    self._step(payout, status, code)

    def _step(self, payout: dict[str, Any], status: str, code: str) -> None:
        payout["status"], payout["updated"] = status, _time(self._seconds())
        if status == "FAILED":
            payout["failure_code"] = code
        if status in _UNPAID:
            self.state["balance"] += payout["amount"]
        if status in ("SUCCEEDED", "FAILED", "REVERSED"):
            self.tell(
                {
                    "event": f"payout.{status.lower()}",
                    "business_id": payout["business_id"],
                    "created": payout["updated"],
                    "data": shown(payout),
                }
            )

    def by_reference(self) -> Response:
        reference = request.args.get("reference_id")
        if not reference:
            return invalid("reference_id", "is required")
        with self.lock:
            self.time_passed()
            found = [
                shown(payout)
                for payout in self.state["payouts"].values()
                if payout["reference_id"] == reference
                and payout["_hidden_until"] <= self._seconds()
            ]
        return answer({"data": found, "has_more": False, "links": NO_LINK})

    def get(self, payout_id: str) -> Response:
        with self.lock:
            self.time_passed()
            payout = self.state["payouts"].get(payout_id)
            return answer(shown(payout)) if payout else missing()

    def cancel(self, payout_id: str) -> Response:
        with self.lock:
            self.time_passed()
            payout = self.state["payouts"].get(payout_id)
            if payout is None:
                return missing()
            if payout["status"] != "ACCEPTED":
                words = "Only accepted payouts can be cancelled."
                return refused("PAYOUT_CANNOT_BE_CANCELLED", words, 400)
            payout["_planned"] = []
            self._step(payout, "CANCELLED", "")
            return answer(shown(payout))

    def channels(self) -> Response:
        wanted = request.args.get("channel_code")
        limits = {"minimum": LEAST, "maximum": MOST, "minimum_increment": 1}
        return answer(
            [
                {
                    "channel_code": code,
                    "channel_category": "BANK",
                    "currency": "IDR",
                    "channel_name": name,
                    "amount_limits": limits,
                }
                for code, name in BANKS.items()
                if wanted in (None, code)
            ]
        )

    def balance(self) -> Response:
        return answer({"balance": self.state["balance"]})

    def transactions(self) -> Response:
        wanted = request.args
        since = wanted.get("created[gte]")
        first = datetime.fromisoformat(since).timestamp() if since else 0
        with self.lock:
            self.time_passed()
            ours = [
                payout for payout in self.state["payouts"].values() if payout["_created"] >= first
            ]
        ids = [transaction_id(payout) for payout in ours]
        start = ids.index(wanted["after_id"]) + 1 if "after_id" in wanted else 0
        limit = min(int(float(wanted.get("limit", 10))), 50)
        page = ours[start : start + limit]
        return answer(
            {
                "has_more": start + limit < len(ours),
                "data": [transaction(payout) for payout in page],
                "links": [],
            }
        )

    def _set_state(self) -> Response:
        with self.lock:
            self.state |= request.get_json()
        return answer({})

    def _seconds(self) -> int:
        return int(self.now().timestamp())


def shown(payout: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payout as the vendor shows it: what is empty is left out."""
    return {
        name: value
        for name, value in payout.items()
        if not name.startswith("_") and value is not None
    }


def transaction_id(payout: Mapping[str, Any]) -> str:
    """Return the id of the booking of a payout."""
    return f"txn_{hashlib.sha256(payout['id'].encode()).hexdigest()[:16]}"


def transaction(payout: Mapping[str, Any]) -> dict[str, Any]:
    """Return the booking of a payout."""
    return {
        "id": transaction_id(payout),
        "product_id": payout["id"],
        "type": "DISBURSEMENT",
        "status": _OF_TRANSACTION.get(payout["status"], "PENDING"),
        "channel_category": "BANK",
        "channel_code": payout["channel_code"].removeprefix("ID_"),
        "account_identifier": None,
        "reference_id": payout["reference_id"],
        "currency": "IDR",
        "amount": payout["amount"],
        "net_amount": payout["amount"],
        "cashflow": "MONEY_OUT",
        "business_id": payout["business_id"],
        "fee": {
            "xendit_fee": 0,
            "value_added_tax": 0,
            "xendit_withholding_tax": 0,
            "third_party_withholding_tax": 0,
            "status": "COMPLETED",
        },
        "created": payout["created"],
        "updated": payout["updated"],
    }


def invalid(field: str, words: str) -> Response:
    """Return the refusal of a body."""
    errors = [{"path": field, "message": f"{field} {words}"}]
    body = {"error_code": "API_VALIDATION_ERROR", "message": "Invalid input.", "errors": errors}
    return answer(body, 400)


def missing() -> Response:
    """Return the refusal of an id nobody knows."""
    return refused("DATA_NOT_FOUND", "The payout was not found.", 404)


def refused(code: str, words: str, status: int) -> Response:
    """Return an error in the vendor's envelope."""
    return answer({"error_code": code, "message": words}, status)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def make_sandbox(state_file: Path | None = None) -> Xendit:
    """Return a new sandbox."""
    return Xendit(state_file)


if __name__ == "__main__":
    main("xendit")
