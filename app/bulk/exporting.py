"""Activities out of PostgreSQL into Parquet: one COPY, read in batches, never row by row."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from psycopg import Copy
from sqlalchemy import ColumnElement, Date, FromClause, cast, func, null, select
from sqlalchemy.orm import Session

from app.activities.filters import number_column, number_sql, text_column, text_sql
from app.activities.queries import activities_table
from app.bulk import naming
from app.bulk.inputs import NotCompiled
from app.bulk.relations import layout_of, role_column
from app.db.unit_of_work import tenant_of
from app.engine.credit_rules import SplitCredit
from app.engine.document import Program
from app.engine.periods import Span

BLOCK = 1 << 22


class _Reader(io.RawIOBase):
    """The bytes of a COPY as a file."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        pieces, size = [self._left], len(self._left)
        while size < len(buffer) and (piece := self._copy.read()):
            pieces.append(bytes(piece))
            size += len(piece)
        found = b"".join(pieces)
        count = min(len(buffer), len(found))
        buffer[:count], self._left = found[:count], found[count:]
        return count


def export_activities(
    db: Session, program: Program, path: Path, *, days: Span | None = None
) -> int:
    """Write what `program` looks at of every counted activity to `path`; return how many there are.

    With `days` only what happened on those. Their ids are left out: only shares need them.

    Raise NotCompiled where activities may state their shares: those are read one by one.
    """
    layout = layout_of(program)
    for component in program.components:
        for name in component.all_figures:
            credit = component.credit_of(name)
            if isinstance(credit, SplitCredit) and credit.by == "shares":
                raise NotCompiled("Shares that activities state are not exported.")
    statement = _statement(db, program).where(*_within(days, ZoneInfo(program.zone)))
    compiled = statement.compile(dialect=db.get_bind().dialect)
    cursor = db.connection().connection.cursor()
    copying = f"COPY ({compiled}) TO STDOUT (FORMAT csv)"
    with cursor.copy(copying, compiled.params) as copy:
        return _write(_Reader(copy), layout.schema, path)


def _write(source: io.RawIOBase, schema: pa.Schema, path: Path) -> int:
    reading = pa_csv.ReadOptions(column_names=schema.names, block_size=BLOCK)
    converting = pa_csv.ConvertOptions(
        column_types=schema,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    parsing = pa_csv.ParseOptions(newlines_in_values=True)
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        file = pa.PythonFile(io.BufferedReader(source, BLOCK), mode="r")
        try:
            batches = pa_csv.open_csv(
                file, read_options=reading, convert_options=converting, parse_options=parsing
            )
        except pa.ArrowInvalid:  # an empty file has no first block to read
            return 0
        for batch in batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _statement(db: Session, program: Program) -> Any:
    layout, table = layout_of(program), activities_table()
    day = cast(func.timezone(program.zone, table.c.occurred_at), Date)
    columns: list[Any] = [
        null().label("id"),
        table.c.person_id,
        day.label("occurred_on"),
        table.c.currency,
        table.c.amount_micros,
        table.c.units_micros,
        *(table.c[name] for name in layout.texts),
    ]
    for name in layout.attributes:
        whole = func.trunc(number_sql(name, table))
        columns += [
            text_sql(name, table).label(text_column(name)),
            whole.label(number_column(name)),
        ]
    source: FromClause = table
    for role in layout.roles:
        source, holder = naming.joined_holder(source, table, role, tenant_of(db))
        columns.append(holder.label(role_column(role)))
    return (
        select(*columns)
        .select_from(source)
        .where(
            table.c.tenant_id == tenant_of(db),
            table.c.status == "counted",
            table.c.person_id.is_not(None),
        )
    )


def _within(days: Span | None, zone: ZoneInfo) -> Iterator[ColumnElement[bool]]:
    """Yield the bounds of `days` as instants of the zone."""
    if days is None:
        return
    at = activities_table().c.occurred_at
    yield at >= datetime.combine(days.first, time(), zone)
    if days.last is not None:
        yield at < datetime.combine(days.last + timedelta(days=1), time(), zone)
