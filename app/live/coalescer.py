"""Coalescing: many changes of one topic become a few pushes a second, made by one elected process.

A topic is a room. Any process marks it dirty after its commit. One clock holds the lock in Valkey,
waits for marks, and flushes a topic at once when it was quiet, else when `PAUSE` has passed since its
last flush, or `LONG_PAUSE` when nobody is in the room. What is marked stays marked until it was
flushed, so a leader that dies loses nothing: who leads next looks at everything that is marked.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Final

import redis
import structlog
from sqlalchemy.orm import Session

from app.db.unit_of_work import after_commit
from app.kernel import clock
from app.live import presence
from app.live.bus import bus

log = structlog.get_logger(__name__)

PAUSE: Final = 0.15
LONG_PAUSE: Final = 2.0
LEASE_MS: Final = 3_000
_STANDBY: Final = 0.5
"""Seconds until a process that does not lead asks again."""
_LOCK: Final = "coalescer:leader"
_TOPICS: Final = "coalescer:topics"
_RENEW: Final = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0
"""

Flush = Callable[[str, Collection[str]], None]
"""Publish what happened to these members of a topic."""


def mark(db: Session, topic: str, members: Iterable[str]) -> None:
    """Say, when this transaction has committed, that `members` of `topic` changed."""
    changed = list(members)
    after_commit(db, lambda: mark_now(topic, changed))


def mark_now(topic: str, members: Collection[str]) -> None:
    """Say that `members` of `topic` changed, and what could not be said while Valkey was away."""
    if not members:
        return
    said = _unsaid.take_with(topic, members)
    try:
        with bus().valkey.pipeline() as pipe:
            for each, changed in said.items():
                pipe.sadd(_members(each), *changed)
            pipe.zadd(_TOPICS, dict.fromkeys(said, clock.utc_now().timestamp()), nx=True)
            pipe.execute()
    except redis.RedisError as error:
        _unsaid.keep(said)
        log.warning("bus_away", error=str(error))


class _Unsaid:
    """Marks that this process owes to Valkey."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._owed: dict[str, set[str]] = {}

    def take_with(self, topic: str, members: Collection[str]) -> dict[str, set[str]]:
        """Return `members` of `topic` with everything that is owed, which is owed no longer."""
        with self._door:
            taken, self._owed = self._owed, {}
        taken.setdefault(topic, set()).update(members)
        return taken

    def keep(self, said: dict[str, set[str]]) -> None:
        """Owe what was not heard."""
        with self._door:
            for topic, members in said.items():
                self._owed.setdefault(topic, set()).update(members)


_unsaid: Final = _Unsaid()


def hurry(topic: str) -> None:
    """Say that somebody begins to look at `topic`: what waits for it need not wait long."""
    presence.note(bus().valkey, [topic])
    try:
        if bus().valkey.exists(_members(topic)):
            bus().valkey.zadd(_TOPICS, {topic: clock.utc_now().timestamp()}, nx=True)
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))


_MEMBERS: Final = "coalescer:members:"
_TAKEN: Final = "coalescer:taken:"


def _members(topic: str) -> str:
    """Return the key of those who were marked."""
    return f"{_MEMBERS}{topic}"


def _taken(topic: str) -> str:
    """Return the key of those who are being flushed."""
    return f"{_TAKEN}{topic}"


def _text(raw: object) -> str:
    # Valkey answers in bytes; the client's types also allow for other settings.
    return raw.decode() if isinstance(raw, bytes) else str(raw)


class Coalescer:
    """The loop of one process; it works only while it leads."""

    def __init__(self, valkey: redis.Redis, flush: Flush) -> None:
        self._valkey = valkey
        self._flush = flush
        self._me = secrets.token_hex(8)
        self._due: dict[str, float] = {}
        self._flushed: dict[str, float] = {}
        self._renew = valkey.register_script(_RENEW)
        self._is_leading = False

    def run(self, stopped: Callable[[], bool]) -> None:
        """Flush what is marked whenever this process leads, until `stopped()`."""
        while not stopped():
            try:
                if not self.step():
                    time.sleep(_STANDBY)
            except redis.RedisError:
                # What was popped is in nobody's hands: the marks themselves say what is left.
                self._is_leading = False
                time.sleep(_STANDBY)

    def step(self) -> bool:
        """Wait for the next mark and flush what is due; False when another process leads."""
        if not self._leads():
            self._is_leading = False
            return False
        if not self._is_leading:
            self._take_over()
        now = time.monotonic()
        wait = min([0.5, *(due - now for due in self._due.values())])
        self._take(wait)
        for topic in [topic for topic, due in self._due.items() if due <= time.monotonic()]:
            del self._due[topic]
            self._flushed[topic] = time.monotonic()
            self.flush(topic)
        return True

    def flush(self, topic: str) -> None:
        """Flush one topic now; its members stay marked until that is done."""
        # Set apart before they are read from the database: a change in between marks them again.
        with self._valkey.pipeline(transaction=True) as pipe:
            pipe.sunionstore(_taken(topic), [_taken(topic), _members(topic)])
            pipe.delete(_members(topic))
            pipe.smembers(_taken(topic))
            members = [_text(member) for member in pipe.execute()[-1]]
        if not members:
            return
        try:
            self._flush(topic, members)
        except Exception:
            log.exception("flush_failed", topic=topic)
            self._note([topic])
            return
        self._valkey.delete(_taken(topic))

    def _take_over(self) -> None:
        """Look at everything that is marked: whoever led before may have died with it in hand."""
        self._due.clear()
        left = {
            _text(key).removeprefix(prefix)
            for prefix in (_MEMBERS, _TAKEN)
            for key in self._valkey.scan_iter(f"{prefix}*", count=1_000)
        }
        self._note(left)
        self._is_leading = True

    def _note(self, topics: Iterable[str]) -> None:
        now = clock.utc_now().timestamp()
        if noted := dict.fromkeys(topics, now):
            self._valkey.zadd(_TOPICS, noted, nx=True)

    def _leads(self) -> bool:
        if self._renew(keys=[_LOCK], args=[self._me, LEASE_MS]):
            return True
        return bool(self._valkey.set(_LOCK, self._me, nx=True, px=LEASE_MS))

    def _take(self, wait: float) -> None:
        taken = (
            self._valkey.bzpopmin(_TOPICS, timeout=wait)
            if wait > 0.005
            else next(iter(self._valkey.zpopmin(_TOPICS)), None)
        )
        if taken:
            topic = _text(taken[-2])
            pause = PAUSE if presence.watched(bus().valkey, [topic]) else LONG_PAUSE
            due = max(time.monotonic(), self._flushed.get(topic, 0.0) + pause)
            self._due[topic] = min(due, self._due.get(topic, due))
