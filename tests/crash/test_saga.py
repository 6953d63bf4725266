"""A process dies at each named point of an order; after a restart nothing is lost and nothing is doubled."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.cli.prove import prove_tenant
from app.jobs.queue import enqueue
from app.kernel import clock
from app.ledger import service as ledger
from app.providers import manual
from app.providers.models import VaultCode
from app.rewards import saga, service
from tests.conftest import Work
from tests.crash.processes import dies, eventually, free_port, process, wait_for_web
from tests.people.builders import WRITE, give_session
from tests.people.phone import API
from tests.rewards.builders import Shop, offer_night, open_shop

pytestmark = [pytest.mark.crash, pytest.mark.slow]

IN_THE_WEB = ("redeem.before_commit", "redeem.after_commit")
IN_THE_DESK = "manual.before_commit"
IN_THE_WORKER = [
    point for point in saga.CRASH_POINTS if point not in IN_THE_WEB and point != IN_THE_DESK
]


@pytest.fixture
def shop(work: Work) -> Shop:
    """A tenant that lives in real time."""

    def live(**more: Any) -> AbstractContextManager[Session]:
        return work(**({"now": clock.utc_now()} | more))

    return open_shop(live)


Start = Callable[..., AbstractContextManager[subprocess.Popen[bytes]]]


@pytest.fixture
def start(servers: dict[str, str], tmp_path: Path) -> Start:
    """Start a process of ours: `start("worker", crash_at="call.before")`."""

    def run(*command: str, crash_at: str = "") -> AbstractContextManager[subprocess.Popen[bytes]]:
        return process(servers, tmp_path / "log", *command, crash_at=crash_at)

    return run


Drain = Callable[[Callable[[], bool]], None]


@pytest.fixture
def drain(shop: Shop, run_jobs: Callable[[], None]) -> Drain:
    """Be the worker and the clock that were started again, until it is done."""

    def run(done: Callable[[], bool]) -> None:
        def work() -> None:
            tick(shop)
            run_jobs()

        eventually(done, meanwhile=work)

    return run


def tick(shop: Shop) -> None:
    """Do what the clock does: look for orders that are due."""
    with shop.work() as db:
        enqueue(db, saga.complete_job, once=f"rewards.complete:{shop.person.tenant_id}")


def assert_whole(shop: Shop, engine: Engine) -> None:
    """One order, one code, one payment, and every invariant."""
    assert shop.purse() == {"available": 5_000, "paid": 5_000}
    with shop.work() as db:
        sold = db.scalar(
            select(func.count()).select_from(VaultCode).where(VaultCode.order_key.is_not(None))
        )
        ledger.seal(db)
        audit.seal(db)
    assert sold == 1
    broken = [one for one in prove_tenant(engine, shop.person.tenant_id) if one.finding.violations]
    assert broken == []


@pytest.mark.parametrize("point", IN_THE_WORKER)
def test_a_worker_that_dies_leaves_an_order_that_another_finishes(
    shop: Shop,
    engine: Engine,
    start: Start,
    drain: Drain,
    point: str,
) -> None:
    order = shop.redeem()
    with start("worker", crash_at=point) as dying:
        if point.startswith("complete"):
            tick(shop)
        assert dies(dying)

    drain(lambda: shop.state(order) == "captured")

    assert_whole(shop, engine)


def test_a_worker_that_dies_while_people_are_asked_asks_them_once(
    shop: Shop, engine: Engine, start: Start
) -> None:
    with shop.work() as db:
        night = offer_night(db)
    order = place_night(shop, night)
    with start("worker", crash_at=IN_THE_DESK) as dying:
        assert dies(dying)

    with start("worker"):
        eventually(lambda: shop.state(order) == "accepted", meanwhile=lambda: tick(shop))
        assert len(list(manual.Manual(shop.work).history(clock.utc_now() - timedelta(1)))) == 1
        with shop.work() as db:
            service.refuse(db, order, reason="The hut is closed.")
        eventually(lambda: shop.state(order) == "voided", meanwhile=lambda: None)

    assert shop.purse() == {"available": 10_000}
    broken = [one for one in prove_tenant(engine, shop.person.tenant_id) if one.finding.violations]
    assert broken == []


def place_night(shop: Shop, night: UUID) -> UUID:
    from app.kernel.money import Money

    tomorrow = (clock.utc_now() + timedelta(days=9)).date()
    return Shop(shop.work, shop.person, night).redeem(Money(7_900, "EUR"), tomorrow)


@pytest.mark.parametrize("point", IN_THE_WEB)
def test_a_web_process_that_dies_while_ordering_leaves_all_or_nothing(
    shop: Shop,
    engine: Engine,
    start: Start,
    drain: Drain,
    point: str,
) -> None:
    with shop.work() as db:
        token = give_session(db, shop.person)
    port = free_port()
    web = ("run", "--port", str(port))
    with start(*web, crash_at=point) as dying:
        wait_for_web(port)
        with pytest.raises((http.client.HTTPException, OSError)):
            order_over_http(port, token, shop.reward_id)
        assert dies(dying)
    was_written = point == "redeem.after_commit"
    assert shop.purse().get("reserved", 0) == (5_000 if was_written else 0)

    with start(*web):
        wait_for_web(port)
        status, hit, body = order_over_http(port, token, shop.reward_id)
    assert (status, hit) == (201, "true" if was_written else None)

    order = UUID(body["id"])
    drain(lambda: shop.state(order) == "captured")
    assert_whole(shop, engine)


def order_over_http(port: int, token: str, reward_id: UUID) -> tuple[int, str | None, Any]:
    """Order a card of 50 euros under the one key of the test."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = {"reward_id": str(reward_id), "amount": {"amount": "50.00", "currency": "EUR"}}
    headers = {
        **WRITE,
        "Content-Type": "application/json",
        "Cookie": f"sid={token}",
        "Idempotency-Key": "the-one",
    }
    try:
        connection.request("POST", f"{API}/me/redemptions", json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.headers["Idempotency-Hit"], json.loads(response.read())
    finally:
        connection.close()
