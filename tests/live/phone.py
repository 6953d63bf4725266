"""A phone with one open socket: signs in, watches a board, keeps what is pushed to it."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.request import Request, urlopen

from websocket import WebSocket, WebSocketException, WebSocketTimeoutException, create_connection


class Phone:
    """A signed-in browser with a socket, as Socket.IO has it."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.csrf = self.get("/me")["csrf"]
        self.pushes: list[tuple[str, dict[str, Any]]] = []
        self._answers = 0
        self._socket: WebSocket | None = None

    def get(self, path: str) -> Any:
        """Read from the API."""
        request = Request(f"{self.url}/api/v1{path}", headers={"Cookie": f"sid={self.token}"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def sign_out(self) -> None:
        """End the session, over HTTP."""
        headers = {
            "Cookie": f"sid={self.token}",
            "X-Laurel": "1",
            "X-CSRF-Token": self.csrf,
            "Origin": self.url,
        }
        request = Request(f"{self.url}/api/v1/sign-out", method="POST", headers=headers)
        urlopen(request, timeout=10).close()

    def connect(self, origin: str | None = "own") -> bool:
        """Open the socket; False when the server refuses."""
        try:
            self._socket = create_connection(
                self.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket",
                cookie=f"sid={self.token}",
                origin=self.url if origin == "own" else origin,
                suppress_origin=origin is None,
                timeout=10,
            )
        except WebSocketException:
            return False
        self._next(10)
        self._socket.send("40" + json.dumps({"csrf": self.csrf}))
        return (self._next(10) or "").startswith("40")

    def watch(self, contest_id: str) -> bool:
        """Ask for the pushes of a board; False when it is not for us."""
        assert self._socket is not None
        number = self._answers
        self._answers += 1
        self._socket.send(f"42{number}" + json.dumps(["watch", contest_id]))
        while (packet := self._next(10)) is not None:
            if packet.startswith(f"43{number}"):
                (answer,) = json.loads(packet[2 + len(str(number)) :])
                return bool(answer["ok"])
            self._keep(packet)
        return False

    def wait_for(self, name: str, seconds: float = 10, **wanted: Any) -> dict[str, Any] | None:
        """Return the next push called `name` with these values, None when none comes in time."""
        deadline = time.monotonic() + seconds
        while True:
            for at, (found, push) in enumerate(self.pushes):
                if found == name and wanted.items() <= push.items():
                    del self.pushes[: at + 1]
                    return push
            left = deadline - time.monotonic()
            packet = self._next(left) if left > 0 else None
            if packet is None:
                return None
            self._keep(packet)

    def is_ended(self, seconds: float = 10) -> bool:
        """Whether the server lets go of the socket in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            packet = self._next(left)
            if packet == "" or (packet or "").startswith("41"):
                return True
        return False

    def close(self) -> None:
        """Put the phone away."""
        if self._socket is not None:
            self._socket.close()

    def _next(self, seconds: float) -> str | None:
        """Return the next packet that is no heartbeat, "" at the end, None when time is up."""
        assert self._socket is not None
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                packet = str(self._socket.recv())
            except WebSocketTimeoutException:
                return None
            except (WebSocketException, OSError):
                return ""
            if packet != "2":
                return packet
            self._socket.send("3")
        return None

    def _keep(self, packet: str) -> None:
        if packet.startswith("42"):
            name, push = json.loads(packet[2:])
            self.pushes.append((name, push))
