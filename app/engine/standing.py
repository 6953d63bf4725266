"""One payee in one period: figures, quota and days, each computed once, from what the book knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal, Protocol

from app.engine import limits, proration, reckoning
from app.engine.document import Component, Program
from app.engine.exact import Exactly
from app.engine.expressions import Expr
from app.engine.limits import Here, Limited
from app.engine.measures import (
    FormulaMeasure,
    GroupScope,
    GrowthMeasure,
    Measure,
    MixMeasure,
    RatioMeasure,
    ShiftWindow,
    Tallied,
    TalliedMeasure,
    ToDateWindow,
)
from app.engine.payout import Terms, terms_of
from app.engine.periods import (
    DAY,
    Span,
    span_before,
    span_of,
    to_date_span,
    window_of,
    year_before,
)
from app.engine.steps import Step
from app.engine.tallies import NOTHING, PeriodKey, Tallies, Tally, number_of
from app.kernel.errors import AppError

ZERO: Final = Fraction(0)
MAX_BITS: Final = 4096


class OutOfRange(AppError):
    """A formula feeds on itself until its numbers have thousands of digits."""

    code = "out_of_range"
    title = "A formula grows beyond all bounds"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may be paid: since when, until when, when enrolled, and what is known of them."""

    joined_on: date | None = None
    left_on: date | None = None
    attributes: Mapping[str, str | Decimal] = field(default_factory=dict)
    enrolled: tuple[Span, ...] | None = None

    def spans(self) -> tuple[Span, ...]:
        """Return the days on which they take part."""
        there = Span(self.joined_on or date.min, self.left_on)
        if self.enrolled is None:
            return (there,)
        return tuple(each.within(there) for each in self.enrolled if _meet(each, there))


def _meet(one: Span, other: Span) -> bool:
    return one.first in other or other.first in one


NOBODY: Final = Member()


@dataclass(frozen=True, slots=True)
class Book:
    """Everything a program is settled on, as it stood on the day `as_of`.

    `quotas` are by component, figure ("measure" for the main one), payee and span. `members` names the
    people of a group on a day. `mandates` gives the rate of a sub-agent for a component on a day.
    `attributes` are those of an activity. Nothing is settled before `since`, the first day known.
    """

    tallies: Tallies
    as_of: date
    people: Mapping[str, Member] = field(default_factory=dict)
    quotas: Mapping[tuple[str, str], Mapping[str, Mapping[Span, Fraction]]] = field(
        default_factory=dict
    )
    members: Callable[[str, date], Iterable[str]] = lambda _group, _day: ()
    mandates: Callable[[str, str, date], Exactly | None] = lambda _person, _component, _day: None

    since: date | None = None
    attributes: Callable[[str], Mapping[str, str | Decimal]] = lambda _activity: {}

    def presence(self, payee: str) -> tuple[Span, ...]:
        """Return the days on which a payee takes part."""
        return self.people.get(payee, NOBODY).spans()

    def quota_spans(self, component: Component, payee: str) -> Mapping[Span, Fraction]:
        """Return the quotas of a payee for the main measure of a component, by their days."""
        return self.quotas.get((component.id, "measure"), {}).get(payee, {})


class Desk(Protocol):
    """What a standing asks of the settlement it belongs to."""

    @property
    def program(self) -> Program:
        """The program that is settled."""

    @property
    def book(self) -> Book:
        """What it is settled on."""

    def standing(self, component: Component, payee: str, key: PeriodKey) -> Standing:
        """Return the one standing of a payee in a period."""

    def before(self, component: Component, payee: str, key: PeriodKey) -> PeriodKey | None:
        """Return the payee's period before `key`, None when it is the first."""

    def peers(self, component: Component, key: PeriodKey) -> Iterable[str]:
        """Return everybody whom the component knows in a period."""

    def paid(self, component: Component, payee: str, key: PeriodKey) -> Fraction:
        """Return what a component that is already settled pays in the time of a period."""


