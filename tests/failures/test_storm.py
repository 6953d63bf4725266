"""12: random processes are killed without warning while people order; at the end nothing is lost or doubled."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.jobs.queue import enqueue
from app.kernel.ids import new_id
from app.rewards import saga
from app.rewards.core import State
from tests.crash.processes import free_port, wait_for_web
from tests.failures import storm
from tests.failures.stage import ENDED, Stage

pytestmark = [pytest.mark.crash, pytest.mark.slow]

SECONDS = float(os.environ.get("STORM_SECONDS", "15"))
SEED = int(os.environ.get("STORM_SEED", "20261122"))
PEOPLE = 24
EACH = 40
"""How many cards one person can pay; more than anybody will have ordered when the storm ends."""


def test_12_in_a_storm_of_crashes_no_order_is_lost_or_doubled(
    crowd: Callable[..., Stage], servers: dict[str, str], tmp_path: Path
) -> None:
    stage = crowd(people=PEOPLE, orders=EACH)
    port, tally = free_port(), storm.Tally()
    with (
        storm.nursery(servers, "worker", 3, tmp_path / "worker.log") as workers,
        storm.nursery(servers, "web", 3, tmp_path / "web.log", port) as web,
    ):
        wait_for_web(port)
        weather = _Weather(stage)
        with ThreadPoolExecutor(PEOPLE + 2) as pool:
            end = time.monotonic() + SECONDS
            clockwork = pool.submit(weather.blow, end)
            shoppers = [
                pool.submit(_shop, stage, port, person, end, tally) for person in range(PEOPLE)
            ]
            storm.rage({"web": web, "worker": workers}, SEED, SECONDS, tally)
            clockwork.result()
            for shopper in shoppers:
                shopper.result()
    stage.there.mode("normal")
    stage.there.mode("unlimited")
    stage.settle()

    states = stage.states()
    told = f"seed {SEED}: {dict(tally.killed)} killed, {dict(tally.answers)} said, {dict(states)}"
    print(told)  # noqa: T201 - what the storm was, beside what it left
    assert sum(tally.killed.values()) > SECONDS
    assert tally.placed
    assert tally.answers.keys() <= {0, 201}
    assert set(states) <= {*ENDED, State.MANUAL}
    unheard = sum(states.values()) - len(tally.placed)
    assert 0 <= unheard <= tally.answers[0]
    stage.prove()
    assert stage.reconcile() == []
    _nobody_paid_twice(stage)


def _shop(stage: Stage, port: int, person: int, end: float, tally: storm.Tally) -> None:
    """Order one card after the other, each under a key of its own, until the storm is over."""
    amount = {"amount": str(stage.price.decimal), "currency": stage.price.currency}
    shopper = storm.Shopper(port, stage.sign_in(person), str(stage.reward_id), amount)
    for _ in range(EACH):
        if time.monotonic() > end:
            return
        status, said = shopper.order(new_id().hex, end + 30)
        with tally.guard:
            tally.answers[status] += 1
            if status == 201:
                tally.placed.add(said)


def _nobody_paid_twice(stage: Stage) -> None:
    theirs = stage.there.books()["orders"]
    assert not [key for key in theirs if "#" in key]
    charged = Counter(order["poNumber"] for order in theirs.values())
    assert set(charged.values()) <= {1}


class _Weather:
    """What the clock does, and what the vendor does, while the storm lasts."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.die = random.Random(SEED + 1)

    def blow(self, end: float) -> None:
        """Send the completer around each second, and make the vendor ugly now and then."""
        while time.monotonic() < end:
            with self.stage.work() as db:
                enqueue(db, saga.complete_job, once=f"rewards.complete:{self.stage.tenant_id}")
            mode, options = self.die.choice(storm.MODES)
            self.stage.there.mode(mode, on="placeOrder", times=self.die.randint(1, 3), **options)
            time.sleep(1.0)
