"""Small posts share a transaction: what arrives within some milliseconds is committed together.

One commit serves many callers, and each is answered right after it. The first group is open for a
moment; each later one gathers while the one before is written, so groups grow with the load, up to
TOGETHER posts: if all who wait were answered at once, their next posts would come at once, too, and
nothing would be written meanwhile.

The processes of a tenant take turns, and a group closes only when its turn has come: all of them meet
the same rows, and waiting half-way for each other would keep transactions open. It works with greenlets
and with threads alike.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from app.activities import intake, recording
from app.activities.intake import Item, ItemResult
from app.db.unit_of_work import Actor, after_commit
from app.kernel.errors import SignInNeeded
from app.people import api_keys

log = structlog.get_logger(__name__)

WAIT: Final = 0.012
"""Seconds for which the first group is open."""
MOST: Final = 500
"""Items in a group, at most."""
TOGETHER: Final = 24
"""Posts in a group, at most."""
PATIENCE: Final = 30.0
"""Seconds after which a caller stops waiting for an answer."""


_Key = tuple[UUID, Actor]
Open = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction for the tenant and actor of a group, whoever of the group asks."""


@dataclass(slots=True)
class Post:
    """What one caller sends; `done` is called when it is written, or cannot be.

    It is called once for all posts of a group that have the same, so that whoever answers for several
    callers can do so at once.
    """

    open_work: Open
    items: Sequence[Item]
    done: Callable[[list[Post]], None]
    number: int = 0
    results: list[ItemResult] = field(default_factory=list)
    error: BaseException | None = None


class Collector:
    """Gathers the posts of one process, one group in flight for each tenant and actor."""

    def __init__(self, wait: float = WAIT) -> None:
        self._wait = wait
        self._door = threading.Lock()
        self._waiting: dict[_Key, deque[Post]] = {}

    def record(
        self, open_work: Open, tenant_id: UUID, actor: Actor, items: Sequence[Item]
    ) -> list[ItemResult]:
        """Record `items` together with what others post meanwhile; return when it is committed."""
        answered = threading.Event()
        post = Post(open_work, items, lambda _posts: answered.set())
        self.take(post, tenant_id, actor)
        if not answered.wait(PATIENCE):
            raise TimeoutError("The group this post belonged to was never written.")
        if post.error is not None:
            raise post.error
        return post.results

    def take(self, post: Post, tenant_id: UUID, actor: Actor) -> None:
        """Let `post` wait for the next group; return at once."""
        key = (tenant_id, actor)
        with self._door:
            queue = self._waiting.get(key)
            if queue is None:
                queue = self._waiting[key] = deque()
                threading.Thread(target=self._serve, args=(key,), daemon=True).start()
            queue.append(post)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is being written."""
        with self._door:
            return not self._waiting

    def _serve(self, key: _Key) -> None:
        """Write group after group until nothing waits; what arrives meanwhile is the next group."""
        time.sleep(self._wait)
        while open_work := self._wanted(key):
            group: list[Post] = []
            try:
                _write(open_work, group, lambda: self._next_group(key))
            except Exception as error:  # noqa: BLE001 - it is raised again, for whom it belongs to
                _write_singly(group or self._next_group(key), error)

    def _wanted(self, key: _Key) -> Open | None:
        """Return how to open the next transaction, or None and forget `key` when nothing waits."""
        with self._door:
            if queue := self._waiting[key]:
                return queue[0].open_work
            del self._waiting[key]
            return None

    def _next_group(self, key: _Key) -> list[Post]:
        with self._door:
            queue = self._waiting[key]
            group: list[Post] = []
            items = 0
            while queue and (
                not group or (len(group) < TOGETHER and items + len(queue[0].items) <= MOST)
            ):
                items += len(queue[0].items)
                group.append(queue.popleft())
            return group


def _write(open_work: Open, group: list[Post], gather: Callable[[], list[Post]]) -> None:
    """Write in one transaction what waits once it is this process's turn; fill `group` with it."""
    results: list[ItemResult] = []
    with open_work() as db:
        after_commit(db, lambda: _answer(group, results))
        recording.take_turn(db)
        api_keys.recheck(db)
        group += gather()
        results += intake.take(db, [item for post in group for item in post.items])


def _write_singly(group: Sequence[Post], error: Exception) -> None:
    """Write each post in its own transaction, for its own answer, after a group has failed."""
    if isinstance(error, SignInNeeded):
        for post in group:
            _fail(post, error)
    elif len(group) > 1:
        log.warning("group_written_singly", posts=len(group), error=repr(error))
        for post in group:
            _write_alone(post)
    else:
        _fail(group[0], error)


def _write_alone(post: Post) -> None:
    try:
        _write(post.open_work, [], lambda: [post])
    except Exception as error:  # noqa: BLE001 - it is raised again, for the caller it belongs to
        _fail(post, error)


def _fail(post: Post, error: Exception) -> None:
    post.error = error
    post.done([post])


def _answer(group: Sequence[Post], results: Sequence[ItemResult]) -> None:
    """Answer every post, right after the commit and before anybody else is told."""
    start = 0
    told: dict[Callable[[list[Post]], None], list[Post]] = defaultdict(list)
    for post in group:
        post.results = list(results[start : start + len(post.items)])
        start += len(post.items)
        told[post.done].append(post)
    for done, posts in told.items():
        done(posts)


collector = Collector()
"""The one of this process."""
