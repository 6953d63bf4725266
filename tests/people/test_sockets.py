from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from socketio import RedisManager
from websocket import (
    WebSocket,
    WebSocketException,
    WebSocketTimeoutException,
    create_connection,
)
from werkzeug.serving import make_server

from app.http.principal import Role
from app.kernel import clock
from app.live.bus import CHANNEL, bus
from app.people import service, sessions
from app.people.models import Person
from app.settings import Settings
from tests.conftest import Work
from tests.people.builders import ORIGIN, give_person, give_session
from tests.people.phone import Phone

Phones = Callable[[], Phone]
pytestmark = pytest.mark.usefixtures("tenant")


class Ears(RedisManager):  # type: ignore[misc]  # python-socketio has no types
    """Hears what other processes say until `close`: the library's own listens as long as its process does."""

    OVER = b"over"

    def _listen(self) -> Iterator[Any]:
        for message in super()._listen():
            if message == self.OVER:
                return
            yield message

    def close(self, valkey: redis.Redis) -> None:
        """End the thread that listens, and its connection."""
        while self.thread.is_alive():
            valkey.publish(self.channel, self.OVER)
            self.thread.join(0.05)
        self.pubsub.close()


@pytest.fixture(scope="module")
def ears(app: Flask, settings: Settings) -> Iterator[Ears]:
    """What hears other processes; it ends before its Valkey does, of which it would complain aloud."""
    server = app.extensions["socketio"].server
    before, server.manager = server.manager, Ears(settings.redis_url, channel=CHANNEL)
    server.manager.set_server(server)
    yield server.manager
    if server.manager_initialized:
        server.manager.close(bus().valkey)
    server.manager, server.manager_initialized = before, False


@pytest.fixture(scope="module")
def port(app: Flask, ears: Ears) -> Iterator[int]:
    """The whole application on a real port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def read(socket: WebSocket) -> str:
    """Return the next packet that is no heartbeat; "" when the server has closed."""
    while True:
        try:
            packet = socket.recv()
        except WebSocketTimeoutException:
            raise  # it is open, and says nothing
        except WebSocketException:
            return ""
        if packet != "2":
            return str(packet)
        socket.send("3")


def connect(port: int, token: str, csrf: str, origin: str | None = ORIGIN) -> WebSocket | None:
    """Open a socket as a browser would; None when the server refuses."""
    try:
        socket = create_connection(
            f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
            cookie=f"sid={token}",
            origin=origin,
            suppress_origin=origin is None,
            timeout=10,
        )
    except WebSocketException:
        return None
    assert read(socket).startswith("0{")
    socket.send("40" + json.dumps({"csrf": csrf}))
    if read(socket).startswith("40"):
        return socket
    socket.close()
    return None


def signed_in(work: Work, phone: Phones, *roles: Role) -> tuple[Phone, Person, str]:
    browser = phone()
    with work(now=clock.utc_now()) as db:
        person = give_person(db, roles=roles or (Role.REP,))
        browser.take(give_session(db, person))
    me: Any = browser.get("/me").json
    return browser, person, me["csrf"]


def test_a_socket_opens_with_a_live_session_its_own_token_and_from_our_pages_only(
    work: Work, phone: Phones, port: int
) -> None:
    browser, _, csrf = signed_in(work, phone)
    token = browser.token

    open_one = connect(port, token, csrf)
    assert open_one is not None
    open_one.close()
    assert connect(port, token, "guess") is None
    assert connect(port, token, csrf, "https://evil.example") is None
    assert connect(port, token, csrf, "null") is None
    assert connect(port, token, csrf, None) is None
    browser.post("/sign-out")
    assert connect(port, token, csrf) is None


def closes(socket: WebSocket) -> bool:
    """Whether the server lets go of the socket."""
    socket.settimeout(10)
    while packet := read(socket):
        if packet.startswith("41"):
            return True
    return True


def test_signing_out_ends_the_open_socket(work: Work, phone: Phones, port: int) -> None:
    browser, _, csrf = signed_in(work, phone)
    socket = connect(port, browser.token, csrf)
    assert socket is not None

    browser.post("/sign-out")

    assert closes(socket)
    socket.close()


def test_a_revoked_role_ends_the_open_sockets_of_the_person(
    work: Work, phone: Phones, port: int
) -> None:
    browser, person, csrf = signed_in(work, phone, Role.REP, Role.MANAGER)
    socket = connect(port, browser.token, csrf)
    assert socket is not None

    with work(now=clock.utc_now()) as db:
        service.revoke_role(db, person.id, Role.MANAGER)

    assert closes(socket)
    socket.close()


def test_a_session_that_lived_too_long_takes_its_socket_along(
    work: Work, phone: Phones, port: int
) -> None:
    browser, person, csrf = signed_in(work, phone, Role.FINANCE)
    socket = connect(port, browser.token, csrf)
    assert socket is not None

    with work(now=clock.utc_now()) as db:
        row = sessions.open_sessions(db, person.id)[0]
        row.created_at = clock.utc_now() - timedelta(hours=13)

    assert browser.get("/me").status_code == 401
    assert closes(socket)
    socket.close()


def test_a_socket_whose_ending_nobody_heard_is_let_go_all_the_same(
    work: Work, phone: Phones, port: int
) -> None:
    browser, person, csrf = signed_in(work, phone)
    colleague, _, their_csrf = signed_in(work, phone)
    socket = connect(port, browser.token, csrf)
    other = connect(port, colleague.token, their_csrf)
    assert socket is not None
    assert other is not None

    with work(now=clock.utc_now()) as db:
        row = sessions.open_sessions(db, person.id)[0]
        row.ended_at = clock.utc_now()  # as if Valkey had been away

    assert closes(socket)
    other.send("42" + json.dumps(["unwatch", None]))
    other.send("421" + json.dumps(["unwatch", None]))
    assert read(other) == "431" + '[{"ok":true}]'
    socket.close()
    other.close()


def test_an_event_asks_for_the_session_again(work: Work, phone: Phones, port: int) -> None:
    browser, person, csrf = signed_in(work, phone)
    socket = connect(port, browser.token, csrf)
    assert socket is not None
    with work(now=clock.utc_now()) as db:
        row = sessions.open_sessions(db, person.id)[0]
        row.ended_at = clock.utc_now()  # as if the message to end the socket had been lost

    socket.send("42" + json.dumps(["watch", "00000000-0000-0000-0000-000000000000"]))

    assert closes(socket)
    socket.close()
