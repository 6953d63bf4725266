"""Searching a store of 15,000 rewards and 6,000 words: how long the server takes, how large a screen is.

Every request goes through the whole application (session, rights, search, answer), one after the other, each
kind of question in turn, on the catalog of the Plum sandbox, to whose names invented words are added: it has
few of its own. People type as they do: whole words, begun ones, with mistakes, with and without accents, in
words of other languages.

The processor's time is what the web's thread and the database's process took from a processor, which a busy
machine does not change; the clock's time is what a person waits. Then as many people as PEOPLE type at once,
a letter every PAUSE, against a real server of two web processes.

    python -m bench.catalog_search [--requests N] [--rewards N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import psycopg
import uvloop
from alembic import command
from alembic.config import Config
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.principal import Role
from app.kernel.events import Reactions
from app.kernel.ids import new_id
from app.people import service as people
from app.people import sessions
from app.providers import accounts, wire
from app.rewards import catalog_sync
from app.runtime import embedded, site
from app.runtime.children import Child
from app.settings import read_settings
from bench.table import percentile, show
from bench.wire import Asker
from tests.sandboxes import base, plum_catalog
from tests.sandboxes import plum as vendor

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MS = 20
LIMIT_KB = 60
PEOPLE = 8
REWARDS = 15_000
PAUSE = 0.3
HOMES = ("IT", "FR", "ID", "IN", "US", "DE")
SYLLABLES = [first + second for first in "bcdfglmnprstvz" for second in "aeiou"]
FOREIGN = ("abenteuer", "buono regalo", "cadeau", "hadiah", "dîner", "makan malam", "büroklammer")
ACCENTS = {"a": "à", "e": "é", "i": "ì", "o": "ô", "u": "ü", "c": "ç", "n": "ñ"}

Question = Callable[[random.Random], dict[str, str]]
Products = Sequence[dict[str, Any]]


@dataclass
class Taken:
    """Milliseconds of requests: by the clock, and of a processor."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=150, help="of each kind")
    parser.add_argument("--rewards", type=int, default=REWARDS, help="in the store, 22,548 at most")
    options = parser.parse_args()
    products = renamed(options.rewards)
    with store(products) as opened:
        taken, largest = measured(opened, questions(products), options.requests)
        screen = largest + len(opened.client.get("/api/v1/me/store/choices?country=IT").data)
        together = uvloop.run(typed_at_once(opened, products))
    rows = [
        ("rewards in the store", f"{opened.listed:,}", "15,000"),
        ("reading them all", f"{opened.seconds:.0f} s", ""),
    ]
    for name, of_kind in taken.items():
        rows.append((f"{name}: processor, p50 / p95", both(of_kind.processor), ""))
    everything = [each for of_kind in taken.values() for each in of_kind.processor]
    clock = [each for of_kind in taken.values() for each in of_kind.clock]
    rows += [
        ("all: processor, p50 / p95", both(everything), f"p95 under {LIMIT_MS} ms"),
        ("all: clock, p50 / p95", both(clock), f"p95 under {LIMIT_MS} ms"),
        (f"{PEOPLE} people typing: clock, p50 / p95", both(together), ""),
        ("one screen and its filters", f"{screen / 1000:.1f} KB", f"under {LIMIT_KB} KB"),
    ]
    show("Searching the store", rows)


def both(taken: Sequence[float]) -> str:
    return f"{percentile(taken, 0.5):.1f} / {percentile(taken, 0.95):.1f} ms"


