"""What settling reads of the credits that stand in the database: sums of days, or each credit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import reduce
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine.attribution import Credit, in_order
from app.engine.document import Component, Program
from app.engine.measures import Tallied
from app.engine.periods import Span, period_of
from app.engine.tallies import NOTHING, PeriodKey, Tally, tally_of
from app.kernel.clock import day_in_zone
from app.programs import core
from app.programs.queries import Published

COUNTED: Final = "coalesce(c.part_micros, c.value_micros * c.share) * c.factor"
"""What of the value of a credit counts for its payee, in millionths."""

_WHICH: Final = """
      FROM credits c
     WHERE c.tenant_id = :tenant AND c.program_id = :program
       AND c.component = ANY(CAST(:components AS text[]))
       AND (CAST(:payees AS uuid[]) IS NULL OR c.payee_id = ANY(CAST(:payees AS uuid[])))
"""

_BY_DAY: Final = text(
    f"""
    SELECT c.component, c.figure, c.payee_id,
           CAST(timezone(:zone, c.occurred_at) AS date) AS day,
           sum({COUNTED}) AS total, count(*) AS count, min(c.value_micros * c.factor) AS lowest,
           max(c.value_micros * c.factor) AS highest, sum(c.value_micros * c.factor) AS whole,
           array_agg(DISTINCT c.distinct_text) FILTER (WHERE c.distinct_text IS NOT NULL) AS texts
    {_WHICH}
     GROUP BY c.component, c.figure, c.payee_id, day
     ORDER BY day
    """
)

_EACH: Final = text(
    f"""
    SELECT c.component, c.figure, c.payee_id, c.activity_id, c.occurred_at, c.value_micros,
           c.level, c.share, c.part_micros, c.factor, c.distinct_text
    {_WHICH}
    """
)


@dataclass(slots=True)
class _Held:
    """What was credited to one payee in one figure: days in order, each with its tally or credits."""

    days: list[date] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)

    def add(self, credit: Credit, day: date) -> None:
        """Keep one more credit, later than all others."""
        self.days.append(day)
        if self.credits or not self.tallies:
            self.credits.append(credit)
        else:
            self.tallies.append(tally_of([credit]))

    def within(self, window: Span) -> slice:
        start = bisect_left(self.days, window.first)
        end = len(self.days) if window.last is None else bisect_right(self.days, window.last)
        return slice(start, end)


class StoredTallies:
    """What `tallies.Tallies` promises, loaded once for the payees that are settled."""

    def __init__(self, program: Published, quotas: Mapping[tuple[str, str], Any]) -> None:
        self._program = program
        self._quotas = quotas
        self._held: dict[tuple[str, str], dict[str, _Held]] = {}

    def load(
        self,
        db: Session,
        *,
        payees: Collection[UUID] | None,
        components: Collection[str],
        in_detail: Collection[str],
    ) -> set[UUID]:
        """Read what was credited to `payees` (to everybody); return the activities read in detail."""
        given = {
            "tenant": tenant_of(db),
            "program": self._program.program_id,
            "payees": None if payees is None else list(payees),
        }
        summed = {"components": [each for each in components if each not in in_detail]}
        zone = {"zone": self._program.document.zone}
        for row in db.execute(_BY_DAY, {**given, **summed, **zone}):
            held = self._place(row)
            held.days.append(row.day)
            held.tallies.append(_tally(row))
        detailed = {"components": [each for each in components if each in in_detail]}
        if not detailed["components"]:
            return set()
        return self._keep_each(db.execute(_EACH, {**given, **detailed}))

    def suppose(
        self, program: Program, payee: str, at: datetime, read: Mapping[str, Fraction]
    ) -> None:
        """Add one more activity of `payee`, as it would count in figures that credit the seller."""
        day = day_in_zone(at, program.zone)
        for component in program.components:
            for name, figure in component.all_figures.items():
                if isinstance(figure, Tallied) and component.credit_of(name).to == "direct":
                    value = read.get(getattr(figure, "of", ""), Fraction(1))
                    held = self._held.setdefault((component.id, name), {}).setdefault(
                        payee, _Held()
                    )
                    held.add(Credit("what-if", at, value), day)

    def _place(self, row: Any) -> _Held:
        payees = self._held.setdefault((row.component, row.figure), {})
        return payees.setdefault(str(row.payee_id), _Held())

    def _keep_each(self, rows: Iterable[Any]) -> set[UUID]:
        seen: set[UUID] = set()
        touched: dict[int, _Held] = {}
        for row in rows:
            held = self._place(row)
            held.credits.append(credit_of(row))
            touched[id(held)] = held
            seen.add(row.activity_id)
        for held in touched.values():
            held.credits = in_order(held.credits)
            zone = self._program.document.zone
            held.days = [day_in_zone(each.occurred_at, zone) for each in held.credits]
        return seen

    def periods(self, component: Component) -> Mapping[str, Iterable[PeriodKey]]:
        """Return for each payee the periods in which something was credited to the component."""
        found: dict[str, dict[PeriodKey, None]] = {}
        for name, figure in component.all_figures.items():
            if isinstance(figure, Tallied):
                for payee, held in self._held.get((component.id, name), {}).items():
                    keys = dict.fromkeys(self._keys(component, payee, held))
                    if keys:
                        found.setdefault(payee, {}).update(keys)
        return found

    def _keys(self, component: Component, payee: str, held: _Held) -> Iterator[PeriodKey]:
        spans = self._quotas.get((component.id, "measure"), {}).get(payee, {})
        if component.period.kind == "activity":
            for credit, day in zip(held.credits, held.days, strict=True):
                span = period_of(component, day, spans)
                if span is not None:
                    yield PeriodKey(span, credit.activity, credit.occurred_at)
            return
        span = None
        for day in held.days:
            if span is None or day not in span:
                span = period_of(component, day, spans)
                if span is not None:
                    yield PeriodKey(span)

    def payees(self, component: Component, figure: str) -> Iterable[str]:
        """Return everybody to whom anything was ever credited in a figure."""
        return self._held.get((component.id, figure), {})

    def tally(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Tally:
        """Return the tally of a payee's credits within some days, or those of one activity."""
        held = self._held.get((component.id, figure), {}).get(payee)
        if held is None:
            return NOTHING
        if held.credits:
            return tally_of(self.credits(component, figure, payee, window, activity))
        return reduce(Tally.merge, held.tallies[held.within(window)], NOTHING)

    def credits(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Sequence[Credit]:
        """Return those credits in order; nothing where only sums of days were read."""
        held = self._held.get((component.id, figure), {}).get(payee)
        if held is None or not held.credits:
            return ()
        found = held.credits[held.within(window)]
        return [each for each in found if each.activity == activity] if activity else found


def credit_of(row: Any) -> Credit:
    """Return a stored credit as the engine knows it."""
    value = core.from_micros(row.value_micros)
    share = Fraction(row.share)
    if row.part_micros is not None and row.value_micros:
        share = Fraction(row.part_micros, row.value_micros)
    return Credit(
        activity=str(row.activity_id),
        occurred_at=row.occurred_at,
        value=value * Fraction(row.factor),
        level=row.level,
        share=share,
        text=row.distinct_text,
    )


def _tally(row: Any) -> Tally:
    return Tally(
        total=core.from_micros(row.total),
        count=row.count,
        lowest=core.from_micros(row.lowest),
        highest=core.from_micros(row.highest),
        distinct=frozenset(row.texts or ()),
        whole=core.from_micros(row.whole),
    )
