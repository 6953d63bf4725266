"""Orders of gift cards while one of two providers is slow: what the web and the other one's orders feel of it.

Two sandboxes of Plum, each a process, each with an account. People order from both at a fixed pace and ask
for their wallet; every other turn the first one takes its time before it answers. Then it is given more
orders at once than workers may wait for, while the other one is ordered from as before.

    python -m bench.redemptions [--answer SECONDS] [--turns N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import uvloop
from sqlalchemy.orm import Session

from app.db import keys
from app.kernel.money import Money
from app.people import sessions
from app.providers import accounts
from app.providers.seats import SEATS
from app.rewards import service
from app.settings import read_settings
from bench.running import ROOT, Running, running
from bench.table import percentile, show
from bench.wire import Asker
from tests.failures.stage import plum_card
from tests.ledger.builders import give_available
from tests.sandboxes import base
from tests.sandboxes import plum as vendor

PACE = 2
"""Orders a second to each provider; twice as many look into their wallets."""

SECONDS = 12
"""How long a turn is."""

BURST = 40
PLENTY = 100_000_00
PATIENCE = 180.0


@dataclass(frozen=True)
class Counter:
    """Where a card is sold: by which sandbox, through which account."""

    there: base.Remote
    reward_id: UUID
    price: Money


@dataclass
class Turn:
    """What clients saw, and when they began to look."""

    began: datetime
    wallet: list[float] = field(default_factory=list)
    ordered: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    """How long orders of the other provider took until the code was there."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answer", type=float, default=5.0, help="seconds the slow provider takes")
    parser.add_argument("--turns", type=int, default=2)
    options = parser.parse_args()
    with ExitStack() as stack:
        site = stack.enter_context(running(company="plain"))
        installed = read_settings({**site.environment, "LAUREL_URL": site.url})
        keys.keep_in(installed.keys_folder, may_make=True)
        slow, other = (counter(site, stack, name) for name in ("slow", "other"))
        clients = shoppers(site)
        turn(site, clients, slow, other)
        quick, waiting = Turn(datetime.now(UTC)), Turn(datetime.now(UTC))
        for _ in range(options.turns):
            add(quick, turn(site, clients, slow, other))
            slow.there.mode("slow", on="placeOrder", seconds=options.answer)
            add(waiting, turn(site, clients, slow, other))
            slow.there.mode("normal")
            slow.there.mode("unlimited")
            settle(site)
        slow.there.mode("slow", on="placeOrder", seconds=options.answer)
        alone = burst(site, clients, slow, other)
        with second_worker(site):
            pair = burst(site, clients, slow, other)
    show(
        f"Orders from two providers, {PACE} a second each; one takes {options.answer:g} s to answer",
        [*beside(quick, waiting), *speeds(alone, pair, options.answer)],
    )


def beside(quick: Turn, waiting: Turn) -> list[tuple[str, str, str]]:
    rows = []
    for what, without, during in (
        ("a wallet", quick.wallet, waiting.wallet),
        ("an order taken", quick.ordered, waiting.ordered),
        ("the other one's order done", quick.done, waiting.done),
    ):
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            rows.append(
                (
                    f"{what}, {name}, one is slow",
                    f"{percentile(during, share) * 1000:.0f} ms",
                    f"else {percentile(without, share) * 1000:.0f} ms",
                )
            )
    return rows


def speeds(
    alone: tuple[float, Turn], pair: tuple[float, Turn], answer: float
) -> list[tuple[str, str, str]]:
    rows = []
    for name, seats, (a_minute, meanwhile) in (
        ("one worker", SEATS, alone),
        ("two workers", 2 * SEATS, pair),
    ):
        rows.append(
            (
                f"slow orders a minute, {name}",
                f"{a_minute:.0f}",
                f"{seats * 60 / answer:.0f} at best",
            )
        )
        rows.append(
            (
                f"  the other one's done meanwhile, p50, {name}",
                f"{percentile(meanwhile.done, 0.5):.1f} s",
                f"{BURST * answer / seats:.0f} s in one line",
            )
        )
    return rows


def add(all_of: Turn, one: Turn) -> None:
    all_of.wallet += one.wallet
    all_of.ordered += one.ordered
    all_of.done += one.done


def counter(site: Running, stack: ExitStack, label: str) -> Counter:
    """Start a sandbox and offer one of its cards through an account of its own."""
    there = base.Remote(stack.enter_context(base.process("plum")))
    there.mode("unlimited")
    vendor.make_sandbox()  # which fills the catalog
    card = plum_card()
    with site.work() as db:
        account_id = accounts.add(
            db,
            provider=card.provider,
            label=label,
            base_url=there.url + card.base,
            settings={"timeout_seconds": "60"},
            secrets=card.secrets,
        ).id
        reward_id = service.offer(
            db,
            service.Offer(
                f"A card ({label})",
                "gift_card",
                card.country,
                card.price.currency,
                (card.price.minor,),
                provider=card.provider,
                product_code=card.product_code,
                account_id=account_id,
            ),
        )
    return Counter(there, reward_id, card.price)


