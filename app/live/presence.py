"""Whether anybody is in a room, in whichever process: said in Valkey for a while, again and again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import redis
import structlog

from app.kernel import clock

log = structlog.get_logger(__name__)

PRESENT: Final = "present"
"""The rooms somebody is in, each with the time at which that was said last."""
KEPT_SECONDS: Final = 60
AGAIN_SECONDS: Final = 5
"""How soon it is said again: what a Valkey that lost its memory takes for absence ends within it."""


def note(valkey: redis.Redis, rooms: Collection[str]) -> None:
    """Say that somebody is in `rooms`; it is believed for KEPT_SECONDS."""
    if not rooms:
        return
    now = clock.utc_now().timestamp()
    try:
        with valkey.pipeline(transaction=False) as pipe:
            pipe.zadd(PRESENT, dict.fromkeys(rooms, now))
            pipe.zremrangebyscore(PRESENT, 0, now - KEPT_SECONDS)
            pipe.execute()
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))


def watched(valkey: redis.Redis, rooms: Collection[str]) -> set[str]:
    """Return those of `rooms` where somebody is, or was a minute ago."""
    each = list(dict.fromkeys(rooms))
    found: Any = valkey.zmscore(PRESENT, each)  # its types also allow for asyncio
    since = clock.utc_now().timestamp() - KEPT_SECONDS
    return {room for room, at in zip(each, found, strict=True) if at is not None and at > since}
