"""Facts as a book: credits made in memory when they are first asked for, and tallies of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from app.engine import crediting
from app.engine.attribution import Conversion, Credit, in_order
from app.engine.conditions import Condition, as_text, holds
from app.engine.crediting import Chart
from app.engine.document import AttributeGroup, Component, ListGroup, Program
from app.engine.facts import Activity, Facts, Rate
from app.engine.measures import (
    AverageMeasure,
    DistinctMeasure,
    HighestMeasure,
    LowestMeasure,
    SumMeasure,
    Tallied,
)
from app.engine.periods import Span, period_of
from app.engine.standing import Book, Member
from app.engine.tallies import NOTHING, PeriodKey, Tally, tally_of
from app.kernel.clock import day_in_zone

_CONVERTING: Final = (SumMeasure, AverageMeasure, HighestMeasure, LowestMeasure)

TopRate = Callable[[Component, str, str, date], Fraction]
"""The rate of a differential figure for a person on a day, given the component and the figure."""


@dataclass(frozen=True, slots=True)
class _Days:
    """The credits of one payee in order, with the day of each."""

    credits: list[Credit] = field(default_factory=list)
    days: list[date] = field(default_factory=list)

    def within(self, window: Span) -> list[Credit]:
        start = bisect_left(self.days, window.first)
        end = len(self.days) if window.last is None else bisect_right(self.days, window.last)
        return self.credits[start:end]


class CreditedFacts:
    """What `tallies.Tallies` promises, from facts: each figure is credited when first asked for."""

    def __init__(self, program: Program, facts: Facts, top_rate: TopRate) -> None:
        self._program = program
        self._facts = facts
        self._top_rate = top_rate
        self._chart = chart_of(program, facts)
        self._quotas = quotas_of(program, facts)
        self._credited: dict[tuple[str, str], dict[str, _Days]] = {}
        self.by_id = {activity.id: activity for activity in facts.activities}

    def periods(self, component: Component) -> Mapping[str, Iterable[PeriodKey]]:
        """Return for each payee the periods in which something was credited to the component."""
        found: dict[str, dict[PeriodKey, None]] = {}
        for name, figure in component.all_figures.items():
            if isinstance(figure, Tallied):
                for payee, held in self._of(component, name).items():
                    keys = found.setdefault(payee, {})
                    keys.update(dict.fromkeys(self._keys(component, payee, held)))
        return {payee: keys for payee, keys in found.items() if keys}

    def _keys(self, component: Component, payee: str, held: _Days) -> Iterable[PeriodKey]:
        spans = self._quotas.get((component.id, "measure"), {}).get(payee, {})
        alone = component.period.kind == "activity"
        around = lru_cache(lambda day: period_of(component, day, spans))
        for credit, day in zip(held.credits, held.days, strict=True):
            span = around(day)
            if span is not None:
                yield (
                    PeriodKey(span, credit.activity, credit.occurred_at)
                    if alone
                    else PeriodKey(span)
                )

    def payees(self, component: Component, figure: str) -> Iterable[str]:
        """Return everybody to whom anything was ever credited in a figure."""
        return self._of(component, figure)

    def tally(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Tally:
        """Return the tally of a payee's credits within some days, or those of one activity."""
        found = self.credits(component, figure, payee, window, activity)
        return tally_of(found) if found else NOTHING

    def credits(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Sequence[Credit]:
        """Return those credits in order."""
        held = self._of(component, figure).get(payee)
        if held is None:
            return ()
        found = held.within(window)
        return [each for each in found if each.activity == activity] if activity else found

    def _of(self, component: Component, figure: str) -> Mapping[str, _Days]:
        place = (component.id, figure)
        if place not in self._credited:
            self._credited[place] = self._credit(component, figure)
        return self._credited[place]

    def _credit(self, component: Component, name: str) -> dict[str, _Days]:
        figure = component.figure(name)
        assert isinstance(figure, Tallied)
        gathered: dict[str, list[Credit]] = {}
        chart = replace(
            self._chart,
            top_rate=lambda person, day: self._top_rate(component, name, person, day),
        )
        for activity in self._facts.activities:
            day = day_in_zone(activity.occurred_at, self._program.zone)
            found = crediting.credits_of(self._program, component, activity, chart, figure=name)
            for payee, credit in found:
                if self._chart.takes_part(payee, day):
                    kept = self._described(figure, activity, credit, day)
                    gathered.setdefault(payee, []).append(kept)
        return {payee: self._sorted(credited) for payee, credited in gathered.items()}

    def _described(self, figure: Tallied, activity: Activity, credit: Credit, day: date) -> Credit:
        """Return the credit with the text that a distinct count reads, or how it was converted."""
        if isinstance(figure, DistinctMeasure):
            return replace(credit, text=as_text(activity.read(figure.of)))
        foreign = activity.currency not in (None, self._program.currency)
        if foreign and isinstance(figure, _CONVERTING) and figure.of == "amount":
            rate = rate_on(self._facts.rates, activity.currency, day)
            assert rate is not None
            assert activity.amount is not None
            exact = Fraction(activity.amount)
            conversion = Conversion(exact, rate.currency, Fraction(rate.rate), rate.from_)
            return replace(credit, conversion=conversion)
        return credit

    def _sorted(self, credited: list[Credit]) -> _Days:
        ordered = in_order(credited)
        return _Days(
            ordered, [day_in_zone(each.occurred_at, self._program.zone) for each in ordered]
        )


def rate_on(rates: Iterable[Rate], currency: str | None, day: date) -> Rate | None:
    """Return the rate of `currency` that holds on `day`: of several, the one that began last."""
    held = [rate for rate in rates if rate.currency == currency and day in rate.span]
    return max(held, key=lambda rate: rate.from_, default=None)


def quotas_of(
    program: Program, facts: Facts
) -> dict[tuple[str, str], dict[str, dict[Span, Fraction]]]:
    """Return the quotas by component, figure, person and days; one for it alone goes before one for all."""
    found: dict[tuple[str, str], dict[str, dict[Span, Fraction]]] = {}
    for quota in sorted(facts.quotas, key=lambda each: each.component is not None):
        for component in program.components:
            if quota.component in (None, component.id):
                held = found.setdefault((component.id, quota.figure or "measure"), {})
                held.setdefault(quota.person, {})[quota.span] = Fraction(quota.target)
    return found


def chart_of(program: Program, facts: Facts) -> Chart:
    """Return what crediting asks about people."""
    people = people_of(facts)

    def takes_part(person: str, day: date) -> bool:
        if facts.enrolments is None:
            return True
        return (
            any(day in span for span in people[person].enrolled or ())
            if person in people
            else False
        )

    def exchange(currency: str, day: date) -> Fraction | None:
        rate = rate_on(facts.rates, currency, day)
        return None if rate is None else Fraction(rate.rate)

    return Chart(
        upline=crediting.upline_from(facts.positions),
        agents=crediting.upline_from(facts.positions, kind="sub_agent"),
        takes_part=takes_part,
        members=members_of(program, facts),
        exchange=exchange,
        is_known=knows(facts),
    )


def knows(facts: Facts) -> Callable[[str], bool]:
    """Return how to tell whether a name that stands on an activity is somebody's."""
    if not facts.is_complete:
        return crediting.known_always
    return frozenset(person.person for person in facts.people).__contains__


def people_of(facts: Facts) -> dict[str, Member]:
    """Return everybody who is named as a person or enrolled."""
    enrolled: dict[str, list[Span]] = {}
    for each in facts.enrolments or ():
        enrolled.setdefault(each.person, []).append(each.span)
    known = {
        person.person: Member(person.joined_on, person.left_on, person.attributes)
        for person in facts.people
    }
    if facts.enrolments is None:
        return known
    names = sorted({*known, *enrolled})
    return {
        name: replace(known.get(name, Member()), enrolled=tuple(enrolled.get(name, ())))
        for name in names
    }


def members_of(program: Program, facts: Facts) -> Callable[[str, date], Sequence[str]]:
    """Return who belongs to a group of the program on a day, in order of their names."""
    upline = crediting.upline_from(facts.positions)
    known = people_of(facts)
    everybody = sorted(
        {*known, *(each.person for each in facts.positions), *(a.person for a in facts.activities)}
    )

    @lru_cache(maxsize=4096)
    def members(name: str, day: date) -> Sequence[str]:
        group = (program.groups or {})[name]
        if isinstance(group, ListGroup):
            return sorted(set(group.people))
        if isinstance(group, AttributeGroup):
            return [
                person
                for person in everybody
                if person in known and _meets(group.where, known[person].attributes)
            ]
        return [
            person
            for person in everybody
            if person == group.team_of or group.team_of in upline(person, day)
        ]

    return members


def _meets(condition: Condition, attributes: Mapping[str, str | Decimal]) -> bool:
    return holds(condition, lambda name: attributes.get(name.removeprefix("attributes.")))


def mandates_of(facts: Facts) -> Callable[[str, str, date], Decimal | None]:
    """Return the rate of a sub-agent: one for the component alone goes before one for all."""

    def rate(person: str, component: str, day: date) -> Decimal | None:
        held = [
            each
            for each in facts.mandates
            if each.sub_agent == person and day in each.span and each.component in (None, component)
        ]
        held.sort(key=lambda each: (each.component is not None, each.from_))
        return held[-1].rate if held else None

    return rate


def book_of(program: Program, facts: Facts, top_rate: TopRate) -> Book:
    """Return everything that settling asks, from facts."""
    tallies = CreditedFacts(program, facts, top_rate)
    return Book(
        tallies=tallies,
        as_of=facts.as_of or last_day(program, facts),
        people=people_of(facts),
        quotas=quotas_of(program, facts),
        members=members_of(program, facts),
        mandates=mandates_of(facts),
        since=facts.since or first_day(program, facts),
        attributes=lambda activity: tallies.by_id[activity].attributes,
    )


def first_day(program: Program, facts: Facts) -> date | None:
    """Return the first day of which the facts know anything about somebody."""
    return min(_known_days(program, facts), default=None)


def last_day(program: Program, facts: Facts) -> date:
    """Return the last day of which the facts know anything, else the first of the program."""
    starts = [component.effective.from_ for component in program.components]
    return max(_known_days(program, facts), default=min(starts))


def _known_days(program: Program, facts: Facts) -> list[date]:
    found = [day_in_zone(each.occurred_at, program.zone) for each in facts.activities]
    for dated in (*facts.quotas, *(facts.enrolments or ())):
        found += [each for each in (dated.from_, dated.to) if each is not None]
    for person in facts.people:
        found += [each for each in (person.joined_on, person.left_on) if each is not None]
    return found
