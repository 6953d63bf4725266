"""Rate limits in Valkey: a fixed window per principal, or per address before sign-in."""

from __future__ import annotations

from functools import cache
from typing import Final

import flask
import redis

from app.http.context import ctx
from app.http.principal import Principal
from app.kernel.errors import TooManyRequests, Unavailable

_SECONDS: Final = {"s": 1, "min": 60, "h": 3600, "day": 86400}


@cache
def _bus(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def bus() -> redis.Redis:
    """Return this process's connection to Valkey."""
    return _bus(ctx.settings.redis_url)


def check(limit: str | None, principal: Principal | None, *, fail_closed: bool) -> None:
    """Count this request against `limit` ("10/min"); raise TooManyRequests when it is used up.

    Without Valkey reading goes on; what is marked `fail_closed` (money) is refused.
    """
    if limit is None:
        return
    allowed, _, unit = limit.partition("/")
    window = _SECONDS[unit]
    who = principal.get_id() if principal else flask.request.remote_addr
    slot = int(ctx.now.timestamp()) // window
    key = f"limit:{flask.request.endpoint}:{who}:{slot}"
    try:
        with bus().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, window + 1)
            used, _ = pipe.execute()
    except (
        redis.RedisError,
        ValueError,
        AttributeError,
    ):  # a handshake cut short leaves no buffer to read
        if fail_closed:
            raise Unavailable(
                "This cannot be done safely right now. Nothing was changed.", retry_after=10
            ) from None
        return
    if used > int(allowed):
        wait = window - int(ctx.now.timestamp()) % window
        raise TooManyRequests("That was too often. Please wait a little.", retry_after=wait)
