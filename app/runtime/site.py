"""Web, intake, worker and clock on servers that run already; what `make run`, browser tests and bench share."""

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.runtime import sandboxes
from app.runtime.children import Child, Role
from app.runtime.errors import CannotStart
from app.runtime.home import log_file
from app.settings import intake_socket_in

ROOT = Path(__file__).resolve().parents[2]

_READY_SECONDS = 120.0
_PAUSE_SECONDS = 0.1


def flask(*command: str) -> tuple[str, ...]:
    """Return the arguments of Python that run one of our commands."""
    return ("-m", "flask", "--app", "wsgi", *command)


_CONF = str(Path(__file__).with_name("gunicorn_conf.py"))

WEB = Role("web", (sys.executable, "-m", "gunicorn", "-c", _CONF, "--no-control-socket"))
WORKER = Role("worker", (sys.executable, *flask("worker")), stop_seconds=30.0)
INTAKE = Role("intake", (sys.executable, *flask("intake")), stop_seconds=30.0)
CLOCK = Role("clock", (sys.executable, *flask("clock")))
FEED = Role("feed", (sys.executable, *flask("demo", "feed")))
FRONT = Role("front", (sys.executable, "scripts/make.py", "watch"))

_STOP_ORDER = ("feed", "front", "clock", "worker", "web", "intake", *sandboxes.EVERY)


def own_roles(home: Path) -> list[Role]:
    """Return the processes that an installation in `home` is made of."""
    aids = [INTAKE] if intake_socket_in(home) else []
    return [WEB, *aids, WORKER, CLOCK]


@dataclass(frozen=True)
class Site:
    """A Laurel that answers."""

    url: str
    children: Sequence[Child]

    def stop(self) -> None:
        """Stop its processes, not the servers it uses."""
        _stop(self.children)


def start_site(
    home: Path, environment: Mapping[str, str], *, port: int | None = None, workers: int = 1
) -> Site:
    """Start web, intake, worker and clock, and return once /readyz says yes.

    `environment` brings DATABASE_URL and REDIS_URL of a migrated database, and LAUREL_MODE; logs are
    in `home`/logs. Without `port` a free one is taken.
    """
    port = port or _free_port()
    url = f"http://localhost:{port}"
    own = {"LAUREL_HOME": str(home), "PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    env = os.environ | environment | own | {"LAUREL_URL": url}
    children = [Child(role, home, ROOT, env) for role in own_roles(home)]
    try:
        for child in children:
            child.start()
        wait_until_ready(port, children)
    except BaseException:
        _stop(children)
        raise
    return Site(url=url, children=children)


def wait_until_ready(port: int, children: Sequence[Child]) -> None:
    """Wait for /readyz, which sees database, bus, migrations and a worker."""
    deadline = time.monotonic() + _READY_SECONDS
    while (missing := _missing(port)) is not None:
        for child in children:
            if child.process is not None and child.process.poll() is not None:
                log = log_file(child.home, child.role.name)
                raise CannotStart(f"The {child.role.name} process ended at once; see {log}.")
        if time.monotonic() > deadline:
            raise CannotStart(f"Laurel was not ready after {_READY_SECONDS:.0f} s: {missing}.")
        time.sleep(_PAUSE_SECONDS)


def in_stop_order(children: Sequence[Child]) -> list[Child]:
    """Return first what brings work, then what does it, then what is asked."""
    return sorted(children, key=lambda child: _STOP_ORDER.index(child.role.name))


def _stop(children: Sequence[Child]) -> None:
    for child in in_stop_order(children):
        child.stop(hurry=False)


def _missing(port: int) -> str | None:
    """Return what keeps Laurel from being ready, or None."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        return f"web does not answer ({error.strerror or error})"
    finally:
        connection.close()
    if response.status == 200:
        return None
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        return f"/readyz answers {response.status}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
