"""What a document would have cost on days that have passed, beside what was paid. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine import memory, payout, settlement
from app.engine.attribution import Credit
from app.engine.dependencies import needed, walk
from app.engine.document import Component, Program
from app.engine.exact import decimal_text
from app.engine.measures import GrowthMeasure, Tallied
from app.engine.periods import Span, period_around
from app.engine.standing import Book
from app.engine.tallies import PeriodKey, Tallies, Tally
from app.people.queries import names
from app.programs import core, facts
from app.programs.models import Earning
from app.programs.queries import Published

FACTORS: Final = tuple(Fraction(nth, 4) for nth in range(7))
"""Of what is sold: from nothing to half as much again."""

_BUCKETS: Final = tuple(Fraction(nth, 4) for nth in range(7))
_FEW: Final = Fraction(1, 10)
_MUCH: Final = Fraction(1, 2)
_LOOK_BACK: Final = timedelta(days=731)
_GRID: Final = 60

Tell = Callable[[int], None]
"""Says how much is done, in percent."""


@dataclass(frozen=True, slots=True)
class Payee:
    """One person: what the document would have paid, and what was paid."""

    person_id: UUID
    name: str
    simulated_minor: int
    paid_minor: int

    @property
    def difference_minor(self) -> int:
        """What the person gains, or below zero loses."""
        return self.simulated_minor - self.paid_minor


@dataclass(frozen=True, slots=True)
class Point:
    """What it costs when that share of everything is sold."""

    share: Fraction
    cost_minor: int


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to look at before publishing: `cliff`, `few_carry`, `over_budget`; with its numbers."""

    code: str
    component: str | None
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a document would have cost between two days, beside what was paid for them."""

    currency: str
    activities: int
    simulated_minor: int
    paid_minor: int
    payees: tuple[Payee, ...]
    attainment: tuple[tuple[str, int], ...]
    sensitivity: tuple[Point, ...]
    warnings: tuple[Caution, ...]


def count_activities(db: Session, program: Published, first: date, last: date) -> int:
    """Return how many activities a simulation of these days reads."""
    return facts.count_between(db, program.document.zone, _since(program.document, first), last)


def simulate(
    db: Session,
    program: Published,
    *,
    first: date,
    last: date,
    budget_minor: int | None = None,
    factors: Sequence[Fraction] = (),
    tell: Tell = lambda _percent: None,
) -> Simulation:
    """Settle the program of `program` for the periods that begin between two days."""
    document = program.document
    since = _since(document, first)
    activities = facts.activities_of(db, document.zone, first=since, last=last)
    tell(20)
    known = facts.facts_of(db, program, activities=activities, as_of=last, places=True)
    book = _book(document, known)
    days = Span(first, last)
    found = _amounts(program, book, days)
    tell(50)
    points = []
    for nth, factor in enumerate(factors):
        scaled = found if factor == 1 else _amounts(program, _scaled(book, factor), days)
        points.append(Point(factor, sum(each.minor for each in scaled)))
        tell(50 + 45 * (nth + 1) // len(factors))
    payees = _payees(db, program, found, days)
    cost = sum(each.minor for each in found)
    return Simulation(
        currency=document.currency,
        activities=len(activities),
        simulated_minor=cost,
        paid_minor=sum(each.paid_minor for each in payees),
        payees=tuple(payees),
        attainment=tuple(_attainment(found)),
        sensitivity=tuple(points),
        warnings=tuple(_warnings(program, found, payees, budget_minor)),
    )


@dataclass(frozen=True, slots=True)
class _Amount:
    """What somebody would get from a component in one period."""

    component: str
    payee: str
    span: Span
    total: Fraction
    quota: Fraction | None
    minor: int


def _since(document: Program, first: date) -> date:
    """Return the first day whose activities matter: earlier ones where a figure looks back."""
    looks_back = any(
        component.period.to_date is not None
        or any(
            isinstance(found.part, GrowthMeasure)
            or (isinstance(found.part, Tallied) and found.part.window not in {None, "period"})
            for found in walk(component)
        )
        for component in document.components
    )
    starts = [_start_of_period(component, first) for component in document.components]
    return first - _LOOK_BACK if looks_back else min([first, *starts])


def _start_of_period(component: Component, day: date) -> date:
    around = period_around(component, day)
    return day if around is None else around.first


def _book(document: Program, known: Any) -> Book:
    running: list[settlement.Settlement] = []

    def top_rate(component: Component, figure: str, person: str, day: date) -> Fraction:
        return running[0].rate(component, figure, person, day)

    book = memory.book_of(document, known, top_rate)
    running.append(settlement.Settlement(document, book))
    detailed = core.plan_of(document).in_detail
    return replace(book, tallies=_Seen(book.tallies, Fraction(1), detailed))


def _scaled(book: Book, factor: Fraction) -> Book:
    assert isinstance(book.tallies, _Seen)
    return replace(book, tallies=replace(book.tallies, factor=factor))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Tallies as if a share of everything had been sold; single credits only where they decide."""

    tallies: Tallies
    factor: Fraction
    in_detail: Collection[str]

    def periods(self, component: Component) -> Mapping[str, Iterable[PeriodKey]]:
        """Return the periods in which something was credited."""
        return self.tallies.periods(component)

    def payees(self, component: Component, figure: str) -> Iterable[str]:
        """Return everybody to whom anything was ever credited in a figure."""
        return self.tallies.payees(component, figure)

    def tally(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Tally:
        """Return a tally, scaled; what is the highest or the average of each stays."""
        found = self.tallies.tally(component, figure, payee, window, activity)
        if self.factor == 1 or component.figure(figure).kind in {"average", "highest", "lowest"}:
            return found
        return replace(found, total=found.total * self.factor)

    def credits(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Sequence[Credit]:
        """Return the credits, scaled."""
        if component.id not in self.in_detail:
            return ()
        found = self.tallies.credits(component, figure, payee, window, activity)
        return [replace(each, value=each.value * self.factor) for each in found]


def _amounts(program: Published, book: Book, days: Span) -> list[_Amount]:
    """Return what everybody gets for the periods that begin within `days`."""
    document, plan = program.document, core.plan_of(program.document)
    found = []
    if plan.settled:
        wanted = None if plan.is_bounded else plan.settled
        found = [
            _Amount(
                each.component,
                each.payee,
                each.span,
                each.total,
                each.quota,
                each.outcome.amount_minor,
            )
            for each in settlement.settle(document, book, components=wanted)
            if each.span.first in days
        ]
    for component in document.components:
        if component.id not in plan.settled:
            found.extend(_summed(program, component, book, days))
    return found


def _summed(program: Published, component: Component, book: Book, days: Span) -> Iterator[_Amount]:
    """Yield the amounts of a component that is paid from one total, without any explanation."""
    quotas = book.quotas.get((component.id, "measure"), {})
    for payee, keys in book.tallies.periods(component).items():
        for key in keys:
            if key.span.first in days:
                total = book.tallies.tally(component, "measure", payee, key.span).total
                quota = quotas.get(payee, {}).get(key.span)
                minor = payout.amount(component, total, quota, program.terms)
                yield _Amount(component.id, payee, key.span, total, quota, minor)


def _payees(db: Session, program: Published, found: Iterable[_Amount], days: Span) -> list[Payee]:
    """Return everybody who would have been paid or was, those who lose most first."""
    simulated: Counter[UUID] = Counter()
    for each in found:
        simulated[UUID(each.payee)] += each.minor
    paid: Counter[UUID] = Counter()
    rows = db.execute(
        select(Earning.payee_id, func.sum(Earning.amount_minor))
        .where(
            Earning.tenant_id == tenant_of(db),
            Earning.program_id == program.program_id,
            Earning.period_start >= days.first,
            Earning.period_start <= days.last,
        )
        .group_by(Earning.payee_id)
    )
    paid.update({payee: int(minor) for payee, minor in rows})
    known = names(db, {*simulated, *paid})
    people = [
        Payee(person, known.get(person, ""), simulated[person], paid[person])
        for person in {*simulated, *paid}
        if simulated[person] or paid[person]
    ]
    return sorted(people, key=lambda each: (each.difference_minor, each.name, each.person_id))


def _attainment(found: Iterable[_Amount]) -> Iterator[tuple[str, int]]:
    """Yield how many quotas were reached to which share: from each bound to the next."""
    counted: Counter[Fraction] = Counter()
    for each in found:
        if each.quota:
            share = each.total / each.quota
            counted[max((bound for bound in _BUCKETS if bound <= share), default=_BUCKETS[0])] += 1
    for bound in _BUCKETS:
        yield decimal_text(bound), counted[bound]


def _warnings(
    program: Published,
    found: Sequence[_Amount],
    payees: Sequence[Payee],
    budget_minor: int | None,
) -> Iterator[Caution]:
    for component in program.document.components:
        yield from _cliffs(program, component, found)
    terms = program.terms
    cost = sum(each.minor for each in found)
    if budget_minor is not None and cost > budget_minor:
        params = {"budget": terms.money(terms.major(budget_minor)).text}
        yield Caution("over_budget", None, params | {"cost": terms.money(terms.major(cost)).text})
    few = max(1, int(len(payees) * _FEW))
    most = sum(sorted((each.simulated_minor for each in payees), reverse=True)[:few])
    if len(payees) > few and cost > 0 and Fraction(most, cost) > _MUCH:
        share = decimal_text(Fraction(round(Fraction(most, cost) * 1000), 1000))
        yield Caution("few_carry", None, {"people": str(few), "share": share})


def _cliffs(
    program: Published, component: Component, found: Sequence[_Amount]
) -> Iterator[Caution]:
    """Yield the first place at which selling more pays less, looked for on a grid of totals."""
    mine = [each for each in found if each.component == component.id]
    if not mine:
        return
    some = max(mine, key=lambda each: (each.quota is not None, each.total))
    top = max(some.total, some.quota or Fraction(0)) * 2
    before = None
    for total in _places(component, top, some.quota):
        minor = _pays(program, component, some, total)
        if before is not None and minor < before[1]:
            money = program.terms
            yield Caution(
                "cliff",
                component.id,
                {
                    "at": decimal_text(total),
                    "pays": money.money(money.major(minor)).text,
                    "below": decimal_text(before[0]),
                    "paid": money.money(money.major(before[1])).text,
                },
            )
            return
        before = (total, minor)


def _places(component: Component, top: Fraction, quota: Fraction | None) -> list[Fraction]:
    """Return totals to look at: evenly spread, and on both sides of each place the payout names."""
    places = {top * nth / _GRID for nth in range(_GRID + 1)}
    for found in walk(component.payout):
        for name in ("at", "from_"):
            stated = getattr(found.part, name, None)
            if stated is not None and not isinstance(stated, tuple):
                place = Fraction(stated)
                on = getattr(component.payout, "on", "measure")
                tiers = getattr(component.payout, "tiers", None)
                is_share = "attainment" in {on, getattr(tiers, "on", None)}
                place *= (quota or 0) if is_share else 1
                places |= {place, max(Fraction(0), place - Fraction(1, 100))}
    return sorted(places)


def _pays(program: Published, component: Component, some: _Amount, total: Fraction) -> int:
    if component.id not in core.plan_of(program.document).settled:
        return payout.amount(component, total, some.quota, program.terms)
    quotas = {} if some.quota is None else {some.payee: {some.span: some.quota}}
    names = needed(program.document, [component.id])
    components = tuple(each for each in program.document.components if each.id in names)
    alone = program.document.model_copy(
        update={"components": components, "budget": None, "caps": None}
    )
    book = Book(
        tallies=_Supposed(some, total),
        as_of=some.span.last or some.span.first,
        quotas={(component.id, "measure"): quotas},
        since=some.span.first,
    )
    found = settlement.settle(alone, book)
    return sum(
        each.outcome.amount_minor
        for each in found
        if (each.component, each.span) == (component.id, some.span)
    )


@dataclass(frozen=True, slots=True)
class _Supposed:
    """Tallies of one payee who did so much in one period, in every figure."""

    some: _Amount
    total: Fraction

    def periods(self, _component: Component) -> Mapping[str, Iterable[PeriodKey]]:
        """Return the one period."""
        return {self.some.payee: [PeriodKey(self.some.span)]}

    def payees(self, _component: Component, _figure: str) -> Iterable[str]:
        """Return the one payee."""
        return [self.some.payee]

    def tally(
        self, _component: Component, _figure: str, _payee: str, window: Span, _activity: str = ""
    ) -> Tally:
        """Return the same total for the period, nothing for others."""
        if window.first > (self.some.span.last or self.some.span.first):
            return Tally()
        return Tally(total=self.total, count=1, lowest=self.total, highest=self.total)

    def credits(
        self, _component: Component, _figure: str, _payee: str, _window: Span, _activity: str = ""
    ) -> Sequence[Credit]:
        """Return none: a total has no single credits."""
        return ()
