"""A document tried on many activities: credited and added up once in DuckDB, paid for any supposition.

A component that pays each total alone is paid from columns; the others are settled from sums of days.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from app.bulk import exporting, given, paying, running
from app.bulk.inputs import NotCompiled
from app.bulk.relations import Flat
from app.bulk.tallying import Tallying, number, tallying
from app.engine import payout
from app.engine.document import Component, Program
from app.engine.facts import Facts
from app.engine.measures import Tallied
from app.engine.payout import Terms
from app.engine.periods import Span, period_around
from app.engine.standing import Book
from app.engine.tallies import Tally
from app.programs import core, supposing
from app.programs.queries import Published
from app.programs.supposing import Amount, Paid
from app.programs.tallying import StoredTallies

_DIGITS: Final = 38

Spans = Mapping[str, Mapping[Span, Fraction]]
"""The quotas of each person."""


@dataclass(frozen=True, slots=True)
class _Totals:
    """What was measured of one component that pays each total alone, by payee and period."""

    component: Component
    terms: Terms
    payees: Any
    spans: list[Span]
    sums: Any
    """Of which `parts` are one of the measure."""
    parts: int
    quotas: list[Fraction | None]

    def amounts(self, share: Fraction = Fraction(1)) -> Any:
        """Return the minor units of each, had that share of everything been sold."""
        sums, parts = _times(self.sums, share.numerator), self.parts * share.denominator
        if self.component.needs_quota:
            return self._by_quota(sums, parts)
        return paying.amounts(self.component, sums, parts, self.terms)

    def _by_quota(self, sums: Any, parts: int) -> Any:
        """Pay each different pair of a total and a quota once."""
        pairs = list(zip(sums.to_pylist(), self.quotas, strict=True))
        paid = {
            pair: payout.amount(self.component, number(pair[0], parts), pair[1], self.terms)
            for pair in dict.fromkeys(pairs)
        }
        return pa.array([paid[pair] for pair in pairs], pa.int64())

    def add_to(self, found: Paid) -> None:
        """Count what everybody gets."""
        amounts = self.amounts()
        table = pa.table({"payee": self.payees, "minor": amounts})
        by_payee = table.group_by("payee").aggregate([("minor", "sum")])
        minors = by_payee["minor_sum"].to_pylist()
        found.by_payee.update(
            Counter(dict(zip(by_payee["payee"].to_pylist(), minors, strict=True)))
        )
        for nth in self._told():
            total = number(self.sums[nth].as_py(), self.parts)
            found.reach(total, self.quotas[nth])
            payee, minor = self.payees[nth].as_py(), amounts[nth].as_py()
            found.compare(
                Amount(self.component.id, payee, self.spans[nth], total, self.quotas[nth], minor)
            )

    def _told(self) -> Iterator[int]:
        """Yield the places of all that have a quota; where none has, of the greatest total."""
        with_quota = [nth for nth, quota in enumerate(self.quotas) if quota is not None]
        if not with_quota and len(self.sums):
            with_quota = [pc.index(self.sums, pc.max(self.sums)).as_py()]
        yield from with_quota


def _times(sums: Any, factor: int) -> Any:
    """Return decimal `sums` times a whole number."""
    digits = len(str(factor))
    narrow = sums.cast(pa.decimal128(_DIGITS - digits - 1, 0))
    return pc.multiply(narrow, pa.scalar(Decimal(factor), pa.decimal128(digits, 0)))


class _OfDay(NamedTuple):
    """What a payee was credited in a figure on one day."""

    component: str
    figure: str
    payee_id: str


class _DayTallies(StoredTallies):
    """Tallies by day, kept as they were added up; there are no single credits."""

    def keep(self, component: str, figure: str, rows: Any, tally: Tallying) -> None:
        """Keep the rows of a tally by payee and day."""
        ordered = rows.sort_by([("payee_id", "ascending"), ("starts_on", "ascending")])
        for row in ordered.to_pylist():
            held = self._place(_OfDay(component, figure, row["payee_id"]))
            held.days.append(row["starts_on"])
            held.tallies.append(_tally(row, tally))


def _tally(row: Mapping[str, Any], tally: Tallying) -> Tally:
    extremes = {
        name: number(row[name], tally.extreme_parts)
        for name in ("lowest", "highest", "whole")
        if name in row
    }
    return Tally(
        total=number(row["total"], tally.parts),
        count=int(row["credits"]),
        distinct=frozenset([row["text"]] if row.get("text") is not None else ()),
        **extremes,
    )


@dataclass(frozen=True, slots=True)
class TriedInBulk:
    """A document whose activities were credited and added up in DuckDB."""

    program: Published
    book: Book
    days: Span
    activities: int
    totals: tuple[_Totals, ...]

    def paid(self) -> Paid:
        """Return what everybody would have got."""
        found = Paid()
        for each in self._others(Fraction(1)):
            found.add(each)
        for totals in self.totals:
            totals.add_to(found)
        return found

    def cost_of(self, share: Fraction) -> int:
        """Return what it would have cost, in minor units, had that share of everything been sold."""
        alone = sum(pc.sum(each.amounts(share)).as_py() or 0 for each in self.totals)
        return alone + sum(each.minor for each in self._others(share))

    def _others(self, share: Fraction) -> list[Amount]:
        book = supposing.scaled(self.book, share)
        without = {each.component.id for each in self.totals}
        return supposing.amounts(self.program, book, self.days, without=without)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The statements that a document takes."""

    by_period: Mapping[str, Tallying]
    by_day: Mapping[tuple[str, str], Tallying]


