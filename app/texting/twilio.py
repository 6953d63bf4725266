"""Twilio's Messages API (2010-04-01), as its documentation describes it.

    POST /2010-04-01/Accounts/{AccountSid}/Messages.json    form: To, Body, From or MessagingServiceSid, StatusCallback

It documents no key by which a repeated request is known, so nothing is repeated that may have arrived. A 429
is documented as not processed. News come as forms, signed with HMAC-SHA1 over the address and the sorted form.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from app.providers.hooks import NotGenuine
from app.providers.wire import BadReply, Reply, Silence, Wire
from app.settings import SmsSettings
from app.texting.contract import Accepted, News, NotNow, Refused, Said, Silent, Text
from app.texting.core import State

PATIENCE: Final = 20.0
SIGNATURE: Final = "x-twilio-signature"
_SID: Final = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_STATES: Final[Mapping[str, State]] = {
    "accepted": State.SENT,
    "scheduled": State.SENT,
    "queued": State.SENT,
    "sending": State.SENT,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
_OPERATORS: Final = frozenset({401, 403, 404})
"""Our account is wrong, closed or not paid; the operator may put that right."""


class Twilio:
    """One account at Twilio."""

    name = "twilio"

    def __init__(self, settings: SmsSettings, *, patience: float = PATIENCE) -> None:
        self._settings, self._patience = settings, patience
        self.sender = settings.sender
        self.is_near = not settings.url.startswith("https://")

    def send(self, text: Text) -> Said:
        account = self._settings.account
        said = Wire(self._settings.url).call(
            "POST",
            f"/2010-04-01/Accounts/{account}/Messages.json",
            headers={
                "Authorization": f"Basic {self._credentials()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(self._form(text)).encode(),
            timeout=self._patience,
        )
        if isinstance(said, Silence):
            return Silent(said.reason) if said.was_sent else NotNow(said.reason)
        return _read(said)

    def _credentials(self) -> str:
        pair = f"{self._settings.account}:{self._settings.token}"
        return base64.b64encode(pair.encode()).decode()

    def _form(self, text: Text) -> dict[str, str]:
        service = self.sender.startswith("MG")
        form = {
            "To": text.to,
            "Body": text.body,
            "MessagingServiceSid" if service else "From": self.sender,
        }
        return form | ({"StatusCallback": text.news_to} if text.news_to else {})

    def hear(
        self, url: str, headers: Mapping[str, str], form: Sequence[tuple[str, str]]
    ) -> News | None:
        given, said = headers.get(SIGNATURE, ""), dict(form)
        is_signed = hmac.compare_digest(
            given.encode(), sign(url, form, self._settings.token).encode()
        )
        if not is_signed or said.get("AccountSid") != self._settings.account:
            raise NotGenuine("This does not carry the proof that it is genuine.")
        state = _STATES.get(said.get("MessageStatus", ""))
        if state is None or not _SID.fullmatch(said.get("MessageSid", "")):
            return None
        return News(said["MessageSid"], state, said.get("ErrorCode") or None)


def sign(url: str, form: Sequence[tuple[str, str]], token: str) -> str:
    """Return Twilio's signature of a form that is posted to `url`."""
    words = "".join(name + value for name, value in sorted(set(form)))
    mac = hmac.new(token.encode(), f"{url}{words}".encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def _read(reply: Reply) -> Said:
    if reply.status in (200, 201):
        return _accepted(reply)
    if reply.status == 429:
        wait = reply.headers.get("retry-after", "")
        return NotNow(_code(reply), int(wait) if wait.isdecimal() else None)
    if reply.status in _OPERATORS:
        return NotNow(_code(reply))
    if 400 <= reply.status < 500:
        return Refused(_code(reply))
    return Silent(f"http_{reply.status}")


def _accepted(reply: Reply) -> Said:
    body = _body(reply)
    sid, state = str(body.get("sid")), _STATES.get(str(body.get("status")), State.SENT)
    if not _SID.fullmatch(sid):
        return Silent("unreadable")
    return Accepted(sid, state)


def _code(reply: Reply) -> str:
    code = _body(reply).get("code")
    return str(code) if isinstance(code, int) else f"http_{reply.status}"


def _body(reply: Reply) -> dict[str, Any]:
    try:
        body = reply.json()
    except BadReply:
        return {}
    return body if isinstance(body, dict) else {}
