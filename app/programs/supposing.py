"""What people would be paid, supposing that a share of everything had been sold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Final, Protocol

from app.engine import memory, payout, settlement
from app.engine.attribution import Credit
from app.engine.document import Component, Program
from app.engine.facts import Facts
from app.engine.periods import Span, span_of
from app.engine.standing import Book
from app.engine.tallies import PeriodKey, Tallies, Tally
from app.programs import core
from app.programs.queries import Published

BUCKETS: Final = tuple(Fraction(nth, 4) for nth in range(7))
"""From which share of a quota to the next reached quotas are counted."""

_UNSCALED: Final = frozenset({"average", "highest", "lowest"})


@dataclass(frozen=True, slots=True)
class Amount:
    """What somebody would get from a component in one period."""

    component: str
    payee: str
    span: Span
    total: Fraction
    quota: Fraction | None
    minor: int

    @property
    def size(self) -> tuple[bool, Fraction, Fraction, date, str]:
        """What amounts are compared by: those with a quota first, then by how much was done."""
        return self.quota is not None, self.total, self.quota or Fraction(0), self.span.first, self.payee  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paid:
    """What all amounts come to: by payee, how many reached which share of a quota, the greatest of each."""

    by_payee: Counter[str] = field(default_factory=Counter)
    reached: Counter[Fraction] = field(default_factory=Counter)
    greatest: dict[str, Amount] = field(default_factory=dict)

    def add(self, each: Amount) -> None:
        """Count one more amount."""
        self.by_payee[each.payee] += each.minor
        self.reach(each.total, each.quota)
        self.compare(each)

    def reach(self, total: Fraction, quota: Fraction | None) -> None:
        """Count which share of a quota was reached."""
        if quota:
            share = total / quota
            self.reached[max((each for each in BUCKETS if each <= share), default=BUCKETS[0])] += 1

    def compare(self, each: Amount) -> None:
        """Keep an amount that is the greatest of its component so far."""
        other = self.greatest.get(each.component)
        if other is None or each.size > other.size:
            self.greatest[each.component] = each


class Tried(Protocol):
    """A document tried on what happened."""

    @property
    def activities(self) -> int:
        """How many activities were read."""

    def paid(self) -> Paid:
        """Return what everybody would have got."""

    def cost_of(self, share: Fraction) -> int:
        """Return what it would have cost, in minor units, had that share of everything been sold."""


@dataclass(frozen=True, slots=True)
class TriedInMemory:
    """A document whose activities are credited one by one, by the engine itself."""

    program: Published
    book: Book
    days: Span
    activities: int

    def paid(self) -> Paid:
        """Return what everybody would have got."""
        found = Paid()
        for each in amounts(self.program, self.book, self.days):
            found.add(each)
        return found

    def cost_of(self, share: Fraction) -> int:
        """Return what it would have cost, in minor units, had that share of everything been sold."""
        found = amounts(self.program, scaled(self.book, share), self.days)
        return sum(each.minor for each in found)


def in_memory(program: Published, known: Facts, days: Span) -> TriedInMemory:
    """Try a document on facts with their activities."""
    book = book_of(program.document, known)
    return TriedInMemory(program, book, days, len(known.activities))


def book_of(document: Program, known: Facts) -> Book:
    """Return the book of facts, whose tallies can be scaled."""
    running: list[settlement.Settlement] = []

    def top_rate(component: Component, figure: str, person: str, day: date) -> Fraction:
        return running[0].rate(component, figure, person, day)

    book = memory.book_of(document, known, top_rate)
    running.append(settlement.Settlement(document, book))
    return seen(document, book, book.tallies)


def seen(document: Program, book: Book, tallies: Tallies) -> Book:
    """Return `book` with `tallies`, of known people alone, that can be scaled."""
    detailed = core.plan_of(document).in_detail
    return replace(book, tallies=_Seen(tallies, book.people, Fraction(1), detailed))


def scaled(book: Book, share: Fraction) -> Book:
    """Return `book` as if that share of everything had been sold."""
    assert isinstance(book.tallies, _Seen)
    return replace(book, tallies=replace(book.tallies, factor=share))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Tallies as if a share of everything had been sold; single credits only where they decide.

    What a source writes in a role may be anything: only people are paid.
    """

    tallies: Tallies
    people: Collection[str]
    factor: Fraction
    in_detail: Collection[str]

    def periods(self, component: Component) -> Mapping[str, Iterable[PeriodKey]]:
        """Return the periods in which something was credited."""
        found = self.tallies.periods(component)
        return {payee: keys for payee, keys in found.items() if payee in self.people}

    def payees(self, component: Component, figure: str) -> Iterable[str]:
        """Return everybody to whom anything was ever credited in a figure."""
        found = self.tallies.payees(component, figure)
        return [payee for payee in found if payee in self.people]

    def tally(
        self, component: Component, figure: str, payee: str, window: Span, activity: str = ""
    ) -> Tally:
        """Return a tally, scaled; what is the highest or the average of each stays."""
        found = self.tallies.tally(component, figure, payee, window, activity)
        if self.factor == 1 or component.figure(figure).kind in _UNSCALED:
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


def amounts(
    program: Published, book: Book, days: Span, *, without: Collection[str] = ()
) -> list[Amount]:
    """Return what everybody gets for the periods that begin within `days`, from all but some components."""
    document, plan = program.document, core.plan_of(program.document)
    found = []
    if plan.settled:
        wanted = None if plan.is_bounded else plan.settled
        found = [
            Amount(
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
        if component.id not in plan.settled and component.id not in without:
            found.extend(_summed(program, component, book, days))
    return found


def _summed(program: Published, component: Component, book: Book, days: Span) -> Iterator[Amount]:
    """Yield the amounts of a component that is paid from one total, without any explanation."""
    quotas = book.quotas.get((component.id, "measure"), {})
    effective = span_of(component.effective)
    for payee, keys in book.tallies.periods(component).items():
        for key in keys:
            if key.span.first in days:
                counting = key.span.within(effective)
                total = book.tallies.tally(component, "measure", payee, counting).total
                quota = quotas.get(payee, {}).get(key.span)
                minor = payout.amount(component, total, quota, program.terms)
                yield Amount(component.id, payee, key.span, total, quota, minor)
