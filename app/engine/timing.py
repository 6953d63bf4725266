"""When the pay of a period can be used: parts released, held until something happens, or taken back.

The amount itself is never touched. Released and held portions sum to it; what is taken back stands
beside them as negative portions of its own, each with its day and its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from app.engine import reckoning
from app.engine.periods import at_risk_until, released_on
from app.engine.proration import apportion, months_since, plus_months
from app.engine.scope import Scope
from app.engine.steps import Rule, Step, Value, day, percent, text
from app.engine.timing_rules import (
    Clawback,
    Until,
    UntilAttribute,
    UntilClawbackEnd,
    UntilDay,
    UntilDaysAfter,
    UntilDaysAfterPeriod,
)

State = Literal["payable", "held", "clawed_back"]
ONE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class TimedLine:
    """What one activity brought, in minor units, with the day it happened and its attributes."""

    activity: str
    occurred_on: date
    minor: int
    attributes: Mapping[str, Decimal | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of an amount, in minor units, with the day of its release or what it waits for."""

    minor: int
    state: State
    release_on: date | None
    waits_for: str | None
    step: Step | None = None


class _When(NamedTuple):
    """The day something is earned for good, or what is missing; and the code that says so."""

    code: str
    on: date | None
    waits_for: str | None = None


def portions(
    scope: Scope, amount_minor: int, lines: Sequence[TimedLine], *, as_of: date
) -> tuple[Portion, ...]:
    """Return when the parts of `amount_minor` can be used, as it is known on `as_of`.

    Each line is split on its own, by largest remainder, first its plain share, then the holds in
    their order, then the holdback; what no line brought counts for the last day of the period.
    Portions that are payable or held sum to `amount_minor`. Those that are clawed back are below
    zero and come on top: a partner of what is still held is released with it, the rest is due on the
    day it happened.
    """
    found: Counter[_Part] = Counter()
    for line in _all_of(scope, amount_minor, lines):
        parts = list(_split(scope, line, as_of))
        for part in (*parts, *_taken_back(scope, line, parts, as_of)):
            found[part._replace(minor=0)] += part.minor
    return tuple(_portion(scope, part, found[part]) for part in sorted(found, key=_order))


def kept(parts: Iterable[Portion]) -> int:
    """Return what is left of an amount when what was taken back is gone, in minor units."""
    return sum(part.minor for part in parts)


class _Part(NamedTuple):
    """A part of one line; parts that differ in nothing but their minor units become one portion."""

    minor: int
    state: State
    release_on: date | None
    waits_for: str | None
    code: str
    params: tuple[tuple[str, Value], ...] = ()


def _order(part: _Part) -> tuple[object, ...]:
    """Sort by day, what has none last, then by what is waited for and why."""
    values = tuple((name, value.text) for name, value in part.params)
    return (part.release_on or date.max, part.waits_for or "", part.state, part.code, values)


def _all_of(scope: Scope, amount_minor: int, lines: Sequence[TimedLine]) -> Iterator[TimedLine]:
    """Yield the lines and, for what they do not add up to, one on the last day of the period."""
    yield from lines
    rest = amount_minor - sum(line.minor for line in lines)
    if rest:
        yield TimedLine("", scope.span.last or scope.span.first, rest)


def _split(scope: Scope, line: TimedLine, as_of: date) -> Iterator[_Part]:
    """Yield the parts of one line; without holds it is one."""
    waits = [(each.share, each.until, "hold") for each in scope.component.holds or ()]
    if scope.component.holdback is not None:
        waits.append((scope.component.holdback.share, scope.component.holdback.until, "holdback"))
    shares = [Fraction(share) for share, _, _ in waits]
    minors = apportion(line.minor, [max(Fraction(0), ONE - sum(shares)), *shares])
    whens = [_When("released", line.occurred_on)]
    whens += [_until(scope, until, line, name) for _, until, name in waits]
    for minor, when in zip(minors, whens, strict=True):
        if minor:
            yield _part(scope, minor, when, as_of)