def shoppers(site: Running) -> list[Asker]:
    """Give every seller money and a phone with a passkey."""
    with site.work() as db:
        return [Asker(site.port, sign_in(db, person_id)) for person_id in site.sellers.values()]


def sign_in(db: Session, person_id: UUID) -> str:
    give_available(db, person_id, PLENTY)
    return sessions.open_session(
        db, person_id=person_id, signed_in_by="passkey", label="bench"
    ).token


async def order_at(client: Asker, at: Counter) -> float:
    """Order a card; return how long it took until the order was taken."""
    money = {"amount": str(at.price.decimal), "currency": at.price.currency}
    body = json.dumps({"reward_id": str(at.reward_id), "amount": money}).encode()
    return await client.post("/api/v1/me/redemptions", body)


def turn(site: Running, clients: list[Asker], slow: Counter, other: Counter) -> Turn:
    """Order and look at a fixed pace; return what clients saw once the other one's orders are done."""
    seen = Turn(datetime.now(UTC))
    uvloop.run(_shop(clients, [slow, other], seen))
    seen.done = done(site, other, since=seen.began)
    return seen


async def _shop(clients: list[Asker], at: list[Counter], seen: Turn) -> None:
    """Order PACE times a second at each counter, and look twice as often."""
    begin = time.monotonic() + 0.2

    async def look(nth: int) -> None:
        await _until_time(begin + nth / PACE / 2)
        seen.wallet.append(await clients[nth % len(clients)].get("/api/v1/me/wallet"))

    async def order(nth: int, counter: Counter) -> None:
        await _until_time(begin + nth / PACE)
        seen.ordered.append(await order_at(clients[nth % len(clients)], counter))

    await asyncio.gather(
        *(look(nth) for nth in range(2 * PACE * SECONDS)),
        *(order(nth, counter) for counter in at for nth in range(PACE * SECONDS)),
    )


async def _until_time(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


def burst(site: Running, clients: list[Asker], slow: Counter, other: Counter) -> tuple[float, Turn]:
    """Give the slow one many orders at once; return how many a minute are done, and a turn of the other."""
    settle(site)
    seen = Turn(datetime.now(UTC))
    began = time.monotonic()

    async def all_at_once() -> None:
        await asyncio.gather(
            *(order_at(clients[nth % len(clients)], slow) for nth in range(BURST)),
            _shop(clients, [other], seen),
        )

    uvloop.run(all_at_once())
    seen.done = done(site, other, since=seen.began)
    settle(site)
    return BURST * 60 / (time.monotonic() - began), seen


WAITING = "SELECT count(*) FROM redemptions WHERE state NOT IN ('captured', 'voided')"
TOOK = (
    "SELECT extract(epoch FROM moved_at - created_at)::float8, state FROM redemptions"
    " WHERE reward_id = %s AND created_at >= %s"
)


def settle(site: Running) -> None:
    """Wait until every order has come to its end."""
    _until(site, WAITING, ())


def done(site: Running, at: Counter, *, since: datetime) -> list[float]:
    """Return how long each order of a provider took, once all have come to their end."""
    asked = (at.reward_id, since)
    _until(site, f"{WAITING} AND reward_id = %s AND created_at >= %s", asked)
    with psycopg.connect(site.postgres.url_owner) as db:
        rows = db.execute(TOOK, asked).fetchall()
    if not rows or any(state != "captured" for _, state in rows):
        raise SystemExit("Orders were not delivered.")
    return [took for took, _ in rows]


def _until(site: Running, count: str, asked: tuple[object, ...]) -> None:
    _wait(site, f"SELECT ({count}) > 0", asked, "Orders never came to an end.")


def _wait(site: Running, still: str, asked: tuple[object, ...], else_say: str) -> None:
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(site.postgres.url_owner, autocommit=True) as db:
        while db.execute(still, asked).fetchone() == (True,):
            if time.monotonic() > deadline:
                raise SystemExit(else_say)
            time.sleep(0.1)


@contextmanager
def second_worker(site: Running) -> Iterator[None]:
    """Run one worker more."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    env = {**os.environ, **site.environment, "LAUREL_URL": site.url}
    more = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        _registered(site, 2)
        yield
    finally:
        more.terminate()
        more.wait(60)


def _registered(site: Running, count: int) -> None:
    """Wait until so many workers take jobs: each has three lanes."""
    asked = "SELECT count(*) < %s FROM procrastinate_workers"
    _wait(site, asked, (3 * count,), "The second worker did not come.")


if __name__ == "__main__":
    main()
