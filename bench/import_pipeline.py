"""Lines a second of the whole import pipeline against a bare COPY of the same lines.

Both are measured in the same run on the same server, one after the other and again, and the median
of each is shown with their ratio. The pipeline is everything that `flask import` does: read, clean,
compare with what is known, write, credit, pay, post to the ledger, rank; with a published program of
five percent for everybody and a running contest. Bare COPY puts the same lines, already split and
typed, into a table of the same columns and indexes, and does nothing else.

    python -m bench.import_pipeline [--lines N] [--rounds N] [--file PATH.csv.gz]

The file is the till of a quarter million lines in ../shared/data; without that folder the same
shape is made up.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy.orm import Session

from app import bootstrap
from app.activities import importing, queries
from app.activities.mapping import read_mapping
from app.db.engine import make_engine
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.principal import Role
from app.kernel import clock
from app.kernel.events import Reactions
from app.kernel.ids import new_id
from app.live import bus
from app.people import service as people
from app.runtime import embedded
from bench import plain
from bench.table import show

ROOT = Path(__file__).resolve().parent.parent
TILL = ROOT.parent / "shared" / "data" / "pos-uci-online-retail" / "online_retail.csv.gz"
MAPPING = {
    "file": {"encoding": "utf-8", "delimiter": ",", "row_end": "", "header": True},
    "formats": {"number": "1234567.89", "date": "yyyy-mm-dd", "zone": "UTC"},
    "fields": {
        "external_id": {"columns": ["InvoiceNo", "StockCode"], "repeats": "count"},
        "person": {"column": "Country", "by": "name"},
        "occurred_at": {"column": "InvoiceDate"},
        "amount": {"product_of": ["Quantity", "UnitPrice"]},
        "currency": {"value": "GBP"},
        "units": {"column": "Quantity"},
        "product": {"column": "StockCode"},
        "customer_reference": {"column": "CustomerID"},
        "country": {"column": "Country"},
        "attributes.description": {"column": "Description"},
    },
}
Work = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Bench:
    """The servers of one run."""

    postgres: embedded.PostgresHandle
    engine: Any
    reactions: Reactions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=0, help="0: the whole file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--file", type=Path, default=TILL)
    options = parser.parse_args()
    content = lines_of(options.file, options.lines)
    with servers() as bench:
        measured = [one_round(bench, content) for _ in range(options.rounds)]
    report(content, measured)


def one_round(bench: Bench, content: bytes) -> tuple[float, float]:
    """Return lines a second of the pipeline and of bare COPY, each in a tenant or table of its own."""
    return pipeline(bench, content), bare_copy(bench, content)


def report(content: bytes, measured: list[tuple[float, float]]) -> None:
    ours, bare = (statistics.median(column) for column in zip(*measured, strict=True))
    lines = content.count(b"\n") - 1
    show(
        f"{lines:,} lines, median of {len(measured)} rounds, interleaved",
        [
            ("whole pipeline", f"{ours:,.0f} lines/s", "5,000"),
            ("bare COPY", f"{bare:,.0f} lines/s", ""),
            ("  share of the bare COPY", f"{ours / bare:.2f}", "0.20"),
        ],
    )


def pipeline(bench: Bench, content: bytes) -> float:
    # The clock of the till: while its contest ran, so that every line is ranked.
    tenant_id, now = new_id(), datetime(2011, 7, 1, tzinfo=UTC)

    def work() -> AbstractContextManager[Session]:
        return unit_of_work(
            bench.engine, tenant_id=tenant_id, actor=SYSTEM, now=now, reactions=bench.reactions
        )

    with work() as db:
        people.create_tenant(db, name="Bench", slug=tenant_id.hex, currency="GBP", zone="UTC")
        for country in sorted({row["Country"] for row in rows_of(content)}):
            people.add_person(db, name=country, roles=(Role.REP,))
        plain.pay_and_rank(
            db,
            currency="GBP",
            first=datetime(2010, 1, 1, tzinfo=UTC),
            last=datetime(2012, 1, 1, tzinfo=UTC),
        )
    began = time.perf_counter()
    with work() as db:
        entry = importing.take_file(
            db,
            source="till",
            file_name="till.csv",
            content=content,
            mapping=read_mapping(MAPPING),
        )
    importing.run(work, entry.id)
    seconds = time.perf_counter() - began
    with work() as db:
        done = queries.get_import(db, entry.id)
        if done.state != "done" or done.accepted != done.rows_done:
            raise RuntimeError(f"{done.state}: {done.problem} {importing.counts_of(done)}")
        return done.rows_done / seconds


def bare_copy(bench: Bench, content: bytes) -> float:
    """COPY the same lines into a table with the columns and indexes of activities, as its owner."""
    tenant, source, import_id, now = new_id(), new_id(), new_id(), clock.utc_now()
    people_ids = {row["Country"]: str(new_id()) for row in rows_of(content)}
    lines = [
        "\t".join(
            (
                str(tenant), str(new_id()), str(source),
                f"{row['InvoiceNo']}|{row['StockCode']}#{number}", "1", "sale",
                people_ids[row["Country"]], row["InvoiceDate"], now.isoformat(),
                str(round(int(row["Quantity"]) * float(row["UnitPrice"]) * 1_000_000)), "GBP",
                f"{row['Quantity']}000000", row["StockCode"], "\\N", row["CustomerID"] or "\\N",
                "counted", "accepted", "\\N", row["Country"],
                '{"description": "' + row["Description"].replace("\\", "").replace('"', "") + '"}',
                "\\N", str(import_id), str(number), "\\N",
            )
        )
        for number, row in enumerate(rows_of(content))
    ]  # fmt: skip
    text = "\n".join(lines) + "\n"
    with psycopg.connect(bench.postgres.url_owner) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(
            "CREATE TABLE bare (LIKE activities INCLUDING INDEXES INCLUDING DEFAULTS)"
        )
        connection.commit()
        began = time.perf_counter()
        with connection.cursor().copy("COPY bare FROM STDIN") as copy:
            copy.write(text)
        connection.commit()
        seconds = time.perf_counter() - began
        connection.execute("DROP TABLE bare")
    return len(lines) / seconds


def rows_of(content: bytes) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(content.decode()))


def lines_of(file: Path, count: int) -> bytes:
    """Return the file, or its first lines; the same shape made up when it is not there."""
    if not file.exists():
        return made_up(count or 245_903)
    with gzip.open(file) as opened:
        wanted = itertools.islice(opened, count + 1 if count else None)
        return b"".join(wanted)


def made_up(count: int) -> bytes:
    dice = random.Random(7)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
         "CustomerID", "Country"]
    )  # fmt: skip
    for number in range(count):
        stock = dice.randrange(3_600)
        minute = number // 12
        writer.writerow(
            [
                536_365 + number // 20, f"{20_000 + stock}", f"THING {stock}", dice.randrange(1, 24),
                datetime.fromtimestamp(1_294_000_000 + 60 * minute, UTC).strftime("%F %T"),
                f"{dice.randrange(1, 2_000) / 100:.2f}", f"{dice.randrange(12_346, 18_287)}.0",
                f"Country {min(int(dice.expovariate(0.4)), 36)}",
            ]
        )  # fmt: skip
    return out.getvalue().encode()


@contextmanager
def servers() -> Iterator[Bench]:
    """PostgreSQL and Valkey for the time of a `with` block, with durable commits, and everybody reacting."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        postgres = embedded.start_postgres(home, durable=True)
        valkey = embedded.start_valkey(home)
        try:
            migrate(postgres)
            bus.connect(valkey.url)
            reactions = Reactions()
            bootstrap.declare_reactions(reactions)
            engine = make_engine(postgres.url_app)
            yield Bench(postgres, engine, reactions)
            engine.dispose()
        finally:
            valkey.stop()
            postgres.stop()


def migrate(postgres: embedded.PostgresHandle) -> None:
    os.environ["DATABASE_OWNER_URL"] = postgres.url_owner
    os.environ["DATABASE_URL"] = postgres.url_app
    command.upgrade(Config(ROOT / "alembic.ini"), "head")


if __name__ == "__main__":
    main()
