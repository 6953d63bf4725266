"""The Socket.IO server: a browser connects with its session, the server chooses its rooms."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import flask
import redis
import structlog
from flask import Flask
from flask_socketio import SocketIO, disconnect, join_room, leave_room
from gevent import monkey
from socketio import RedisManager
from sqlalchemy.exc import SQLAlchemyError

from app.http.context import ctx
from app.http.principal import Principal
from app.kernel import clock
from app.live import coalescer, presence, rooms
from app.live.bus import CHANNEL, ENDINGS, bus
from app.settings import Settings

log = structlog.get_logger(__name__)


class MayWatch(Protocol):
    """Whether a principal may look at a contest's board."""

    def __call__(self, principal: Principal, contest_id: UUID) -> bool:
        """Answer for one contest."""
        ...


SessionAt = tuple[UUID, UUID]
"""A tenant and a session there."""


class GoOn(Protocol):
    """Which sessions go on: neither ended nor rested or lived too long."""

    def __call__(self, sessions: Collection[SessionAt], now: datetime) -> set[SessionAt]:
        """Answer for all of them in one statement."""
        ...


def install(app: Flask, settings: Settings, may_watch: MayWatch, go_on: GoOn) -> None:
    """Attach the socket server to `app`.

    `may_watch` decides who joins the room of a contest, `go_on` whose sockets stay open.
    """
    socketio = SocketIO(  # one for each application: it keeps handlers and rooms
        app,
        async_mode="gevent" if monkey.is_module_patched("socket") else "threading",
        client_manager=RedisManager(settings.redis_url, channel=CHANNEL),
        cors_allowed_origins=list(settings.origins),
        transports=["websocket"],
        max_http_buffer_size=4_096,
        ping_interval=20,
        ping_timeout=20,
        manage_session=False,
        always_connect=False,
    )

    @socketio.on("connect")
    def connect(auth: Any = None) -> bool | None:
        principal = _live_principal()
        if principal is None or not isinstance(auth, dict) or auth.get("csrf") != principal.csrf:
            return False
        if flask.request.headers.get("Origin") not in settings.origins:
            return False
        _listen_for_endings(socketio, settings.redis_url, go_on)
        assert principal.person_id is not None
        assert principal.session_id is not None
        _enter(
            rooms.tenant(principal.tenant_id),
            rooms.person(principal.tenant_id, principal.person_id),
            rooms.session(principal.tenant_id, principal.session_id),
        )
        return None

    @socketio.on("watch")
    def watch(contest: Any = None) -> dict[str, bool]:
        principal = _live_principal()
        if principal is None:
            disconnect()
            return {"ok": False}
        contest_id = _uuid(contest)
        if contest_id is None or not may_watch(principal, contest_id):
            return {"ok": False}
        board = rooms.contest(principal.tenant_id, contest_id)
        join_room(board)
        coalescer.hurry(board)
        return {"ok": True}

    @socketio.on("unwatch")
    def unwatch(contest: Any = None) -> dict[str, bool]:
        principal = _live_principal()
        contest_id = _uuid(contest)
        if principal is not None and contest_id is not None:
            leave_room(rooms.contest(principal.tenant_id, contest_id))
        return {"ok": True}

    @socketio.on_error_default
    def failed(error: Exception) -> bool:
        log.error("socket_event_failed", exc_info=error)
        return False  # Of `connect` it means no: a door that could not look keeps shut.


def _enter(*own: str) -> None:
    for room in own:
        join_room(room)
    presence.note(bus().valkey, own)


_listening: dict[SocketIO, int] = {}
"""The process in which each server hears of sessions that end."""


def _listen_for_endings(socketio: SocketIO, redis_url: str, go_on: GoOn) -> None:
    # Once a process and server, and only in processes that hold sockets.
    if _listening.get(socketio) == os.getpid():
        return
    _listening[socketio] = os.getpid()
    socketio.start_background_task(_end_sockets, socketio, redis_url, go_on)
    socketio.start_background_task(_look_again, socketio, go_on)


def _end_sockets(socketio: SocketIO, redis_url: str, go_on: GoOn) -> None:
    while True:
        try:
            with redis.Redis.from_url(redis_url) as valkey, valkey.pubsub() as endings:
                endings.subscribe(ENDINGS)
                for message in endings.listen():
                    if message["type"] == "message":
                        _end_room(socketio, message["data"].decode())
                    else:  # it listens from now on: what was said before was not heard
                        _end_the_dead(socketio, go_on)
        except redis.RedisError:
            socketio.sleep(1)


def _look_again(socketio: SocketIO, go_on: GoOn) -> None:
    """Say who is here, and let go of whose session is over: time ends one, too, and words get lost."""
    while True:
        presence.note(bus().valkey, _rooms(socketio))
        _end_the_dead(socketio, go_on)
        socketio.sleep(presence.AGAIN_SECONDS)


def _rooms(socketio: SocketIO) -> list[str]:
    return [room for room in list(socketio.server.manager.rooms.get("/", {})) if room]


def _end_the_dead(socketio: SocketIO, go_on: GoOn) -> None:
    here = {at for room in _rooms(socketio) if (at := rooms.read_session(room)) is not None}
    if not here:
        return
    try:
        dead = here - go_on(here, clock.utc_now())
    except SQLAlchemyError as error:
        log.warning("sessions_unknown", error=str(error))  # the next look comes soon
        return
    for at in dead:
        _end_room(socketio, rooms.session(*at))


def _end_room(socketio: SocketIO, room: str) -> None:
    manager = socketio.server.manager
    for sid, _ in list(manager.get_participants("/", room)):
        socketio.server.disconnect(sid, ignore_queue=True)


def _live_principal() -> Principal | None:
    # The session row is asked on every event: a revoked device is out at once.
    flask.g.pop("_login_user", None)
    principal = ctx.find_principal()
    return principal if principal is not None and principal.session_id is not None else None


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
