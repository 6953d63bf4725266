"""Figures in columns, and the percentiles they are made of."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

KEPT_IN: Final = "LAUREL_BENCH_ROWS"
"""The variable that names a file in which every table is kept, for the summary at the end."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of `values` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def show(title: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print rows of (what, measured, target)."""
    print(f"\n{title}")
    print(f"  {'':44} {'measured':>14} {'target':>14}")
    for what, measured, target in rows:
        print(f"  {what:44} {measured:>14} {target:>14}")
    if kept_in := os.environ.get(KEPT_IN):
        with Path(kept_in).open("a") as kept:
            kept.write(json.dumps([title, list(rows)]) + "\n")
