"""Cashfree's bank account verification as its documentation describes it, with its test accounts.

Modes beside the common ones: "unanswered" on "verify.sync" or "verify.async": the answer stays away and the
verification pends until `POST /_settle {"reference_id": n, "status": "VALID"|"INVALID"}`.
What pends and then ends does so `pace` seconds later: `POST /_state {"pace": 0, "join": "", "ahead_of_time": 0}`;
`join` stands between time and body in what a webhook signs, `ahead_of_time` makes its time older.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, ClassVar, Final

from flask import Flask, Request, Response, request

from tests.sandboxes.base import Mode, Sandbox, answer, main

CLIENT_ID: Final = "CF_SANDBOX"
CLIENT_SECRET: Final = "cashfree-sandbox-secret"
VALID: Final = ("VALID", "ACCOUNT_IS_VALID")
RECEIVED: Final = ("RECEIVED", "VALIDATION_IN_PROGRESS")


@dataclass(frozen=True)
class TestAccount:
    """What happens to one of the vendor's test accounts. `ends`: how it ends, `after` seconds."""

    __test__ = False

    status: tuple[str, str]
    name: str = ""
    ends: tuple[str, str] | None = None
    after: int = 0


def invalid(code: str) -> tuple[str, str]:
    """Return the status of an account that money cannot be sent to."""
    return ("INVALID", code)


ACCOUNTS: Final[Mapping[tuple[str, str], TestAccount]] = {
    ("026291800001191", "YESB0000262"): TestAccount(VALID, "JOHN DOE"),
    ("1233943142", "ICIC0000009"): TestAccount(VALID, "TOM WELLS"),
    ("00011020001772", "HDFC0000001"): TestAccount(VALID, "JOHN SMITH"),
    ("2640101002729", "CNRR0002640"): TestAccount(invalid("INVALID_IFSC")),
    ("7766667287515", "ICIC0000001"): TestAccount(invalid("INVALID_IFSC")),
    ("026291800001190", ""): TestAccount(invalid("INVALID_BANK_ACCOUNT")),
    ("7766666585146", ""): TestAccount(invalid("INVALID_BANK_ACCOUNT")),
    ("7766667989884", "RATN0000070"): TestAccount(invalid("ACCOUNT_BLOCKED")),
    ("7766667755761", ""): TestAccount(invalid("NRE_ACCOUNT")),
    ("007711000031", "HDFC0000077"): TestAccount(RECEIVED),
    ("00224412311300", "YESB0000001"): TestAccount(RECEIVED, "JOHN DOE", ends=VALID),
    ("7766666351000", ""): TestAccount(RECEIVED, ends=("FAILED", "FAILED_AT_BANK")),
    ("02014457596969", "CITI0000001"): TestAccount(
        VALID, "JOHN DOE", ends=("FAILED", "FAILED_AT_BANK"), after=86_400
    ),
}
SCORES: Final = {"JOHN DOE": {"john doe": 100, "john d": 85, "j doe": 70, "jane d": 38}}


