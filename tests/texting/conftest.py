"""A gateway played on this machine, and a person who has a number."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.serving import make_server

from app.db.unit_of_work import tenant_of
from app.http.context import Edge
from app.settings import Settings, SmsSettings
from app.texting import service as texting
from app.texting.models import TextMessage
from tests.conftest import Work
from tests.people.phone import Phone
from tests.rewards.builders import Shop, open_shop
from tests.rewards.conftest import phone_of
from tests.sandboxes import base, twilio
from tests.sandboxes.base import _Quiet
from tests.sandboxes.twilio import Twilio

Run = Callable[[], None]
MOBILE = "+393471234567"
OTHER = "+447400123456"
CODES = ("AAAA-1111", "BBBB-2222")
"""Long enough to stand in no number or link by chance."""


@dataclass(frozen=True)
class Gateway:
    """The sandbox, and the settings under which texts go there."""

    sandbox: Twilio
    url: str
    settings: Settings

    @property
    def texts(self) -> list[dict[str, Any]]:
        """Return what really left, oldest first."""
        with self.sandbox.lock:
            return list(self.sandbox.state["messages"].values())

    def forget(self) -> None:
        """Begin with no texts and no news."""
        with self.sandbox.lock:
            self.sandbox.state["messages"].clear()
            self.sandbox.calls.clear()
            self.sandbox.held.clear()

    def flush(self) -> None:
        """Send the news that were held, and wait until all were taken or refused for good."""
        base.Remote(self.url).flush()

    def answers(self) -> list[int]:
        """Return what was answered to each news at last."""
        return [one.statuses[-1] for one in self.sandbox.sent]

    def asked(self) -> int:
        """Return how often it was asked to send."""
        with self.sandbox.lock:
            return sum(call["operation"] == "messages.create" for call in self.sandbox.calls)

    def code(self) -> str:
        """Return the code in the latest text."""
        found = re.search(r"#(\d{6})$", self.texts[-1]["body"])
        assert found is not None
        return found.group(1)


def account_at(url: str, **values: Any) -> SmsSettings:
    """Return the sandbox's account at `url`."""
    known = SmsSettings(url, twilio.ACCOUNT, twilio.TOKEN, "Laurel", frozenset())
    return replace(known, **values)


@pytest.fixture
def front(app: Flask) -> Iterator[str]:
    """The application behind a port, so that the gateway can tell it news."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]  # not declared there
    server.block_on_close = False  # type: ignore[attr-defined]  # not declared there
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gateway(app: Flask, settings: Settings, front: str) -> Iterator[Gateway]:
    """A gateway whose news wait until they are flushed."""
    sandbox = twilio.make_sandbox()
    sandbox.hooks.is_held = True
    edge: Edge = app.extensions["laurel"]
    with base.running(sandbox) as url:
        own = replace(settings, sms=account_at(url), public_url=front)
        edge.settings = replace(settings, sms=own.sms)
        texting.connect(own)
        yield Gateway(sandbox, url, own)
        texting.connect(settings)
        edge.settings = settings


@pytest.fixture
def shop(work: Work) -> Shop:
    """A tenant with one rep who has 100 euros, and two cards of 50 in stock."""
    return open_shop(work, codes=CODES)


@pytest.fixture
def rep(app: Flask, shop: Shop) -> Phone:
    """The rep's browser."""
    return phone_of(app, shop, shop.person)


@pytest.fixture
def hurry(work: Work, run_jobs: Run) -> Run:
    """Let what waits for later in this tenant's queue be due, and run it."""

    def run() -> None:
        with work() as db:
            db.execute(
                text(
                    "UPDATE procrastinate_jobs SET scheduled_at = NULL"
                    " WHERE status = 'todo' AND args->>'tenant_id' = :tenant"
                ),
                {"tenant": str(tenant_of(db))},
            )
        run_jobs()

    return run


def prove(rep: Phone, gateway: Gateway, run_jobs: Run, number: str = MOBILE) -> None:
    """Add a number and prove it."""
    assert rep.post("/me/phone", {"number": number}).status_code == 200
    run_jobs()
    assert rep.post("/me/phone/prove", {"code": gateway.code()}).status_code == 200
    run_jobs()


def states(work: Work, purpose: str) -> list[tuple[str, str | None]]:
    """Return what is known of the texts for a purpose, oldest first, and why."""
    with work() as db:
        rows = db.scalars(
            select(TextMessage)
            .where(TextMessage.tenant_id == tenant_of(db), TextMessage.purpose == purpose)
            .order_by(TextMessage.id)
        )
        return [(row.state, row.reason) for row in rows]
