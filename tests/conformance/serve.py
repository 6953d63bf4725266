"""The four endpoints of the ledger-conformance-kit on a scratch Laurel of its own.

    python -m tests.conformance.serve [--port N] [--workers N]

PostgreSQL (durable) and Valkey are embedded and begin empty; Ctrl-C ends all and leaves nothing.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from app.runtime import embedded, site
from app.runtime.children import Child
from app.runtime.progress import say

_PATIENCE = 60.0


@contextmanager
def web(
    home: Path, environment: Mapping[str, str], *, port: int | None = None, workers: int = 2
) -> Iterator[str]:
    """Run the web processes on servers that are there, and yield their address."""
    port = port or free_port()
    env = os.environ | environment
    env |= {"LAUREL_HOME": str(home), "LAUREL_CONFORMANCE": "1", "LAUREL_MODE": "test"}
    env |= {"PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    child = Child(site.WEB, home, site.ROOT, env)
    child.start()
    try:
        _wait(port, child)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop(hurry=False)


@contextmanager
def everything(*, port: int, workers: int) -> Iterator[str]:
    """Run servers and web processes in a folder that is thrown away, and yield the address."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        postgres = embedded.start_postgres(home, durable=True)
        valkey = embedded.start_valkey(home)
        environment = {
            "DATABASE_URL": postgres.url_app,
            "DATABASE_OWNER_URL": postgres.url_owner,
            "REDIS_URL": valkey.url,
        }
        try:
            subprocess.run(
                [sys.executable, "-m", "alembic", "upgrade", "head"],
                cwd=site.ROOT,
                env=os.environ | environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            with web(home, environment, port=port, workers=workers) as url:
                yield url
        finally:
            valkey.stop()
            postgres.stop()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, child: Child) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _answers(port):
        if child.process is None or child.process.poll() is not None:
            raise RuntimeError(f"The web process ended at once; see {child.home / 'logs'}.")
        if time.monotonic() > deadline:
            raise TimeoutError("The web process does not answer.")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8400")))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with everything(port=options.port, workers=options.workers) as url:
        say(f"The books of a test build answer at {url}/_lck/ until Ctrl-C.")
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
