"""How many workers of a process may wait for one account at once: a slow provider never keeps them all.

Who finds every seat taken goes away. Whoever gets up is told so, and sends a worker after what is due by then.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final
from uuid import UUID

SEATS: Final = 4
"""A quarter of a worker's room for providers: three accounts may be slow before others feel it."""


class Seats:
    """The seats before every account, in this process."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._lock = threading.Lock()
        self._taken: Counter[UUID] = Counter()
        self._wanted: set[UUID] = set()

    def take(self, account_id: UUID) -> bool:
        """Take a seat; False when there is none, which whoever gets up next will hear."""
        with self._lock:
            if self._taken[account_id] < self._each:
                self._taken[account_id] += 1
                return True
            self._wanted.add(account_id)
            return False

    def leave(self, account_id: UUID) -> bool:
        """Get up; return whether somebody has wanted a seat since the last one who was told so."""
        with self._lock:
            self._taken[account_id] -= 1
            if not self._taken[account_id]:
                del self._taken[account_id]
            is_wanted = account_id in self._wanted
            self._wanted.discard(account_id)
            return is_wanted

    def keep_wanted(self, account_id: UUID) -> None:
        """Have the next one who gets up be told, too: more is waiting than one seat can take."""
        with self._lock:
            self._wanted.add(account_id)


seats: Final = Seats(SEATS)
"""The seats of this process."""
