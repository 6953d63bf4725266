"""30, 31, 34, 49, 50, 69, 71, 80: clocks, weeks, restarts and changed keys."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import queries as ledger
from app.providers import accounts, deliveries, safe, wire
from app.providers.contract import Destination
from app.rewards import finance_queries, queries, reconciling, saga, service
from app.rewards.core import State
from tests.conftest import ROOT, Work
from tests.failures.stage import Clock, Stage, build, prove_books, until
from tests.ledger.builders import give_available
from tests.people.builders import give_person, give_tenant
from tests.sandboxes import base, xendit
from tests.sandboxes import razorpayx as razorpay

DAY = 86_400


def test_30_after_a_month_an_order_is_looked_up_before_it_could_be_sent_again(
    stage: Stage,
) -> None:
    stage.there.mode("timeout", on="placeOrder", times=1)
    order = stage.redeem()
    stage.advance(order)
    stage.clock.ahead += timedelta(days=31)

    stage.advance(order)

    assert [call["operation"] for call in stage.there.calls()] == ["placeOrder", "getOrderDetails"]
    assert stage.state(order) == State.CAPTURED
    stage.prove(sold=1)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1)])
def test_31_a_clock_that_jumps_in_the_middle_of_an_order_books_nothing_twice(
    stage: Stage, jump: timedelta
) -> None:
    order = stage.redeem()
    stage.dies("call.after", lambda: stage.advance(order))
    stage.clock.ahead += jump
    stage.advance(order)
    stage.clock.ahead -= jump

    stage.settle()

    assert stage.state(order) == State.CAPTURED
    stage.prove(sold=1)


def test_34_a_server_whose_clock_is_ten_minutes_from_the_databases_books_the_same(
    stage: Stage,
) -> None:
    stage.clock.ahead = timedelta(minutes=-10)
    order = stage.redeem()
    stage.advance(order)

    stage.prove(sold=1)
    assert stage.state(order) == State.CAPTURED


def test_69_what_was_ordered_after_the_backup_is_found_and_sent_by_nobody(
    stage: Stage, work: Work, engine: Engine
) -> None:
    order = stage.redeem()
    stage.advance(order)
    asked = len(stage.there.calls("placeOrder"))

    # Yesterday's books: the same wallet at the vendor, and not a line about the order.
    restored = build_beside(stage, work, engine)
    reconciling.run(restored.work, restored.account_id)

    with restored.work() as db:
        (found,) = finance_queries.findings(db, is_open=True)
    assert (found.kind, found.order_key) == ("theirs_only", stage.key(order))
    assert len(stage.there.calls("placeOrder")) == asked
    prove_books(restored.work, engine, restored.tenant_id)


def build_beside(stage: Stage, work: Work, engine: Engine) -> Stage:
    other = new_id()

    def open_work(**more: Any) -> AbstractContextManager[Session]:
        return work(**({"tenant": other} | more))

    return build(open_work, engine, stage.there)


WORKER = """
import os, sys
from uuid import UUID
from app import create_app
from app.settings import read_settings
app = create_app(read_settings())
from app.rewards import saga
print("ready", flush=True)
saga.advance_job.func(tenant_id=sys.argv[1], redemption_id=sys.argv[2])
"""


@pytest.mark.slow
@pytest.mark.crash
def test_71_a_worker_that_is_asked_to_end_during_a_long_call_leaves_nothing_behind(
    stage: Stage, servers: dict[str, str], tmp_path: Path
) -> None:
    stage.there.mode("slow", on="placeOrder", times=1, seconds=20)
    order = stage.redeem()
    with (tmp_path / "log").open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(stage.tenant_id), str(order)],
            cwd=ROOT,
            env=os.environ | servers,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    until(lambda: bool(stage.there.calls("placeOrder")), seconds=90)
    running.send_signal(signal.SIGTERM)
    running.wait(30)

    assert stage.state(order) in (State.SENDING, State.UNKNOWN)
    stage.settle()
    assert stage.state(order) == State.CAPTURED
    stage.prove(sold=1)
    assert len(stage.there.calls("placeOrder")) == 1


def test_80_keys_change_while_fifty_orders_run(crowd: Callable[..., Stage]) -> None:
    stage = crowd(people=50, orders=1)
    orders = [stage.redeem(person) for person in range(50)]
    ended = threading.Event()

    def rotate() -> None:
        while not ended.is_set():
            with stage.work() as db:
                safe.rotate(db)
            while True:
                with stage.work() as db:
                    if not safe.rewrap(db, most=10):
                        break
            time.sleep(0.05)

    rotating = threading.Thread(target=rotate)
    rotating.start()
    for order in orders:
        stage.advance(order)
    ended.set()
    rotating.join()
    stage.settle()

    assert stage.states() == {State.CAPTURED: 50}
    with stage.work() as db:
        shown = [deliveries.of_order(db, queries.settled_key(db, order)) for order in orders]
    assert all(len(one) == 1 for one in shown)
    stage.prove(sold=50)


@dataclass
class Bank:
    """Somebody with money, and a transfer at a sandbox that pays banks."""

    work: Callable[..., AbstractContextManager[Session]]
    clock: Clock
    there: base.Remote
    tenant_id: UUID
    person_id: UUID
    reward_id: UUID
    destination: Destination

    def pay(self, money: Money) -> UUID:
        with self.work() as db:
            order = service.redeem(
                db,
                person_id=self.person_id,
                reward_id=self.reward_id,
                money=money,
                today=self.clock.now().date(),
                destination=self.destination,
            ).id
        self.advance(order)
        return order

    def advance(self, order: UUID, *, hint: bool = False) -> None:
        saga.advance(self.work, order, hint=hint)

    def state(self, order: UUID) -> str:
        with self.work() as db:
            return queries.get_redemption(db, order).state

    def pass_time(self, days: float) -> None:
        """Let days pass here and there."""
        self.clock.ahead += timedelta(days=days)
        self.there.forward(days * DAY)

    def available(self, currency: str) -> int:
        with self.work() as db:
            (line,) = ledger.wallet(db, self.person_id)
        assert line.currency == currency
        return line.available.minor


@contextmanager
def bank(
    work: Work, sandbox: base.Sandbox, money: Money, destination: Destination, **account: Any
) -> Iterator[Bank]:
    """Open a tenant that pays people by a bank's sandbox."""
    wire.connect(allows_loopback=True)
    here = Clock()

    def live(**more: Any) -> AbstractContextManager[Session]:
        return work(**({"now": here.now()} | more))

    with base.running(sandbox) as url:
        with live() as db:
            give_tenant(db)
            person = give_person(db)
            give_available(db, person.id, money.minor, currency=money.currency)
            row = accounts.add(db, provider=sandbox.name, label="Bank", base_url=url, **account)
            reward_id = service.offer(
                db,
                service.Offer(
                    "Transfer",
                    "bank_transfer",
                    destination.country,
                    money.currency,
                    (),
                    provider=sandbox.name,
                    account_id=row.id,
                    min_minor=100,
                ),
            )
        yield Bank(
            live, here, base.Remote(url), person.tenant_id, person.id, reward_id, destination
        )


