"""What a payee stands at after none, one, two ... of the activities that counted in a period."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from app.engine import payouts
from app.engine.attribution import Credit
from app.engine.measures import Tallied
from app.engine.payout_rules import GroupBonusPayout, PoolPayout
from app.engine.standing import Book, Standing
from app.engine.tallies import NOTHING, number_of, tally_of

MAX_LINES: Final = 1000
"""Above so many credits of one payee in one period no lines are worked out."""


def credits_of(standing: Standing, book: Book) -> Sequence[Credit]:
    """Return the credits of a measure of activities of the payee's own, in order."""
    figure = standing.component.measure
    if not isinstance(figure, Tallied) or figure.whose not in {None, "payee"}:
        return ()
    window, activity = standing.window(figure)
    return book.tallies.credits(standing.component, "measure", standing.payee, window, activity)


def has_lines(standing: Standing, credited: Sequence[Credit]) -> bool:
    """Whether it can be told, at a bearable cost, what each of `credited` brought."""
    pooled = isinstance(standing.component.payout, PoolPayout | GroupBonusPayout)
    return not pooled and 0 < len(credited) <= MAX_LINES


def standings(standing: Standing, credited: Sequence[Credit]) -> list[Standing]:
    """Return the standing as if none of `credited` had come, only the first, the first two ..."""
    figure = standing.component.measure
    assert isinstance(figure, Tallied)
    tally = NOTHING
    found = [standing.with_measure(number_of(figure, tally))]
    for credit in credited:
        tally = tally.merge(tally_of([credit]))
        found.append(standing.with_measure(number_of(figure, tally)))
    return found


def payouts_after(standing: Standing, credited: Sequence[Credit]) -> list[Fraction]:
    """Return what the payout comes to in each of these standings, before any limit."""
    found = []
    for each in standings(standing, credited):
        paid = payouts.pay(each, each.figure("measure"))
        found.append(payouts.times(each, paid.amount).amount)
    return found
