"""What credits add up to, once by the engine and once by the text that a database runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.bulk.tallying import Tallying, number
from app.engine import memory
from app.engine.attribution import Credit
from app.engine.crediting import credits_of
from app.engine.document import Program
from app.engine.facts import Facts
from app.engine.periods import period_of
from app.engine.tallies import Tally, tally_of
from app.kernel.clock import day_in_zone

Sums = dict[tuple[str, date], Tally]


def by_engine(program: Program, facts: Facts, *, by_day: bool = False) -> Sums:
    component = program.components[0]
    chart, found = memory.chart_of(program, facts), dict[tuple[str, date], list[Credit]]()
    quotas = memory.quotas_of(program, facts).get((component.id, "measure"), {})
    for activity in facts.activities:
        day = day_in_zone(activity.occurred_at, program.zone)
        for payee, credit in credits_of(program, component, activity, chart):
            span = period_of(component, day, quotas.get(payee, ()))
            if chart.takes_part(payee, day) and (by_day or span is not None):
                start = day if by_day or span is None else span.first
                text = _text(component.measure, activity)
                found.setdefault((payee, start), []).append(
                    Credit(credit.activity, credit.occurred_at, credit.value, 0, credit.share, text)
                )
    return {key: tally_of(each) for key, each in found.items()}


def _text(measure: Any, activity: Any) -> str | None:
    return str(activity.read(measure.of)) if measure.kind == "distinct" else None


def by_rows(rows: Iterable[dict[str, Any]], tally: Tallying, kind: str) -> Sums:
    """Read the rows of a tally as the engine's own tallies."""
    found: Sums = {}
    read_whole = kind in {"average", "highest", "lowest"}
    for row in rows:
        part = Tally(
            number(Decimal(row["total"]), tally.parts),
            int(row["credits"]),
            number(row["lowest"], tally.extreme_parts) if read_whole else None,
            number(row["highest"], tally.extreme_parts) if read_whole else None,
            frozenset({row["text"]} if kind == "distinct" else ()),
            number(row["whole"], tally.extreme_parts) if read_whole else Fraction(0),
        )
        key = row["payee_id"], row["starts_on"]
        found[key] = found.get(key, Tally()).merge(part)
    return found


def plain(sums: Sums, kind: str) -> dict[Any, Any]:
    """Return what a figure of this kind reads, and the count."""
    read_whole = kind in {"average", "highest", "lowest"}
    return {
        key: (
            each.total,
            each.count,
            (each.lowest, each.highest, each.whole) if read_whole else None,
            each.distinct,
        )
        for key, each in sums.items()
    }
