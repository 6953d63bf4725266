"""Small posts share a transaction: what arrives within some milliseconds is committed together.

One commit serves many callers, and each is answered right after it. A group is open for a moment
from its first post on; it works with greenlets and with threads alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from app.activities import intake
from app.activities.intake import Item, ItemResult
from app.db.unit_of_work import Actor, after_commit

log = structlog.get_logger(__name__)

WAIT: Final = 0.012
MOST: Final = 500
_PATIENCE: Final = 30.0


Open = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction for the tenant and actor of a group, whoever of the group asks."""


@dataclass(slots=True)
class _Post:
    items: Sequence[Item]
    answered: threading.Event = field(default_factory=threading.Event)
    results: list[ItemResult] = field(default_factory=list)
    error: BaseException | None = None


class Collector:
    """Gathers the posts of one process."""

    def __init__(self, wait: float = WAIT) -> None:
        self._wait = wait
        self._door = threading.Lock()
        self._waiting: dict[tuple[UUID, Actor], list[_Post]] = {}

    def record(
        self, open_work: Open, tenant_id: UUID, actor: Actor, items: Sequence[Item]
    ) -> list[ItemResult]:
        """Record `items` together with what others post meanwhile; return when it is committed."""
        post, key = _Post(items), (tenant_id, actor)
        with self._door:
            group = self._waiting.get(key)
            if group is None:
                group = self._waiting[key] = []
                # Not by the first to arrive: it would be answered only after everybody was told.
                threading.Thread(target=self._lead, args=(open_work, key, group)).start()
            group.append(post)
            if sum(len(one.items) for one in group) >= MOST:
                self._waiting.pop(key)
        if not post.answered.wait(_PATIENCE):
            raise TimeoutError("The group this post belonged to was never written.")
        if post.error is not None:
            raise post.error
        return post.results

    def _lead(self, open_work: Open, key: tuple[UUID, Actor], group: list[_Post]) -> None:
        time.sleep(self._wait)
        with self._door:
            if self._waiting.get(key) is group:
                self._waiting.pop(key)
        _write(open_work, group)


def _write(open_work: Open, group: Sequence[_Post]) -> None:
    """Write a group in one transaction; when that fails, each post in its own, for its own answer."""
    results: list[ItemResult] = []
    try:
        with open_work() as db:
            after_commit(db, lambda: _answer(group, results))
            results += intake.take(db, [item for post in group for item in post.items])
    except Exception as error:  # noqa: BLE001 - it is raised again, for the caller it belongs to
        if len(group) == 1:
            group[0].error = error
            group[0].answered.set()
            return
        log.warning("group_written_singly", posts=len(group), error=repr(error))
        for post in group:
            _write(open_work, [post])


def _answer(group: Sequence[_Post], results: Sequence[ItemResult]) -> None:
    """Answer every post, right after the commit and before anybody else is told."""
    start = 0
    for post in group:
        post.results = list(results[start : start + len(post.items)])
        start += len(post.items)
        post.answered.set()


collector = Collector()
"""The one of this process."""
