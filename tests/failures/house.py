"""A house of its own to break: durable PostgreSQL, Valkey, web and workers, on a small disk where that is allowed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.engine import make_engine
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.context import Edge
from app.kernel.ids import new_id
from app.runtime import embedded
from tests.conftest import NOON, Work, _migrate
from tests.crash.processes import free_port, wait_for_web
from tests.failures import storm
from tests.failures.stage import Stage, until

PLENTY = "2g"
PATIENCE = 180.0


def nothing() -> None:
    """Do nothing."""


@dataclass
class House:
    """Processes of ours and the servers they stand on."""

    folder: Path
    has_own_disk: bool
    env: Mapping[str, str]
    edge: Edge
    postgres: embedded.PostgresHandle
    valkey: embedded.ValkeyHandle
    engine: Engine
    port: int

    def work(self, tenant_id: UUID) -> Work:
        """Return how transactions of a tenant are opened here."""

        def open_work(*, now: datetime = NOON, **_: Any) -> AbstractContextManager[Session]:
            return unit_of_work(
                self.engine,
                tenant_id=tenant_id,
                actor=SYSTEM,
                now=now,
                reactions=self.edge.reactions,
            )

        return open_work

    @property
    def admin_url(self) -> str:
        """The address of the application's database for its operator."""
        return self.postgres.url_owner.replace("laurel_owner@", "postgres@")

    def run(self, statement: str) -> None:
        """Run SQL as the operator of the database."""
        with psycopg.connect(self.admin_url, autocommit=True) as db:
            db.execute(statement.encode())

    def restart_postgres(
        self, how: signal.Signals | None = None, *, meanwhile: Callable[[], None] = nothing
    ) -> None:
        """Start PostgreSQL again, stopped by a signal or by what happened to it."""
        if how is not None:
            self.postgres.process.send_signal(how)
        self.postgres.process.wait(PATIENCE)
        meanwhile()
        self.postgres = embedded.start_postgres(self.folder, durable=True)

    def stop(self) -> None:
        """End the servers."""
        self.engine.dispose()
        self.valkey.stop()
        self.postgres.stop()

    def restart_valkey(self) -> None:
        """Start Valkey again, empty."""
        self.valkey.stop()
        self.valkey = embedded.start_valkey(self.folder)

    def fill(self) -> None:
        """Leave no room on the disk: it becomes as small as what is on it, which may grow meanwhile."""

        def has_shrunk() -> bool:
            disk = os.statvfs(self.folder)
            used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
            return _mount(self.folder, f"remount,size={used}")

        until(has_shrunk)

    def make_room(self) -> None:
        """Give the disk its room back, and start the database that died of it."""
        assert _mount(self.folder, f"remount,size={PLENTY}")
        if self.postgres.process.poll() is not None:
            self.restart_postgres()

    def ask(
        self, path: str, cookie: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask the web once, as somebody signed in; return status, headers and body."""
        sending = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, {"Cookie": f"sid={cookie}"} | headers
        )
        try:
            with urllib.request.urlopen(sending, timeout=60) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read()


def _mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"{options},mode=755", "laurel-test", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk() -> Iterator[tuple[Path, bool]]:
    """Yield a folder, and whether it has a disk of its own; the machine must let us mount one."""
    # Not below pytest's folders: each run of pytest shuts the way to those of all others.
    folder = Path(tempfile.mkdtemp(prefix="laurel-house-"))
    folder.chmod(0o755)
    mounted = os.geteuid() == 0 and _mount(folder, f"size={PLENTY}")
    try:
        yield folder, mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder)


@contextmanager
def built(servers: Mapping[str, str], edge: Edge) -> Iterator[House]:
    """Build a house: one web process and one worker, each replaced when it dies."""
    with ExitStack() as at_the_end:
        folder, has_own_disk = at_the_end.enter_context(small_disk())
        # Made without a care for power cuts, which is quicker; run with it.
        postgres = embedded.start_postgres(folder, durable=False)
        try:
            _migrate(postgres)
        finally:
            postgres.stop()
            os.environ.update(
                {name: servers[name] for name in ("DATABASE_OWNER_URL", "DATABASE_URL")}
            )
        postgres = embedded.start_postgres(folder, durable=True)
        valkey = embedded.start_valkey(folder)
        scratch = folder / "tmp"
        scratch.mkdir()
        env = {
            **servers,
            "DATABASE_URL": postgres.url_app,
            "DATABASE_OWNER_URL": postgres.url_owner,
            "REDIS_URL": valkey.url,
            "TMPDIR": str(scratch),
        }
        engine = make_engine(postgres.url_app)
        house = House(folder, has_own_disk, env, edge, postgres, valkey, engine, port=free_port())
        at_the_end.callback(house.stop)
        web = storm.nursery(env, "web", 1, folder / "web.log", house.port)
        at_the_end.enter_context(web)
        at_the_end.enter_context(storm.nursery(env, "worker", 1, folder / "worker.log"))
        wait_for_web(house.port)
        yield house


@dataclass
class Load:
    """People who order one card after the other, each under a key of its own."""

    placed: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)

    def shop(self, shopper: storm.Shopper) -> None:
        """Order until somebody says that it is enough."""
        while not self.ended.wait(0.3):
            status, order = shopper.order(new_id().hex, time.monotonic() + PATIENCE)
            self.answers[status] += 1
            self.placed.append(order)

    def more(self, number: int) -> None:
        """Wait until so many more orders have been placed."""
        wanted = len(self.placed) + number
        until(lambda: len(self.placed) >= wanted, seconds=PATIENCE)

    def notice(self) -> None:
        """Wait until one more was told that nobody is there who could take an order."""
        before = self.refused["unavailable"]
        until(lambda: self.refused["unavailable"] > before, seconds=PATIENCE)


@contextmanager
def shopping(house: House, stage: Stage) -> Iterator[Load]:
    """Let everybody on a stage order over the web until the block ends."""
    load = Load()
    amount = {"amount": str(stage.price.decimal), "currency": stage.price.currency}
    shoppers = [
        storm.Shopper(house.port, stage.sign_in(person), str(stage.reward_id), amount, load.refused)
        for person in range(len(stage.people))
    ]
    with ThreadPoolExecutor(len(shoppers)) as pool:
        running: list[Future[None]] = [pool.submit(load.shop, one) for one in shoppers]
        try:
            yield load
        finally:
            load.ended.set()
    for one in running:
        one.result()


def order_once(house: House, stage: Stage, cookie: str, key: str) -> tuple[int, dict[str, Any]]:
    """Order a card once under a key; return the status and what was said."""
    shopper = storm.Shopper(
        house.port,
        cookie,
        str(stage.reward_id),
        {"amount": str(stage.price.decimal), "currency": stage.price.currency},
    )
    return shopper.ask(key)
