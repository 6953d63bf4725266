"""How many workers of a process may wait for one account at once: a slow provider never keeps them all.

Who finds every seat taken goes away. Whoever gets up sends for somebody who was turned away meanwhile.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

SEATS: Final = 4
"""A quarter of a worker's room for providers: three accounts may be slow before others feel it."""

OpenWork = Callable[[], AbstractContextManager[Session]]
Send = Callable[[Session, UUID], bool]


class Seats:
    """The seats before every account, in this process, whatever is asked of it."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._lock = threading.Lock()
        self._taken: Counter[UUID] = Counter()
        self._wanted: defaultdict[UUID, set[str]] = defaultdict(set)

    def take(self, account_id: UUID, errand: str | None) -> bool:
        """Take a seat; False when there is none, which whoever gets up next will hear, with the errand."""
        with self._lock:
            if self._taken[account_id] < self._each:
                self._taken[account_id] += 1
                return True
            if errand is not None:
                self._wanted[account_id].add(errand)
            return False

    def leave(self, account_id: UUID) -> frozenset[str]:
        """Get up; return for which errands a seat was wanted since the last one who was told so."""
        with self._lock:
            self._taken[account_id] -= 1
            if not self._taken[account_id]:
                del self._taken[account_id]
            return frozenset(self._wanted.pop(account_id, ()))

    def keep_wanted(self, account_id: UUID, errand: str) -> None:
        """Have the next one who gets up be told, too: more is waiting than one seat can take."""
        with self._lock:
            self._wanted[account_id].add(errand)


seats: Final = Seats(SEATS)
"""The seats of this process."""

_senders: Final[dict[str, Send]] = {}


def sends(errand: str) -> Callable[[Send], Send]:
    """Have a function send a worker on `errand` to an account whenever a seat that was wanted for it is free.

    The function says whether there was somebody to send.
    """

    def declare(send: Send) -> Send:
        _senders[errand] = send
        return send

    return declare


@contextmanager
def seated(open_work: OpenWork, account_id: UUID, errand: str | None = None) -> Iterator[bool]:
    """Have a seat before an account while it is asked something; False when every one is taken.

    Without an `errand` nobody is sent for: whoever is turned away comes again by itself.
    """
    if not seats.take(account_id, errand):
        yield False
        return
    try:
        yield True
    finally:
        for wanted in sorted(seats.leave(account_id)):
            with open_work() as db:
                if _senders[wanted](db, account_id):
                    seats.keep_wanted(account_id, wanted)
