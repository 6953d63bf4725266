"""The text that DuckDB runs, unchanged on Spark Connect; with requirements-scale.txt installed."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.bulk import given, running
from app.bulk.tallying import tallying
from app.engine.document import Program
from app.engine.facts import Facts
from tests.bulk import sums
from tests.bulk.strategies import PEOPLE, PRODUCTS
from tests.engine.documents import component_json, per_unit, program_json

pytestmark = pytest.mark.slow

LEVELS = [{"level": 1}, {"level": 2, "share": "0.5"}]
DEFAULT = [{"role": "seller", "share": "0.6"}, {"role": "partner", "share": "0.4"}]
TRICKY = {"any": [
    {"field": "product", "op": "in", "value": ["It's", "a\\b$x"]},
    {"field": "product", "op": "starts_with", "value": "Él"},
    {"field": "product", "op": "contains", "value": "0%"},
    {"field": "attributes.Hours-1", "op": "ge", "value": "1.5"},
]}  # fmt: skip
WEIGHTS = [{"when": {"field": "product", "op": "eq", "value": "Gas"}, "times": "1.5"}]
PLANS: dict[str, dict[str, Any]] = {
    "direct": {"counts": TRICKY, "period": {"kind": "week"}},
    "override": {"credit": {"to": "override", "levels": LEVELS}, "period": {"kind": "quarter"}},
    "roles": {"credit": {"to": "split", "by": "roles", "default": DEFAULT}},
    "shares": {"credit": {"to": "split", "by": "shares", "default": DEFAULT}},
    "group": {"credit": {"to": "group", "group": "team", "share": "0.3"},
              "period": {"kind": "rolling", "days": 11}},
    "overlay": {"credit": {"to": "overlay", "people": ["eva"], "role": "partner"},
                "measure": {"kind": "distinct", "of": "customer"}},
    "extremes": {"measure": {"kind": "highest", "of": "amount", "convert": True},
                 "period": {"kind": "quota"}},
    "weights": {"measure": {"kind": "sum", "of": "units", "weights": WEIGHTS}},
}  # fmt: skip


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark session on Sail, on a free port of this machine."""
    sail = pytest.importorskip("pysail.spark", reason="requirements-scale.txt is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        server = sail.SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        _, port = server.listening_address
        session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
        yield session
        session.stop()
        server.stop()


def sales(dice: random.Random) -> Facts:
    stated = [
        {
            "id": f"A{nth}",
            "occurred_at": f"2026-0{dice.randint(1, 4)}-{dice.randint(1, 28):02}T10:00:00Z",
            "person": dice.choice(PEOPLE),
            "amount": f"{dice.randint(-9_000_000, 90_000_000) / 1_000_000:.6f}",
            "currency": dice.choice(["EUR", "USD"]),
            "units": dice.choice(["1", "2.5", "0.000001"]),
            "attributes": {"partner": dice.choice(PEOPLE), "Hours-1": dice.choice(["1", "2", "x"])},
            "customer": dice.choice(["c1", "c2"]),
            **({"product": found} if (found := dice.choice(PRODUCTS)) else {}),
            **({"shares": [{"person": "ann", "share": "0.333333"},
                           {"person": "dan", "share": "0.666667"}]} if nth % 4 == 0 else {}),
        }
        for nth in range(200)
    ]  # fmt: skip
    chain = pairwise(PEOPLE)
    return Facts.model_validate(
        {
            "positions": [
                {"person": one, "manager": other, "from": "2026-01-01"} for one, other in chain
            ],
            "enrolments": [{"person": each, "from": "2026-01-20"} for each in PEOPLE[:4]],
            "quotas": [{"person": "ann", "target": "1", "from": "2026-02-01", "to": "2026-03-15"}],
            "rates": [{"currency": "USD", "from": "2026-02-01", "rate": "0.9"}],
            "activities": stated,
        }
    )


@pytest.mark.parametrize("name", PLANS)
def test_spark_adds_up_what_duckdb_and_the_engine_add_up(
    spark: Any, tmp_path: Path, name: str
) -> None:
    stated = component_json(per_unit("1"), **PLANS[name])
    program = Program.model_validate(program_json(stated, groups={"team": {"team_of": "cat"}}))
    facts, kind = sales(random.Random(7)), program.components[0].measure.kind
    flat, tables = given.tables_of(program, facts)
    for table, rows in tables.items():
        pq.write_table(rows, tmp_path / f"{table}.parquet")
        spark.read.parquet(str(tmp_path / f"{table}.parquet")).createOrReplaceTempView(table)

    with running.engine(tables) as run:
        tally = tallying(program, program.components[0], flat, days=run.span())
        in_duckdb = run.table(tally).to_pylist()
    on_spark = [row.asDict() for row in spark.sql(tally.text).collect()]

    expected = sums.plain(sums.by_engine(program, facts), kind)
    assert expected
    assert sums.plain(sums.by_rows(on_spark, tally, kind), kind) == expected
    assert sums.plain(sums.by_rows(in_duckdb, tally, kind), kind) == expected
