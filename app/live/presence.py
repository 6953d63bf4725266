"""Whether anybody looks at a room, in whichever process: said in Valkey for a while, again and again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import redis
import structlog

from app.live.bus import bus

log = structlog.get_logger(__name__)

KEPT_SECONDS: Final = 60
AGAIN_SECONDS: Final = 20


def note(rooms: Collection[str]) -> None:
    """Say that somebody looks at `rooms`; it is believed for KEPT_SECONDS."""
    if not rooms:
        return
    try:
        with bus().valkey.pipeline(transaction=False) as pipe:
            for room in rooms:
                pipe.set(_key(room), 1, ex=KEPT_SECONDS)
            pipe.execute()
    except redis.RedisError as error:
        log.warning("bus_away", error=str(error))


def is_watched(room: str) -> bool:
    """Whether somebody looks at `room`, or did a minute ago."""
    return bool(bus().valkey.exists(_key(room)))


def _key(room: str) -> str:
    return f"present:{room}"
