"""Real servers for every test run; a fresh tenant for every test, so that nothing needs cleaning."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import hypothesis
import psycopg
import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from app import create_app
from app.db.unit_of_work import SYSTEM, Actor, unit_of_work
from app.http.context import Edge
from app.jobs.queue import queue
from app.kernel.ids import new_id
from app.runtime import embedded
from app.settings import Settings, read_settings
from tests import workers

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
NOON = datetime(2026, 11, 19, 11, 0, tzinfo=UTC)

# Properties hold however slow the machine is that tries them.
hypothesis.settings.register_profile("laurel", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=400)
hypothesis.settings.load_profile("laurel")

Work = Callable[..., AbstractContextManager[Session]]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Share the tests out by module, in the order in which they were collected."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return workers.ByModule(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Report tests on the shared data where it is missing; a worker has the longest first."""
    _refuse_namesakes(items)
    if hasattr(config, "workerinput"):
        items[:] = workers.in_order(items)
    if SHARED_DATA.is_dir():
        return
    missing = pytest.mark.skip(reason="not run: ../shared/data is not beside this checkout")
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(missing)


def _refuse_namesakes(items: list[pytest.Item]) -> None:
    """Raise UsageError where tests share an id: workers would run one of them, and say nothing."""
    ids = Counter(item.nodeid for item in items)
    if shared := [name for name, count in ids.items() if count > 1]:
        raise pytest.UsageError(f"Tests that share an id: {', '.join(shared)}.")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """PostgreSQL, migrated, and Valkey, for as long as the run lasts."""
    home = tmp_path_factory.mktemp("servers")
    home.chmod(0o755)
    postgres = embedded.start_postgres(home, durable=False)
    valkey = embedded.start_valkey(home)
    try:
        _migrate(postgres)
        yield {
            "DATABASE_URL": postgres.url_app,
            "DATABASE_OWNER_URL": postgres.url_owner,
            "ADMIN_URL": postgres.admin_url,
            "REDIS_URL": valkey.url,
            "LAUREL_HOME": str(home),
            "LAUREL_MODE": "test",
            "LAUREL_URL": "http://localhost",
        }
    finally:
        valkey.stop()
        postgres.stop()


def _migrate(postgres: embedded.PostgresHandle) -> None:
    os.environ["DATABASE_OWNER_URL"] = postgres.url_owner
    os.environ["DATABASE_URL"] = postgres.url_app
    command.upgrade(Config(ROOT / "alembic.ini"), "head")


@pytest.fixture(scope="session")
def settings(servers: dict[str, str]) -> Settings:
    """The settings of the run."""
    return read_settings(servers)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application."""
    app = create_app(settings)
    app.testing = False
    yield app
    app.extensions["laurel"].engine.dispose()
    gc.collect()


@pytest.fixture(scope="session")
def engine(app: Flask) -> Engine:
    """The database, as the role that owns nothing."""
    edge: Edge = app.extensions["laurel"]
    return edge.engine


@pytest.fixture
def tenant_id() -> UUID:
    """A tenant nobody else has: the wall keeps tests apart."""
    return new_id()


@pytest.fixture
def work(app: Flask, tenant_id: UUID) -> Work:
    """Open transactions that commit: `with work() as db: ...`."""
    edge: Edge = app.extensions["laurel"]

    def open_work(
        *, now: datetime = NOON, actor: Actor = SYSTEM, tenant: UUID | None = None
    ) -> AbstractContextManager[Session]:
        return unit_of_work(
            edge.engine,
            tenant_id=tenant or tenant_id,
            actor=actor,
            now=now,
            reactions=edge.reactions,
        )

    return open_work


class _Undo(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture
def db(work: Work) -> Iterator[Session]:
    """One transaction that is undone at the end of the test."""
    try:
        with work() as session:
            yield session
            raise _Undo
    except _Undo:
        pass


@pytest.fixture
def run_jobs(app: Flask, servers: dict[str, str], tenant_id: UUID) -> Callable[[], None]:
    """Run everything that waits in the queue, until nothing is due; what other tests left there is gone."""
    with psycopg.connect(servers["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(
            "DELETE FROM procrastinate_jobs"
            " WHERE status = 'todo' AND args ->> 'tenant_id' IS DISTINCT FROM %s",
            [str(tenant_id)],
        )

    def run() -> None:
        from procrastinate import PsycopgConnector

        connector = PsycopgConnector(conninfo=servers["DATABASE_URL"])
        with queue.replace_connector(connector) as runner:
            runner.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    return run
