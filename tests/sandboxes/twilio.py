"""Twilio's Messages API (2010-04-01) as its documentation describes it, with its magic numbers.

    POST /2010-04-01/Accounts/{sid}/Messages.json        send; answers 201 with the message, state "queued"
    GET  /2010-04-01/Accounts/{sid}/Messages.json        list, filtered by To and From
    GET  /2010-04-01/Accounts/{sid}/Messages/{sid}.json  one message

News of a message go as forms to its StatusCallback, signed with HMAC-SHA1 (`X-Twilio-Signature`): `sent`, then
`delivered`. Modes beside the common ones: "undelivered" (news end with it and 30005), "no_news" (none come).
`held`, `reversed` and `copies` of `POST /_hook` are about news, whatever the address; `secret` is another
token to sign with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Mapping
from email.utils import format_datetime
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from flask import Flask, Request, Response, request

from tests.sandboxes.base import Mode, Sandbox, Sent, answer, main, post

ACCOUNT: Final = "AC" + 32 * "0"
TOKEN: Final = "twilio-sandbox-token"
VERSION: Final = "2010-04-01"
MOST_CHARACTERS: Final = 1600
MAGIC: Final[Mapping[str, tuple[int, str]]] = {
    "+15005550001": (21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable via SMS."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
"""Numbers with which the vendor's documentation lets a refusal be tried."""
GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE: Final = "\f^{}\\[~]|€"


class Twilio(Sandbox):
    """One account at Twilio."""

    name: ClassVar[str] = "twilio"

    def new_state(self) -> dict[str, Any]:
        return {"messages": {}}

    def operation(self, request: Request) -> str:
        if request.method == "POST":
            return "messages.create"
        return "messages.list" if request.path.endswith("/Messages.json") else "messages.fetch"

    def refusal(self, kind: str, mode: Mode | None) -> Response:
        match kind:
            case "throttled":
                wait = {"Retry-After": str(mode.options["wait"])} if self._waits(mode) else {}
                return refused(20429, "Too Many Requests", 429, wait)
            case "unauthorized":
                return refused(20003, "Authenticate", 401)
            case "out_of_money":
                return refused(30002, "Account suspended", 403)
            case "not_found":
                return refused(20404, "The requested resource was not found", 404)
        status = int(mode.options.get("status", 500)) if mode else 500
        return refused(20500, "Internal Server Error", status)

    @staticmethod
    def _waits(mode: Mode | None) -> bool:
        return mode is not None and "wait" in mode.options

    def signed(self, body: bytes, secret: str) -> Mapping[str, str]:
        event = json.loads(body)
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Twilio-Signature": signature(event["url"], event["form"], secret or TOKEN),
        }

    def routes(self, app: Flask) -> None:
        at = f"/{VERSION}/Accounts/<account>"
        app.before_request(self._check_account)
        app.add_url_rule(f"{at}/Messages.json", view_func=self.create, methods=["POST"])
        app.add_url_rule(f"{at}/Messages.json", view_func=self.list)
        app.add_url_rule(f"{at}/Messages/<sid>.json", view_func=self.fetch)

    def _check_account(self) -> Response | None:
        if request.path.startswith("/_"):
            return None
        given = request.authorization
        if given is None or (given.username, given.password) != (ACCOUNT, TOKEN):
            return self.refusal("unauthorized", None)
        if request.path.split("/")[3] != ACCOUNT:
            return self.refusal("not_found", None)
        return None

    def create(self, account: str) -> Response:
        form = request.form.to_dict()
        if (found := fault(form)) is not None:
            return refused(*found, 400)
        body, sender = form["Body"], form.get("From")
        at = format_datetime(self.now(), usegmt=True)
        sid = "SM" + uuid.uuid4().hex
        made = {
            "account_sid": account,
            "api_version": VERSION,
            "body": body,
            "date_created": at,
            "date_sent": None,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": sender,
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": str(segments(body)) if sender else "0",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "queued" if sender else "accepted",
            "subresource_uris": {
                "media": f"/{VERSION}/Accounts/{account}/Messages/{sid}/Media.json"
            },
            "to": form["To"],
            "uri": f"/{VERSION}/Accounts/{account}/Messages/{sid}.json",
        }
        with self.lock:
            self.state["messages"][sid] = made
            said = dict(made)
            self._go(made, form.get("StatusCallback"))
        return answer(said, 201)

    def _go(self, made: dict[str, Any], news_to: str | None) -> None:
        """Let a message arrive, or not, and tell whoever wants to know."""
        end = "undelivered" if self.taken("undelivered") else "delivered"
        made["status"], made["date_sent"] = end, format_datetime(self.now(), usegmt=True)
        if end == "undelivered":
            made["error_code"], made["error_message"] = 30005, "Unknown destination handset"
        if news_to is None or self.taken("no_news"):
            return
        bodies = [
            json.dumps({"url": news_to, "form": news(made, status)}).encode()
            for status in ("sent", end)
        ]
        if self.hooks.is_held:
            self.held.extend(bodies)
        else:
            self._deliver(bodies)

    def _deliver_one(self, body: bytes) -> None:
        event, headers = json.loads(body), self.signed(body, self.hooks.secret)
        raw = urlencode(event["form"]).encode()
        sent = Sent(raw.decode(), {**headers, "url": event["url"]})
        self.sent.append(sent)
        for _ in range(self.hook_tries):
            sent.statuses.append(post(event["url"], raw, headers))
            if 200 <= sent.statuses[-1] < 300:
                return
            time.sleep(self.hook_pause)

    def list(self, account: str) -> Response:
        wanted = {"to": request.args.get("To"), "from": request.args.get("From")}
        with self.lock:
            found = [
                one
                for one in reversed(self.state["messages"].values())
                if all(value in (None, one[name]) for name, value in wanted.items())
            ]
        size = int(request.args.get("PageSize", "50"))
        uri = f"/{VERSION}/Accounts/{account}/Messages.json?PageSize={size}&Page=0"
        return answer(
            {
                "end": len(found[:size]),
                "first_page_uri": uri,
                "messages": found[:size],
                "next_page_uri": None,
                "page": 0,
                "page_size": size,
                "previous_page_uri": None,
                "start": 0,
                "uri": uri,
            }
        )

    def fetch(self, account: str, sid: str) -> Response:  # noqa: ARG002 - the path has it, checked before
        with self.lock:
            found = self.state["messages"].get(sid)
            return answer(found) if found else self.refusal("not_found", None)


