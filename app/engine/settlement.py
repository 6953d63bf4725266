"""Settling: figures into earnings, component by component in the order in which they need each other.

For one component the periods are settled in order of time, all payees of a period together: figures,
gates, threshold, payout, factors, proration of pay, floor, caps, what all may get together, what
earlier periods already paid, guarantee and draw, and rounding, once and last.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final

from app.engine import bounds, dependencies, drafts, reckoning, running, stages
from app.engine.attribution import Credit, Line
from app.engine.credit_rules import DifferentialCredit
from app.engine.document import Component, Program
from app.engine.exact import decimal_text
from app.engine.payout import Outcome, payout, terms_of
from app.engine.payout_rules import GroupBonusPayout
from app.engine.periods import Span, key_of, period_around, periods_between
from app.engine.standing import Book, Standing
from app.engine.tallies import PeriodKey
from app.engine.timing import Portion

ZERO: Final = Fraction(0)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Earning:
    """What one payee earns from one component in one period.

    `lines` say what each activity brought, where that can be told and was not cheap to leave for
    later; `portions` say when the amount can be used, where the component holds some of it.
    """

    component: str
    payee: str
    period: str
    span: Span
    total: Fraction
    quota: Fraction | None
    outcome: Outcome
    credits: tuple[Credit, ...] = ()
    activity: str = ""
    lines: tuple[Line, ...] | None = None
    portions: tuple[Portion, ...] = ()

    def to_json(self, attribution: Sequence[Line]) -> dict[str, Any]:
        """Return the earning as JSON data, with the lines that `attribution` gives it."""
        return {
            "component": self.component,
            "payee": self.payee,
            "period": self.period,
            "measured": decimal_text(self.total),
            "quota": None if self.quota is None else decimal_text(self.quota),
            "amount_minor": self.outcome.amount_minor,
            "explanation": self.outcome.explanation.to_json(),
            "lines": [
                {
                    "activity": line.credit.activity,
                    "level": line.credit.level,
                    "amount_minor": line.outcome.amount_minor,
                    "explanation": line.outcome.explanation.to_json(),
                }
                for line in attribution
            ],
        }


def settle(
    program: Program, book: Book, *, components: Collection[str] | None = None
) -> list[Earning]:
    """Return all earnings, by component in document order, then payee, then period.

    With `components` only those, and what they need to be settled. The budget and the caps of the
    program are applied when all components are settled.
    """
    return Settlement(program, book).settle(components)


@dataclass(slots=True)
class _Timeline:
    """The periods of each payee of a component, in order, and those in which something counted."""

    keys: dict[str, list[PeriodKey]] = field(default_factory=dict)
    credited: set[tuple[str, PeriodKey]] = field(default_factory=set)
    known: dict[PeriodKey, list[str]] = field(default_factory=dict)


class Settlement:
    """One settling of a program: standings, timelines and what is settled so far."""

    def __init__(self, program: Program, book: Book) -> None:
        self.program = program
        self.book = book
        self._terms = terms_of(program)
        self._standings: dict[tuple[str, str, PeriodKey], Standing] = {}
        self._timelines: dict[str, _Timeline] = {}
        self._found: dict[str, dict[str, list[tuple[PeriodKey, Earning]]]] = {}
        self._carried = drafts.Carried()

    def settle(self, components: Collection[str] | None = None) -> list[Earning]:
        """Return all earnings, or those of some components, as `settle` says."""
        wanted = None if components is None else dependencies.needed(self.program, components)
        for component in dependencies.in_order(self.program):
            if wanted is None or component.id in wanted:
                self._settle(component)
        found = self._earnings()
        if components is None:
            return bounds.bounded(self.program, found)
        return [each for each in found if each.component in components]

    def rate(self, component: Component, figure: str, person: str, day: date) -> Fraction:
        """Return the rate of a differential figure for somebody in the period around a day."""
        credit = component.credit_of(figure)
        spans = self.book.quota_spans(component, person)
        around = period_around(component, day, spans) or Span(day, day)
        assert isinstance(credit, DifferentialCredit)
        return reckoning.value(credit.rate, self.standing(component, person, PeriodKey(around)))

    def _earnings(self) -> list[Earning]:
        """Return what was settled, in document order, without rows in which nothing happened."""
        return [
            earning
            for component in self.program.components
            for payee in sorted(self._found.get(component.id, {}))
            for key, earning in self._found[component.id][payee]
            if self._matters(component, payee, key, earning)
        ]

    def _matters(self, component: Component, payee: str, key: PeriodKey, earning: Earning) -> bool:
        if earning.outcome.amount_minor or earning.portions:
            return True
        credited = (payee, key) in self._timelines[component.id].credited
        return credited or stages.has_draw(component)

    def _settle(self, component: Component) -> None:
        """Settle every period of one component."""
        timeline = self._timeline(component)
        if component.is_simple:
            for payee, keys in timeline.keys.items():
                for key in keys:
                    self._keep(component, payee, key, self._simple(component, payee, key))
            return
        for key in sorted(timeline.known, key=_in_time):
            standings = {
                payee: self.standing(component, payee, key) for payee in timeline.known[key]
            }
            for payee, settled in stages.settle(standings, self._carried, self.book).items():
                self._keep(component, payee, key, self._earning(standings[payee], settled))

    def _simple(self, component: Component, payee: str, key: PeriodKey) -> Earning:
        standing = self.standing(component, payee, key)
        total, quota = standing.figure("measure"), standing.quota()
        outcome = payout(component, total, quota, self._terms)
        lines = portions = None
        if stages.is_timed(component):
            lines = stages.simple_lines(standing, self.book)
            portions = stages.portions(standing, outcome.amount_minor, lines, self.book)
        settled = drafts.Settled(outcome, lines, portions or ())
        return self._earning(standing, settled)

    def _earning(self, standing: Standing, settled: drafts.Settled) -> Earning:
        component, key = standing.component, standing.key
        return Earning(
            component=component.id,
            payee=standing.payee,
            period=key.activity or key_of(component.period, key.span),
            span=key.span,
            total=standing.figure("measure"),
            quota=standing.quota(),
            outcome=settled.outcome,
            credits=tuple(running.credits_of(standing, self.book)),
            activity=key.activity,
            lines=settled.lines,
            portions=settled.portions,
        )

    def _keep(self, component: Component, payee: str, key: PeriodKey, earning: Earning) -> None:
        self._found.setdefault(component.id, {}).setdefault(payee, []).append((key, earning))

    def standing(self, component: Component, payee: str, key: PeriodKey) -> Standing:
        """Return the one standing of a payee in a period."""
        place = (component.id, payee, key)
        if place not in self._standings:
            self._standings[place] = Standing(self, component, payee, key)
        return self._standings[place]

    def before(self, component: Component, payee: str, key: PeriodKey) -> PeriodKey | None:
        """Return the payee's period before `key`, None when it is the first."""
        keys = self._timeline(component).keys.get(payee, [])
        index = bisect_left(keys, _in_time(key), key=_in_time)
        return keys[index - 1] if index else None

    def peers(self, component: Component, key: PeriodKey) -> Iterable[str]:
        """Return everybody whom the component knows in a period."""
        return self._timeline(component).known.get(key, [])

    def paid(self, component: Component, payee: str, key: PeriodKey) -> Fraction:
        """Return what a component that is already settled pays in the time of a period.

        That is the sum of its periods that lie within; where none does, the one around its end. Where
        both pay each activity alone, it is what that activity brought.
        """
        found = self._found.get(component.id, {}).get(payee, [])
        if key.activity and component.period.kind == "activity":
            return self._major(each for other, each in found if other.activity == key.activity)
        inside = [each for other, each in found if key.span.covers(other.span)]
        last = key.span.last or self.book.as_of
        return self._major(inside or [each for other, each in found if last in other.span])

    def _major(self, earnings: Iterable[Earning]) -> Fraction:
        minors = (each.outcome.amount_minor for each in earnings)
        return sum((self._terms.major(minor) for minor in minors), ZERO)

    def _timeline(self, component: Component) -> _Timeline:
        if component.id not in self._timelines:
            self._timelines[component.id] = self._make_timeline(component)
        return self._timelines[component.id]

    def _make_timeline(self, component: Component) -> _Timeline:
        timeline = _Timeline()
        credited = self.book.tallies.periods(component)
        for payee in sorted({*credited, *self._named(component)}):
            keys = set(credited.get(payee, ()))
            timeline.credited.update((payee, key) for key in keys)
            if not component.is_simple and component.period.kind != "activity":
                keys.update(self._grid(component, payee, keys))
            timeline.keys[payee] = sorted(keys, key=_in_time)
            for key in timeline.keys[payee]:
                timeline.known.setdefault(key, []).append(payee)
        return timeline

    def _named(self, component: Component) -> Iterator[str]:
        """Yield who exists without any activity: known people, and members of a group bonus."""
        if component.is_simple:
            return
        yield from self.book.people
        yield from self.book.quotas.get((component.id, "measure"), {})
        if isinstance(component.payout, GroupBonusPayout):
            yield from self.book.members(component.payout.group, self.book.as_of)

    def _grid(
        self, component: Component, payee: str, keys: Collection[PeriodKey]
    ) -> Iterator[PeriodKey]:
        """Yield every period in which the payee takes part, up to the day of settling."""
        quotas: Mapping[Span, Fraction] = self.book.quota_spans(component, payee)
        first = min((key.span.first for key in keys), default=date.max)
        for there in self.book.presence(payee):
            start = max(there.first, min(first, self.book.since or component.effective.from_))
            until = self.book.as_of if there.last is None else min(there.last, self.book.as_of)
            for span in periods_between(component, start, until, quotas):
                yield PeriodKey(span)


def _in_time(key: PeriodKey) -> tuple[date, date, datetime, str]:
    return key.span.first, key.span.last or date.max, key.at or _LONG_AGO, key.activity