def comes_back(at: Bank, engine: Engine, money: Money, days: float) -> None:
    at.there.mode("reversed", times=1)
    order = at.pay(money)
    for _ in range(5):
        at.pass_time(0.1)
        at.advance(order)
    assert at.state(order) == State.CAPTURED
    assert at.available(money.currency) == 0

    at.pass_time(days)
    at.advance(order, hint=True)

    assert at.state(order) == State.RETURNED
    assert at.available(money.currency) == money.minor
    prove_books(at.work, engine, at.tenant_id)


def test_49_a_payout_that_comes_back_after_three_days_is_the_persons_again(
    work: Work, engine: Engine
) -> None:
    money = Money(50_000, "INR")
    to = Destination(
        "ifsc", "Asha Rao", "IN", "INR", {"ifsc": "YESB0000262", "account": "026291800001191"}
    )
    with bank(
        work,
        razorpay.make_sandbox(),
        money,
        to,
        settings={"account_number": razorpay.ACCOUNT},
        secrets={"key_id": razorpay.KEY_ID, "key_secret": razorpay.KEY_SECRET},
    ) as at:
        comes_back(at, engine, money, 4)


def test_50_a_payout_that_comes_back_after_twenty_days_is_the_persons_again(
    work: Work, engine: Engine
) -> None:
    money = Money(150_000_00, "IDR")
    to = Destination(
        "id_bank", "Siti Rahma", "ID", "IDR", {"bank_code": "014", "account": "5270012345"}
    )
    with bank(
        work, xendit.make_sandbox(), money, to, settings={}, secrets={"api_key": xendit.API_KEY}
    ) as at:
        comes_back(at, engine, money, 21)