class Cashfree(Sandbox):
    """A merchant's account at Cashfree Secure ID."""

    name: ClassVar[str] = "cashfree"

    def new_state(self) -> dict[str, Any]:
        return {"verifications": {}, "pace": 0, "join": "", "ahead_of_time": 0}

    def operation(self, request: Request) -> str:
        if request.method == "POST":
            return "verify." + request.path.rsplit("/", 1)[-1]
        return "verify.status"

    def refusal(self, kind: str, mode: Mode | None) -> Response:
        match kind:
            case "throttled":
                return refused("rate_limit_error", "too_many_requests", "Too many requests", 429)
            case "unauthorized":
                return refused("authentication_error", "authentication_failed", "Invalid", 401)
            case "out_of_money":
                words = "Insufficient balance to process this request"
                return refused("validation_error", "insufficient_balance", words, 422)
            case "not_found":
                words = "Reference id does not exist"
                return refused("validation_error", "reference_id_not_found", words, 404)
        status = int(mode.options.get("status", 500)) if mode else 500
        return refused("internal_error", "internal_error", "Something went wrong", status)

    def signed(self, body: bytes, secret: str) -> Mapping[str, str]:
        stamp = str(int(self.now().timestamp() * 1000) - self.state["ahead_of_time"] * 1000)
        joined = stamp.encode() + self.state["join"].encode() + body
        signature = base64.b64encode(hmac.digest(secret.encode(), joined, "sha256")).decode()
        return {
            "x-webhook-signature": signature,
            "x-webhook-timestamp": stamp,
            "x-webhook-version": "v2",
        }

    def routes(self, app: Flask) -> None:
        app.before_request(self._check_key)
        app.add_url_rule(
            "/verification/bank-account/<way>", view_func=self.verify, methods=["POST"]
        )
        app.add_url_rule("/verification/bank-account", view_func=self.status)
        app.add_url_rule("/_settle", view_func=self._settle, methods=["POST"])
        app.add_url_rule("/_state", view_func=self._set_state, methods=["POST"])

    def _check_key(self) -> Response | None:
        if request.path.startswith("/_"):
            return None
        given = (request.headers.get("x-client-id"), request.headers.get("x-client-secret"))
        if given != (CLIENT_ID, CLIENT_SECRET) or not request.headers.get("x-api-version"):
            return self.refusal("unauthorized", None)
        return None

    def verify(self, way: str) -> Response:
        wanted = request.get_json()
        account, ifsc = wanted.get("bank_account", ""), wanted.get("ifsc", "")
        if not account or len(ifsc) != 11:
            return refused("validation_error", "ifsc_invalid", "IFSC is invalid", 400)
        known = ACCOUNTS.get((account, ifsc)) or ACCOUNTS.get((account, ""))
        found = known or TestAccount(VALID, wanted.get("name", "").upper())
        with self.lock:
            number = 1000 + len(self.state["verifications"])
            made = {
                "reference_id": number,
                "bank_account": account,
                "ifsc": ifsc,
                "name": wanted.get("name", ""),
                "user_id": wanted.get("user_id"),
                "holder": found.name,
                "status": list(found.status),
                "ends": list(found.ends) if found.ends else None,
                "ends_at": self.now().timestamp() + self.state["pace"] + found.after,
            }
            if way == "async" and found.status == VALID:
                made["status"], made["ends"] = list(RECEIVED), list(VALID)
            if self.taken("unanswered"):
                made["status"], made["ends"] = list(RECEIVED), None
            self.state["verifications"][str(number)] = made
            return answer(shown(made))

    def status(self) -> Response:
        with self.lock:
            self.time_passed()
            found = self.state["verifications"].get(request.args.get("reference_id", ""))
            return answer(shown(found)) if found else self.refusal("not_found", None)

    def time_passed(self) -> None:
        with self.lock:
            for made in self.state["verifications"].values():
                if made["ends"] and made["ends_at"] <= self.now().timestamp():
                    self._end(made, made["ends"])

    def _end(self, made: dict[str, Any], status: list[str]) -> None:
        made["status"], made["ends"] = status, None
        event = {"VALID": "SUCCESS", "FAILED": "FAILED"}.get(status[0], "REJECTED")
        self.tell(
            {
                "event_type": f"BANK_ACCOUNT_VERIFICATION_{event}",
                "event_time": self.now().strftime("%Y-%m-%d %H:%M:%S"),
                "version": "v2",
                "data": shown(made),
            }
        )

    def _settle(self) -> Response:
        wanted = request.get_json()
        with self.lock:
            made = self.state["verifications"][str(wanted["reference_id"])]
            status = VALID if wanted["status"] == "VALID" else invalid("INVALID_BANK_ACCOUNT")
            made["holder"] = made["holder"] or made["name"].upper()
            self._end(made, list(status))
        return answer(shown(made))

    def _set_state(self) -> Response:
        with self.lock:
            self.state |= request.get_json()
        return answer({})


def shown(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return a verification as the vendor shows it."""
    status, code = made["status"]
    base = {
        "reference_id": made["reference_id"],
        "user_id": made["user_id"],
        "account_status": status,
        "account_status_code": code,
        "bank_name": "SANDBOX BANK",
        "city": "MUMBAI",
        "branch": "SANTACRUZ, MUMBAI",
        "micr": 400532038,
        "utr": f"4042232{made['reference_id']}" if status == "VALID" else None,
        "name_at_bank": None,
        "name_match_score": None,
        "name_match_result": None,
        "ifsc_details": {"ifsc": made["ifsc"], "bank": "SANDBOX BANK", "city": "MUMBAI"},
    }
    if status != "VALID":
        return base
    score = score_of(made["name"], made["holder"]) if made["name"] else None
    return base | {
        "name_at_bank": made["holder"],
        "name_match_score": None if score is None else f"{score}.00",
        "name_match_result": None if score is None else result_of(score),
    }


def score_of(entered: str, holder: str) -> int:
    """Return how well two names agree, as the vendor's examples have it."""
    plain = " ".join(entered.lower().split())
    known = SCORES.get(holder, {}).get(plain)
    if known is not None:
        return known
    return round(100 * SequenceMatcher(None, plain, holder.lower()).ratio())


def result_of(score: int) -> str:
    """Return the word for a score."""
    for least, word in (
        (100, "DIRECT_MATCH"),
        (85, "GOOD_PARTIAL_MATCH"),
        (60, "MODERATE_PARTIAL_MATCH"),
        (34, "POOR_PARTIAL_MATCH"),
    ):
        if score >= least:
            return word
    return "NO_MATCH"


def refused(kind: str, code: str, words: str, status: int) -> Response:
    """Return an error in the vendor's envelope."""
    return answer({"type": kind, "code": code, "message": words}, status)


def make_sandbox(state_file: Path | None = None) -> Cashfree:
    """Return a new sandbox."""
    return Cashfree(state_file)


if __name__ == "__main__":
    main("cashfree")
