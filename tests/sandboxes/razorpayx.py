"""RazorpayX as its documentation describes it: contacts, fund accounts, payouts, webhooks.

Modes beside the common ones, all on "payout.create": a fate that the next payouts take, told in seconds of
the sandbox's clock.

    pending rejected failed cancelled stuck      as the state is called; "stuck" stays in processing
    reversed                                     processed, and reversed after `seconds` (3 days)
    reversed_at_once                             never processed, the money came back
    utr_late                                     processed without utr, which comes after `seconds` (600)
    forgets_keys                                 the key of a payout that ended makes a new payout
    unlisted                                     cannot be found by its reference for `seconds` (30)

`POST /_balance {"minor": n}` funds the account; `POST /_pace {"seconds": n}` says how long banks take.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from flask import Flask, Request, Response, request

from tests.sandboxes.base import Mode, Sandbox, answer, main

KEY_ID: Final = "rzp_test_sandbox"
KEY_SECRET: Final = "razorpayx-sandbox-secret"
ACCOUNT: Final = "7878780080316316"
DAY: Final = 86_400

_KEY = re.compile(r"[A-Za-z0-9\-_ ]{4,36}")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_NARRATION = re.compile(r"[A-Za-z0-9 ]{0,30}")
_MODES = {"IMPS": (100, 50_000_000), "NEFT": (100, 10**13), "RTGS": (20_000_000, 10**13)}
_ENDED = ("processed", "failed", "reversed", "rejected", "cancelled")
_FATES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "failed": (("failed", "beneficiary_bank_offline"),),
    "rejected": (("rejected", "payout_rejected"),),
    "cancelled": (("cancelled", "payout_cancelled"),),
    "reversed_at_once": (("reversed", "beneficiary_account_invalid"),),
    "reversed": (("processed", ""), ("reversed", "beneficiary_account_frozen")),
    "utr_late": (("processed", ""), ("utr", "")),
    "stuck": (),
    "pending": (),
}
_LATER: Final = {"reversed": 3 * DAY, "utr_late": 600}


class RazorpayX(Sandbox):
    """A business account at RazorpayX."""

    name: ClassVar[str] = "razorpayx"

    def new_state(self) -> dict[str, Any]:
        return {
            "contacts": {},
            "fund_accounts": {},
            "payouts": {},
            "keys": {},
            "balance": 100_000_000_00,
            "pace": 0,
        }

    def operation(self, request: Request) -> str:
        parts = request.path.strip("/").split("/")
        if parts[0] != "payouts":
            return parts[0]
        if request.method == "POST":
            return "payout.cancel" if parts[-1] == "cancel" else "payout.create"
        return "payout.get" if len(parts) > 1 else "payout.list"

    def refusal(self, kind: str, mode: Mode | None) -> Response:
        match kind:
            case "throttled":
                return refused("Request failed. Please try after sometime.", 429)
            case "unauthorized":
                return refused("Authentication failed", 401)
            case "out_of_money":
                return poor()
            case "not_found":
                return listed([])
        status = int(mode.options.get("status", 500)) if mode else 500
        return refused(
            "We are facing some trouble completing your request.", status, "SERVER_ERROR"
        )

    def signed(self, body: bytes, secret: str) -> Mapping[str, str]:
        return {
            "X-Razorpay-Signature": hmac.new(secret.encode(), body, "sha256").hexdigest(),
            "X-Razorpay-Event-Id": "evt_" + hashlib.sha256(body).hexdigest()[:14],
        }

    def routes(self, app: Flask) -> None:
        app.before_request(self._check_key)
        app.add_url_rule("/contacts", view_func=self.contact, methods=["POST"])
        app.add_url_rule("/fund_accounts", view_func=self.fund_account, methods=["POST"])
        app.add_url_rule("/payouts", view_func=self.payout, methods=["POST"])
        app.add_url_rule("/payouts", "list", self.list_payouts)
        app.add_url_rule("/payouts/<payout_id>", view_func=self.get_payout)
        app.add_url_rule("/payouts/<payout_id>/cancel", view_func=self.cancel, methods=["POST"])
        app.add_url_rule("/banking_balances", view_func=self.balances)
        app.add_url_rule("/_balance", view_func=self._fund, methods=["POST"])
        app.add_url_rule("/_pace", view_func=self._pace, methods=["POST"])

    def _check_key(self) -> Response | None:
        if request.path.startswith("/_"):
            return None
        expected = "Basic " + base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return refused("The api key provided is invalid", 401)
        return None

    def contact(self) -> Response:
        wanted = request.get_json()
        if not wanted.get("name"):
            return refused("The name field is required.")
        return self._once("contacts", "cont", wanted | {"entity": "contact", "active": True})

    def fund_account(self) -> Response:
        wanted = request.get_json()
        bank = wanted.get("bank_account", {})
        if wanted.get("contact_id") not in self.state["contacts"]:
            return refused("The contact id provided does not exist")
        if not _IFSC.fullmatch(bank.get("ifsc", "")):
            return refused("Invalid IFSC Code in Bank Account", field="ifsc")
        if not re.fullmatch(r"[A-Za-z0-9]{5,35}", bank.get("account_number", "")):
            return refused("The account number format is invalid.", field="account_number")
        return self._once(
            "fund_accounts", "fa", wanted | {"entity": "fund_account", "active": True}
        )

    def _once(self, shelf: str, prefix: str, wanted: dict[str, Any]) -> Response:
        # The same particulars are the same contact or fund account.
        made_id = f"{prefix}_{_hash(wanted)[:14]}"
        with self.lock:
            is_new = made_id not in self.state[shelf]
            made = self.state[shelf].setdefault(
                made_id, wanted | {"id": made_id, "created_at": self._seconds()}
            )
        return answer(made, 201 if is_new else 200)

    def payout(self) -> Response:
        wanted, key = request.get_json(), request.headers.get("X-Payout-Idempotency", "")
        with self.lock:
            self.time_passed()
            if not _KEY.fullmatch(key):
                return refused("X-Payout-Idempotency header is required")
            kept = self.state["keys"].get(key)
            if kept is not None:
                earlier = self.state["payouts"][kept["payout_id"]]
                if kept["hash"] != _hash(wanted):
                    return refused("Different request body sent for the same Idempotency Header")
                forgets = earlier["status"] in _ENDED and self.taken("forgets_keys")
                if earlier["status"] in ("failed", "rejected", "cancelled"):
                    return refused("This Idempotency Header belongs to a payout that failed")
                if not forgets:
                    return answer(shown(earlier))
            if (wrong := self._wrong(wanted)) is not None:
                return wrong
            return self._make(wanted, key)

    def _wrong(self, wanted: Mapping[str, Any]) -> Response | None:
        least, most = _MODES.get(wanted.get("mode", ""), (0, -1))
        amount = wanted.get("amount")
        holds = {
            "account_number": wanted.get("account_number") == ACCOUNT,
            "fund_account_id": wanted.get("fund_account_id") in self.state["fund_accounts"],
            "currency": wanted.get("currency") == "INR",
            "amount": type(amount) is int and least <= amount <= most,
            "purpose": bool(wanted.get("purpose")),
            "reference_id": len(wanted.get("reference_id", "")) <= 40,
            "narration": bool(_NARRATION.fullmatch(wanted.get("narration", ""))),
        }
        for field, is_right in holds.items():
            if not is_right:
                return refused(f"The {field} field is invalid.", field=field)
        is_short = wanted["amount"] > self.state["balance"]
        return poor() if is_short and not wanted.get("queue_if_low_balance") else None

    def _make(self, wanted: dict[str, Any], key: str) -> Response:
        number, fate = len(self.state["payouts"]) + 1, self._fate()
        made: dict[str, Any] = {
            "id": f"pout_{number:014d}",
            "entity": "payout",
            **{
                name: wanted.get(name)
                for name in (
                    "fund_account_id", "amount", "currency", "mode", "purpose", "reference_id",
                    "narration",
                )
            },
            "notes": wanted.get("notes", []),
            "fees": 0,
            "tax": 0,
            "status": "processing",
            "utr": None,
            "created_at": self._seconds(),
            "status_details": _details("processing", ""),
            "_steps": [list(step) for step in fate[1]],
            "_late": fate[2],
            "_hidden_until": self._seconds() + fate[3],
        }  # fmt: skip
        self.state["payouts"][made["id"]] = made
        self.state["keys"][key] = {"hash": _hash(wanted), "payout_id": made["id"]}
        if fate[0] == "pending":
            made["status"] = "pending"
        elif made["amount"] > self.state["balance"]:
            made["status"], made["_steps"] = "queued", []
            made["status_details"] = _details("queued", "low_balance")
        else:
            self.state["balance"] -= made["amount"]
            self._plan(made)
        self._tell("payout.initiated" if made["status"] == "processing" else None, made)
        self.time_passed()
        return answer(shown(made))

    def _fate(self) -> tuple[str, tuple[tuple[str, str], ...], int, int]:
        hidden = self.taken("unlisted")
        seconds = int(hidden.options.get("seconds", 30)) if hidden else 0
        for name, steps in _FATES.items():
            if (mode := self.taken(name)) is not None:
                return name, steps, int(mode.options.get("seconds", _LATER.get(name, 0))), seconds
        return "processed", (("processed", ""),), 0, seconds

    def _plan(self, payout: dict[str, Any]) -> None:
        at = self._seconds()
        planned = []
        for number, (status, reason) in enumerate(payout["_steps"]):
            at += self.state["pace"] if number == 0 else payout["_late"]
            planned.append([at, status, reason])
        payout["_planned"] = planned
        if self.state["pace"]:
            timer = threading.Timer(self.state["pace"] + 0.05, self.time_passed)
            timer.daemon = True
            timer.start()

    def time_passed(self) -> None:
        with self.lock:
            for payout in list(self.state["payouts"].values()):
                planned = payout.get("_planned", [])
                while planned and planned[0][0] <= self._seconds():
                    _, status, reason = planned.pop(0)
                    self._step(payout, status, reason)

    def _step(self, payout: dict[str, Any], status: str, reason: str) -> None:
        if status == "utr":
            payout["utr"] = _utr(payout)
            self._tell("payout.updated", payout)
            return
        payout["status"], payout["status_details"] = status, _details(status, reason)
        if status == "processed" and ["utr", ""] not in payout["_steps"]:
            payout["utr"] = _utr(payout)
        if status in ("failed", "reversed", "rejected", "cancelled"):
            self.state["balance"] += payout["amount"]
        self._tell(f"payout.{status}", payout)

    def list_payouts(self) -> Response:
        with self.lock:
            self.time_passed()
            wanted = request.args
            if wanted.get("account_number") != ACCOUNT:
                return refused("The account number field is required.", field="account_number")
            found = [
                payout
                for payout in reversed(self.state["payouts"].values())
                if wanted.get("reference_id") in (None, payout["reference_id"])
                and payout["created_at"] >= int(wanted.get("from", 0))
                and payout["_hidden_until"] <= self._seconds()
            ]
            skip, count = int(wanted.get("skip", 0)), min(int(wanted.get("count", 10)), 100)
            return listed([shown(payout) for payout in found[skip : skip + count]])

    def get_payout(self, payout_id: str) -> Response:
        with self.lock:
            self.time_passed()
            payout = self.state["payouts"].get(payout_id)
            return answer(shown(payout)) if payout else refused("The id provided does not exist")

    def cancel(self, payout_id: str) -> Response:
        with self.lock:
            payout = self.state["payouts"].get(payout_id)
            if payout is None:
                return refused("The id provided does not exist")
            if payout["status"] not in ("queued", "scheduled"):
                return refused("Payout cannot be cancelled in its current state.")
            payout["status"] = "cancelled"
            payout["status_details"] = _details("cancelled", "payout_cancelled")
            return answer(shown(payout))

    def balances(self) -> Response:
        ours = {
            "entity": "banking_balance",
            "currency": "INR",
            "account_number": ACCOUNT,
            "account_type": "current_account",
            "bank_name": "Yes Bank",
            "bank_code": "YESB",
            "amount": self.state["balance"],
            "available_amount": self.state["balance"],
            "refreshed_at": self._seconds(),
        }
        other = ours | {"account_number": "002281300012871", "account_type": "fixed_deposit"}
        return listed([ours, other])

    def _fund(self) -> Response:
        with self.lock:
            self.state["balance"] = request.get_json()["minor"]
            for payout in self.state["payouts"].values():
                if payout["status"] == "queued" and payout["amount"] <= self.state["balance"]:
                    self.state["balance"] -= payout["amount"]
                    payout["status"] = "processing"
                    payout["_steps"] = [["processed", ""]]
                    self._plan(payout)
            self.time_passed()
        return answer({"minor": self.state["balance"]})

    def _pace(self) -> Response:
        self.state["pace"] = request.get_json()["seconds"]
        return answer({})

    def _tell(self, event: str | None, payout: Mapping[str, Any]) -> None:
        name = event or f"payout.{payout['status']}"
        entity = {"payout": {"entity": shown(payout)}}
        self.tell(
            {
                "entity": "event",
                "account_id": "acc_Sandbox0000001",
                "event": name,
                "contains": ["payout"],
                "payload": entity,
                "created_at": self._seconds(),
            }
        )

    def _seconds(self) -> int:
        return int(self.now().timestamp())


def shown(payout: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payout as the vendor shows it."""
    return {name: value for name, value in payout.items() if not name.startswith("_")}