class Standing:
    """One payee in one period of one component: what `scope.Scope` promises."""

    def __init__(self, desk: Desk, component: Component, payee: str, key: PeriodKey) -> None:
        self._desk = desk
        self._figures: dict[str, Fraction] = {}
        self._quotas: dict[str, Limited | None] = {}
        self.component = component
        self.payee = payee
        self.key = key
        self.terms: Terms = terms_of(desk.program)

    @property
    def span(self) -> Span:
        """The days of the period."""
        return self.key.span

    @property
    def last(self) -> date:
        """The last day of the period; of an open one the day on which it is settled."""
        return self.span.last or self._desk.book.as_of

    @property
    def zone(self) -> str:
        """The zone in which days begin and end."""
        return self._desk.program.zone

    @property
    def here(self) -> Here:
        """What limits write their steps with."""
        return Here(self.component.id, self.terms)

    @property
    def member(self) -> Member:
        """What is known of the payee."""
        return self._desk.book.people.get(self.payee, NOBODY)

    def with_measure(self, measured: Fraction) -> Standing:
        """Return the same standing as if the measure were `measured`."""
        other = Standing(self._desk, self.component, self.payee, self.key)
        other._figures["measure"] = measured
        return other

    def figure(self, name: str) -> Fraction:
        """Return a figure of this component; "measure" is the main one."""
        if name not in self._figures:
            self._figures[name] = self._compute(name, self.component.figure(name))
        return self._figures[name]

    def _compute(self, name: str, figure: Measure) -> Fraction:
        if isinstance(figure, FormulaMeasure):
            return self._bounded(name, reckoning.value(figure.value, self))
        if isinstance(figure, MixMeasure):
            parts = (
                self._share(each.figure, each.over) * Fraction(each.weight) for each in figure.parts
            )
            return sum(parts, ZERO)
        if isinstance(figure, RatioMeasure):
            return over(self.figure(figure.of), self.figure(figure.to))
        if isinstance(figure, GrowthMeasure):
            past = self.past(figure.against).figure(figure.of)
            more = self.figure(figure.of) - past
            return more if figure.as_ == "amount" else over(more, past)
        return number_of(figure, self.tally(name, figure))

    def _bounded(self, name: str, value: Fraction) -> Fraction:
        """Return `value` unless it has so many digits that computing on would never end."""
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
            raise OutOfRange(f'"{name}" of "{self.component.id}" grows beyond all bounds.')
        return value

    def _share(self, figure: str, whole: Expr) -> Fraction:
        return over(self.figure(figure), reckoning.value(whole, self))

    def past(self, against: Literal["previous_period", "previous_year"]) -> Standing:
        """Return the payee in the period before, or in the same days a year earlier."""
        quotas = self._desk.book.quota_spans(self.component, self.payee)
        span = (
            year_before(self.span)
            if against == "previous_year"
            else span_before(self.component, self.span, quotas)
        )
        return self._desk.standing(self.component, self.payee, PeriodKey(span))

    def tally(self, name: str, figure: TalliedMeasure) -> Tally:
        """Return the tally that a figure of activities is read from."""
        window, activity = self.window(figure)
        found = NOTHING
        for payee in self._whose(name, figure):
            found = found.merge(
                self._desk.book.tallies.tally(self.component, name, payee, window, activity)
            )
        return found

    def window(self, figure: Tallied) -> tuple[Span, str]:
        """Return the days that a figure looks at here, and the one activity where each pays alone."""
        if isinstance(figure.window, ShiftWindow):
            return self.past(figure.window.shift).span, ""
        if figure.window in (None, "period") and self.component.period.to_date:
            return to_date_span(self.component, self.span).within(
                span_of(self.component.effective)
            ), ""
        window = window_of(self.component, figure.window, self.span)
        return window, self.key.activity if figure.window in (None, "period") else ""

    def _whose(self, name: str, figure: Tallied) -> Iterable[str]:
        if isinstance(figure.whose, GroupScope):
            return sorted(self._desk.book.members(figure.whose.group, self.last))
        if figure.whose == "everybody":
            return sorted(self._desk.book.tallies.payees(self.component, name))
        return (self.payee,)

    def quota(self, figure: str | None = None) -> Fraction | None:
        """Return the quota of the period after ramp and proration, None where none is set."""
        found = self._quota(figure)
        return None if found is None else found.amount

    def quota_steps(self) -> tuple[Step, ...]:
        """Return how the quota came about."""
        found = self._quota(None)
        return () if found is None else found.steps

    def _quota(self, figure: str | None) -> Limited | None:
        name = figure or "measure"
        if name not in self._quotas:
            self._quotas[name] = self._find_quota(name)
        return self._quotas[name]

    def _find_quota(self, figure: str) -> Limited | None:
        held = self._desk.book.quotas.get((self.component.id, figure), {}).get(self.payee, {})
        stated = quota_for(held, self.span) if self.reach is None else self._quota_to(held)
        if stated is None or self.component.limits is None:
            return None if stated is None else Limited(stated)
        rules, quota = self.component.limits, stated
        steps: tuple[Step, ...] = ()
        if rules.ramp and self.member.joined_on is not None and self.span.last is not None:
            share = limits.ramp_share(self.span, self.member.joined_on, rules.ramp)
            ramped = limits.ramped(quota, share, self.here)
            quota, steps = ramped.amount, ramped.steps
        if rules.proration is not None and rules.proration.of != "pay":
            days = self.counted_days()
            prorated = limits.prorated_quota(quota, days, rules.proration, self.here)
            quota, steps = prorated.amount, (*steps, *prorated.steps)
        return Limited(quota, steps)

    def _quota_to(self, held: Mapping[Span, Fraction]) -> Fraction | None:
        """Return the quota to date; what is paid to date counts those that there are since it began."""
        assert self.reach is not None
        stated = quota_to(held, self.reach)
        if stated is not None or self.component.period.to_date is None:
            return stated
        return quota_so_far(held, self.reach)

    @property
    def reach(self) -> Span | None:
        """The days to date that the measure looks at, None when it looks at the period alone."""
        if self.component.period.to_date is not None:
            return to_date_span(self.component, self.span)
        window = getattr(self.component.measure, "window", None)
        if isinstance(window, ToDateWindow):
            return window_of(self.component, window, self.span)
        return None

    def of_component(self, component: str, figure: str | None) -> Fraction:
        """Return what another component pays the payee in this period, or one of its figures."""
        other = self._desk.program.component(component)
        if figure is None:
            return self._desk.paid(other, self.payee, self.key)
        return self._desk.standing(other, self.payee, self.key).figure(figure)

    def attribute(self, name: str) -> str | Decimal | None:
        """Return an attribute of the payee, None when it is not known."""
        return self.member.attributes.get(name)

    def counted_days(self) -> proration.Days:
        """Return the days worked and the days of the period, as the proration counts them."""
        rule = self.component.limits.proration if self.component.limits else None
        span = Span(self.span.first, self.last)
        return proration.days_of(
            span, self.member.spans(), "actual/actual" if rule is None else rule.days
        )

    def days(self, which: Literal["worked", "period"]) -> Fraction:
        """Return the days of the period, or those on which the payee takes part."""
        found = self.counted_days()
        return found.worked if which == "worked" else found.whole

    def mandate_rate(self) -> Fraction | None:
        """Return the rate that the payee's mandate sets on the last day, None without one."""
        found = self._desk.book.mandates(self.payee, self.component.id, self.last)
        return None if found is None else Fraction(found)

    def previous(self) -> Standing | None:
        """Return the payee's period before this one, None in the first."""
        key = self._desk.before(self.component, self.payee, self.key)
        return None if key is None else self._desk.standing(self.component, self.payee, key)

    def peers(self, group: str | None = None) -> Mapping[str, Standing]:
        """Return everybody of the component in the same period, or all members of a group."""
        names = (
            self._desk.peers(self.component, self.key)
            if group is None
            else self._desk.book.members(group, self.last)
        )
        return {name: self._desk.standing(self.component, name, self.key) for name in sorted(names)}