def fault(form: Mapping[str, str]) -> tuple[int, str] | None:
    """Return what the vendor says of a message that it does not take."""
    to, sender = form.get("To", ""), form.get("From") or form.get("MessagingServiceSid")
    if not to:
        return 21604, "A 'To' phone number is required."
    if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
        return 21211, f"The 'To' number {to} is not a valid phone number."
    if not sender:
        return 21603, "A 'From' phone number is required."
    if not form.get("Body"):
        return 21602, "Message body is required."
    if len(form["Body"]) > MOST_CHARACTERS:
        return 21617, "The concatenated message body exceeds the 1600 character limit"
    return MAGIC.get(to)


def segments(body: str) -> int:
    """Return how many segments the vendor charges."""
    units: list[int]
    if all(sign in GSM or sign in GSM_TWICE for sign in body):
        units, one, part = [2 if sign in GSM_TWICE else 1 for sign in body], 160, 153
    else:
        units, one, part = [len(sign.encode("utf-16-le")) // 2 for sign in body], 70, 67
    if sum(units) <= one:
        return 1
    count, room = 1, part
    for width in units:
        if width > room:
            count, room = count + 1, part
        room -= width
    return count


def news(made: Mapping[str, Any], status: str) -> dict[str, str]:
    """Return the form that tells what became of a message."""
    form = {
        "AccountSid": made["account_sid"],
        "ApiVersion": VERSION,
        "From": made["from"] or "",
        "MessageSid": made["sid"],
        "MessageStatus": status,
        "SmsSid": made["sid"],
        "SmsStatus": status,
        "To": made["to"],
    }
    if status == "undelivered":
        form["ErrorCode"] = str(made["error_code"])
    return form


def signature(url: str, form: Mapping[str, str], token: str) -> str:
    """Return what shows that a form is the vendor's."""
    words = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), words.encode(), hashlib.sha1)).decode()


def refused(
    code: int, message: str, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error in the vendor's envelope."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return answer(body, status, headers)


def make_sandbox(state_file: Path | None = None) -> Twilio:
    """Return a new sandbox."""
    return Twilio(state_file)


if __name__ == "__main__":
    main("twilio")
