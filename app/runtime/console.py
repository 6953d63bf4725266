"""The logs of all processes on one screen, for `make run LOG=1`."""

import threading
from pathlib import Path
from typing import IO

from app.runtime.progress import say

_PAUSE_SECONDS = 0.2


class Console(threading.Thread):
    """Follows log files and prints what is added, each line with the name of its file."""

    def __init__(self, logs: list[Path]) -> None:
        super().__init__(name="console", daemon=True)
        self._logs = logs
        self._positions = {log: _size(log) for log in logs}
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            self._show()

    def stop(self) -> None:
        """Print what is left and end."""
        self._stopping.set()
        self.join()
        self._show()

    def _show(self) -> None:
        for log in self._logs:
            if _size(log) < self._positions[log]:
                self._positions[log] = 0
            if _size(log) > self._positions[log]:
                with log.open("rb") as file:
                    self._show_new(log, file)

    def _show_new(self, log: Path, file: IO[bytes]) -> None:
        file.seek(self._positions[log])
        whole, _, _ = file.read().rpartition(b"\n")
        if not whole:
            return
        self._positions[log] += len(whole) + 1
        for line in whole.decode(errors="replace").splitlines():
            say(f"{log.stem:8} | {line}")


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0
