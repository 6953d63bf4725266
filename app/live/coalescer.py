"""Coalescing: many changes of one topic become a few pushes a second, made by one elected process.

A topic is a room. Any process marks it dirty after its commit. One web process holds the lock in
Valkey, waits for marks, and flushes a topic at once when it was quiet, else when `PAUSE` has passed
since its last flush, or `LONG_PAUSE` when nobody is in the room. What is marked stays marked until it
was flushed, so a leader that dies loses nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterable
from typing import Final

import gevent
import redis
import structlog
from gevent import monkey
from sqlalchemy.orm import Session

from app.db.unit_of_work import after_commit
from app.kernel import clock
from app.live import presence
from app.live.bus import bus

log = structlog.get_logger(__name__)

PAUSE: Final = 0.15
LONG_PAUSE: Final = 2.0
LEASE_MS: Final = 3_000
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
    """Say that `members` of `topic` changed. When Valkey is away, nobody is listening either."""
    if not members:
        return
    try:
        with bus().valkey.pipeline() as pipe:
            pipe.sadd(_members(topic), *members)
            pipe.zadd(_TOPICS, {topic: clock.utc_now().timestamp()}, nx=True)
            pipe.execute()
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))


def hurry(topic: str) -> None:
    """Say that somebody begins to look at `topic`: what waits for it need not wait long."""
    presence.note(bus().valkey, [topic])
    try:
        if bus().valkey.exists(_members(topic)):
            bus().valkey.zadd(_TOPICS, {topic: clock.utc_now().timestamp()}, nx=True)
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))


def _members(topic: str) -> str:
    return f"coalescer:members:{topic}"


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

    def step(self) -> bool:
        """Wait for the next mark and flush what is due; False when another process leads."""
        if not self._leads():
            self._due.clear()
            return False
        now = time.monotonic()
        wait = min([0.5, *(due - now for due in self._due.values())])
        self._take(wait)
        for topic in [topic for topic, due in self._due.items() if due <= time.monotonic()]:
            del self._due[topic]
            self._flushed[topic] = time.monotonic()
            self.flush(topic)
        return True

    def flush(self, topic: str) -> None:
        """Flush one topic now; on failure its members stay marked."""
        key = _members(topic)
        members = [_text(member) for member in self._valkey.smembers(key)]
        if not members:
            return
        # Taken off before they are read from the database: a change in between marks them again.
        self._valkey.srem(key, *members)
        try:
            self._flush(topic, members)
        except Exception:
            log.exception("flush_failed", topic=topic)
            mark_now(topic, members)

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


def start_in_web_process(flush: Flush) -> None:
    """Run the loop for as long as this process lives, in processes that serve sockets."""
    if monkey.is_module_patched("socket"):
        gevent.spawn(_run, flush)


def _run(flush: Flush) -> None:
    coalescer = Coalescer(bus().valkey, flush)
    while True:
        try:
            if not coalescer.step():
                gevent.sleep(1)
        except redis.RedisError:
            gevent.sleep(1)
