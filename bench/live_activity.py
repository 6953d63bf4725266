"""One live activity on a program of 10 components with 3 levels of override, by how much is already there.

Time in the database is what its statements and the commit take, from sending to the last row. What
others do on the machine shows in it, so the processor time of the server is told, too. Each history
has a database of its own, written in sets and credited by a rebuild, as after an import; then the
sales take turns, one in each database.

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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, event, make_url, text
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
from bench.processors import processor_of
from bench.table import percentile, show

PEOPLE = 400
WARM_UP = 30
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


@dataclass(slots=True)
class Taken:
    """What one sale took, in seconds."""

    inside: float = 0.0
    """In statements and the commit."""
    whole: float = 0.0
    processor: float = 0.0
    """Of the server, for this connection."""
    statements: int = 0


class Bench:
    """A database with a tree of people and a program."""

    def __init__(self, engine: Engine, tenant: UUID) -> None:
        self.engine, self.tenant = engine, tenant
        self.reactions = Reactions()
        declare_reactions(self.reactions)
        self.taken = Taken()
        self.began = 0.0
        self.backend = 0
        self.dice = random.Random(1)
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "commit", self._before)

    def _before(self, connection: Connection, *_: Any) -> None:
        driver: Any = connection.connection.driver_connection
        self.backend = driver.info.backend_pid
        self.began = time.perf_counter()

    def _after(self, *_: Any) -> None:
        self.taken.inside += time.perf_counter() - self.began
        self.taken.statements += 1

    def _committed(self, _: Session) -> None:
        self.taken.inside += time.perf_counter() - self.began

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

    def remember(self, ids: list[UUID], count: int) -> None:
        """Write so many sales of the year in one statement."""
        with self.work() as db:
            source = activities.ensure_source(db, name="history")
            db.execute(
                text(
                    """
                    INSERT INTO activities (tenant_id, id, source_id, external_id, revision, kind,
                        person_id, occurred_at, received_at, amount_micros, currency, units_micros,
                        product, status, source_status, attributes)
                    SELECT :tenant, uuidv7(), :source, 'H-' || n, 1, 'sale',
                           (CAST(:people AS uuid[]))[1 + n * 7919 % :count],
                           timestamptz '2026-01-01' + make_interval(mins => CAST(n * 31 % 460000 AS int)),
                           :now, (n * 48271 % 99991 + 1) * 10000, 'EUR', 1000000,
                           'Product ' || n % 7, 'counted', 'verified', '{}'
                      FROM generate_series(CAST(1 AS bigint), CAST(:sales AS bigint)) AS n
                    """
                ),
                {"tenant": self.tenant, "source": source, "people": ids, "count": len(ids),
                 "now": NOW, "sales": count},
            )  # fmt: skip

    def rebuild(self, program: UUID) -> None:
        with self.work() as db:
            recalculation.recalculate(db, program)

    def sell(self, ids: list[UUID]) -> Taken:
        """Record one sale; return what it took."""
        sale = Ready(
            external_id=f"L-{time.monotonic_ns()}",
            person_id=self.dice.choice(ids[PEOPLE // 2 :]),
            occurred_at=NOW - timedelta(minutes=self.dice.randint(0, 600)),
            amount_micros=int(Decimal(self.dice.randint(1, 90_000)) * 10_000),
            currency="EUR",
            product=self.dice.choice(PRODUCTS),
        )
        self.taken = Taken()
        server, began = processor_of(self.backend), time.perf_counter()
        with self.work() as db:
            event.listen(db, "after_commit", self._committed)
            activities.record_activities(db, source="api", rows=[sale])
            settle_events(db)
        self.taken.whole = time.perf_counter() - began
        self.taken.processor = processor_of(self.backend) - server
        return self.taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--sales", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        postgres = embedded.start_postgres(Path(name), durable=True)
        stack.callback(postgres.stop)
        valkey = embedded.start_valkey(Path(name))
        stack.callback(valkey.stop)
        bus.connect(valkey.url)
        migrate(postgres)
        benches = [prepared(postgres, history, stack) for history in sorted(options.history)]
        report(sorted(options.history), take_turns(benches, options.sales))


def migrate(postgres: embedded.PostgresHandle) -> None:
    urls = {"DATABASE_URL": postgres.url_app, "DATABASE_OWNER_URL": postgres.url_owner}
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(command, env=os.environ | urls, check=True)


def prepared(
    postgres: embedded.PostgresHandle, history: int, stack: ExitStack
) -> tuple[Bench, list[UUID]]:
    """Return a bench on a database with so much history, and its people."""
    began, name = time.monotonic(), f"history_{history}"
    embedded.create_database(postgres.admin_url, name, template="laurel")
    engine = make_engine(renamed(postgres.url_app, name))
    owner = make_engine(renamed(postgres.url_owner, name))
    for each in (engine, owner):
        stack.callback(each.dispose)
    bench = Bench(engine, new_id())
    ids, program = bench.hire(), bench.publish()
    bench.remember(ids, history)
    look_at(owner)
    bench.rebuild(program)
    look_at(owner)
    print(f"  {history:,} written and credited in {time.monotonic() - began:.0f} s", flush=True)
    return bench, ids


def renamed(url: str, database: str) -> str:
    """Return the address of another database of the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def look_at(owner: Engine) -> None:
    """Do what autovacuum does within a minute: plans made for empty tables are forgotten."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def take_turns(benches: Sequence[tuple[Bench, list[UUID]]], sales: int) -> list[list[Taken]]:
    """Return what each sale took, by bench; the first of each prepare its statements and do not count."""
    found: list[list[Taken]] = [[] for _ in benches]
    for nth in range(WARM_UP + sales):
        for (bench, ids), taken in zip(benches, found, strict=True):
            one = bench.sell(ids)
            if nth >= WARM_UP:
                taken.append(one)
    return found


def report(histories: Sequence[int], found: Sequence[Sequence[Taken]]) -> None:
    rows = []
    for history, taken in zip(histories, found, strict=True):
        inside = [each.inside for each in taken]
        whole = [each.whole for each in taken]
        processor = [each.processor for each in taken]
        rows += [
            (f"{history:,} there: statements and commit, p50", milliseconds(inside, 0.5), ""),
            ("  p99", milliseconds(inside, 0.99), "25.0 ms"),
            ("  processor of the server, p50", milliseconds(processor, 0.5), ""),
            ("  p99", milliseconds(processor, 0.99), ""),
            ("  with Python, p50", milliseconds(whole, 0.5), ""),
            ("  p99", milliseconds(whole, 0.99), ""),
            ("  statements", f"{max(each.statements for each in taken)}", ""),
        ]
    show("One live activity, 10 components, 3 levels of override", rows)


def milliseconds(seconds: Sequence[float], share: float) -> str:
    return f"{percentile(seconds, share) * 1000:.1f} ms"


if __name__ == "__main__":
    main()
