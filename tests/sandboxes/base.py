"""What every sandbox shares: a web server with books, a clock that can be moved, and ugly modes.

Beside the vendor's own paths a sandbox answers

    GET  /_books             what it really did; compare this with ours
    GET  /_calls             what it was asked, in order
    POST /_mode              {"mode": "slow", "on": "placeOrder", "times": 1, "seconds": 2}; "normal" ends all
    POST /_hook              {"url": ..., "secret": ..., "copies": 2, "reversed": true, "held": true}
    POST /_hook/flush        send what was held
    GET  /_hooks             what was sent, and what came back
    POST /_clock             {"forward": 86400}: time passes here

Modes that every sandbox has (`on` is the vendor's name of the operation, "*" for all; `times` ends a mode by
itself):

    slow          do it, then wait `seconds` before answering; with "before": true wait first
    timeout       do it, then answer 504
    error         do nothing, answer `status` (500)
    down          do nothing, drop the connection
    dropped       do it, then drop the connection without a byte
    reset         do it, send half of the answer, then a TCP reset
    html cut empty huge charset nan duplicate_keys    do it, then answer 200 with that instead
    crossed       do it, then give the answer that the call before got
    throttled unauthorized out_of_money not_found     do nothing, refuse in the vendor's words

A vendor adds its own with `self.taken("name")`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Request, Response, g, request
from werkzeug.serving import WSGIRequestHandler, make_server

ROOT = Path(__file__).resolve().parents[2]
HUGE = 10 * 1024 * 1024
GARBAGE = ("html", "cut", "empty", "huge", "charset", "nan", "duplicate_keys", "crossed")
REFUSALS = ("throttled", "unauthorized", "out_of_money", "not_found")
OURS = "/_"


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as JSON."""
    return Response(
        json.dumps(value, ensure_ascii=False),
        status,
        headers=dict(headers or {}),
        content_type="application/json",
    )


@dataclass
class Mode:
    """An ugliness that is switched on."""

    name: str
    on: str
    times: int | None
    options: Mapping[str, Any]


@dataclass
class HookSettings:
    """Where webhooks go, and how badly."""

    url: str = ""
    secret: str = ""
    copies: int = 1
    is_reversed: bool = False
    is_held: bool = False
    is_off: bool = False


@dataclass
class Sent:
    """One delivery of a webhook."""

    body: str
    headers: Mapping[str, str]
    statuses: list[int] = field(default_factory=list)


