"""Searching a store of 22,000 rewards: how long the server takes, and how large a screen is.

Every request goes through the whole application (session, rights, search, answer), one after the other, on the
catalog of the Plum sandbox. Words are typed as people type them: whole, begun, and with mistakes.

    python -m bench.catalog_search [--requests N]
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import psycopg
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
from app.runtime import embedded
from app.settings import read_settings
from bench.table import show
from tests.sandboxes import base
from tests.sandboxes import plum as vendor

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MS = 20
LIMIT_KB = 60
HOMES = ("IT", "FR", "ID", "IN", "US", "DE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    count = parser.parse_args().requests
    with store() as (client, listed, seconds):
        rows = [
            ("rewards in the store", f"{listed:,}", "15,000"),
            ("reading them all", f"{seconds:.0f} s", ""),
        ]
        largest, spent = 0, time.process_time()
        everything: list[float] = []
        for name, ask in questions().items():
            took, size = measured(client, ask, count)
            largest, everything = max(largest, size), everything + took
            rows.append((f"{name}: p50 / p95", f"{middle(took)} / {late(took)} ms", ""))
        rows.append(("all of them: p50", f"{middle(everything)} ms", ""))
        rows.append(("all of them: p95", f"{late(everything)} ms", f"under {LIMIT_MS} ms"))
        spent = (time.process_time() - spent) * 1000 / len(everything)
        rows.append(("processor time of the web process, mean", f"{spent:.1f} ms", ""))
        screen = largest + len(client.get("/api/v1/me/store/choices?country=IT").data)
        rows.append(
            ("one screen and its filters", f"{screen / 1000:.1f} KB", f"under {LIMIT_KB} KB")
        )
    show("Searching the store", rows)


def questions() -> dict[str, Callable[[random.Random], dict[str, str]]]:
    """Return the ways to look around, each making up a question."""
    names = [product["name"] for product in vendor.Plum.catalog]

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

    return {
        "the shelf at home": lambda dice: {"country": dice.choice(HOMES)},
        "the whole world": lambda dice: {"kind": dice.choice(("gift_card", "experience"))},
        "a category at home": lambda dice: {"country": dice.choice(HOMES), "category": "Wellness"},
        "a category anywhere": lambda _: {"category": "Fine Dining"},
        "an amount of one's own": lambda dice: {"amount": "open", "country": dice.choice(HOMES)},
        "a word": lambda dice: {"q": word(dice)},
        "a word begun": lambda dice: {"q": begun(dice)},
        "a word begun, at home": lambda dice: {"q": begun(dice), "country": dice.choice(HOMES)},
        "a word with a mistake": lambda dice: {"q": mistaken(dice)},
        "a mistake at home": lambda dice: {"q": mistaken(dice), "country": dice.choice(HOMES)},
    }


def measured(
    client: FlaskClient, ask: Callable[[random.Random], dict[str, str]], count: int
) -> tuple[list[float], int]:
    """Return the milliseconds of each request, and the size of the largest answer."""
    dice, took, largest = random.Random(4), [], 0
    for _ in range(count):
        path = f"/api/v1/me/store?{urlencode(ask(dice))}"
        began = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.data
        largest = max(largest, len(answer.data))
    return took, largest


def middle(took: list[float]) -> str:
    return f"{statistics.median(took):.1f}"


def late(took: list[float]) -> str:
    return f"{sorted(took)[int(len(took) * 0.95)]:.1f}"


@contextmanager
def store() -> Iterator[tuple[FlaskClient, int, float]]:
    """Fill a store from the sandbox; yield a signed-in client, how much is listed, how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        postgres = embedded.start_postgres(home, durable=True)
        valkey = embedded.start_valkey(home)
        try:
            yield from _filled(home, postgres, valkey.url)
        finally:
            valkey.stop()
            postgres.stop()


def _filled(
    home: Path, postgres: embedded.PostgresHandle, redis_url: str
) -> Iterator[tuple[FlaskClient, int, float]]:
    config = Config(ROOT / "alembic.ini")
    settings = read_settings(
        {
            "DATABASE_URL": postgres.url_app,
            "DATABASE_OWNER_URL": postgres.url_owner,
            "REDIS_URL": redis_url,
            "LAUREL_HOME": str(home),
            "LAUREL_MODE": "test",
            "LAUREL_URL": "http://localhost",
        }
    )
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
    yield client, len(vendor.Plum.catalog), seconds
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
