"""How long-running processes look for garbage."""

from __future__ import annotations

import gc


def settle() -> None:
    """Never look through what was loaded at start for garbage: a look takes a quarter of a second.

    Requests leave little behind that needs looking for, so the rest is looked through less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
