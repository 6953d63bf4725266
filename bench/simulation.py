"""A manager's simulation: a draft tried on a year of sales in the database, beside what was paid for them.

Each of the steps from nothing sold to half as much again is paid, too. The activities leave PostgreSQL
in one COPY, are credited and added up once in DuckDB, and are paid for each step.

    python -m bench.simulation [--lines N] [--people N]
"""

from __future__ import annotations

import argparse
import copy
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.activities import service as activities
from app.db.engine import make_engine
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.engine import reading
from app.kernel.events import Reactions
from app.kernel.ids import new_id
from app.people import service as people
from app.programs import service as programs
from app.programs import simulation
from app.programs.queries import Published
from app.runtime import embedded
from bench import bulk
from bench.processors import processor_of
from bench.running import analyze
from bench.table import show

NOW = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=5_000)
    options = parser.parse_args()
    with site() as (engine, url_owner):
        tenant = new_id()
        with work(engine, tenant) as db:
            draft = company(db, options.lines, options.people)
        analyze(url_owner)
        with work(engine, tenant) as db:
            driver: Any = db.connection().connection.driver_connection
            server = driver.info.backend_pid
            began, spent, served = time.monotonic(), time.process_time(), processor_of(server)
            found = simulation.simulate(
                db,
                draft,
                first=bulk.YEAR.first,
                last=bulk.YEAR.last or bulk.YEAR.first,
                factors=simulation.FACTORS,
                in_bulk=True,
            )
            seconds, spent = time.monotonic() - began, time.process_time() - spent
            served = processor_of(server) - served
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(
        f"A draft on a year of {found.activities:,} sales of {options.people:,} people",
        [
            ("seconds, with 7 steps of sensitivity", f"{seconds:.1f}", "10.0"),
            ("  processor of Python", f"{spent:.1f}", ""),
            ("  processor of the server", f"{served:.1f}", ""),
            ("peak", f"{peak:,.0f} MB", ""),
            ("people", f"{len(found.payees):,}", ""),
            ("cost", f"{found.simulated_minor / 100:,.2f} EUR", ""),
        ],
    )


@contextmanager
def site() -> Iterator[tuple[Engine, str]]:
    """Start a durable PostgreSQL with all tables for a block; return it, and where its owner connects."""
    with tempfile.TemporaryDirectory() as name:
        postgres = embedded.start_postgres(Path(name), durable=True)
        engine = make_engine(postgres.url_app)
        environment = {"DATABASE_URL": postgres.url_app, "DATABASE_OWNER_URL": postgres.url_owner}
        migrate = [sys.executable, "-m", "alembic", "upgrade", "head"]
        try:
            subprocess.run(migrate, env=os.environ | environment, check=True)
            yield engine, postgres.url_owner
        finally:
            engine.dispose()
            postgres.stop()


@contextmanager
def work(engine: Engine, tenant: UUID) -> Iterator[Session]:
    """Open a transaction in which nothing reacts."""
    with unit_of_work(engine, tenant_id=tenant, actor=SYSTEM, now=NOW, reactions=Reactions()) as db:
        yield db


def company(db: Session, lines: int, count: int) -> Published:
    """Write people in a tree of ten below each, and a year of sales; return a draft of their plan."""
    people.create_tenant(db, name="Bench", slug=f"bench-{count}")
    ids = [people.add_person(db, name=f"Person {nth}").id for nth in range(count)]
    for nth, person in enumerate(ids[1:], start=1):
        manager = ids[nth // 10]
        people.place(db, person_id=person, manager_id=manager, from_on=bulk.YEAR.first)
    sell(db, lines, ids)
    draft = copy.deepcopy(bulk.PLAN)
    draft["components"][0]["payout"]["tiers"]["steps"][0]["rate"] = "0.055"
    parsed = reading.read(draft)
    program = programs.create_program(db, stated=bulk.PLAN)
    return Published(program.id, 1, reading.fingerprint(parsed), parsed)


def sell(db: Session, lines: int, ids: list[UUID]) -> None:
    """Write so many sales of the year in one statement."""
    db.execute(
        text(
            """
            INSERT INTO activities (tenant_id, id, source_id, external_id, revision, kind,
                person_id, occurred_at, received_at, amount_micros, currency, units_micros,
                product, status, source_status, attributes)
            SELECT current_setting('app.tenant_id')::uuid, gen_random_uuid(), :source, 'H-' || n,
                   1, 'sale', (CAST(:people AS uuid[]))[1 + n * 7919 % :count],
                   timestamptz '2025-01-01 00:00Z' + make_interval(mins => CAST(n * 31 % 525600 AS int)),
                   :now, (n * 48271 % 99991 + 1) * 10000 + n % 3, 'EUR', 1000000,
                   'Product ' || n % 7, 'counted', 'verified',
                   jsonb_build_object('partner', (CAST(:people AS uuid[]))[1 + n * 104729 % :count])
              FROM generate_series(CAST(1 AS bigint), CAST(:lines AS bigint)) AS n
            """
        ),
        {
            "source": activities.ensure_source(db, name="history"),
            "people": ids,
            "count": len(ids),
            "now": NOW,
            "lines": lines,
        },
    )


if __name__ == "__main__":
    main()
