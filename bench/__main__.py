"""`make bench`: every measurement, one after the other, each on servers of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import table

BENCHES = (
    "import_pipeline",
    "single_sales",
    "sale_to_phone",
    "first_load",
    "payouts",
    "ledger_transfers",
    "live_activity",
    "catalog_search",
    "redemptions",
    "bulk --full",
    "simulation",
)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows"
        kept.touch()
        failed = [name for name in BENCHES if not run(name, kept)]
        summary(kept)
    if failed:
        print(f"\nnot measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, kept: Path) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    env = os.environ | {table.KEPT_IN: str(kept)}
    command = [sys.executable, "-m", *f"bench.{name}".split()]
    code = subprocess.run(command, check=False, env=env).returncode
    print(f"-- {name}: {time.monotonic() - started:.0f} s", flush=True)
    return code == 0


def summary(kept: Path) -> None:
    """Print once more whatever has a target, all in one place."""
    print("\n== what has a target")
    for line in kept.read_text().splitlines():
        title, rows = json.loads(line)
        if aimed := [(what, measured, target) for what, measured, target in rows if target]:
            table.show(title, aimed)


if __name__ == "__main__":
    sys.exit(main())
