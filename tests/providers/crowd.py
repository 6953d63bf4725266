"""Many workers at once before one provider that does not answer until it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.providers.seats import SEATS

MOST_SECONDS: Final = 60.0
"""A bound for a broken test, generous for a busy machine; nothing waits so long otherwise."""


@dataclass
class Gate:
    """Where calls to a slow provider stand until it opens."""

    inside: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    opened: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Stand before the gate: what a call to the provider does."""
        self.inside.release()
        assert self.opened.wait(MOST_SECONDS)


def crowd(gate: Gate, errands: list[Callable[[], bool]]) -> list[bool]:
    """Run all errands at once and return what each said: those that find no seat must be back before the gate opens."""
    said: list[bool] = []
    back = threading.Semaphore(0)

    def run(errand: Callable[[], bool]) -> None:
        try:
            said.append(errand())
        finally:
            back.release()

    workers = [threading.Thread(target=run, args=(errand,)) for errand in errands]
    for worker in workers:
        worker.start()
    try:
        for _ in range(SEATS):
            assert gate.inside.acquire(timeout=MOST_SECONDS)
        for _ in range(len(errands) - SEATS):
            assert back.acquire(timeout=MOST_SECONDS), "A worker waits without a seat."
        assert not gate.inside.acquire(blocking=False)
    finally:
        gate.opened.set()
        for worker in workers:
            worker.join()
    return said
