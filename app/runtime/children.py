"""Laurel's own processes: each is started, watched and started again when it dies."""

import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.runtime import processes
from app.runtime.home import log_file
from app.runtime.progress import say

_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0


@dataclass(frozen=True)
class Role:
    """One kind of process and how long it may take to finish what it does."""

    name: str
    argv: tuple[str, ...]
    stop_seconds: float = 15.0


@dataclass
class Child:
    """A role at work."""

    role: Role
    home: Path
    root: Path
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the process, its output going to its log."""
        with log_file(self.home, self.role.name).open("ab") as output:
            self.process = processes.spawn(
                self.role.argv, output=output, env=self.env, cwd=self.root
            )
        self.started_at = time.monotonic()

    def tend(self) -> bool:
        """Start the process again when it died, later each time; return whether it was started."""
        now = time.monotonic()
        if self.process is None:
            if now < self.again_at:
                return False
            self.start()
            return True
        code = self.process.poll()
        if code is None:
            return False
        processes.end_group(self.process.pid)
        self.deaths = 1 if now - self.started_at > _STEADY_SECONDS else self.deaths + 1
        pause = min(2.0 ** (self.deaths - 1), _LONGEST_PAUSE)
        self.process, self.again_at = None, now + pause
        say(
            f"{self.role.name} ended ({_how(code)}) and starts again in {pause:.0f} s; "
            f"see {log_file(self.home, self.role.name)}"
        )
        return False

    def stop(self, *, hurry: bool) -> None:
        """End the process, politely unless there is no time."""
        if self.process is not None:
            seconds = 1.0 if hurry else self.role.stop_seconds
            processes.stop(self.process, with_signal=signal.SIGTERM, seconds=seconds)
            processes.end_group(self.process.pid)
            self.process = None


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
