"""What a whole program may pay: caps for a person or for all, and the budget with its policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from app.engine import limits
from app.engine.document import Budget, Program, ProgramCap
from app.engine.limits import Claim
from app.engine.payout import Outcome, Terms, terms_of
from app.engine.periods import calendar_span
from app.engine.steps import Rule, Step, Value

if TYPE_CHECKING:
    from app.engine.settlement import Earning


def bounded(program: Program, earnings: Sequence[Earning]) -> list[Earning]:
    """Return `earnings` under the caps of the program, in their order, then under its budget."""
    found = list(earnings)
    for cap in program.caps or ():
        found = _under_cap(program, cap, found)
    if program.budget is not None:
        found = _under_budget(program, program.budget, found)
    return found


def _under_cap(program: Program, cap: ProgramCap, earnings: Sequence[Earning]) -> list[Earning]:
    def person(earning: Earning) -> Hashable:
        if cap.per == "program":
            return None
        if cap.per == "person":
            return earning.payee
        last = earning.span.last or earning.span.first
        return earning.payee, calendar_span(cap.period or "month", last)

    code = {"program": "cap_program", "person": "cap_person", "person_period": "cap_period"}
    return _first_come(program, earnings, Fraction(cap.amount), code[cap.per], person)


def _under_budget(program: Program, budget: Budget, earnings: Sequence[Earning]) -> list[Earning]:
    def pot(earning: Earning) -> Hashable:
        return None if budget.per == "program" else earning.span

    most = Fraction(budget.amount)
    if budget.policy == "stop":
        return _first_come(program, earnings, most, "budget_stop", pot)
    terms, found = terms_of(program), list(earnings)
    for indexes in _pots(earnings, pot):
        minors = [earnings[index].outcome.amount_minor for index in indexes]
        claimed = sum(minors)
        if claimed <= terms.minor(most):
            continue
        params = {"most": terms.money(most), "claimed": terms.money(terms.major(claimed))}
        scale = budget.policy == "scale"
        granted = limits.scaled_down(minors, terms.minor(most)) if scale else minors
        code = "budget_scale" if scale else "budget_over"
        for index, minor in zip(indexes, granted, strict=True):
            found[index] = _changed(found[index], minor, code, params, terms)
    return found


def _pots(earnings: Sequence[Earning], pot: Callable[[Earning], Hashable]) -> Iterable[list[int]]:
    pots: dict[Hashable, list[int]] = {}
    for index, earning in enumerate(earnings):
        pots.setdefault(pot(earning), []).append(index)
    return pots.values()


def _first_come(
    program: Program,
    earnings: Sequence[Earning],
    most: Fraction,
    code: str,
    pot: Callable[[Earning], Hashable],
) -> list[Earning]:
    """Return what everybody gets while there is some left in each pot, in order of time."""
    terms, found = terms_of(program), list(earnings)
    params = {"most": terms.money(most), "before": terms.money(0)}
    for indexes in _pots(earnings, pot):
        claims = [
            Claim(index, _at(earnings[index]), "", earnings[index].outcome.amount_minor)
            for index in indexes
        ]
        before = 0
        for claim, granted in limits.first_come(claims, terms.minor(most)):
            assert isinstance(claim.owner, int)
            params = {"most": terms.money(most), "before": terms.money(terms.major(before))}
            found[claim.owner] = _changed(found[claim.owner], granted, code, params, terms)
            before += claim.minor
    return found


def _at(earning: Earning) -> datetime:
    """Return when an earning was complete: its last credit, else the end of its last day."""
    last = max((credit.occurred_at for credit in earning.credits), default=None)
    end = earning.span.last or earning.span.first
    return last or datetime.combine(end, datetime.max.time(), UTC)


def _changed(
    earning: Earning, minor: int, code: str, params: dict[str, Value], terms: Terms
) -> Earning:
    """Return the earning at another amount, with the step that says why; portions shrink with it."""
    before = earning.outcome.amount_minor
    if minor == before and code != "budget_over":
        return earning
    step = Step(
        code,
        params,
        None if minor == before else terms.money(terms.major(minor - before)),
        Rule(earning.component),
    )
    root = earning.outcome.explanation
    root = replace(root, result=terms.money(terms.major(minor)), children=(*root.children, step))
    return replace(
        earning, outcome=Outcome(minor, root), lines=None if minor != before else earning.lines
    )
