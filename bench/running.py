"""A whole site for a measurement: own durable servers, a company, web processes, a worker."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.cli.demo.seed import TENANT_ID
from app.contests import queries as contests
from app.contests import standings
from app.db.engine import make_engine
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.kernel.events import Reactions
from app.kernel.money import MICROS
from app.live import bus
from app.people import queries as people
from app.people import sessions
from app.runtime import embedded, site
from bench import plain

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Running:
    """Where the site is, who sells there, and what machines and phones sign in with."""

    url: str
    api_key: str
    postgres: embedded.PostgresHandle
    engine: Engine
    sellers: dict[str, UUID]
    """Employee number -> id, of those in the contest."""
    contest: str
    scores: dict[str, int]
    """Id -> contracts in the contest, as it begins."""
    environment: Mapping[str, str]
    """What further processes of the site are started with."""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    def phones(self, count: int) -> list[tuple[str, str]]:
        """Return session cookie and CSRF token of `count` signed-in phones of the reps."""
        ids = list(self.sellers.values())
        with self.work() as db:
            tokens = [
                sessions.open_session(
                    db, person_id=ids[nth % len(ids)], signed_in_by="persona", label="bench"
                ).token
                for nth in range(count)
            ]
        return [(token, _csrf(self.engine, token)) for token in tokens]

    @contextmanager
    def work(self) -> Iterator[Session]:
        with unit_of_work(
            self.engine,
            tenant_id=TENANT_ID,
            actor=SYSTEM,
            now=datetime.now(UTC),
            reactions=Reactions(),
        ) as db:
            yield db


def analyze(url_owner: str) -> None:
    """Look at the tables as autovacuum does in its first minute: plans made for empty ones are forgotten."""
    with psycopg.connect(url_owner, autocommit=True) as db:
        db.execute("ANALYZE")


@contextmanager
def running(workers: int = 2, *, company: str = "small") -> Iterator[Running]:
    """Start everything with the demo company, small or full, or the plain one; stop it after a block."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        postgres = embedded.start_postgres(home, durable=True)
        valkey = embedded.start_valkey(home)
        environment = {
            "DATABASE_URL": postgres.url_app,
            "DATABASE_OWNER_URL": postgres.url_owner,
            "REDIS_URL": valkey.url,
            "LAUREL_HOME": str(home),
            "LAUREL_MODE": "demo",
        }
        engine = make_engine(postgres.url_app)
        bus.connect(valkey.url)
        started: site.Site | None = None
        try:
            _command(environment, "-m", "alembic", "upgrade", "head")
            if company == "plain":
                plain.found(engine, TENANT_ID, home)
            else:
                _command(environment, *site.flask("demo", "seed", "--size", company))
            started = site.start_site(home, environment, workers=workers)
            key = (home / "demo-api-key").read_text().strip()
            yield _look(started.url, key, postgres, engine, environment)
        finally:
            if started is not None:
                started.stop()
            engine.dispose()
            valkey.stop()
            postgres.stop()


def _csrf(engine: Engine, token: str) -> str:
    principal, _ = sessions.identify(engine, TENANT_ID, token, datetime.now(UTC))
    assert principal is not None
    assert principal.csrf is not None
    return principal.csrf


def _command(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _look(
    url: str,
    key: str,
    postgres: embedded.PostgresHandle,
    engine: Engine,
    environment: Mapping[str, str],
) -> Running:
    now = datetime.now(UTC)
    with unit_of_work(
        engine, tenant_id=TENANT_ID, actor=SYSTEM, now=now, reactions=Reactions()
    ) as db:
        contest = next(each for each in contests.unfinished(db) if each.starts_at <= now)
        ids = people.person_index(db, by="employee_number")
        taking_part = standings.keys_of(db, contest)
    sellers = {number: one for number, one in ids.items() if one in taking_part}
    scores = {str(one): row.score_micros // MICROS for one, row in taking_part.items()}
    return Running(url, key, postgres, engine, sellers, str(contest.id), scores, environment)
