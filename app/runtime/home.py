"""LAUREL_HOME: the one folder that holds all state, used by one Laurel at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.runtime.errors import CannotStart
from app.settings import ENVIRONMENT_FILE

LEAST_FREE_BYTES = 300 * 1024 * 1024
_LONGEST_LOG = 10 * 1024 * 1024


@contextmanager
def occupied(home: Path) -> Iterator[None]:
    """Make `home` and keep every other Laurel out of it; a killed one keeps nobody out."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / "logs").mkdir(exist_ok=True)
        lock = (home / "lock").open("a+")
    except OSError as error:
        raise CannotStart(f"{home} cannot be used for data: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"Laurel runs on {home} already, as process {lock.read().strip()}; "
                "stop that one or set LAUREL_HOME to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_space(home: Path) -> None:
    """Refuse to start when the disk is about to be full."""
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise CannotStart(
            f"The disk of {home} has {free // 1024**2} MB free; "
            f"Laurel needs {LEAST_FREE_BYTES // 1024**2} MB."
        )


def write_environment(home: Path, environment: Mapping[str, str]) -> None:
    """Leave word, for the commands of `flask`, how to reach the servers of this home."""
    file = home / ENVIRONMENT_FILE
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in environment.items()), "utf-8")


def log_file(home: Path, name: str) -> Path:
    """Return where `name` logs, the earlier log put aside once it is long."""
    log = home / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    return log
