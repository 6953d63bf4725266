"""Millions of lines credited, added up and paid: our bulk path beside SQL written by hand for this one plan.

The plan: each sale is shared by two people, everybody's share pays marginal tiers by month, and three
levels above the seller get an override; half of all people change their manager in June. The SQL
beside it is what somebody would write who has only this plan, rounding included. Both read the same
Parquet, write Parquet, and run in a process of their own, whose peak is measured.

    python -m bench.bulk [--lines N] [--people N] [--full]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from app.bulk import running
from app.bulk.relations import Flat, layout_of, role_column
from app.engine import reading
from app.engine.document import Program
from app.engine.periods import Span
from bench.table import show

YEAR = Span(date(2025, 1, 1), date(2025, 12, 31))
MEMORY = "400MB"

PLAN: dict[str, Any] = {
    "schema": "laurel.program/1",
    "name": "Bulk",
    "currency": "EUR",
    "components": [
        {
            "id": "commission",
            "name": "Commission",
            "effective": {"from": "2025-01-01", "to": "2025-12-31"},
            "credit": {
                "to": "split",
                "by": "roles",
                "default": [
                    {"role": "seller", "share": "0.6"},
                    {"role": "partner", "share": "0.4"},
                ],
            },
            "measure": {"kind": "sum", "of": "amount"},
            "period": {"kind": "month"},
            "payout": {
                "kind": "rate",
                "rate": "0.03",
                "tiers": {
                    "mode": "marginal",
                    "boundary": "inclusive",
                    "steps": [{"from": "500", "rate": "0.05"}, {"from": "1500", "rate": "0.08"}],
                },
            },
        },
        {
            "id": "override",
            "name": "Override",
            "effective": {"from": "2025-01-01", "to": "2025-12-31"},
            "credit": {
                "to": "override",
                "levels": [
                    {"level": 1},
                    {"level": 2, "share": "0.5"},
                    {"level": 3, "share": "0.25"},
                ],
            },
            "measure": {"kind": "sum", "of": "amount"},
            "period": {"kind": "month"},
            "payout": {"kind": "rate", "rate": "0.01"},
        },
    ],
}

BY_HAND = f"""
WITH parts AS (
  SELECT person_id AS payee, occurred_on, amount_micros AS amount,
         (amount_micros * 6) // 10 AS whole, (amount_micros * 6) % 10 AS rest
    FROM activities
), shared AS (
  SELECT payee, occurred_on, whole + (rest >= 5)::INT AS part FROM parts
  UNION ALL
  SELECT {role_column("partner")}, occurred_on,
         amount_micros - (amount_micros * 6) // 10 - ((amount_micros * 6) % 10 >= 5)::INT
    FROM activities
), months AS (
  SELECT payee, date_trunc('month', occurred_on)::DATE AS starts_on, sum(part) AS total
    FROM shared GROUP BY ALL
), commission AS (
  SELECT 'commission' AS component, payee, starts_on,
         (least(total, 500000000) * 3 + greatest(least(total, 1500000000) - 500000000, 0) * 5
          + greatest(total - 1500000000, 0) * 8) AS exact, 1000000 AS unit
    FROM months
), one AS (
  SELECT person_id, manager_id, from_on, coalesce(to_on, DATE '9999-12-31') AS to_on FROM positions
), two AS (
  SELECT a.person_id, b.manager_id, greatest(a.from_on, b.from_on) AS from_on,
         least(a.to_on, b.to_on) AS to_on
    FROM one a JOIN one b ON b.person_id = a.manager_id AND b.from_on < a.to_on AND a.from_on < b.to_on
   WHERE b.manager_id <> a.person_id
), three AS (
  SELECT a.person_id, b.manager_id, greatest(a.from_on, b.from_on) AS from_on,
         least(a.to_on, b.to_on) AS to_on
    FROM two a JOIN one b ON b.person_id = a.manager_id AND b.from_on < a.to_on AND a.from_on < b.to_on
   WHERE b.manager_id <> a.person_id
), above AS (
  SELECT *, 4 AS quarters FROM one UNION ALL SELECT *, 2 FROM two UNION ALL SELECT *, 1 FROM three
), override AS (
  SELECT 'override' AS component, manager_id AS payee,
         date_trunc('month', occurred_on)::DATE AS starts_on,
         sum(amount_micros * quarters) AS exact, 4000000 AS unit
    FROM activities
    JOIN above ON above.person_id = activities.person_id
              AND above.from_on <= occurred_on AND above.to_on > occurred_on
   GROUP BY ALL
)
SELECT component, payee, starts_on,
       exact // unit + (exact % unit * 2 > unit
                        OR (exact % unit * 2 = unit AND exact // unit % 2 = 1))::INT AS amount_minor
  FROM (SELECT * FROM commission UNION ALL SELECT * FROM override)
"""


def program() -> Program:
    return reading.read(PLAN)


def generate(folder: Path, lines: int, people: int) -> None:
    """Write a year of sales and the tree of managers; every tenth person manages ten others."""
    with duckdb.connect() as db:
        db.execute(f"SET memory_limit = '{MEMORY}'; SET threads = 2")
        db.execute("SET preserve_insertion_order = false")
        name = "'P' || CAST(100000 + {} AS VARCHAR)"
        db.execute(
            f"""COPY (SELECT 'A' || CAST(nth AS VARCHAR) AS id,
                       {name.format(f"nth * 7919 % {people}")} AS person_id,
                       {name.format(f"nth * 104729 % {people}")} AS {role_column("partner")},
                       DATE '2025-01-01' + CAST(nth * 31 % 365 AS INT) AS occurred_on,
                       (nth * 48271 % 99991 + 1) * 10000 + nth % 3 AS amount_micros,
                       'EUR' AS currency
                  FROM range({lines}) AS given(nth))
               TO '{folder / "activities.parquet"}' (FORMAT parquet)"""
        )
        person, manager = name.format("nth"), name.format("nth // 10")
        other = name.format("(nth // 10 + 1)")
        db.execute(
            f"""COPY (SELECT {person} AS person_id, {manager} AS manager_id, 'staff' AS kind,
                       DATE '2024-01-01' AS from_on,
                       CASE WHEN nth % 2 = 0 THEN DATE '2025-06-15' END AS to_on
                  FROM range(1, {people}) AS given(nth)
                 UNION ALL
                SELECT {person}, {other}, 'staff', DATE '2025-06-15', NULL
                  FROM range(2, {people}, 2) AS given(nth))
               TO '{folder / "positions.parquet"}' (FORMAT parquet)"""
        )


def ours(folder: Path) -> None:
    """Credit, add up and pay by the plan."""
    plan = program()
    sources = {name: folder / f"{name}.parquet" for name in ("activities", "positions")}
    with running.engine(sources, memory=MEMORY) as run:
        run.days = YEAR
        found = running.earnings(plan, Flat(layout_of(plan), everybody=True), run)
    pq.write_table(found.select(["component", "payee_id", "starts_on", "amount_minor"]),
                   folder / "ours.parquet")  # fmt: skip


def by_hand(folder: Path) -> None:
    """Run the SQL that only knows this plan."""
    with duckdb.connect() as db:
        db.execute(f"SET memory_limit = '{MEMORY}'; SET threads = 2")
        db.execute("SET preserve_insertion_order = false")
        for name in ("activities", "positions"):
            db.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
        db.execute(f"COPY ({BY_HAND}) TO '{folder / 'by_hand.parquet'}' (FORMAT parquet)")


def differing(folder: Path) -> int:
    """Return how many earnings are not the same in both."""
    with duckdb.connect() as db:
        ours_, theirs = (f"SELECT * FROM '{folder / name}.parquet'" for name in ("ours", "by_hand"))
        found = db.execute(
            f"SELECT count(*) FROM (({ours_} EXCEPT {theirs}) UNION ALL ({theirs} EXCEPT {ours_}))"
        ).fetchall()
    return int(found[0][0])


def measured(what: str, folder: Path) -> tuple[float, float, float]:
    """Return seconds, seconds of processor time and the peak in MB of one way, in a process of its own."""
    argv = [sys.executable, "-m", "bench.bulk", "--only", what, "--folder", str(folder)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
    seconds, busy, peak = (float(each) for each in said)
    return seconds, busy, peak


def compare(lines: int, people: int) -> tuple[float, float]:
    """Measure both ways on `lines` lines, print them side by side; return our seconds and peak."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, lines, people)
        runs = {what: [measured(what, folder) for _ in range(3)] for what in ("by_hand", "ours")}
        wrong = differing(folder)
        earned = pq.read_metadata(folder / "ours.parquet").num_rows
    hand, own = (min(seconds for seconds, _, _ in runs[what]) for what in ("by_hand", "ours"))
    busy = {what: min(each for _, each, _ in found) for what, found in runs.items()}
    peaks = {what: max(peak for _, _, peak in found) for what, found in runs.items()}
    show(
        f"{lines:,} lines, {people:,} people, {earned:,} earnings; best of 3",
        [
            ("SQL by hand: seconds", f"{hand:.2f}", ""),
            ("our bulk path: seconds", f"{own:.2f}", ""),
            ("  times the SQL by hand", f"{own / hand:.2f}", "1.50"),
            ("SQL by hand: processor seconds", f"{busy['by_hand']:.2f}", ""),
            ("our bulk path: processor seconds", f"{busy['ours']:.2f}", ""),
            ("SQL by hand: peak", f"{peaks['by_hand']:,.0f} MB", ""),
            ("our bulk path: peak", f"{peaks['ours']:,.0f} MB", "1,000 MB"),
            ("earnings that differ", f"{wrong}", "0"),
        ],
    )
    return own, peaks["ours"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--full", action="store_true", help="10 million, and 1 million beside it")
    parser.add_argument("--only", choices=("ours", "by_hand"))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.only:
        began, before = time.monotonic(), time.process_time()
        {"ours": ours, "by_hand": by_hand}[options.only](options.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(time.monotonic() - began, time.process_time() - before, peak)
        return
    first, _ = compare(options.lines, options.people)
    if options.full:
        tenfold, _ = compare(options.lines * 10, options.people)
        print(f"\n  ten times the lines took {tenfold / first:.1f} times as long")


if __name__ == "__main__":
    main()
