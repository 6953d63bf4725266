"""Figures in columns, and the percentiles they are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence


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
