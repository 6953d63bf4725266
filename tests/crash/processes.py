"""Real processes for crash tests: a worker and a web server, each told where to die."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.db.crash import EXIT_CODE
from tests.conftest import ROOT

PATIENCE = 90.0


@contextmanager
def process(
    servers: Mapping[str, str], log: Path, *command: str, crash_at: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `flask <command>` on the servers of the test, until the block ends."""
    env = os.environ | servers | ({"CRASH_AT": crash_at} if crash_at else {})
    argv = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
    with log.open("ab") as output:
        running = subprocess.Popen(
            argv, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def dies(running: subprocess.Popen[bytes]) -> bool:
    """Wait for a process to end; return whether it died at its crash point."""
    return running.wait(PATIENCE) == EXIT_CODE


def eventually(done: Callable[[], bool], *, meanwhile: Callable[[], object]) -> None:
    """Wait until `done()`, doing `meanwhile()` each second as the clock would."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("It did not come to an end.")
        meanwhile()
        time.sleep(0.5)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_web(port: int) -> None:
    """Wait until the web server answers."""

    def answers() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return True

    eventually(answers, meanwhile=lambda: None)
