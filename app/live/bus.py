"""Publishing: kept until the transaction has committed, then sent through Valkey to every web process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
import structlog
from socketio import RedisManager
from sqlalchemy.orm import Session

from app.db.unit_of_work import after_commit
from app.kernel import clock
from app.live import presence, rooms
from app.live.events import NAMES, Push

log = structlog.get_logger(__name__)

CHANNEL = "laurel"
ENDINGS = "laurel:endings"


Letter = tuple[str, Push]
"""A room and what is said there."""


class _Written(RedisManager):  # type: ignore[misc]  # python-socketio has no types
    """Socket.IO's messages to its other processes, kept to be published together."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.messages: list[str] = []

    def _publish(self, data: Any) -> None:
        self.messages.append(self.json.dumps(data))


class Bus:
    """The way to every connected browser. When Valkey is away pushes are lost and nothing else is."""

    def __init__(self, url: str) -> None:
        self.valkey = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)

    def send(self, letters: Sequence[Letter]) -> None:
        """Send each push to everybody in its room, now: three round trips, however many there are.

        To a person who is nowhere nothing is sent or counted: who comes asks for everything first.
        """
        written = _Written(channel=CHANNEL, write_only=True)
        try:
            letters = self._heard(letters)
            names = [NAMES[type(push)] for _, push in letters]
            with self.valkey.pipeline(transaction=False) as pipe:
                for (room, _), name in zip(letters, names, strict=True):
                    _begin(pipe, room, name)
                    pipe.incr(_count_of(room, name))
                revisions = pipe.execute()[1::2]
            for (room, push), name, revision in zip(letters, names, revisions, strict=True):
                push.revision = int(revision)
                written.emit(name, push.model_dump(mode="json"), room=room)
            with self.valkey.pipeline(transaction=False) as pipe:
                for message in written.messages:
                    pipe.publish(CHANNEL, message)
                pipe.execute()
        except redis.RedisError as error:
            log.warning("bus_away", error=str(error))

    def _heard(self, letters: Sequence[Letter]) -> Sequence[Letter]:
        """Return `letters` without those to people who are nowhere."""
        people = [room for room, _ in letters if rooms.is_person(room)]
        if not people:
            return letters
        away = set(people) - presence.watched(self.valkey, people)
        return [letter for letter in letters if letter[0] not in away]

    def revision(self, room: str, name: str) -> int:
        """Return the revision of the last push called `name` to `room`; 0 when Valkey is away."""
        try:
            with self.valkey.pipeline(transaction=False) as pipe:
                _begin(pipe, room, name)
                pipe.get(_count_of(room, name))
                return int(pipe.execute()[1])
        except redis.RedisError:
            return 0

    def disconnect(self, room: str) -> None:
        """End every socket in `room`, in every process."""
        try:
            self.valkey.publish(ENDINGS, room)
        except redis.RedisError as error:
            log.warning("bus_away", error=str(error))


def _count_of(room: str, name: str) -> str:
    return f"revision:{room}:{name}"


def _begin(pipe: redis.client.Pipeline, room: str, name: str) -> None:
    # A count that Valkey lost begins above the lost one, and the next push says that some are missing.
    pipe.set(_count_of(room, name), int(clock.utc_now().timestamp() * 1_000_000), nx=True)


_connected: dict[str, Bus] = {}


def connect(url: str) -> None:
    """Say once, at start, where the bus is."""
    _connected["bus"] = Bus(url)


def bus() -> Bus:
    """Return the bus this process was connected to."""
    return _connected["bus"]


_LETTERS = "laurel.letters"


def publish(db: Session, room: str, push: Push) -> None:
    """Send `push` to `room` when, and only when, this transaction has committed."""
    letters: list[Letter] = db.info.setdefault(_LETTERS, [])
    if not letters:
        after_commit(db, lambda: bus().send(letters))
    letters.append((room, push))


def end_sockets(db: Session, room: str) -> None:
    """End every socket in `room` when, and only when, this transaction has committed."""
    after_commit(db, lambda: bus().disconnect(room))
