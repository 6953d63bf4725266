"""Pure decisions about earnings: what a difference takes from where, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from app.engine import stages
from app.engine.credit_rules import (
    DifferentialCredit,
    GroupCredit,
    OverlayCredit,
    OverrideCredit,
    SplitCredit,
    UplineCredit,
)
from app.engine.crediting import roles_of
from app.engine.dependencies import needed, walk
from app.engine.document import AttributeGroup, Component, Program, TeamGroup
from app.engine.expressions import Rank
from app.engine.measures import Tallied
from app.engine.payout_rules import GroupBonusPayout, MandateRate, PoolPayout
from app.engine.periods import Span
from app.engine.same import Same
from app.kernel.money import MICROS, Money

NO_ACTIVITY: Final = UUID(int=0)
"""Stands for the activity of an earning that is for a whole period."""

_SUMMED_PERIODS: Final = frozenset({"week", "month", "quarter", "year", "window", "quota"})


def is_fast(program: Program, component: Component) -> bool:
    """Tell whether a component is paid from one running total and one quota, without being settled."""
    return (
        component.is_simple
        and component.period.kind in _SUMMED_PERIODS
        and program.budget is None
        and not program.caps
        and component.holdback is None
        and not component.holds
        and component.clawback is None
        and not isinstance(component.credit, DifferentialCredit)
        and not getattr(component.credit, "compression", None)
        and not _is_by_attributes(program, component)
    )


def _is_by_attributes(program: Program, component: Component) -> bool:
    """Tell whether attributes of people say who is credited: no query of crediting reads those."""
    credit = component.credit
    if not isinstance(credit, GroupCredit):
        return False
    return isinstance((program.groups or {}).get(credit.group), AttributeGroup)


@dataclass(frozen=True, slots=True)
class Plan:
    """What settling a program takes: worked out once for each sealed document."""

    settled: frozenset[str]
    """The components that are settled rather than summed."""
    needed: frozenset[str]
    """These, and the components that they ask for."""
    is_bounded: bool
    """Whether caps or a budget hold for all components together."""
    is_shared: bool
    """Whether what one payee gets depends on what others did."""
    in_detail: frozenset[str]
    """The components of which settling looks at each activity, not at sums of days."""
    is_differential: bool
    """Whether credit depends on rates that are only known when others are settled."""
    follows_positions: bool
    """Whether it matters who reports to whom."""
    converts: bool
    """Whether amounts of other currencies are converted."""
    names_people: bool
    """Whether activities name who is credited: with a share, or in one of `roles`."""
    roles: frozenset[str]


def plan_of(program: Program) -> Plan:
    """Return what settling `program` takes."""
    return _plan_of(Same(program))


@lru_cache(maxsize=512)
def _plan_of(same: Same[Program]) -> Plan:
    program = same.document
    settled = [each for each in program.components if not is_fast(program, each)]
    names = frozenset(each.id for each in settled)
    ordered = bool(program.caps) or (program.budget is not None and program.budget.policy == "stop")
    return Plan(
        settled=names,
        needed=frozenset(needed(program, names)),
        is_bounded=program.budget is not None or bool(program.caps),
        is_shared=_is_bounded_together(program) or any(_looks_around(each) for each in settled),
        in_detail=frozenset(each.id for each in settled if ordered or _is_detailed(each)),
        is_differential=_has(program, DifferentialCredit),
        follows_positions=_has(
            program, OverrideCredit, UplineCredit, DifferentialCredit, GroupCredit, TeamGroup
        ),
        converts=any(getattr(found.part, "convert", None) for found in walk(program)),
        names_people=_has(program, SplitCredit, OverlayCredit),
        roles=frozenset(
            role
            for component in program.components
            for name in component.all_figures
            for role in roles_of(component.credit_of(name))
        ),
    )


def _has(program: Program, *kinds: type[BaseModel]) -> bool:
    return any(isinstance(found.part, kinds) for found in walk(program))


def _is_bounded_together(program: Program) -> bool:
    return program.budget is not None or any(cap.per == "program" for cap in program.caps or ())


def _looks_around(component: Component) -> bool:
    """Tell whether what a payee gets from a component depends on other payees."""
    if isinstance(component.payout, PoolPayout | GroupBonusPayout):
        return True
    caps = component.limits.caps if component.limits else ()
    return any(cap.per == "program" for cap in caps) or any(
        isinstance(found.part, Rank)
        or (isinstance(found.part, Tallied) and found.part.whose not in {None, "payee"})
        for found in walk(component)
    )


def _is_detailed(component: Component) -> bool:
    caps = component.limits.caps if component.limits else ()
    return (
        component.period.kind == "activity"
        or stages.is_timed(component)
        or any(cap.per in {"activity", "program"} for cap in caps)
    )


def asks_for_places(program: Program) -> bool:
    """Tell whether settling asks who stands where: a group of the program is a team."""
    return any(isinstance(group, TeamGroup) for group in (program.groups or {}).values())


def has_mandates(program: Program) -> bool:
    """Tell whether agents set rates of their own under `program`."""
    return _has(program, MandateRate)


class Key(NamedTuple):
    """What an earning is known by."""

    payee_id: UUID
    program_id: UUID
    component: str
    period_start: date
    activity_id: UUID = NO_ACTIVITY


@dataclass(slots=True)
class Shift:
    """By how much the credits of an earning changed."""

    period_end: date | None
    total_micros: Decimal = Decimal(0)
    credits: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What a difference does to the released part of an earning."""

    unreleased_minor: int
    released_minor: int


