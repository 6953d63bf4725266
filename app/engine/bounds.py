"""What a whole program may pay: caps for a person or for all, and the budget with its policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.engine import attribution, limits
from app.engine.attribution import Line
from app.engine.document import Budget, Program, ProgramCap
from app.engine.limits import Claim
from app.engine.payout import Outcome, Terms, terms_of
from app.engine.periods import calendar_span
from app.engine.proration import apportion
from app.engine.steps import Rule, Step, Value
from app.engine.timing import Portion

if TYPE_CHECKING:
    from app.engine.settlement import Earning

_LAST: Final = datetime.max.replace(tzinfo=UTC)


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
    for indexes in _pots(earnings, pot):
        claims = [claim for index in indexes for claim in _claims(program, index, earnings[index])]
        granted, before, asked = dict.fromkeys(indexes, 0), dict[int, int](), 0
        for claim, part in limits.first_come(claims, terms.minor(most)):
            assert isinstance(claim.owner, int)
            before.setdefault(claim.owner, asked)
            asked += claim.minor
            granted[claim.owner] += part
        for index, minor in granted.items():
            earlier = terms.money(terms.major(before.get(index, 0)))
            params = {"most": terms.money(most), "before": earlier}
            found[index] = _changed(found[index], minor, code, params, terms)
    return found


def _claims(program: Program, index: int, earning: Earning) -> Iterator[Claim]:
    """Yield what each activity claims for an earning, and at the end of its period all others."""
    rest = earning.outcome.amount_minor
    for line in _lines(program, earning):
        rest -= line.outcome.amount_minor
        credit = line.credit
        yield Claim(index, credit.occurred_at, credit.activity, line.outcome.amount_minor)
    if rest:
        yield Claim(index, _end(earning), "", rest)


def _lines(program: Program, earning: Earning) -> Iterable[Line]:
    """Return what each activity brought, as far as it can be told."""
    component = program.component(earning.component)
    if earning.lines is None and component.is_simple:
        return attribution.lines(component, earning.credits, earning.quota, terms_of(program))
    return earning.lines or ()


def _end(earning: Earning) -> datetime:
    """Return the end of an earning's period; an open one ends with its last credit."""
    if earning.span.last is not None:
        return datetime.combine(earning.span.last, datetime.max.time(), UTC)
    return max((credit.occurred_at for credit in earning.credits), default=_LAST)


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
    outcome = Outcome(minor, root)
    if minor == before:
        return replace(earning, outcome=outcome)
    portions = _scaled(earning.portions, before, minor, terms)
    return replace(earning, outcome=outcome, lines=(), portions=portions)


def _scaled(
    portions: Sequence[Portion], before: int, after: int, terms: Terms
) -> tuple[Portion, ...]:
    """Return the portions of an amount that became another, each in proportion.

    Where some are below zero and others above, the last to be released bears the difference.
    """
    parts = [each.minor for each in portions if each.state != "clawed_back"]
    if not parts:
        return ()
    share = Fraction(after, before) if before else Fraction(1)
    if before and all(each * before >= 0 for each in parts):
        parts = apportion(after, [Fraction(each, before) for each in parts])
    else:
        parts[-1] += after - before
    minors = iter(parts)
    return tuple(
        _resized(
            each, int(each.minor * share) if each.state == "clawed_back" else next(minors), terms
        )
        for each in portions
    )


def _resized(portion: Portion, minor: int, terms: Terms) -> Portion:
    step = portion.step and replace(portion.step, result=terms.money(terms.major(minor)))
    return replace(portion, minor=minor, step=step)
