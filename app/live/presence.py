"""Whether anybody is in a room, in whichever process: said in Valkey for a while, again and again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import redis
import structlog

log = structlog.get_logger(__name__)

KEPT_SECONDS: Final = 60
AGAIN_SECONDS: Final = 20


def note(valkey: redis.Redis, rooms: Collection[str]) -> None:
    """Say that somebody is in `rooms`; it is believed for KEPT_SECONDS."""
    if not rooms:
        return
    try:
        with valkey.pipeline(transaction=False) as pipe:
            for room in rooms:
                pipe.set(_key(room), 1, ex=KEPT_SECONDS)
            pipe.execute()
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))


def watched(valkey: redis.Redis, rooms: Collection[str]) -> set[str]:
    """Return those of `rooms` where somebody is, or was a minute ago."""
    each = list(dict.fromkeys(rooms))
    found: Any = valkey.mget([_key(room) for room in each])  # its types also allow for asyncio
    return {room for room, said in zip(each, found, strict=True) if said is not None}


def _key(room: str) -> str:
    return f"present:{room}"
