"""The crash storm: processes of ours that are killed without warning, again and again, under load.

    python -m tests.failures.storm --role worker

A nursery has the application loaded and forks children of one role; a child that is killed is replaced
at once. The storm itself (`rage`) picks a child every 200 milliseconds by a seeded die and kills it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from procrastinate import PsycopgConnector
from werkzeug.serving import make_server

from tests.conftest import ROOT
from tests.people.builders import WRITE
from tests.people.phone import API

EVERY: float = 0.2
ASK_AGAIN = ("idempotency_key_in_flight", "too_many_requests", "unavailable", "outcome_unknown")
"""Refusals after which the same key is sent again: nothing was changed, or nobody can say."""
MODES: Sequence[tuple[str, Mapping[str, object]]] = (
    ("slow", {"seconds": 0.3}),
    ("timeout", {}),
    ("dropped", {}),
    ("reset", {}),
    ("error", {"status": 503}),
    ("html", {}),
    ("not_found_first", {}),
)


@dataclass
class Nursery:
    """A process that keeps children of one role alive."""

    running: subprocess.Popen[bytes]

    def children(self) -> list[int]:
        """Return the processes that can be killed now."""
        listed = Path(f"/proc/{self.running.pid}/task/{self.running.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


@contextmanager
def nursery(
    servers: Mapping[str, str], role: str, count: int, log: Path, port: int = 0
) -> Iterator[Nursery]:
    """Keep `count` children of a role alive until the block ends."""
    command = [sys.executable, "-m", "tests.failures.storm", "--role", role, "--count", str(count)]
    with log.open("ab") as output:
        running = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=ROOT,
            env=os.environ | servers,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    made = Nursery(running)
    try:
        yield made
    finally:
        # Frozen first, so that it replaces nobody while its children are ended.
        running.send_signal(signal.SIGSTOP)
        for child in made.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        running.kill()
        running.wait()


@dataclass
class Tally:
    """What the storm did, and what the people in it were told."""

    killed: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    placed: set[str] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock)


def rage(nurseries: Mapping[str, Nursery], seed: int, seconds: float, tally: Tally) -> None:
    """Kill a random child every 200 ms for so long."""
    die, end = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < end:
        # Whoever is asked over the web asks again; whoever works must be found by others.
        role = die.choices(sorted(nurseries), weights=[1, 3])[0]
        children = nurseries[role].children()
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(die.choice(children), signal.SIGKILL)
                tally.killed[role] += 1
        time.sleep(EVERY)


@dataclass(frozen=True)
class Shopper:
    """Somebody who orders the same card again and again."""

    port: int
    cookie: str
    reward_id: str
    amount: Mapping[str, str]
    refused: Counter[str] = field(default_factory=Counter)
    """What was said instead of an answer, how often."""

    def order(self, key: str, until: float) -> tuple[int, str]:
        """Order under one key until somebody answers; return what was said, 0 when nobody did in time."""
        while time.monotonic() < until:
            try:
                status, said = self.ask(key)
            except (OSError, ValueError, http.client.HTTPException):
                status, said = 0, {}
            code = said.get("code")
            if status and code not in ASK_AGAIN:
                return status, said.get("id", "")
            self.refused[code or "no_answer"] += 1
            time.sleep(0.1)
        return 0, ""

    def ask(self, key: str) -> tuple[int, dict[str, str]]:
        """Order once under a key; return the status and what was said."""
        body = json.dumps({"reward_id": self.reward_id, "amount": self.amount}).encode()
        headers = {
            **WRITE,
            "Content-Type": "application/json",
            "Cookie": f"sid={self.cookie}",
            "Idempotency-Key": key,
        }
        url = f"http://127.0.0.1:{self.port}{API}/me/redemptions"
        sending = urllib.request.Request(url, body, headers, method="POST")
        try:
            with urllib.request.urlopen(sending, timeout=10) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)


def be_a_worker() -> None:
    """Do jobs until killed."""
    from app.jobs.queue import queue

    connector = PsycopgConnector(conninfo=os.environ["DATABASE_URL"])
    with queue.replace_connector(connector) as runner:
        runner.run_worker(
            concurrency=2,
            queues=["providers"],
            fetch_job_polling_interval=0.2,
            install_signal_handlers=False,
            delete_jobs="successful",
        )


def _children(count: int, live: Callable[[], None], dispose: Callable[[], None]) -> None:
    """Keep `count` children that live, whatever kills them, until killed."""
    alive: set[int] = set()
    while True:
        while len(alive) < count:
            child = os.fork()
            if child == 0:
                dispose()
                try:
                    live()
                finally:
                    time.sleep(EVERY)  # nobody is started again at once who could not go on
                    os._exit(1)
            alive.add(child)
        gone, _ = os.waitpid(-1, os.WNOHANG)
        alive.discard(gone)
        if not gone:
            time.sleep(0.02)


def main() -> None:
    """Be a nursery."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", choices=("worker", "web"), required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args()

    from app import create_app
    from app.settings import read_settings

    app = create_app(read_settings())
    engine = app.extensions["laurel"].engine

    def dispose() -> None:
        engine.dispose(close=False)

    if chosen.role == "worker":
        _children(chosen.count, be_a_worker, dispose)
        return
    listening = socket.create_server(("127.0.0.1", chosen.port), reuse_port=False, backlog=256)

    def serve() -> None:
        make_server(
            "127.0.0.1", chosen.port, app, threaded=True, fd=os.dup(listening.fileno())
        ).serve_forever()

    _children(chosen.count, serve, dispose)


if __name__ == "__main__":
    main()
