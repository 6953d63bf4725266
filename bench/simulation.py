"""What a draft would have cost: a year of sales paid by the plan and by a draft of it, person by person.

python -m bench.simulation [--lines N] [--people N]
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from app.bulk import running
from app.bulk.relations import Flat, layout_of
from app.engine import reading
from bench import bulk
from bench.table import show


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bulk.generate(folder, options.lines, options.people)
        began = time.monotonic()
        gaining, losing, cost = simulate(folder)
        seconds = time.monotonic() - began
    show(
        f"A year of {options.lines:,} sales, {options.people:,} people, plan and draft",
        [
            ("seconds", f"{seconds:.1f}", "10.0"),
            ("people who gain", f"{gaining:,}", ""),
            ("people who lose", f"{losing:,}", ""),
            ("cost", f"{cost / 100:+,.2f} EUR", ""),
        ],
    )


def simulate(folder: Path) -> tuple[int, int, int]:
    """Return how many gain and lose by a draft with other tiers, and what it costs more."""
    draft = copy.deepcopy(bulk.PLAN)
    draft["components"][0]["payout"]["tiers"]["steps"][0]["rate"] = "0.055"
    draft["components"][1]["payout"]["rate"] = "0.009"
    sources = {name: folder / f"{name}.parquet" for name in ("activities", "positions")}
    with running.engine(sources) as run:
        run.days = bulk.YEAR
        paid = [
            by_person(running.earnings(plan, Flat(layout_of(plan), everybody=True), run))
            for plan in (bulk.program(), reading.read(draft))
        ]
    now, then = paid
    changes = [then.get(who, 0) - now.get(who, 0) for who in {*now, *then}]
    return sum(each > 0 for each in changes), sum(each < 0 for each in changes), sum(changes)


def by_person(earnings: pa.Table) -> dict[str, int]:
    found = earnings.group_by("payee_id").aggregate([("amount_minor", "sum")])
    return dict(zip(found["payee_id"].to_pylist(), found["amount_minor_sum"].to_pylist(), strict=True))  # fmt: skip


if __name__ == "__main__":
    main()
