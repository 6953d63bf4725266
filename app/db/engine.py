"""Connections to PostgreSQL, as the role that owns nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from app.db import arrays


def _serialize(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def make_engine(url: str, *, pool_size: int = 20, max_overflow: int = 20) -> Engine:
    """Return an engine whose connections are looked at before use and speak UTC."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        json_serializer=_serialize,
        json_deserializer=orjson.loads,
        connect_args={"options": "-c timezone=UTC", "prepare_threshold": 3},
    )
    event.listen(engine, "connect", arrays.speak)
    event.listen(engine, "checkout", _refuse_a_dead_line)
    return engine


def _refuse_a_dead_line(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool take another connection when the server has hung up on this one.

    A server that ended has told the socket so, which is seen without asking it again on every use.
    """
    line = connection.pgconn
    try:
        line.consume_input()  # what was said before it ended
        line.consume_input()  # that it ended
    except psycopg.OperationalError as error:
        raise InvalidatePoolError("The server has ended this connection.") from error


@cache
def shared_engine(url: str) -> Engine:
    """Return the one engine of this process for `url`."""
    return make_engine(url)
