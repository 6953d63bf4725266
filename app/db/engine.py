"""Connections to PostgreSQL, as the role that owns nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event

from app.db import arrays


def _serialize(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def make_engine(url: str, *, pool_size: int = 20, max_overflow: int = 20) -> Engine:
    """Return an engine whose connections are checked before use and speak UTC."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        pool_pre_ping=True,
        json_serializer=_serialize,
        json_deserializer=orjson.loads,
        connect_args={"options": "-c timezone=UTC", "prepare_threshold": 3},
    )
    event.listen(engine, "connect", arrays.speak)
    return engine


@cache
def shared_engine(url: str) -> Engine:
    """Return the one engine of this process for `url`."""
    return make_engine(url)
