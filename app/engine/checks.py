"""What no single part of a program can see: names that are not there, circles, parts that do not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.engine import cost, dependencies, shapes
from app.engine.document import Component, Program
from app.engine.measures import CountMeasure, DistinctMeasure, SumMeasure, Tallied
from app.engine.payout_rules import (
    BonusPayout,
    GroupBonusPayout,
    PoolPayout,
    RatePayout,
    TicketsPayout,
    UnitPayout,
)
from app.engine.timing_rules import PeriodEndRelease
from app.kernel.errors import Problem
from app.kernel.money import POINTS


def contradictions(program: Program) -> Iterator[Problem]:
    """Yield every way in which the parts of `program` do not fit each other."""
    if not _is_zone(program.zone):
        yield Problem("/zone", "unknown_zone", "This time zone is not known.")
    yield from _program(program)
    seen = Counter[str]()
    for index, component in enumerate(program.components):
        place = f"/components/{index}"
        seen[component.id] += 1
        if seen[component.id] > 1:
            yield Problem(f"{place}/id", "duplicate", "Another component has the same id.")
        yield from _days(component, place)
        yield from _period(component, place)
        yield from _fitting(program, component, place)
        yield from _caps(component, place)
        yield from _steps(component, place)
        yield from _timing(component, place)
    for found in dependencies.walk(program):
        yield from shapes.problems(found, program.groups or {})
    unknown = list(_unknown(program))
    yield from unknown
    if not unknown and max(seen.values()) == 1:
        yield from _circles(program)
    yield from cost.problems(program)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _program(program: Program) -> Iterator[Problem]:
    for index, cap in enumerate(program.caps or ()):
        if (cap.per == "person_period") != (cap.period is not None):
            detail = 'A cap "person_period", and only that, names its period.'
            yield Problem(f"/caps/{index}/period", "mismatch", detail)


def _days(component: Component, place: str) -> Iterator[Problem]:
    first, last = component.effective.from_, component.effective.to
    if last is not None and last < first:
        yield Problem(f"{place}/effective/to", "order", "The last day lies before the first.")
    if component.period.kind != "window" or last is not None:
        return
    if isinstance(component.release, PeriodEndRelease):
        yield Problem(
            f"{place}/release",
            "no_end",
            "A window without a last day never ends, so this never pays.",
        )


_RETAIL_YEAR: Final = timedelta(weeks=52), timedelta(weeks=53)
_OWN_FIELDS: Final = {
    "rolling": ("days",),
    "custom": ("spans",),
    "retail": ("starts_on", "weeks"),
}


def _period(component: Component, place: str) -> Iterator[Problem]:
    period, at = component.period, f"{place}/period"
    own = _OWN_FIELDS.get(period.kind, ())
    if own and getattr(period, own[0]) is None:
        detail = f"A period of this kind needs {own[0]}."
        yield Problem(f"{at}/{own[0]}", "missing", detail)
    for name in ("days", "spans", "starts_on", "weeks"):
        if name not in own and getattr(period, name) is not None:
            yield Problem(f"{at}/{name}", "mismatch", "This does not belong to such a period.")
    if period.to_date is not None and period.kind in {"activity", "window", "year"}:
        detail = "Paying the difference to date needs periods shorter than what it is counted over."
        yield Problem(f"{at}/to_date", "mismatch", detail)
    for index, (before, following) in enumerate(pairwise(period.starts_on or ()), start=1):
        if not _RETAIL_YEAR[0] <= following - before <= _RETAIL_YEAR[1]:
            detail = "Each retail year begins 52 or 53 weeks after the one before."
            yield Problem(f"{at}/starts_on/{index}", "order", detail)
    spans = period.spans or ()
    for index, span in enumerate(spans):
        if span.to < span.from_:
            yield Problem(f"{at}/spans/{index}/to", "order", "The last day lies before the first.")
        if index and span.from_ <= spans[index - 1].to:
            yield Problem(f"{at}/spans/{index}/from", "order", "Periods follow one another.")


def _fitting(program: Program, component: Component, place: str) -> Iterator[Problem]:
    measure = component.measure
    counts_things = isinstance(measure, CountMeasure | DistinctMeasure) or (
        isinstance(measure, SumMeasure) and measure.of == "units"
    )
    if isinstance(component.payout, RatePayout) and counts_things:
        detail = "A rate is paid on an amount; measure the sum of an amount, or pay per unit."
        yield Problem(f"{place}/measure", "mismatch", detail)
    if isinstance(component.payout, UnitPayout) and component.measures_money:
        detail = "An amount for each unit needs a number of things; measure units, or pay a rate."
        yield Problem(f"{place}/measure", "mismatch", detail)
    if isinstance(component.payout, TicketsPayout) and program.currency != POINTS:
        detail = f"Tickets are counted in a program whose currency is {POINTS}."
        yield Problem(f"{place}/payout/kind", "mismatch", detail)
    if "measure" in (component.figures or {}):
        detail = 'The name "measure" belongs to the main figure.'
        yield Problem(f"{place}/figures/measure", "duplicate", detail)


def _caps(component: Component, place: str) -> Iterator[Problem]:
    """Yield caps for each activity where nobody can tell what one activity brought."""
    measure = component.measure
    is_own = isinstance(measure, Tallied) and measure.whose in {None, "payee"}
    if component.period.kind == "activity" or (
        is_own and not isinstance(component.payout, PoolPayout | GroupBonusPayout)
    ):
        return
    for index, cap in enumerate(component.limits.caps if component.limits else ()):
        if cap.per == "activity":
            detail = (
                "A cap for each activity needs a measure of the payee's own activities, not shared."
            )
            yield Problem(f"{place}/limits/caps/{index}/per", "mismatch", detail)


def _steps(component: Component, place: str) -> Iterator[Problem]:
    payout = component.payout
    if isinstance(payout, BonusPayout):
        marks = [each.at for each in payout.milestones]
        yield from shapes.ascending(marks, f"{place}/payout/milestones", "at")
        return
    tiers: Any = getattr(payout, "tiers", None)
    if tiers is None:
        return
    at = f"{place}/payout/tiers/steps"
    yield from shapes.ascending([each.from_ for each in tiers.steps], at, "from")
    for index, step in enumerate(tiers.steps):
        if (step.price is None) == (step.multiplier is None):
            yield Problem(f"{at}/{index}", "one_of", "Give either the new value or a multiplier.")


def _timing(component: Component, place: str) -> Iterator[Problem]:
    waiting = [hold.share for hold in component.holds or ()]
    if component.holdback is not None:
        waiting.append(component.holdback.share)
    if sum(waiting) > 1:
        at = f"{place}/{'holds' if component.holds else 'holdback'}"
        yield Problem(at, "too_much", "More is held than is earned.")
    rule = component.clawback
    if rule is not None and (rule.days is None) == (rule.months is None):
        detail = "Give the window either in days or in months."
        yield Problem(f"{place}/clawback", "one_of", detail)


def _unknown(program: Program) -> Iterator[Problem]:
    known = {component.id: component.all_figures for component in program.components}
    for needs in dependencies.graph(program).values():
        for node, pointer, _ in needs:
            if node.component not in known:
                detail = f'There is no component "{node.component}".'
                yield Problem(f"{pointer}/component", "unknown_component", detail)
            elif node.figure and node.figure not in known[node.component]:
                detail = f'The component "{node.component}" has no figure "{node.figure}".'
                yield Problem(pointer, "unknown_figure", detail)


def _circles(program: Program) -> Iterator[Problem]:
    for need in dependencies.circles(program):
        what = f'"{need.node.figure}" of ' if need.node.figure else ""
        detail = f'{what}"{need.node.component}" would need itself to be computed.'
        yield Problem(need.pointer, "circle", detail[:1].upper() + detail[1:])