class Sandbox(ABC):
    """A vendor on this machine."""

    name: ClassVar[str]
    hook_tries: ClassVar[int] = 4
    hook_pause: ClassVar[float] = 0.2

    def __init__(self, state_file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.modes: list[Mode] = []
        self.calls: list[dict[str, Any]] = []
        self.hooks = HookSettings()
        self.held: list[bytes] = []
        self.sent: list[Sent] = []
        self.ahead = timedelta(0)
        self.earlier: dict[str, deque[bytes]] = defaultdict(lambda: deque(maxlen=2))
        self.minutes: dict[str, deque[float]] = defaultdict(deque)
        self._state_file = state_file
        self.state: dict[str, Any] = self.new_state()
        if state_file is not None and state_file.exists():
            self.state |= json.loads(state_file.read_text("utf-8"))
        self.app = self._make_app()

    # What a vendor says about itself.

    @abstractmethod
    def new_state(self) -> dict[str, Any]:
        """Return the books of a new account, as JSON-able values."""

    @abstractmethod
    def routes(self, app: Flask) -> None:
        """Add the paths of the vendor."""

    @abstractmethod
    def operation(self, request: Request) -> str:
        """Return the vendor's name for what a request asks for."""

    @abstractmethod
    def refusal(self, kind: str, mode: Mode | None) -> Response:
        """Return "throttled", "unauthorized", "out_of_money", "not_found" or "error" in the vendor's words."""

    @abstractmethod
    def signed(self, body: bytes, secret: str) -> Mapping[str, str]:
        """Return the headers by which a webhook shows that it is genuine."""

    def books(self) -> Mapping[str, Any]:
        """Return what really happened."""
        return self.state

    def time_passed(self) -> None:  # noqa: B027 - most vendors do nothing
        """Do what is due now that the clock was moved."""

    # What vendors use.

    def now(self) -> datetime:
        """Return the time here."""
        return datetime.now(UTC) + self.ahead

    def taken(self, name: str, on: str | None = None) -> Mode | None:
        """Return the mode when it is switched on for this operation, and use it once."""
        operation = on if on is not None else g.operation
        with self.lock:
            for mode in self.modes:
                if mode.name == name and mode.on in ("*", operation):
                    if mode.times is not None:
                        mode.times -= 1
                        if mode.times <= 0:
                            self.modes.remove(mode)
                    return mode
        return None

    def over_limit(self, operation: str, most: int, *, seconds: float = 60) -> bool:
        """Count a call; return whether there were more than `most` in the last `seconds`."""
        now = time.monotonic()
        with self.lock:
            window = self.minutes[operation]
            while window and window[0] <= now - seconds:
                window.popleft()
            if len(window) >= most:
                return True
            window.append(now)
            return False

    def tell(self, event: Mapping[str, Any]) -> None:
        """Send a webhook, as badly as the settings say."""
        body = json.dumps(event).encode()
        with self.lock:
            if self.hooks.is_held:
                self.held.append(body)
                return
        self._deliver([body])

    # The server.

    def _make_app(self) -> Flask:
        app = Flask(f"sandbox_{self.name}")
        for path, view, methods in (
            ("_books", lambda: answer(self._locked(self.books)), ["GET"]),
            ("_calls", lambda: answer(self._locked(lambda: self.calls)), ["GET"]),
            ("_mode", self._mode, ["POST"]),
            ("_hook", self._hook, ["POST"]),
            ("_hook/flush", self._flush, ["POST"]),
            ("_hooks", self._hooks, ["GET"]),
            ("_clock", self._clock, ["POST"]),
        ):
            app.add_url_rule(f"/{path}", path, view, methods=methods)
        app.before_request(self._before)
        app.after_request(self._after)
        self.routes(app)
        return app

    def _locked(self, read: Callable[[], object]) -> object:
        with self.lock:
            return json.loads(json.dumps(read(), default=str))

    def set_mode(
        self, mode: str, *, on: str = "*", times: int | None = None, **options: Any
    ) -> None:
        """Switch an ugliness on; "normal" ends all."""
        with self.lock:
            if mode == "normal":
                self.modes.clear()
            else:
                self.modes.append(Mode(mode, on, times, options))

    def _mode(self) -> Response:
        self.set_mode(**request.get_json())
        return answer([vars(mode) for mode in self.modes])

    def _hook(self) -> Response:
        wanted = request.get_json()
        with self.lock:
            self.hooks = HookSettings(
                url=wanted.get("url", self.hooks.url),
                secret=wanted.get("secret", self.hooks.secret),
                copies=wanted.get("copies", 1),
                is_reversed=wanted.get("reversed", False),
                is_held=wanted.get("held", False),
            )
        return answer({})

    def _flush(self) -> Response:
        with self.lock:
            bodies, self.held = self.held, []
            if self.hooks.is_reversed:
                bodies.reverse()
        self._deliver(bodies).join()
        return answer({"sent": len(bodies)})

    def _hooks(self) -> Response:
        with self.lock:
            sent = [vars(one) for one in self.sent]
            return answer({"url": self.hooks.url, "off": self.hooks.is_off, "sent": sent})

    def _clock(self) -> Response:
        with self.lock:
            self.ahead += timedelta(seconds=request.get_json()["forward"])
            self.time_passed()
            self._save()
        return answer({"now": self.now().isoformat()})

    def _deliver(self, bodies: list[bytes]) -> threading.Thread:
        def run() -> None:
            for body in bodies:
                for _ in range(self.hooks.copies):
                    self._deliver_one(body)

        sender = threading.Thread(target=run, daemon=True)
        sender.start()
        return sender

    def _deliver_one(self, body: bytes) -> None:
        if not self.hooks.url or self.hooks.is_off:
            return
        headers = {"Content-Type": "application/json", **self.signed(body, self.hooks.secret)}
        sent = Sent(body.decode(), headers)
        self.sent.append(sent)
        for _ in range(self.hook_tries):
            sent.statuses.append(post(self.hooks.url, body, headers))
            if 200 <= sent.statuses[-1] < 300:
                return
            time.sleep(self.hook_pause)
        self.gave_up()

    def gave_up(self) -> None:  # noqa: B027 - most vendors only stop
        """Do what the vendor does when nobody took a webhook."""

    # Ugliness.

    def _before(self) -> Response | None:
        if request.path.startswith(OURS):
            return None
        g.operation = self.operation(request)
        with self.lock:
            self.calls.append(
                {
                    "operation": g.operation,
                    "method": request.method,
                    "path": request.full_path.rstrip("?"),
                    "body": request.get_data(as_text=True),
                }
            )
        if (slow := self._slow(is_before=True)) is not None:
            time.sleep(slow)
        if self.taken("down"):
            return _hang_up(b"")
        if mode := self.taken("error"):
            return self.refusal("error", mode)
        for kind in REFUSALS:
            if mode := self.taken(kind):
                return self.refusal(kind, mode)
        return None

    def _after(self, response: Response) -> Response:
        if request.path.startswith(OURS):
            return response
        with self.lock:
            self._save()
        body, earlier = response.get_data(), self.earlier[g.operation]
        earlier.append(body)
        if (slow := self._slow(is_before=False)) is not None:
            time.sleep(slow)
        if self.taken("timeout"):
            return Response("<html><h1>504 Gateway Time-out</h1></html>", 504, mimetype="text/html")
        if self.taken("dropped"):
            return _hang_up(b"")
        if self.taken("reset"):
            return _hang_up(_half(response, body))
        for kind in GARBAGE:
            if self.taken(kind):
                return garbage(kind, body, earlier[0])
        return response

    def _slow(self, *, is_before: bool) -> float | None:
        with self.lock:
            fits = any(
                mode.name == "slow" and bool(mode.options.get("before")) == is_before
                for mode in self.modes
            )
            mode = self.taken("slow") if fits else None
        return None if mode is None else float(mode.options.get("seconds", 1))

    def _save(self) -> None:
        if self._state_file is None or request.method == "GET":
            return
        fresh = self._state_file.with_suffix(".new")
        fresh.write_text(json.dumps(self.state), "utf-8")
        fresh.replace(self._state_file)


def garbage(kind: str, body: bytes, earlier: bytes) -> Response:
    """Return a 200 that carries something else than it should."""
    text = body.decode()
    spoiled: Mapping[str, bytes] = {
        "html": b"<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>",
        "cut": body[: len(body) // 2],
        "empty": b"",
        "huge": b" " * HUGE + body,
        "charset": body.replace(b'"', b'"\xff\xfe\xe9', 1),
        "nan": re.sub(r'(:\s*)"?-?\d+(\.\d+)?"?(?=\s*[,}\]])', r"\1NaN", text).encode(),
        "duplicate_keys": re.sub(r'\{\s*("[^"]+")\s*:', r"{\1: null, \1:", text).encode(),
        "crossed": earlier,
    }
    kinds = {"html": "text/html", "charset": "application/json; charset=utf-16"}
    return Response(spoiled[kind], 200, content_type=kinds.get(kind, "application/json"))


def _half(response: Response, body: bytes) -> bytes:
    head = f"HTTP/1.1 {response.status}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2]


def _hang_up(first: bytes) -> Response:
    """Send `first`, then reset the connection under the server's feet."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    if first:
        connection.sendall(first)
        time.sleep(0.05)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ours, theirs = socket.socketpair()
    os.dup2(ours.fileno(), connection.fileno())  # closes the real one; the server writes to nobody
    ours.close()
    theirs.close()
    return Response(status=200)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a webhook; return the status of the answer, 0 when there was none."""
    sending = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(sending, timeout=15) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code
    except OSError:
        return 0


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@contextmanager
def running(sandbox: Sandbox, *, port: int = 0) -> Iterator[str]:
    """Serve a sandbox from a thread; yield its address."""
    server = make_server("127.0.0.1", port, sandbox.app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined] # a slow answer holds nobody up
    server.block_on_close = False  # type: ignore[attr-defined]
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def process(name: str, *, state_file: Path | None = None) -> Iterator[str]:
    """Serve the sandbox `name` from a process of its own; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", f"tests.sandboxes.{name}", "--port", str(port)]
    if state_file is not None:
        command += ["--state", str(state_file)]
    running_process = subprocess.Popen(command, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield url
    finally:
        running_process.kill()
        running_process.wait()


def wait_for(url: str, *, patience: float = 60) -> None:
    """Wait until a sandbox that was just started answers."""
    deadline = time.monotonic() + patience
    while True:
        try:
            urllib.request.urlopen(f"{url}/_calls", timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


class Remote:
    """A sandbox that runs somewhere else, as tests speak to it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def books(self) -> Any:
        """Return what really happened."""
        return self._ask("/_books")

    def calls(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Return what it was asked."""
        return [
            call
            for call in self._ask("/_calls")
            if operation is None or call["operation"] == operation
        ]

    def mode(self, mode: str, **options: Any) -> None:
        """Switch an ugliness on; "normal" ends all."""
        self._ask("/_mode", {"mode": mode, **options})

    def hook(self, **settings: Any) -> None:
        """Say where webhooks go."""
        self._ask("/_hook", settings)

    def hooks(self) -> Any:
        """Return where webhooks go, what was sent, and what came back."""
        return self._ask("/_hooks")

    def flush(self) -> None:
        """Send what was held."""
        self._ask("/_hook/flush", {})

    def forward(self, seconds: float) -> None:
        """Let time pass there."""
        self._ask("/_clock", {"forward": seconds})

    def _ask(self, path: str, body: object = None) -> Any:
        sending = urllib.request.Request(
            self.url + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(sending, timeout=30) as reply:
            return json.load(reply)


def main(name: str) -> None:
    """Serve the sandbox `name` until it is ended: `python -m tests.sandboxes.<name> --port N`."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.sandboxes.{name}")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, default=None, help="a file that keeps the books")
    parser.add_argument("--hook", type=Path, default=None, help="a file as POST /_hook takes it")
    chosen = parser.parse_args()
    module = importlib.import_module(f"tests.sandboxes.{name}")
    sandbox: Sandbox = module.make_sandbox(chosen.state)
    if chosen.hook is not None and chosen.hook.exists():
        sandbox.hooks = HookSettings(**json.loads(chosen.hook.read_text("utf-8")))
    make_server(
        "127.0.0.1", chosen.port, sandbox.app, threaded=True, request_handler=_Quiet
    ).serve_forever()
