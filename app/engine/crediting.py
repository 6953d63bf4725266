"""Who gets credit for an activity, and for how much of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.engine.attribution import Credit
from app.engine.conditions import as_number, holds
from app.engine.document import Component, DirectCredit, Program, SumMeasure
from app.engine.facts import Activity, Position
from app.kernel.clock import day_in_zone

Upline = Callable[[str, date], Sequence[str]]
"""The people above someone on a day, the direct manager first."""


def credits_of(
    program: Program, component: Component, activity: Activity, upline: Upline
) -> Iterator[tuple[str, Credit]]:
    """Yield each payee of `activity` under `component` with the credit, seller before managers."""
    value = value_of(program, component, activity)
    if value is None or not holds(component.counts, activity.read):
        return
    payees: Sequence[str] = [activity.person]
    if not isinstance(component.credit, DirectCredit):
        day = day_in_zone(activity.occurred_at, program.zone)
        payees = [activity.person, *upline(activity.person, day)]
    for level, payee in enumerate(payees):
        share = component.share_of(level)
        if share:
            yield payee, Credit(activity.id, activity.occurred_at, value, level, share)


def value_of(program: Program, component: Component, activity: Activity) -> Fraction | None:
    """Return what `activity` adds to the measure, None when it has nothing to add.

    An amount in another currency than the program's has nothing to add until it is converted.
    """
    measure = component.measure
    if not isinstance(measure, SumMeasure):
        return Fraction(1)
    if measure.of == "amount" and activity.currency not in (None, program.currency):
        return None
    number: Decimal | None = as_number(activity.read(measure.of))
    return None if number is None else Fraction(number)


def upline_from(positions: Sequence[Position]) -> Upline:
    """Return the upline that `positions` state; a circle ends where it would begin again."""
    by_person: dict[str, list[Position]] = {}
    for position in positions:
        by_person.setdefault(position.person, []).append(position)

    def manager_of(person: str, day: date) -> str | None:
        held = by_person.get(person, ())
        return next((each.manager for each in held if day in each.span), None)

    def upline(person: str, day: date) -> Sequence[str]:
        above: list[str] = []
        manager = manager_of(person, day)
        while manager is not None and manager != person and manager not in above:
            above.append(manager)
            manager = manager_of(manager, day)
        return above

    return upline