def tried(db: Session, program: Published, known: Facts, *, since: date, days: Span) -> TriedInBulk:
    """Try a document on what happened from `since` on, for the periods that begin within `days`.

    Raise NotCompiled where it needs each activity, or rules that only Python applies.
    """
    document, read = program.document, Span(since, days.last)
    flat, tables = given.tables_of(document, known)
    texts = _texts(document, flat, read)
    book = supposing.book_of(document, known)
    tallies = _DayTallies(program, book.quotas)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "activities.parquet"
        count = exporting.export_activities(db, document, path, days=read)
        with running.engine({**tables, "activities": path}) as run:
            if count:
                first = run.span().first
                book = replace(book, since=min(book.since or first, first))
            for (name, figure), tally in texts.by_day.items():
                tallies.keep(name, figure, run.table(tally), tally)
            totals = [
                _totals(program, component, (run.table(tally), tally.parts), book, days)
                for component in document.components
                for tally in [texts.by_period.get(component.id)]
                if tally is not None
            ]
    return TriedInBulk(program, supposing.seen(document, book, tallies), days, count, tuple(totals))


def _texts(document: Program, flat: Flat, days: Span) -> _Texts:
    plan = core.plan_of(document)
    if plan.in_detail:
        raise NotCompiled("Settling looks at each activity.")
    by_period, by_day = dict[str, Tallying](), dict[tuple[str, str], Tallying]()
    for component in document.components:
        figures = [
            name for name, each in component.all_figures.items() if isinstance(each, Tallied)
        ]
        is_alone = component.id not in plan.settled and figures == ["measure"]
        if is_alone:
            by_period[component.id] = tallying(document, component, flat, days=days)
        if component.id in plan.needed or not is_alone:
            for name in figures:
                by_day[component.id, name] = tallying(
                    document, component, flat, figure=name, grain="day", days=days
                )
    return _Texts(by_period, by_day)


def _totals(
    program: Published, component: Component, tallied: tuple[Any, int], book: Book, days: Span
) -> _Totals:
    """Return the totals of known people in the periods that begin within `days`."""
    rows, parts = tallied
    starts = rows["starts_on"]
    within = pc.and_(pc.greater_equal(starts, days.first), pc.less_equal(starts, days.last))
    people = pc.is_in(rows["payee_id"], value_set=pa.array(list(book.people), pa.string()))
    rows = rows.filter(pc.and_(within, people)).combine_chunks()
    payees, firsts = rows["payee_id"].to_pylist(), rows["starts_on"].to_pylist()
    quotas: Spans = book.quotas.get((component.id, "measure"), {})
    spans = list(_spans(component, payees, firsts, quotas))
    targets = [quotas.get(payee, {}).get(span) for payee, span in zip(payees, spans, strict=True)]
    sums = rows["total"].combine_chunks().cast(pa.decimal128(_DIGITS, 0))
    names = rows["payee_id"].combine_chunks()
    return _Totals(component, program.terms, names, spans, sums, parts, targets)


def _spans(
    component: Component, payees: list[str], firsts: list[date], quotas: Spans
) -> Iterator[Span]:
    """Yield the whole period that begins on each day of `firsts`."""
    known: dict[Any, Span] = {}
    of_payees = component.period.kind == "quota"
    for payee, first in zip(payees, firsts, strict=True):
        place = (payee, first) if of_payees else first
        if place not in known:
            around = period_around(component, first, quotas.get(payee, {}))
            assert around is not None
            known[place] = around
        yield known[place]
