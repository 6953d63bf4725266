"""Publishing: kept until the transaction has committed, then sent through Valkey to every web process."""

from __future__ import annotations

from typing import cast

import redis
import structlog
from socketio import RedisManager
from sqlalchemy.orm import Session

from app.db.unit_of_work import after_commit
from app.live.events import NAMES, Push

log = structlog.get_logger(__name__)

CHANNEL = "laurel"
ENDINGS = "laurel:endings"


class Bus:
    """The way to every connected browser. When Valkey is away pushes are lost and nothing else is."""

    def __init__(self, url: str) -> None:
        self.valkey = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._sockets = RedisManager(url, channel=CHANNEL, write_only=True)

    def send(self, room: str, push: Push) -> None:
        """Send `push` to everybody in `room`, now."""
        name = NAMES[type(push)]
        try:
            push.revision = int(self.valkey.incr(f"revision:{room}:{name}"))
            self._sockets.emit(name, push.model_dump(mode="json"), room=room)
        except redis.RedisError as error:
            log.warning("bus_away", error=str(error))

    def revision(self, room: str, name: str) -> int:
        """Return the revision of the last push called `name` to `room`; 0 when Valkey is away."""
        try:
            return int(cast("bytes | None", self.valkey.get(f"revision:{room}:{name}")) or 0)
        except redis.RedisError:
            return 0

    def disconnect(self, room: str) -> None:
        """End every socket in `room`, in every process."""
        try:
            self.valkey.publish(ENDINGS, room)
        except redis.RedisError as error:
            log.warning("bus_away", error=str(error))


_connected: dict[str, Bus] = {}


def connect(url: str) -> None:
    """Say once, at start, where the bus is."""
    _connected["bus"] = Bus(url)


def bus() -> Bus:
    """Return the bus this process was connected to."""
    return _connected["bus"]


def publish(db: Session, room: str, push: Push) -> None:
    """Send `push` to `room` when, and only when, this transaction has committed."""
    after_commit(db, lambda: bus().send(room, push))


def end_sockets(db: Session, room: str) -> None:
    """End every socket in `room` when, and only when, this transaction has committed."""
    after_commit(db, lambda: bus().disconnect(room))
