"""One live activity on a program of 10 components with 3 levels of override, by how much is already there.

Time in the database is what its statements take, from sending to the last row; commit included in
the whole. History is written in sets and credited by a rebuild, as after an import.

    python -m bench.live_activity [--history N ...] [--sales N]
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from app.activities import service as activities
from app.activities.core import Ready
from app.bootstrap import declare_reactions
from app.db.engine import make_engine
from app.db.unit_of_work import SYSTEM, settle_events, unit_of_work
from app.kernel.events import Reactions
from app.kernel.ids import new_id
from app.live import bus
from app.people import service as people
from app.programs import recalculation
from app.programs import service as programs
from app.runtime import embedded
from bench.table import percentile, show

PEOPLE = 400
NOW = datetime(2026, 11, 19, 11, 0, tzinfo=UTC)
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
PRODUCTS = [f"Product {nth}" for nth in range(7)]


def document() -> dict[str, Any]:
    tiers = {
        "mode": "marginal",
        "boundary": "inclusive",
        "steps": [{"from": "5000", "rate": "0.05"}],
    }
    common = {
        "effective": YEAR,
        "measure": {"kind": "sum", "of": "amount"},
        "period": {"kind": "month"},
    }
    own = [
        {"id": f"product-{nth}", "name": product, **common,
         "counts": {"field": "product", "op": "eq", "value": product},
         "payout": {"kind": "rate", "rate": "0.03", "tiers": tiers}}
        for nth, product in enumerate(PRODUCTS)
    ]  # fmt: skip
    levels = [{"level": 1}, {"level": 2, "share": "0.5"}, {"level": 3, "share": "0.25"}]
    others = [
        {"id": "all", "name": "All", **common, "payout": {"kind": "rate", "rate": "0.01"}},
        {"id": "week", "name": "Week", **common, "period": {"kind": "week"},
         "payout": {"kind": "bonus", "milestones": [{"at": "2000", "amount": "50"}]}},
        {"id": "override", "name": "Override", **common, "credit": {"to": "override", "levels": levels},
         "payout": {"kind": "rate", "rate": "0.002"}},
    ]  # fmt: skip
    return {"schema": "laurel.program/1", "name": "Live", "currency": "EUR", "zone": "Europe/Rome",
            "components": [*own, *others]}  # fmt: skip


class Bench:
    """A tenant with a tree of people and a program, on a server of its own."""

    def __init__(self, engine: Engine, tenant: UUID) -> None:
        self.engine, self.tenant = engine, tenant
        self.reactions = Reactions()
        declare_reactions(self.reactions)
        self.spent = 0.0
        self.statements = 0
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, connection: Any, *_: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def _after(self, connection: Any, *_: Any) -> None:
        self.spent += time.perf_counter() - connection.info["began"]
        self.statements += 1

    @contextmanager
    def work(self) -> Iterator[Session]:
        with unit_of_work(
            self.engine, tenant_id=self.tenant, actor=SYSTEM, now=NOW, reactions=self.reactions
        ) as db:
            yield db

    def hire(self) -> list[UUID]:
        """Return people in a tree of ten below each."""
        with self.work() as db:
            people.create_tenant(db, name="Live", slug=self.tenant.hex)
            ids: list[UUID] = []
            for nth in range(PEOPLE):
                ids.append(people.add_person(db, name=f"Person {nth}").id)
                if nth:
                    people.place(db, person_id=ids[nth], manager_id=ids[nth // 10],
                                 from_on=datetime(2026, 1, 1, tzinfo=UTC).date())  # fmt: skip
        return ids

    def publish(self) -> UUID:
        with self.work() as db:
            program = programs.create_program(db, stated=document())
            programs.publish_program(db, program_id=program.id)
            return program.id

    def remember(self, ids: list[UUID], count: int, first: int) -> None:
        """Write so many more sales of the year in one statement."""
        with self.work() as db:
            source = activities.ensure_source(db, name="history")
            db.execute(
                text(
                    """
                    INSERT INTO activities (tenant_id, id, source_id, external_id, revision, kind,
                        person_id, occurred_at, received_at, amount_micros, currency, units_micros,
                        product, status, source_status, attributes)
                    SELECT :tenant, gen_random_uuid(), :source, 'H-' || n, 1, 'sale',
                           (CAST(:people AS uuid[]))[1 + n * 7919 % :count],
                           timestamptz '2026-01-01' + make_interval(mins => CAST(n * 31 % 460000 AS int)),
                           :now, (n * 48271 % 99991 + 1) * 10000, 'EUR', 1000000,
                           'Product ' || n % 7, 'counted', 'verified', '{}'
                      FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
                    """
                ),
                {"tenant": self.tenant, "source": source, "people": ids, "count": len(ids),
                 "now": NOW, "first": first, "last": first + count - 1},
            )  # fmt: skip

    def rebuild(self, program: UUID) -> None:
        with self.work() as db:
            recalculation.recalculate(db, program)

    def sell(self, ids: list[UUID], count: int) -> tuple[list[float], list[float], float]:
        """Record single sales; return seconds in the database and in all for each, and the statements of one."""
        dice = random.Random(count)
        inside, whole = [], []
        for nth in range(count + 20):
            sale = Ready(
                external_id=f"L-{time.monotonic_ns()}-{nth}",
                person_id=dice.choice(ids[PEOPLE // 2 :]),
                occurred_at=NOW - timedelta(minutes=dice.randint(0, 600)),
                amount_micros=int(Decimal(dice.randint(1, 90_000)) * 10_000),
                currency="EUR",
                product=dice.choice(PRODUCTS),
            )
            self.spent, self.statements = 0.0, 0
            began = time.perf_counter()
            with self.work() as db:
                activities.record_activities(db, source="api", rows=[sale])
                settle_events(db)
            if nth >= 20:  # statements are prepared by then
                whole.append(time.perf_counter() - began)
                inside.append(self.spent)
        return inside, whole, self.statements


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--sales", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        postgres = embedded.start_postgres(home, durable=True)
        valkey = embedded.start_valkey(home)
        environment = {"DATABASE_URL": postgres.url_app, "DATABASE_OWNER_URL": postgres.url_owner}
        engine = make_engine(postgres.url_app)
        try:
            bus.connect(valkey.url)
            migrate = [sys.executable, "-m", "alembic", "upgrade", "head"]
            subprocess.run(migrate, env=os.environ | environment, check=True)
            measure(Bench(engine, new_id()), postgres, options)
        finally:
            engine.dispose()
            valkey.stop()
            postgres.stop()


def measure(bench: Bench, postgres: embedded.PostgresHandle, options: argparse.Namespace) -> None:
    ids = bench.hire()
    program = bench.publish()
    owner = make_engine(postgres.url_owner)
    there, rows = 0, []
    for history in sorted(options.history):
        bench.remember(ids, history - there, there)
        there = history
        bench.rebuild(program)
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        inside, whole, statements = bench.sell(ids, options.sales)
        rows += [
            (f"{history:,} there: in the database, p50", f"{percentile(inside, 0.5) * 1000:.1f} ms", ""),
            ("  p99", f"{percentile(inside, 0.99) * 1000:.1f} ms", "25.0 ms"),
            ("  with Python and the commit, p50", f"{percentile(whole, 0.5) * 1000:.1f} ms", ""),
            ("  statements", f"{statements}", ""),
        ]  # fmt: skip
    owner.dispose()
    show("One live activity, 10 components, 3 levels of override", rows)


if __name__ == "__main__":
    main()
