"""A bulk run in DuckDB: credit and add up there, pay in Python, give the earnings as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from app.bulk import paying
from app.bulk.relations import Flat
from app.bulk.tallying import Tallying, tallying
from app.engine import payout
from app.engine.document import Component, Program
from app.engine.payout import terms_of
from app.engine.periods import Span
from app.kernel.money import MICROS

EARNINGS: Final = pa.schema(
    [("component", pa.string()), ("payee_id", pa.string()), ("starts_on", pa.date32()),
     ("total", pa.decimal128(38, 0)), ("parts", pa.int64()), ("credits", pa.int64()),
     ("amount_minor", pa.int64())]
)  # fmt: skip
"""`total` / `parts` is what was measured."""

Quotas = Mapping[tuple[str, str, date], int]
"""Targets in millionths, by component, person and the first day of the period."""


class NotInBulk(Exception):
    """A component whose pay needs more than a total and a quota."""


@dataclass
class Engine:
    """A DuckDB of this process with the relations of one run."""

    connection: duckdb.DuckDBPyConnection
    days: Span | None = field(default=None)

    def table(self, tally: Tallying) -> pa.Table:
        """Return the rows of a tally."""
        return self.connection.sql(tally.text).to_arrow_table()

    def span(self) -> Span:
        """Return the first and the last day on which anything happened."""
        if self.days is None:
            asked = "SELECT min(occurred_on), max(occurred_on) FROM activities"
            ((first, last),) = self.connection.execute(asked).fetchall()
            self.days = Span(first or date.min, last or first or date.min)
        return self.days


@contextmanager
def engine(
    sources: Mapping[str, pa.Table | Path], *, memory: str = "512MB", threads: int = 2
) -> Iterator[Engine]:
    """Open a DuckDB over Arrow tables and Parquet files, named as a bulk run names them."""
    connection = duckdb.connect()
    try:
        connection.execute(f"SET memory_limit = '{memory}'")
        connection.execute(f"SET threads = {threads}")
        connection.execute("SET preserve_insertion_order = false")
        for name, source in sources.items():
            if isinstance(source, Path):
                connection.read_parquet(str(source)).create_view(name)
            else:
                connection.register(name, source)
        yield Engine(connection)
    finally:
        connection.close()


def earnings(program: Program, flat: Flat, run: Engine, quotas: Quotas | None = None) -> pa.Table:
    """Return what everybody earns from every component of `program` in every period.

    Raise NotInBulk or inputs.NotCompiled for what only the engine itself settles.
    """
    found = [
        component_earnings(program, each, flat, run, quotas or {}) for each in program.components
    ]
    return pa.concat_tables(found)


def component_earnings(
    program: Program, component: Component, flat: Flat, run: Engine, quotas: Quotas
) -> pa.Table:
    """Return what everybody earns from one component."""
    if not component.is_simple:
        raise NotInBulk(f"{component.id} needs more than a total and a quota.")
    tally = tallying(program, component, flat, days=run.span())
    found = run.table(tally)
    totals = _whole(found["total"])
    if component.needs_quota:
        amounts = _by_quota(program, component, found, tally.parts, quotas)
    else:
        amounts = paying.amounts(component, totals, tally.parts, terms_of(program))
    count = len(found)
    return pa.table(
        [
            pa.repeat(component.id, count),
            found["payee_id"],
            found["starts_on"],
            totals,
            pa.repeat(tally.parts, count),
            found["credits"].cast(pa.int64()),
            amounts,
        ],
        schema=EARNINGS,
    )


def _whole(totals: Any) -> Any:
    return pc.cast(totals.combine_chunks(), pa.decimal128(38, 0))


def _by_quota(
    program: Program, component: Component, found: pa.Table, parts: int, quotas: Quotas
) -> Any:
    """Pay each different pair of a total and a quota once."""
    terms, paid = terms_of(program), dict[tuple[int, int | None], int]()
    amounts = []
    rows = zip(
        found["payee_id"].to_pylist(),
        found["starts_on"].to_pylist(),
        found["total"].to_pylist(),
        strict=True,
    )
    for payee, start, total in rows:
        pair = int(total), quotas.get((component.id, payee, start))
        if pair not in paid:
            quota = None if pair[1] is None else Fraction(pair[1], MICROS)
            paid[pair] = payout.amount(component, Fraction(pair[0], parts), quota, terms)
        amounts.append(paid[pair])
    return pa.array(amounts, pa.int64())
