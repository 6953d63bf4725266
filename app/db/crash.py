"""Named crash points: a test build dies exactly there, as if the power had gone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

EXIT_CODE: Final = 137

_armed = os.environ.get("CRASH_AT") if os.environ.get("LAUREL_MODE") == "test" else None
_once = os.environ.get("CRASH_ONCE_FILE")


def crash_point(name: str) -> None:
    """Die here when a test build asked for `name` (CRASH_AT=name); otherwise do nothing.

    With CRASH_ONCE_FILE set, only the first arrival dies: it creates the file first.
    """
    if _armed != name:
        return
    if _once is not None:
        marker = Path(_once)
        if marker.exists():
            return
        marker.touch()
    os._exit(EXIT_CODE)
