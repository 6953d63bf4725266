"""Pure evaluations of one total, each kind of payout on its own: amounts, explained, and in columns.

python -m bench.payouts [--seconds N]
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import pyarrow as pa

from app.bulk import paying
from app.engine import payout, reading
from app.engine.document import Component
from app.engine.payout import terms_of
from bench.bulk import PLAN
from bench.table import show

TIERS = {
    "boundary": "inclusive",
    "steps": [{"from": "10000", "rate": "0.05"}, {"from": "25000", "rate": "0.08"}],
}
RULES: dict[str, dict[str, Any]] = {
    "a flat rate": {"kind": "rate", "rate": "0.03"},
    "marginal tiers": {"kind": "rate", "rate": "0.03", "tiers": {"mode": "marginal", **TIERS}},
    "retroactive tiers": {"kind": "rate", "rate": "0.03", "tiers": {"mode": "retroactive", **TIERS}},
    "milestones": {"kind": "bonus", "milestones": [{"at": "5000", "amount": "100"}, {"at": "20000", "amount": "250"}]},
}  # fmt: skip
COLUMN = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1)
    seconds = parser.parse_args().seconds
    rows = []
    for name, rule in RULES.items():
        program = reading.read(PLAN | {"components": [PLAN["components"][0] | {"payout": rule}]})
        component, terms = program.components[0], terms_of(program)
        alone = a_second(partial(payout.amount, component, quota=None, terms=terms), seconds)
        told = a_second(partial(payout.payout, component, quota=None, terms=terms), seconds)
        rows += [
            (f"{name}: the amount", f"{alone:,.0f}/s", ""),
            (f"{name}: with its explanation", f"{told:,.0f}/s", ""),
            (f"{name}: a million in a column", f"{in_column(component, terms):,.0f}/s", ""),
        ]
    show("Payouts, one process", rows)


def a_second(pay: Callable[[Fraction], object], seconds: float) -> float:
    """Return how often `pay` is done in a second, on totals that all differ."""
    began = time.perf_counter()
    for nth in itertools.count(1):
        pay(Fraction(nth * 7919 % 4_000_000, 100))
        if nth % 256 == 0 and (passed := time.perf_counter() - began) >= seconds:
            return nth / passed
    raise AssertionError("counting never ends")


def in_column(component: Component, terms: Any) -> float:
    """Return how many totals a second are paid at once, in millionths as a bulk run gives them."""
    totals = [Decimal(nth * 7919 % 4_000_000 * 10_000) for nth in range(COLUMN)]
    column = pa.array(totals, pa.decimal128(38, 0))
    began = time.perf_counter()
    paying.amounts(component, column, 10**6, terms)
    return COLUMN / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
