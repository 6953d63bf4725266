"""The intake desk: one process of a machine that writes what its web processes were sent.

Web processes of one tenant meet the same rows and would only wait for each other, each with a group of
its own. Where `flask intake` runs they hand small posts over by a Unix socket, and one group holds them
all. It is an aid, never a need: when the desk is away or dies half-way, the post is written by the
process that has it, and a sale that the desk did write is found unchanged.

Both ends speak frames: four bytes of length, then JSON. A post is {n, tenant, actor, now, items}, its
answer {n, results}, or {n} alone when the desk could not write it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Engine

from app.activities.collector import PATIENCE, Collector, Post
from app.activities.core import Outcome
from app.activities.intake import Item, ItemResult
from app.activities.schemas import ActivityIn
from app.db.unit_of_work import Actor, unit_of_work
from app.kernel.errors import AppError, Problem
from app.kernel.events import Reactions

log = structlog.get_logger(__name__)

SMALL: Final = 50
"""Posts of more items fill a group of their own and are not handed over."""
_AGAIN: Final = 1.0
"""Seconds until a desk that is away is looked for again."""
_HEAD: Final = 4


class Visitor:
    """The end of a web process. One connection carries all its posts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._door = threading.Lock()
        self._line: socket.socket | None = None
        self._not_before = 0.0
        self._numbers = count(1)
        self._waiting: dict[int, _Pending] = {}
        self._outgoing: list[bytes] = []

    def record(
        self, tenant_id: UUID, actor: Actor, now: datetime, items: Sequence[Item]
    ) -> list[ItemResult] | None:
        """Let the desk record `items`; None when it did not, and they are to be written here."""
        posted = [item for item in items if isinstance(item, ActivityIn)]
        if len(posted) < len(items) or len(items) > SMALL:
            return None
        number, answer = next(self._numbers), _Pending()
        said = {
            "n": number,
            "tenant": tenant_id,
            "actor": (actor.kind, actor.id, actor.label),
            "now": now,
            "items": [item.model_dump(mode="json", exclude_unset=True) for item in posted],
        }
        if not self._send(number, answer, _frame(said)):
            return None
        answer.arrived.wait(PATIENCE)
        return answer.results

    def _send(self, number: int, answer: _Pending, frame: bytes) -> bool:
        """Hand `frame` over; the first of those who come in the same moment sends for all of them."""
        with self._door:
            if self._line is None and self._connect() is None:
                return False
            self._waiting[number] = answer
            self._outgoing.append(frame)
            if len(self._outgoing) > 1:
                return True
        time.sleep(0)
        with self._door:
            frames, self._outgoing = self._outgoing, []
            if line := self._line:
                try:
                    line.sendall(b"".join(frames))
                except OSError:
                    self._hang_up(line)
        return True

    def _connect(self) -> socket.socket | None:
        if time.monotonic() < self._not_before:
            return None
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(self._path))
        except OSError:
            line.close()
            self._not_before = time.monotonic() + _AGAIN
            return None
        self._line = line
        threading.Thread(target=self._listen, args=(line,), daemon=True).start()
        return line

    def _listen(self, line: socket.socket) -> None:
        with suppress(OSError):
            for said in _frames(line):
                if answer := self._waiting.pop(said["n"], None):
                    answer.results = _results(said)
                    answer.arrived.set()
        with self._door:
            self._hang_up(line)

    def _hang_up(self, line: socket.socket) -> None:
        """Forget a line that has ended; who waits for an answer on it writes for itself."""
        if self._line is not line:
            return
        line.close()
        self._line = None
        self._outgoing = []
        left, self._waiting = self._waiting, {}
        for answer in left.values():
            answer.arrived.set()


_known: dict[str, Visitor] = {}


def connect(path: Path | None) -> None:
    """Say once, at start, where the desk of this machine would listen."""
    _known.clear()
    if path is not None:
        _known["desk"] = Visitor(path)


def record(
    tenant_id: UUID, actor: Actor, now: datetime, items: Sequence[Item]
) -> list[ItemResult] | None:
    """Let the desk of this machine record `items`, where there is one; else return None."""
    visitor = _known.get("desk")
    return None if visitor is None else visitor.record(tenant_id, actor, now, items)


@dataclass(slots=True)
class _Pending:
    arrived: threading.Event = field(default_factory=threading.Event)
    results: list[ItemResult] | None = None


def _results(said: dict[str, Any]) -> list[ItemResult] | None:
    if "results" not in said:
        return None
    return [
        ItemResult(
            external_id,
            Outcome(outcome),
            UUID(activity_id) if activity_id else None,
            [Problem(**problem) for problem in problems],
        )
        for external_id, outcome, activity_id, problems in said["results"]
    ]


class Desk:
    """The end that writes: it takes posts from every visitor into one collector."""

    def __init__(self, path: Path, engine: Engine, reactions: Reactions) -> None:
        self._path = path
        self._engine = engine
        self._reactions = reactions
        self._collector = Collector()
        self._lines: set[socket.socket] = set()

    def open(self) -> None:
        """Begin to listen, in place of whoever listened there before."""
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen()
        threading.Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        """Take nothing more; return when what was taken is written."""
        self._path.unlink(missing_ok=True)
        for line in (self._listener, *self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RD)
        self._listener.close()
        end = time.monotonic() + PATIENCE
        while not self._collector.is_idle and time.monotonic() < end:
            time.sleep(0.01)

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._attend, args=(line,), daemon=True).start()

    def _attend(self, line: socket.socket) -> None:
        reply = partial(_reply, line, threading.Lock())
        self._lines.add(line)
        with suppress(OSError):
            for said in _frames(line):
                self._take(said, reply)
        self._lines.discard(line)

    def _take(self, said: dict[str, Any], reply: Callable[[list[Post]], None]) -> None:
        kind, actor_id, label = said["actor"]
        tenant_id, now = UUID(said["tenant"]), datetime.fromisoformat(said["now"])
        actor = Actor(kind, UUID(actor_id) if actor_id else None, label)
        open_work = partial(
            unit_of_work,
            self._engine,
            tenant_id=tenant_id,
            actor=actor,
            now=now,
            reactions=self._reactions,
        )
        items = [ActivityIn.model_validate_json(orjson.dumps(item)) for item in said["items"]]
        self._collector.take(Post(open_work, items, reply, said["n"]), tenant_id, actor)


def _answer(post: Post) -> dict[str, Any]:
    if post.error is not None:
        # A refusal belongs to the process that was asked: it meets it again, and says it.
        if not isinstance(post.error, AppError):
            log.error("post_not_written", exc_info=post.error)
        return {"n": post.number}
    results = [
        (one.external_id, one.outcome, one.activity_id, one.problems) for one in post.results
    ]
    return {"n": post.number, "results": results}


def _reply(line: socket.socket, door: threading.Lock, posts: list[Post]) -> None:
    # A visitor that has left does not need the answer; what it sent is written all the same.
    with suppress(OSError), door:
        line.sendall(b"".join(_frame(_answer(post)) for post in posts))


def _frame(said: dict[str, Any]) -> bytes:
    body = orjson.dumps(said)
    return len(body).to_bytes(_HEAD, "big") + body


def _frames(line: socket.socket) -> Iterator[dict[str, Any]]:
    """Yield what the other end says until it leaves."""
    with line.makefile("rb") as reader:
        while len(head := reader.read(_HEAD)) == _HEAD:
            yield orjson.loads(reader.read(int.from_bytes(head, "big")))