def questions(products: Products) -> dict[str, Question]:
    """Return the ways to look around, each making up a question."""
    names = [product["name"] for product in products]

    def word(dice: random.Random) -> str:
        return str(max(dice.choice(names).split(), key=len))

    def begun(dice: random.Random) -> str:
        first = word(dice)
        return first[: dice.randint(2, len(first))]

    def mistaken(dice: random.Random) -> str:
        chosen = word(dice)
        at = dice.randrange(1, max(2, len(chosen) - 1))
        swapped = chosen[:at] + chosen[at + 1 : at + 2] + chosen[at : at + 1] + chosen[at + 2 :]
        return dice.choice((swapped, chosen[:at] + chosen[at + 1 :]))

    def accented(dice: random.Random) -> str:
        return "".join(ACCENTS.get(each, each) for each in word(dice).lower())

    def two(dice: random.Random) -> str:
        first, *others = dice.choice(names).split()
        return f"{first} {dice.choice(others)[:3]}" if others else first

    return {
        "the shelf at home": lambda dice: {"country": dice.choice(HOMES)},
        "the whole world": lambda dice: {"kind": dice.choice(("gift_card", "experience"))},
        "a category at home": lambda dice: {"country": dice.choice(HOMES), "category": "Wellness"},
        "a category anywhere": lambda _: {"category": "Fine Dining"},
        "an amount of one's own": lambda dice: {"amount": "open", "country": dice.choice(HOMES)},
        "a word": lambda dice: {"q": word(dice)},
        "a word begun": lambda dice: {"q": begun(dice)},
        "a word begun, at home": lambda dice: {"q": begun(dice), "country": dice.choice(HOMES)},
        "a word and a beginning": lambda dice: {"q": two(dice)},
        "a word with accents": lambda dice: {"q": accented(dice)},
        "a word with a mistake": lambda dice: {"q": mistaken(dice)},
        "a mistake at home": lambda dice: {"q": mistaken(dice), "country": dice.choice(HOMES)},
        "a word of another language": lambda dice: {"q": dice.choice(FOREIGN)},
    }


def renamed(count: int) -> list[dict[str, Any]]:
    """Return `count` products of the catalog with an invented word in every name: some 6,000 of them."""
    dice = random.Random(8)
    invented = ["".join(dice.choices(SYLLABLES, k=3)).title() for _ in range(6_000)]
    products = plum_catalog.products()
    return [
        {**product, "name": f"{product['name']} {dice.choice(invented)}"}
        for product in dice.sample(products, min(count, len(products)))
    ]


@dataclass(frozen=True)
class Store:
    """A store that is open: a signed-in client, and what a server of it is started with."""

    client: FlaskClient
    token: str
    listed: int
    seconds: float
    home: Path
    environment: dict[str, str]
    owner: str


def measured(opened: Store, asked: dict[str, Question], count: int) -> tuple[dict[str, Taken], int]:
    """Return what requests of each kind took, and the size of the largest answer."""
    dice, largest = random.Random(4), 0
    taken = {name: Taken() for name in asked}
    backends = processes_of_the_database(opened.owner)
    for _ in range(count):
        for name, ask in asked.items():
            path = f"/api/v1/me/store?{urlencode(ask(dice))}"
            began, worked = time.perf_counter(), time.thread_time() + processor_of(backends)
            answer = opened.client.get(path)
            taken[name].clock.append((time.perf_counter() - began) * 1000)
            worked = time.thread_time() + processor_of(backends) - worked
            taken[name].processor.append(worked * 1000)
            assert answer.status_code == 200, answer.data
            largest = max(largest, len(answer.data))
    return taken, largest


def processes_of_the_database(owner: str) -> list[int]:
    """Return the processes that serve our connections; on Linux, what they took is told to all."""
    asked = "SELECT pid FROM pg_stat_activity WHERE usename = 'laurel_app'"
    with psycopg.connect(owner) as db:
        return [pid for (pid,) in db.execute(asked)]


def processor_of(processes: Sequence[int]) -> float:
    """Return the seconds of a processor that processes have taken so far."""
    told = (Path(f"/proc/{pid}/schedstat").read_text() for pid in processes)
    return sum(int(each.split()[0]) for each in told) / 1e9


async def typed_at_once(opened: Store, products: Products) -> list[float]:
    """Let PEOPLE type words letter by letter against two web processes; return the milliseconds of each."""
    words = [max(product["name"].split(), key=len) for product in products]
    with served(opened) as port:
        taken: list[float] = []
        people_at = [Asker(port, opened.token) for _ in range(PEOPLE)]

        async def type_words(nth: int, how_many: int, kept: list[float]) -> None:
            dice = random.Random(nth)
            await asyncio.sleep(dice.random() * PAUSE)
            for _ in range(how_many):
                word = dice.choice(words)
                for end in range(2, len(word) + 1):
                    query = urlencode({"q": word[:end]})
                    kept.append(await people_at[nth].get(f"/api/v1/me/store?{query}") * 1000)
                    await asyncio.sleep(PAUSE)

        # The first statements of a process are compiled as they come.
        await asyncio.gather(*(type_words(nth, 3, []) for nth in range(PEOPLE)))
        await asyncio.gather(*(type_words(nth, 6, taken) for nth in range(PEOPLE)))
        return taken


