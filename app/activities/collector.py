"""Small posts share a transaction: what arrives within some milliseconds is committed together.

One commit serves many callers, and each is answered only after it. The first to arrive waits a
moment, then does the work for all of its group; it works with greenlets and with threads alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from app.activities import intake
from app.activities.intake import Item, ItemResult
from app.db.unit_of_work import Actor

log = structlog.get_logger(__name__)

WAIT: Final = 0.012
MOST: Final = 500
_PATIENCE: Final = 30.0


class Open(Protocol):
    """Opens a transaction of a tenant for an actor."""

    def __call__(self, tenant_id: UUID, actor: Actor) -> AbstractContextManager[Session]:
        """Open it."""
        ...


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
            leads = group is None
            if group is None:
                group = self._waiting[key] = []
            group.append(post)
            if sum(len(one.items) for one in group) >= MOST:
                self._waiting.pop(key)
        if leads:
            self._lead(open_work, key, group)
        elif not post.answered.wait(_PATIENCE):
            raise TimeoutError("The group this post belonged to was never written.")
        if post.error is not None:
            raise post.error
        return post.results

    def _lead(self, open_work: Open, key: tuple[UUID, Actor], group: list[_Post]) -> None:
        time.sleep(self._wait)
        with self._door:
            if self._waiting.get(key) is group:
                self._waiting.pop(key)
        try:
            _write(open_work, key, group)
        finally:
            for post in group:
                post.answered.set()


def _write(open_work: Open, key: tuple[UUID, Actor], group: Sequence[_Post]) -> None:
    """Write a group in one transaction; when that fails, each post in its own, for its own answer."""
    try:
        with open_work(*key) as db:
            results = intake.take(db, [item for post in group for item in post.items])
    except Exception as error:  # noqa: BLE001 - it is raised again, for the caller it belongs to
        if len(group) == 1:
            group[0].error = error
            return
        log.warning("group_written_singly", posts=len(group), error=repr(error))
        for post in group:
            _write(open_work, key, [post])
        return
    for post in group:
        post.results, results = results[: len(post.items)], results[len(post.items) :]


collector = Collector()
"""The one of this process."""
