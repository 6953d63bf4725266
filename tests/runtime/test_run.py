"""`python -m app.runtime`, which `make run` ends in, as a person meets it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120

Start = Callable[..., "Laurel"]

pytestmark = pytest.mark.slow


class Laurel:
    """One started Laurel and what it printed."""

    def __init__(self, home: Path, port: int, **environment: str) -> None:
        self.home, self.port = home, port
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE_", "REDIS_", "LAUREL_"))
        }
        chosen = {"LAUREL_HOME": str(home), "PORT": str(port), "LAUREL_MODE": "production"}
        self.output = home.with_suffix(".txt")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.runtime"],
                cwd=ROOT,
                env=inherited | chosen | {"WEB_CONCURRENCY": "1"} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, sentence: str) -> "Laurel":
        deadline = time.monotonic() + SECONDS
        while sentence not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        return self

    def ready(self) -> "Laurel":
        return self.wait_for("Laurel is ready")

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.code()

    def code(self) -> int:
        """Wait until it ends by itself."""
        return self.process.wait(SECONDS)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return bool(json.load(answer)["status"] == "ready")
        except (urllib.error.URLError, ConnectionError):
            return False


@pytest.fixture
def start(tmp_path: Path, free_port: int) -> Iterator[Start]:
    started: list[Laurel] = []

    def start_one(name: str = "home", port: int = free_port, **environment: str) -> Laurel:
        started.append(Laurel(tmp_path / name, port, **environment))
        return started[-1]

    yield start_one
    for laurel in started:
        laurel.end()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_it_starts_says_where_and_ends_cleanly(start: Start) -> None:
    laurel = start().ready()
    address = f"http://localhost:{laurel.port}"
    ready, children = laurel.is_ready(), laurel.children()

    code = laurel.end()

    assert ready
    assert address in laurel.said()
    assert code == 0
    assert [child for child in children if child.is_running()] == []


def test_it_starts_again_after_being_killed(start: Start) -> None:
    start().ready().end(signal.SIGKILL)

    again = start().ready()

    assert again.is_ready()
    assert "Migrations" not in again.said()


def test_a_second_one_on_the_same_home_is_one_sentence(start: Start) -> None:
    first = start().ready()

    second = Laurel(first.home, first.port + 1)
    code = second.code()

    assert code == 1
    assert f"already, as process {first.process.pid};" in second.said()
    assert "Traceback" not in second.said()


def test_a_busy_port_is_one_sentence(start: Start, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        laurel = start()
        code = laurel.code()

    assert code == 1
    assert f"Port {free_port} is in use by another program" in laurel.said()
    assert "Traceback" not in laurel.said()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("redis://127.0.0.1:1/0", "The server of REDIS_URL does not answer"),
        ("garbage", "REDIS_URL is not an address"),
    ],
)
def test_a_bus_that_does_not_answer_is_one_sentence(
    start: Start, address: str, sentence: str
) -> None:
    laurel = start(REDIS_URL=address)

    assert laurel.code() == 1
    assert sentence in laurel.said()
    assert "Traceback" not in laurel.said()


def test_a_database_that_is_away_is_one_sentence(start: Start) -> None:
    laurel = start(DATABASE_URL="postgresql://laurel:secret@127.0.0.1:1/laurel")

    code = laurel.code()

    assert code == 1
    assert "The database of DATABASE_URL did not let us in" in laurel.said()
    assert "secret" not in laurel.said()
    assert "Traceback" not in laurel.said()


def test_what_dies_is_started_again(start: Start) -> None:
    laurel = start().ready()
    record = json.loads((laurel.home / "processes.json").read_text())

    for entry in record:
        os.kill(entry["pid"], signal.SIGKILL)
    laurel.wait_for("web ended (signal SIGKILL) and starts again in 1 s")
    deadline = time.monotonic() + SECONDS
    while not laurel.is_ready() and time.monotonic() < deadline:
        time.sleep(0.2)

    assert laurel.is_ready()


def test_servers_that_die_are_started_again(start: Start) -> None:
    laurel = start().ready()
    servers = [c for c in psutil.Process(laurel.process.pid).children() if _is_server(c)]

    for server in servers:
        server.kill()
    laurel.wait_for("PostgreSQL ended and starts again")
    deadline = time.monotonic() + SECONDS
    while not laurel.is_ready() and time.monotonic() < deadline:
        time.sleep(0.2)

    assert len(servers) == 2
    assert laurel.is_ready()


def test_databases_of_the_operator_replace_ours(start: Start, servers: dict[str, str]) -> None:
    laurel = start(
        DATABASE_URL=servers["DATABASE_URL"],
        DATABASE_OWNER_URL=servers["DATABASE_OWNER_URL"],
        REDIS_URL=servers["REDIS_URL"],
    ).ready()

    assert laurel.is_ready()
    assert not (laurel.home / "postgres").exists()
    assert not (laurel.home / "valkey").exists()


def _is_server(process: psutil.Process) -> bool:
    return Path(process.exe()).name in ("postgres", "valkey-server")
