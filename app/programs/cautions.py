"""What to look at before publishing a document: cliffs, money for a few, more than the budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sqlalchemy.orm import Session

from app.engine import currencies, payout, settlement
from app.engine.attribution import Credit
from app.engine.dependencies import needed, walk
from app.engine.document import Component, Program
from app.engine.exact import decimal_text
from app.engine.periods import Span
from app.engine.standing import Book
from app.engine.tallies import PeriodKey, Tally
from app.programs import core, facts
from app.programs.queries import Published
from app.programs.supposing import Amount, Paid

_FEW: Final = Fraction(1, 10)
_MUCH: Final = Fraction(1, 2)
_GRID: Final = 60


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to look at before publishing, with its numbers.

    `cliff`, `few_carry`, `over_budget` or `other_currency`.
    """

    code: str
    component: str | None
    params: Mapping[str, str]


def cautions(
    program: Published, paid: Paid, each_gets: Sequence[int], budget_minor: int | None
) -> Iterator[Caution]:
    """Yield what to look at in what a document would have paid, so many minor units to each payee."""
    for component in program.document.components:
        if component.id in paid.greatest:
            yield from _cliffs(program, component, paid.greatest[component.id])
    terms = program.terms
    cost = paid.by_payee.total()
    if budget_minor is not None and cost > budget_minor:
        params = {"budget": terms.money(terms.major(budget_minor)).text}
        yield Caution("over_budget", None, params | {"cost": terms.money(terms.major(cost)).text})
    few = max(1, int(len(each_gets) * _FEW))
    most = sum(sorted(each_gets, reverse=True)[:few])
    if len(each_gets) > few and cost > 0 and Fraction(most, cost) > _MUCH:
        share = decimal_text(Fraction(round(Fraction(most, cost) * 1000), 1000))
        yield Caution("few_carry", None, {"people": str(few), "share": share})


def other_currencies(db: Session, document: Program, days: Span) -> Iterator[Caution]:
    """Yield the components that leave amounts in other currencies out, with how many."""
    figures = currencies.figures_of_amounts(document, convert=False)
    if not figures:
        return
    left_out: dict[str, int] = {}
    counts = facts.count_left_out(db, document, figures, days)
    for (component, _), count in zip(figures, counts, strict=True):
        left_out[component.id] = max(count, left_out.get(component.id, 0))
    for name, count in left_out.items():
        if count:
            params = {"activities": str(count), "currency": document.currency}
            yield Caution("other_currency", name, params)


def _cliffs(program: Published, component: Component, some: Amount) -> Iterator[Caution]:
    """Yield the first place at which selling more pays less, looked for on a grid of totals."""
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


def _pays(program: Published, component: Component, some: Amount, total: Fraction) -> int:
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

    some: Amount
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