def over(part: Fraction, whole: Fraction) -> Fraction:
    """Return `part` over `whole`; 0 when there is no whole."""
    return part / whole if whole else ZERO


def quota_for(held: Mapping[Span, Fraction], span: Span) -> Fraction | None:
    """Return the quota set for exactly these days, else the sum of those that fill them."""
    if span in held:
        return held[span]
    inside = sorted((each for each in held if span.covers(each)), key=lambda each: each.first)
    day: date | None = span.first
    for each in inside:
        if each.first != day or each.last is None:
            return None
        day = each.last + DAY
    filled = bool(inside) and span.last is not None and inside[-1].last == span.last
    return sum((held[each] for each in inside), ZERO) if filled else None


def quota_to(held: Mapping[Span, Fraction], reach: Span) -> Fraction | None:
    """Return the quota for days to date; without one that of the shortest stretch around them."""
    stated = quota_for(held, reach)
    around = [span for span in held if span.covers(reach) and span.last is not None]
    if stated is not None or not around:
        return stated
    return held[min(around, key=_length)]


def quota_so_far(held: Mapping[Span, Fraction], reach: Span) -> Fraction | None:
    """Return the sum of the quotas within days to date whose last ends with them, none twice."""
    inside = sorted((each for each in held if reach.covers(each)), key=lambda each: each.first)
    apart = all(
        before.last is not None and before.last < after.first for before, after in pairwise(inside)
    )
    if not inside or not apart or inside[-1].last != reach.last:
        return None
    return sum((held[each] for each in inside), ZERO)


def _length(span: Span) -> int:
    return ((span.last or span.first) - span.first).days
