"""A whole program on a set of facts: every payee's earnings of every period, explained."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from app.engine.attribution import Line, lines
from app.engine.document import Component, Program
from app.engine.facts import Facts
from app.engine.memory import book_of
from app.engine.payout import terms_of
from app.engine.settlement import Earning, Settlement

__all__ = ["Earning", "attribute", "evaluate"]


def evaluate(program: Program, facts: Facts) -> list[Earning]:
    """Return all earnings, by component in document order, then payee, then period."""

    def top_rate(component: Component, figure: str, person: str, day: date) -> Fraction:
        return settlement.rate(component, figure, person, day)

    settlement = Settlement(program, book_of(program, facts, top_rate))
    return settlement.settle()


def attribute(program: Program, earning: Earning) -> list[Line]:
    """Return the lines of `earning`: what each credit brought, in order; none where it cannot be told."""
    if earning.lines is not None:
        return list(earning.lines)
    component = program.component(earning.component)
    if not component.is_simple:
        return []
    return list(lines(component, earning.credits, earning.quota, terms_of(program)))