def listed(items: list[Any]) -> Response:
    """Return a collection."""
    return answer({"entity": "collection", "count": len(items), "items": items})


def refused(
    text: str,
    status: int = 400,
    code: str = "BAD_REQUEST_ERROR",
    *,
    field: str = "",
    reason: str = "",
) -> Response:
    """Return an error in the vendor's envelope."""
    error: dict[str, Any] = {
        "code": code,
        "description": text,
        "source": "business",
        "step": None,
        "reason": reason or ("input_validation_failed" if field else None),
        "field": field or None,
        "metadata": {},
    }
    return answer({"error": error}, status)


def poor() -> Response:
    """Return the refusal of an account that does not hold enough."""
    text = "Your account does not have enough balance to carry out the payout operation."
    return refused(text, reason="insufficient_balance")


def _details(status: str, reason: str) -> dict[str, Any]:
    source = "beneficiary_bank" if status in ("failed", "reversed") else "business"
    return {
        "reason": reason or f"payout_{status}",
        "description": f"Payout {status}",
        "source": source,
    }


def _utr(payout: Mapping[str, Any]) -> str:
    return f"3{payout['created_at']}{payout['id'][-4:]}"


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def make_sandbox(state_file: Path | None = None) -> RazorpayX:
    """Return a new sandbox."""
    return RazorpayX(state_file)


if __name__ == "__main__":
    main("razorpayx")
