"""How Plum is spoken to: OAuth with pairs of tokens that replace each other, and one envelope for all.

A refresh token works once (one page of the vendor) or for six hours more (another page): so one worker at a
time refreshes, and the new pair is kept in the very transaction that spent the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from app.providers import reading
from app.providers.accounts import Account, Memory
from app.providers.contract import Refused, Unknown
from app.providers.wire import BadReply, Reply, Silence, Wire

PATIENT: Final = 130.0
"""Seconds: a realtime product may take 120."""

QUICK: Final = 30.0
ACCESS_LIVES: Final = timedelta(days=15)
PENALTY: Final = 60
SHARED: Final = frozenset({"placeOrder", "getOrderDetails"})
"""Operations whose limit, once met, silences every worker; a listing only gives up."""

ACCESS: Final = Refused("provider_access", "Plum does not accept our credentials.", pauses=True)


class Stopped(Exception):
    """A call that came to nothing, with what is to be answered; `error_id` is the vendor's."""

    def __init__(self, answer: Refused | Unknown, error_id: str = "") -> None:
        super().__init__(str(answer))
        self.answer, self.error_id = answer, error_id


class PlumSession:
    """Calls of one account, with its tokens kept fresh."""

    def __init__(self, account: Account, wire: Wire, memory: Memory) -> None:
        self._account, self._wire, self._memory = account, wire, memory
        self._secrets = account.secrets

    def ask(self, operation: str, asked: Mapping[str, Any], *, timeout: float = QUICK) -> Any:
        """Return what the operation answers under its name; raise Stopped or BadReply."""
        self._keep_silent(operation)
        self._freshen()
        said = self._call(operation, asked, timeout)
        if _is_stale(said):
            self._replace(self._secrets.get("access_token", ""))
            said = self._call(operation, asked, timeout)
        return reading.at(self._understood(operation, said), "data", operation, "data")

    def _call(self, operation: str, asked: Mapping[str, Any], timeout: float) -> Reply | Silence:
        kind = "query" if operation == "getBalance" else "mutation"
        envelope = {
            "query": f"plumProAPI.{kind}.{operation}",
            "tag": "plumProAPI",
            "variables": {"data": asked},
        }
        return self._wire.call(
            "POST",
            "/api",
            headers={
                "Authorization": f"Bearer {self._secrets.get('access_token', '')}",
                "Content-Type": "application/json",
            },
            body=orjson.dumps(envelope),
            timeout=float(self._account.settings.get("timeout_seconds", timeout)),
        )

    def _understood(self, operation: str, said: Reply | Silence) -> Mapping[str, Any]:
        if isinstance(said, Silence):
            raise Stopped(Unknown(said.reason))
        try:
            body = reading.mapping(said.json())
        except BadReply:
            if said.status == 200:
                raise
            raise Stopped(Unknown(f"http_{said.status}")) from None
        if "errors" in body:
            raise Stopped(self._throttled(operation, body))
        if isinstance(body.get("errorId"), str):
            raise Stopped(Unknown(f"http_{said.status}"), body["errorId"])
        if said.status == 401:
            raise Stopped(ACCESS)
        if said.status != 200:
            raise Stopped(Unknown(f"http_{said.status}"))
        if reading.whole(body, "data", operation, "status") != 1:
            raise BadReply("The envelope does not say that it went well.")
        return body

    # Limits.

    def _keep_silent(self, operation: str) -> None:
        if operation not in SHARED:
            return
        until = self._memory.penalty()
        if until is not None:
            raise Stopped(Unknown("throttled", retry_after=until - self._memory.now()))

    def _throttled(self, operation: str, body: Mapping[str, Any]) -> Unknown:
        first = reading.rows(body["errors"])[0] if body["errors"] else {}
        if first.get("message") != "auth.request_limit_exceeded":
            return Unknown("errors")
        seconds = first.get("penaltySeconds")
        pause = timedelta(
            seconds=seconds if type(seconds) is int and 0 < seconds < 3600 else PENALTY
        )
        if operation in SHARED:
            self._memory.set_penalty(self._memory.now() + pause)
        return Unknown("throttled", retry_after=pause)

    # Tokens.

    def _freshen(self) -> None:
        """Replace the access token at half its life, or when nobody knows how old it is."""
        until = self._secrets.get("access_expiry", "")
        fresh_until = self._memory.now() + ACCESS_LIVES / 2
        if until.isdigit() and datetime.fromtimestamp(int(until) / 1000, UTC) > fresh_until:
            return
        try:
            self._replace(self._secrets.get("access_token", ""))
        except Stopped as stopped:
            if isinstance(stopped.answer, Refused):
                raise
            # No answer to the refresh: the old token may live long enough.

    def _replace(self, stale: str) -> None:
        trouble: list[Refused | Unknown] = []

        def change(held: Mapping[str, str]) -> Mapping[str, str] | None:
            if held.get("access_token", "") != stale:
                return None
            pair = self._new_pair(held)
            if isinstance(pair, Refused | Unknown):
                trouble.append(pair)
                return None
            return {**held, **pair}

        self._secrets = self._memory.refresh(change)
        if trouble:
            raise Stopped(trouble[0])

    def _new_pair(self, held: Mapping[str, str]) -> Mapping[str, str] | Refused | Unknown:
        said = self._wire.call(
            "POST",
            "/token/user",
            headers={"Content-Type": "application/json"},
            body=orjson.dumps(
                {
                    "grant_type": "refresh_token",
                    "refresh_token": held.get("refresh_token", ""),
                    "client_id": held.get("client_id", ""),
                    "client_secret": held.get("client_secret", ""),
                }
            ),
            timeout=QUICK,
        )
        if isinstance(said, Silence):
            return Unknown(f"refresh: {said.reason}")
        if said.status in (400, 401):
            return ACCESS
        return _settled_or(lambda: _pair(said), Unknown(f"refresh: http_{said.status}"))


def _pair(said: Reply) -> Mapping[str, str]:
    if said.status != 200:
        raise BadReply("There is no pair of tokens in this.")
    body = said.json()
    return {
        "access_token": reading.text(body, "access_token"),
        "refresh_token": reading.text(body, "refresh_token"),
        "access_expiry": str(reading.whole(body, "access_token_expiry")),
        "refresh_expiry": str(reading.whole(body, "refresh_token_expiry")),
    }


def _settled_or(
    read: Callable[[], Mapping[str, str]], otherwise: Unknown
) -> Mapping[str, str] | Unknown:
    try:
        return read()
    except BadReply:
        return otherwise


def _is_stale(said: Reply | Silence) -> bool:
    """Whether this is about the access token; refusals of the application come with 401, too."""
    if isinstance(said, Silence) or said.status != 401:
        return False
    try:
        return "errorId" not in reading.mapping(said.json())
    except BadReply:
        return True
