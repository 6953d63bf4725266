"""A driver of the four endpoints: what the public ledger-conformance-kit sends, over real connections."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

Answer = dict[str, Any]


Raw = Callable[[str, str, bytes | None], tuple[int, bytes]]
"""(method, path, body) -> status and body of the answer."""


@dataclass(frozen=True)
class Kit:
    """A client of a ledger that answers the kit."""

    raw: Raw

    def reset(self) -> None:
        self._send("POST", "/_lck/reset", {})

    def post(
        self, *legs: Answer, key: str, transaction: str = "", may_overdraw: bool = False
    ) -> Answer:
        return self._send(
            "POST",
            "/_lck/post",
            {
                "idempotencyKey": key,
                "transactionId": transaction or f"lck-{key}",
                "allowOverdraft": may_overdraw,
                "legs": list(legs),
            },
        )

    def transfer(
        self, source: str, target: str, amount: int, *, key: str, may_overdraw: bool = False
    ) -> Answer:
        return self.post(
            debit(source, amount), credit(target, amount), key=key, may_overdraw=may_overdraw
        )

    def seed(self, account: str, amount: int) -> None:
        told = self.transfer(
            "external:funding", account, amount, key=f"seed:{account}:{amount}", may_overdraw=True
        )
        assert told["status"] == "APPLIED"

    def balance(self, account: str, currency: str = "USD") -> int:
        query = urlencode({"account": account, "currency": currency})
        answer = self._send("GET", f"/_lck/balance?{query}", None)
        assert type(answer["subunits"]) is int
        return answer["subunits"]

    def journal(self) -> list[Answer]:
        entries = self._send("GET", "/_lck/journal", None)
        assert isinstance(entries, list)
        return entries

    def rebuilt(self, account: str) -> int:
        """Return the balance that follows from the journal alone."""
        return sum(signed(entry) for entry in self.journal() if entry["accountId"] == account)

    def at_once(self, count: int, send: Callable[[int], Answer]) -> Counter[str]:
        """Let `count` callers go at the same moment; return how many were told what."""
        start = threading.Barrier(count)

        def one(nth: int) -> str:
            start.wait()
            return str(send(nth)["status"])

        with ThreadPoolExecutor(count) as pool:
            return Counter(pool.map(one, range(count)))

    def _send(self, method: str, path: str, body: Any) -> Any:
        status, said = self.raw(method, path, None if body is None else json.dumps(body).encode())
        assert status == 200, said
        return json.loads(said)


@contextmanager
def over_http(url: str) -> Iterator[Raw]:
    """Yield the way to a ledger at `url`: connections are kept, as many as there were callers at once."""
    address = urlsplit(url)
    idle: list[http.client.HTTPConnection] = []

    def connect() -> http.client.HTTPConnection:
        return http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)

    def ask(
        connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.status, response.read()
        idle.append(connection)
        return answer

    def raw(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        with suppress(IndexError, ConnectionError):  # None is kept, or the server let it go.
            return ask(idle.pop(), method, path, body)
        return ask(connect(), method, path, body)

    try:
        yield raw
    finally:
        for connection in idle:
            connection.close()


def debit(account: str, amount: int, currency: str = "USD") -> Answer:
    return _leg(account, "DEBIT", amount, currency)


def credit(account: str, amount: int, currency: str = "USD") -> Answer:
    return _leg(account, "CREDIT", amount, currency)


def _leg(account: str, direction: str, amount: int, currency: str) -> Answer:
    return {"accountId": account, "type": direction, "amountSubunits": amount, "currency": currency}


def signed(entry: Answer) -> int:
    """Return what an entry moves: a credit is more for the account."""
    amount: int = entry["amountSubunits"]
    return amount if entry["type"] == "CREDIT" else -amount


def essence(entries: Sequence[Answer]) -> list[tuple[Any, ...]]:
    """Return what may never change about entries, in order."""
    names = ("sequence", "transactionId", "accountId", "type", "amountSubunits")
    return [tuple(entry[name] for name in names) for entry in entries]


def broken_at(entries: Sequence[Answer]) -> int | None:
    """Return the sequence of the first entry that does not hang on the one before, None when all do."""
    before = "GENESIS"
    for entry in entries:
        names = ("transactionId", "accountId", "type", "amountSubunits", "currency", "sequence")
        text = "|".join([before, *(str(entry[name]) for name in names)])
        if (entry["prevHash"], entry["entryHash"]) != (
            before,
            hashlib.sha256(text.encode()).hexdigest(),
        ):
            return int(entry["sequence"])
        before = entry["entryHash"]
    return None
