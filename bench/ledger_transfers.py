"""Transfers in the books, two legs between accounts that may not go below zero, against hand-written SQL.

The bare driver (psycopg, prepared statements) writes the same rows into the same tables of the same
server: it locks and updates both balances and inserts a transaction and two entries, which the trigger
queues for sealing as it does ours. It opens no account, recognises no repeat and refuses nothing.
Measured in turns, ours and bare, after both were warmed up and the tables analyzed.

    python -m bench.ledger_transfers [--rounds N]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.engine import make_engine
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.kernel.events import Reactions
from app.kernel.ids import new_id
from app.ledger import service
from app.ledger.core import Entry, Leg, available, expense
from app.runtime import embedded
from bench.running import analyze
from bench.table import show

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = 1_000
PLENTY = 10**12
BATCH = 500
WARM_UP = 1_000
LEAST_RATIO = 0.7
DICE = random.Random(4)

Pair = tuple[UUID, UUID]
"""Who pays whom."""
Transfer = Callable[[list[Pair]], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    rows = []
    with (
        books() as (engine, postgres, tenant_id, people),
        psycopg.connect(postgres.url_app) as connection,
    ):
        ours, bare = by_the_books(engine, tenant_id), Bare(connection, tenant_id).transfer
        for size, turns in ((1, 40), (BATCH, 1)):
            for each in (ours, bare):
                turn(each, people, size, WARM_UP // size)
            analyze(postgres.url_owner)
            for each in (ours, bare):
                turn(each, people, size, 10)
            measured = [
                (turn(ours, people, size, turns), turn(bare, people, size, turns))
                for _ in range(options.rounds if size == 1 else options.rounds // 2)
            ]
            own, raw = (statistics.median(column) for column in zip(*measured, strict=True))
            ratio = statistics.median(mine / theirs for mine, theirs in measured)
            what = "one a commit" if size == 1 else f"{size} a commit"
            rows += [
                (f"the books, {what}", f"{own:,.0f}/s", ""),
                (f"bare psycopg, {what}", f"{raw:,.0f}/s", ""),
                ("  ratio, median of turns", f"{ratio:.2f}", f"{LEAST_RATIO}"),
            ]
    show("Transfers between two guarded accounts, one connection", rows)


@contextmanager
def books() -> Iterator[tuple[Engine, embedded.PostgresHandle, UUID, list[UUID]]]:
    """Open durable books in which everybody has plenty."""
    with tempfile.TemporaryDirectory() as folder:
        postgres = embedded.start_postgres(Path(folder), durable=True)
        engine = make_engine(postgres.url_app)
        try:
            subprocess.run(
                [sys.executable, "-m", "alembic", "upgrade", "head"],
                cwd=ROOT,
                env={"DATABASE_OWNER_URL": postgres.url_owner, "DATABASE_URL": postgres.url_app},
                check=True,
                stdout=subprocess.DEVNULL,
            )
            tenant_id, people = new_id(), [new_id() for _ in range(PEOPLE)]
            endow(engine, tenant_id, people)
            yield engine, postgres, tenant_id, people
        finally:
            engine.dispose()
            postgres.stop()


def endow(engine: Engine, tenant_id: UUID, people: list[UUID]) -> None:
    program = new_id()
    with work(engine, tenant_id) as db:
        service.post_many(
            db,
            [
                Entry(
                    key=f"plenty:{one}",
                    kind="bench",
                    cause_kind="bench",
                    cause_id=program,
                    legs=(
                        Leg(expense(program, "EUR"), -PLENTY),
                        Leg(available(one, "EUR"), PLENTY),
                    ),
                )
                for one in people
            ],
        )


def work(engine: Engine, tenant_id: UUID) -> AbstractContextManager[Session]:
    return unit_of_work(
        engine, tenant_id=tenant_id, actor=SYSTEM, now=datetime.now(UTC), reactions=Reactions()
    )


def by_the_books(engine: Engine, tenant_id: UUID) -> Transfer:
    """Return how the application transfers, a transaction for each batch."""

    def transfer(pairs: list[Pair]) -> None:
        with work(engine, tenant_id) as db:
            service.post_many(db, [entry(*pair) for pair in pairs])

    return transfer


def entry(source: UUID, target: UUID) -> Entry:
    fact = new_id()
    return Entry(
        key=f"transfer:{fact}",
        kind="bench",
        cause_kind="bench",
        cause_id=fact,
        legs=(Leg(available(source, "EUR"), -1), Leg(available(target, "EUR"), 1)),
    )


class Bare:
    """The same rows by hand."""

    def __init__(self, connection: psycopg.Connection, tenant_id: UUID) -> None:
        self._connection, self._tenant = connection, tenant_id
        connection.prepare_threshold = 0
        self._account: dict[UUID, UUID] = {}

    def transfer(self, pairs: list[Pair]) -> None:
        write = self._one if len(pairs) == 1 else self._many
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(self._tenant)])
            write(cursor, pairs)

    def _one(self, cursor: psycopg.Cursor, pairs: list[Pair]) -> None:
        ((source, target),) = pairs
        fact, transaction = new_id(), new_id()
        accounts = [self._account_of(source), self._account_of(target)]
        cursor.execute(
            "SELECT account_id, minor, sequence FROM ledger_balances"
            " WHERE tenant_id = %s AND account_id = ANY(%s) ORDER BY account_id FOR UPDATE",
            [self._tenant, accounts],
        )
        now = {account: (minor, sequence) for account, minor, sequence in cursor}
        cursor.execute(
            "INSERT INTO ledger_transactions (tenant_id, id, key, kind, cause_kind, cause_id,"
            " reverses, memo, request_hash, posted_at)"
            " VALUES (%s, %s, %s, 'bench', 'bench', %s, NULL, %s, %s, %s) RETURNING position",
            [
                self._tenant,
                transaction,
                f"transfer:{fact}",
                fact,
                Jsonb({}),
                hashlib.sha256(fact.bytes).digest(),
                datetime.now(UTC),
            ],
        )
        ((position,),) = cursor.fetchall()
        rows: list[Any] = []
        for line, (account, minor) in enumerate(zip(accounts, (-1, 1), strict=True)):
            had, sequence = now[account]
            now[account] = (had + minor, sequence + 1)
            rows += [self._tenant, transaction, line, account, minor, position, sequence + 1]
        cursor.execute(
            "INSERT INTO ledger_entries (tenant_id, transaction_id, line, account_id, currency,"
            " minor, position, account_sequence)"
            " VALUES (%s, %s, %s, %s, 'EUR', %s, %s, %s), (%s, %s, %s, %s, 'EUR', %s, %s, %s)",
            rows,
        )
        for account, (minor, sequence) in now.items():
            cursor.execute(
                "UPDATE ledger_balances SET minor = %s, sequence = %s"
                " WHERE tenant_id = %s AND account_id = %s",
                [minor, sequence, self._tenant, account],
            )

    def _many(self, cursor: psycopg.Cursor, pairs: list[Pair]) -> None:
        touched = {self._account_of(one) for pair in pairs for one in pair}
        cursor.execute(
            "SELECT account_id, minor, sequence FROM ledger_balances"
            " WHERE tenant_id = %s AND account_id = ANY(%s) ORDER BY account_id FOR UPDATE",
            [self._tenant, list(touched)],
        )
        now = {account: [minor, sequence] for account, minor, sequence in cursor}
        facts, at = [new_id() for _ in pairs], datetime.now(UTC)
        ids = [new_id() for _ in pairs]
        cursor.execute(
            "INSERT INTO ledger_transactions (tenant_id, id, key, kind, cause_kind, cause_id,"
            " reverses, memo, request_hash, posted_at)"
            " SELECT %s, n.id, n.key, 'bench', 'bench', n.fact, NULL, '{}', n.hash, %s"
            " FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::bytea[]) AS n (id, key, fact, hash)"
            " RETURNING id, position",
            [
                self._tenant,
                at,
                ids,
                [f"transfer:{fact}" for fact in facts],
                facts,
                [hashlib.sha256(fact.bytes).digest() for fact in facts],
            ],
        )
        position: dict[UUID, int] = dict(cursor.fetchall())
        rows = []
        for transaction, (source, target) in zip(ids, pairs, strict=True):
            for line, (one, minor) in enumerate(((source, -1), (target, 1))):
                account = self._account_of(one)
                kept = now[account]
                kept[0] += minor
                kept[1] += 1
                rows.append((transaction, line, account, minor, position[transaction], kept[1]))
        cursor.execute(
            "INSERT INTO ledger_entries (tenant_id, transaction_id, line, account_id, currency,"
            " minor, position, account_sequence)"
            " SELECT %s, n.id, n.line, n.account, 'EUR', n.minor, n.position, n.sequence"
            " FROM unnest(%s::uuid[], %s::smallint[], %s::uuid[], %s::bigint[], %s::bigint[],"
            " %s::bigint[]) AS n (id, line, account, minor, position, sequence)",
            [self._tenant, *(list(column) for column in zip(*rows, strict=True))],
        )
        cursor.execute(
            "UPDATE ledger_balances b SET minor = n.minor, sequence = n.sequence"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS n (id, minor, sequence)"
            " WHERE b.tenant_id = %s AND b.account_id = n.id",
            [
                list(now),
                [minor for minor, _ in now.values()],
                [sequence for _, sequence in now.values()],
                self._tenant,
            ],
        )

    def _account_of(self, person_id: UUID) -> UUID:
        if person_id not in self._account:
            self._account[person_id] = available(person_id, "EUR").id_in(self._tenant)
        return self._account[person_id]


def turn(transfer: Transfer, people: list[UUID], size: int, times: int) -> float:
    """Return transfers a second of `times` transactions, each of `size` pairs drawn at random."""
    batches = [[draw(people) for _ in range(size)] for _ in range(times)]
    began = time.perf_counter()
    for pairs in batches:
        transfer(pairs)
    return size * times / (time.perf_counter() - began)


def draw(people: list[UUID]) -> Pair:
    source, target = DICE.sample(people, 2)
    return source, target


if __name__ == "__main__":
    main()
