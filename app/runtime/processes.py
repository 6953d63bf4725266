"""Child processes that do not outlive their parent and are never confused with a stranger's."""

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import psutil

_PR_SET_PDEATHSIG = 1


def spawn(
    argv: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
    group: int | None = None,
    orphan_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, so that Ctrl-C reaches only the parent."""
    return subprocess.Popen(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=None if env is None else dict(env),
        cwd=cwd,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        start_new_session=True,
        # It takes no lock, so threads do not matter.
        preexec_fn=_follow_parent_to_the_grave(orphan_signal),  # noqa: PLW1509
    )


def stop(process: subprocess.Popen[bytes], *, with_signal: signal.Signals, seconds: float) -> bool:
    """Ask `process` to leave and wait; return whether it left without being killed."""
    if process.poll() is None:
        process.send_signal(with_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def end_group(leader: int) -> None:
    """Kill what is left of the session that `leader`, just ended, had opened."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


@dataclass(frozen=True)
class Identity:
    """A process by number and birth, so that a recycled number is not mistaken for it."""

    pid: int
    born_at: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """Return the identity of the running process `pid`."""
        return cls(pid=pid, born_at=psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """Return the process if it still runs."""
        try:
            process = psutil.Process(self.pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if alive and process.create_time() == self.born_at else None
        except psutil.NoSuchProcess:
            return None


def remember(record: Path, running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Write which processes run now, replacing the earlier record in one step."""
    identities = [Identity.of(process.pid) for process in running if process.poll() is None]
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps([asdict(identity) for identity in identities]))
    draft.replace(record)


def recall(record: Path) -> list[Identity]:
    """Return the processes of an earlier record, none when there is no readable record."""
    try:
        return [Identity(**entry) for entry in json.loads(record.read_text())]
    except (OSError, ValueError, TypeError):
        return []


def end_leftover(process: psutil.Process, *, with_signal: signal.Signals, seconds: float) -> None:
    """Stop a process that an earlier, killed parent left behind."""
    try:
        process.send_signal(with_signal)
        process.wait(seconds)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(seconds)
    except psutil.NoSuchProcess:
        return


def _follow_parent_to_the_grave(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    """On Linux the kernel sends `orphan_signal` when the parent dies, however it dies."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:
            os.kill(os.getpid(), orphan_signal)

    return follow
