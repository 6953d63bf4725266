"""The smallest clients that are honest: HTTP on a kept connection, Socket.IO over a WebSocket.

They cost little, because they share two cores with what they measure.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from wsproto import ConnectionType, WSConnection
from wsproto.events import Request, TextMessage


def sale(number: str, external_id: str) -> bytes:
    """Return one dual-fuel contract as a machine posts it."""
    item = {
        "source": "bench",
        "external_id": external_id,
        "kind": "sale",
        "person": {"employee_number": number},
        "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "amount": {"amount": "1200.00", "currency": "EUR"},
        "product": "Dual-fuel",
    }
    return json.dumps({"items": [item]}).encode()


class Poster(asyncio.Protocol):
    """One kept-alive connection that posts sales, one at a time."""

    def __init__(self, port: int, api_key: str) -> None:
        self._port = port
        self._head = (
            f"POST /api/v1/activities HTTP/1.1\r\nHost: localhost:{port}\r\n"
            f"Authorization: Bearer {api_key}\r\nContent-Type: application/json\r\n"
        )
        self._got = b""
        self._answered: asyncio.Future[int] | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._line, _ = await loop.create_connection(lambda: self, "127.0.0.1", self._port)

    async def post(self, body: bytes) -> int:
        """Post `body` and return the status once the whole answer is there."""
        self._answered = asyncio.get_running_loop().create_future()
        self._line.write(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return await self._answered

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if end and len(body) >= int(_LENGTH.findall(head)[0]) and self._answered is not None:
            self._got = b""
            self._answered.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error or ConnectionResetError("The server hung up."))

    def close(self) -> None:
        self._line.close()


_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Asker:
    """A signed-in phone that opens a connection for each request, and tells how long each took."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie

    async def get(self, path: str) -> float:
        """Ask for `path`; return the seconds until the whole answer was there."""
        return await self._ask("GET", path, b"", 200)

    async def post(self, path: str, body: bytes) -> float:
        """Post `body` under a new key; return the seconds until the whole answer was there."""
        return await self._ask("POST", path, body, 201)

    async def _ask(self, method: str, path: str, body: bytes, expected: int) -> float:
        own = f"http://localhost:{self._port}"
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost:{self._port}\r\nConnection: close\r\n"
            f"Origin: {own}\r\nX-Laurel: 1\r\nCookie: sid={self._cookie}\r\n"
            f"Idempotency-Key: {uuid4()}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(head.encode() + body)
        answer = await reader.read()
        took = time.monotonic() - began
        writer.close()
        if not answer.startswith(b"HTTP/1.1 %d " % expected):
            raise SystemExit(f"The API answered {answer[-500:].decode()}")
        return took


@dataclass
class Phone:
    """A signed-in phone that watches a board and notes when which message came.

    While it watches it only keeps what arrives; reading it all waits for `close`, so that a phone is
    not late because its five hundred neighbours in the same process are being read.
    """

    port: int
    cookie: str
    csrf: str
    contest: str
    moved: list[tuple[float, str]] = field(default_factory=list)
    _kept: list[tuple[float, bytes]] = field(default_factory=list)

    async def open(self) -> None:
        """Connect, join, and watch; returns when the server has agreed."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._ws = WSConnection(ConnectionType.CLIENT)
        origin, cookie = f"http://localhost:{self.port}", f"sid={self.cookie}"
        self._send(
            Request(
                host=f"localhost:{self.port}",
                target="/socket.io/?EIO=4&transport=websocket",
                extra_headers=[(b"Origin", origin.encode()), (b"Cookie", cookie.encode())],
            )
        )
        self._agreed = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())
        await asyncio.wait_for(self._agreed.wait(), 30)

    async def close(self) -> None:
        """Leave, and read what came."""
        self._listening.cancel()
        self._writer.close()
        for arrived, data in self._kept:
            self._read(arrived, data)

    def _send(self, event: Any) -> None:
        self._writer.write(self._ws.send(event))

    async def _listen(self) -> None:
        self._parts: list[str] = []
        while data := await self._reader.read(65_536):
            if not self._agreed.is_set():
                self._read(time.monotonic(), data)
                continue
            self._kept.append((time.monotonic(), data))
            if data.endswith(_PING):
                self._send(TextMessage(data="3"))

    def _read(self, arrived: float, data: bytes) -> None:
        self._ws.receive_data(data)
        for event in self._ws.events():
            if isinstance(event, TextMessage):
                self._parts.append(event.data)
                if event.message_finished:
                    self._take("".join(self._parts), arrived)
                    self._parts.clear()

    def _take(self, text: str, arrived: float) -> None:
        if text.startswith("0"):
            self._send(TextMessage(data="40" + json.dumps({"csrf": self.csrf})))
        elif text.startswith("40"):
            self._send(TextMessage(data="421" + json.dumps(["watch", self.contest])))
        elif text.startswith("431"):
            self._agreed.set()
        elif text.startswith('42["board.moved"'):
            self.moved.append((arrived, text))


_PING = b"\x81\x012"
"""A frame with Engine.IO's ping, as it ends what a server sends."""
