"""`make bench`: every measurement, one after the other, each on servers of its own."""

from __future__ import annotations

import subprocess
import sys
import time

BENCHES = (
    "import_pipeline",
    "single_sales",
    "sale_to_phone",
    "first_load",
    "payouts",
    "ledger_transfers",
    "live_activity",
    "catalog_search",
    "bulk",
    "simulation",
)


def main() -> int:
    failed = [name for name in BENCHES if not run(name)]
    if failed:
        print(f"\nnot measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
    print(f"-- {name}: {time.monotonic() - started:.0f} s", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