def _part(scope: Scope, minor: int, when: _When, as_of: date) -> _Part:
    if when.on is None:
        waits_for = str(when.waits_for)
        params = (("waits_for", text(waits_for)),)
        return _Part(minor, "held", None, waits_for, when.code, params)
    release_on = released_on(scope.component, scope.span, when.on)
    state: State = "payable" if release_on <= as_of else "held"
    return _Part(minor, state, release_on, None, when.code, (("on", day(release_on)),))


def _until(scope: Scope, until: Until, line: TimedLine, name: str) -> _When:
    """Return from when a held share of `line` counts as earned for good."""
    on: date | None = line.occurred_on
    waits_for = None
    match until:
        case UntilDaysAfterPeriod():
            on = (scope.span.last or line.occurred_on) + timedelta(days=until.days_after_period)
        case UntilDaysAfter():
            on = line.occurred_on + timedelta(days=until.days_after)
        case UntilDay():
            on = max(until.on_day, line.occurred_on)
        case UntilAttribute():
            on, waits_for = day_of(line, until.attribute), until.attribute
        case UntilClawbackEnd():
            on = window_end(scope, line.occurred_on) or line.occurred_on
        case _:
            if not reckoning.holds(until.test, scope):
                on, waits_for = None, reckoning.says(until.test)
    return _When(f"{name}_for" if on is None else f"{name}_until", on, waits_for)


def day_of(line: TimedLine, attribute: str) -> date | None:
    """Return the day that an attribute states, as year-month-day or the beginning of a time."""
    value = line.attributes.get(attribute)
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def window_end(scope: Scope, occurred_on: date) -> date | None:
    """Return the last day on which pay for an activity can be taken back, None when never."""
    rule = scope.component.clawback
    if rule is None:
        return at_risk_until(scope.component, occurred_on)
    if rule.days is not None:
        return occurred_on + timedelta(days=rule.days)
    return plus_months(occurred_on, rule.months or 0) - timedelta(days=1)


def share_taken(rule: Clawback, occurred_on: date, happened_on: date) -> Fraction:
    """Return how much is taken back for what happened within the window, by the schedule.

    The month in which it happens counts as begun: "monthly" within nine months takes back five
    ninths when it happens in the fourth. Beyond the last step of a schedule nothing is taken.
    """
    if not rule.schedule:
        return ONE
    month = max(1, months_since(occurred_on, happened_on) + 1)
    step = next((each for each in rule.schedule if month <= each.within_months), None)
    if step is None:
        return Fraction(0)
    if step.share == "monthly":
        return Fraction(step.within_months - month, step.within_months)
    return Fraction(step.share)


def _taken_back(
    scope: Scope, line: TimedLine, parts: Sequence[_Part], as_of: date
) -> Iterator[_Part]:
    """Yield the negative partners of the parts of `line` when it is taken back by `as_of`."""
    rule, end = scope.component.clawback, window_end(scope, line.occurred_on)
    if rule is None or end is None or line.minor <= 0:
        return
    happened_on = day_of(line, rule.when.attribute)
    if happened_on is None or happened_on > min(end, as_of):
        return
    share = share_taken(rule, line.occurred_on, happened_on)
    params = (
        ("activity", text(line.activity)),
        ("reason", text(rule.when.attribute)),
        ("on", day(happened_on)),
        ("share", percent(share)),
    )
    left = scope.terms.minor(scope.terms.major(line.minor) * share)
    for part in sorted(parts, key=_order, reverse=True):
        minor, left = min(left, part.minor), left - min(left, part.minor)
        if minor:
            due = None if part.release_on is None else max(part.release_on, happened_on)
            yield _Part(-minor, "clawed_back", due, part.waits_for, "clawed_back", params)


def _portion(scope: Scope, part: _Part, minor: int) -> Portion:
    result = scope.terms.money(scope.terms.major(minor))
    step = Step(part.code, dict(part.params), result, Rule(scope.component.id))
    return Portion(minor, part.state, part.release_on, part.waits_for, step)
