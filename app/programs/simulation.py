"""What a document would have cost on days that have passed, beside what was paid. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.bulk.inputs import NotCompiled
from app.db.unit_of_work import tenant_of
from app.engine.dependencies import walk
from app.engine.document import Component, Program
from app.engine.exact import decimal_text
from app.engine.measures import GrowthMeasure, Tallied
from app.engine.periods import Span, period_around
from app.people.queries import names
from app.programs import facts, supposing
from app.programs.cautions import Caution, cautions, other_currencies
from app.programs.models import Earning
from app.programs.queries import Published
from app.programs.supposing import BUCKETS, Paid, Tried

FACTORS: Final = tuple(Fraction(nth, 4) for nth in range(7))
"""Of what is sold: from nothing to half as much again."""

_LOOK_BACK: Final = timedelta(days=731)

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
    in_bulk: bool = False,
    tell: Tell = lambda _percent: None,
) -> Simulation:
    """Settle the program of `program` for the periods that begin between two days.

    What many activities come to is found `in_bulk` where the document allows; the numbers are the same.
    """
    document, days = program.document, Span(first, last)
    tried = _tried(db, program, days, in_bulk=in_bulk)
    paid = tried.paid()
    tell(50)
    cost, points = paid.by_payee.total(), list[Point]()
    for nth, factor in enumerate(factors):
        points.append(Point(factor, cost if factor == 1 else tried.cost_of(factor)))
        tell(50 + 45 * (nth + 1) // len(factors))
    payees = _payees(db, program, paid, days)
    each_gets = [each.simulated_minor for each in payees]
    return Simulation(
        currency=document.currency,
        activities=tried.activities,
        simulated_minor=cost,
        paid_minor=sum(each.paid_minor for each in payees),
        payees=tuple(payees),
        attainment=tuple((decimal_text(bound), paid.reached[bound]) for bound in BUCKETS),
        sensitivity=tuple(points),
        warnings=(
            *cautions(program, paid, each_gets, budget_minor),
            *other_currencies(db, document, days),
        ),
    )


def _tried(db: Session, program: Published, days: Span, *, in_bulk: bool) -> Tried:
    """Try a document on what happened: in bulk when asked to and where it can be."""
    assert days.last is not None
    since = _since(program.document, days.first)
    known = facts.facts_of(db, program, as_of=days.last, places=True)
    if in_bulk:
        # DuckDB and Arrow are large: only who simulates a lot loads them.
        from app.programs import in_bulk as bulk

        with suppress(NotCompiled):
            return bulk.tried(db, program, known, since=since, days=days)
    activities = facts.activities_of(db, program.document.zone, first=since, last=days.last)
    known = known.model_copy(update={"activities": tuple(activities)})
    return supposing.in_memory(program, known, days)


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


def _payees(db: Session, program: Published, found: Paid, days: Span) -> list[Payee]:
    """Return everybody who would have been paid or was, those who lose most first."""
    simulated = Counter({UUID(payee): minor for payee, minor in found.by_payee.items()})
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