def settle(amount_minor: int, released_minor: int, delta_minor: int, *, at_once: bool) -> Settled:
    """Return what of the earning was unreleased before `delta_minor`, and the released part after.

    A raise is released `at_once` or waits; a cut first takes what waits, then what was released.
    """
    unreleased = amount_minor - released_minor
    if delta_minor >= 0:
        return Settled(unreleased, released_minor + (delta_minor if at_once else 0))
    return Settled(unreleased, released_minor - max(0, -delta_minor - unreleased))


def settle_by_portions(
    amount_minor: int, released_minor: int, delta_minor: int, due_minor: int
) -> Settled:
    """Return what a difference of an earning in portions takes from where.

    `due_minor` is what of the new amount may be released by now: a cut first takes what was released
    beyond it, so that what is held for later stays held.
    """
    unreleased = amount_minor - released_minor
    if delta_minor >= 0:
        return Settled(unreleased, released_minor)
    from_released = min(-delta_minor, max(0, released_minor - due_minor))
    from_released = max(from_released, -delta_minor - unreleased)
    return Settled(-delta_minor - from_released, released_minor - from_released)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """What one activity (or one difference of settled pay) brought, and the state of that money."""

    id: str
    earning_id: UUID
    activity_id: UUID | None
    """None where pay is settled as a whole: the line is then a posted difference."""
    program_id: UUID
    component_id: str
    component_name: str
    title: str
    occurred_at: datetime
    money: Money
    state: str
    waiting: str | None
    """What it waits for: weekday, period_end, clawback, held."""
    release_on: date
    at_risk_until: date | None
    level: int


def due_minor(amount_minor: int, released_minor: int, matured_minor: int) -> int:
    """Return what can be released now: what has matured, never more than what stands.

    `matured_minor` is the sum of the positive differences whose day has come; what was taken back
    counts against the differences that mature last.
    """
    return max(0, min(amount_minor, matured_minor) - released_minor)


def from_micros(micros: Decimal | int) -> Fraction:
    """Return millionths as the exact number they stand for."""
    return Fraction(micros) / MICROS


def span(period_start: date, period_end: date | None) -> Span:
    """Return the period of an earning for the engine."""
    return Span(period_start, period_end)