@contextmanager
def served(opened: Store) -> Iterator[int]:
    """Serve the store from two web processes; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    own = {"PORT": str(port), "WEB_CONCURRENCY": "2", "LAUREL_URL": f"http://localhost:{port}"}
    web = Child(site.WEB, opened.home, ROOT, os.environ | opened.environment | own)
    web.start()
    try:
        deadline = time.monotonic() + 60
        while not _answers(f"http://127.0.0.1:{port}/healthz"):
            if time.monotonic() > deadline:
                raise SystemExit("The web did not come.")
            time.sleep(0.1)
        yield port
    finally:
        web.stop(hurry=False)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def store(products: Products) -> Iterator[Store]:
    """Fill a store from the sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        postgres = embedded.start_postgres(home, durable=True)
        valkey = embedded.start_valkey(home)
        try:
            yield from _filled(home, postgres, valkey.url, products)
        finally:
            valkey.stop()
            postgres.stop()


def _filled(
    home: Path, postgres: embedded.PostgresHandle, redis_url: str, products: Products
) -> Iterator[Store]:
    config = Config(ROOT / "alembic.ini")
    environment = {
        "DATABASE_URL": postgres.url_app,
        "DATABASE_OWNER_URL": postgres.url_owner,
        "REDIS_URL": redis_url,
        "LAUREL_HOME": str(home),
        "LAUREL_MODE": "test",
        "LAUREL_URL": "http://localhost",
    }
    settings = read_settings(environment)
    _migrate(config, postgres)
    app = create_app(settings)
    wire.connect(allows_loopback=True)
    engine, tenant = app.extensions["laurel"].engine, new_id()

    def work() -> AbstractContextManager[Session]:
        return unit_of_work(
            engine, tenant_id=tenant, actor=SYSTEM, now=datetime.now(UTC), reactions=Reactions()
        )

    sandbox = vendor.make_sandbox()
    sandbox.set_mode("unlimited")
    sandbox.products = {product["productId"]: product for product in products}
    with base.running(sandbox) as url:
        account_id = _account(work, url)
        began = time.perf_counter()
        catalog_sync.sync(work, account_id, is_full=True)
        seconds = time.perf_counter() - began
    with psycopg.connect(postgres.url_owner, autocommit=True) as owner:
        owner.execute("ANALYZE")
    with work() as db:
        person = people.add_person(db, name="Ada Ferri", roles=[Role.REP])
        token = sessions.open_session(
            db, person_id=person.id, signed_in_by="persona", label="bench"
        ).token
    client = app.test_client()
    client.set_cookie("sid", token, domain="localhost")
    client.get("/api/v1/me/store")
    listed = len(products)
    yield Store(client, token, listed, seconds, home, environment, postgres.url_owner)
    engine.dispose()


def _migrate(config: Config, postgres: embedded.PostgresHandle) -> None:
    os.environ["DATABASE_OWNER_URL"] = postgres.url_owner
    os.environ["DATABASE_URL"] = postgres.url_app
    command.upgrade(config, "head")


def _account(work: Callable[[], AbstractContextManager[Session]], url: str) -> UUID:
    secrets: dict[str, Any] = {
        "client_id": vendor.CLIENT_ID,
        "client_secret": vendor.CLIENT_SECRET,
        "access_token": vendor.FIRST_ACCESS,
        "refresh_token": vendor.FIRST_REFRESH,
    }
    with work() as db:
        people.create_tenant(db, name="Bench", slug="bench")
        account: UUID = accounts.add(
            db,
            provider="plum",
            label="Plum",
            base_url=f"{url}/chef/v1/oauth",
            settings={},
            secrets=secrets,
        ).id
        return account


if __name__ == "__main__":
    main()
