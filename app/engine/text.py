"""A program as its people read it: sentences as codes and parameters, in speaking order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from app.engine import curve
from app.engine.conditions import Condition, Either, Every, Leaf, Not, children_of
from app.engine.credit_rules import UplineCredit
from app.engine.document import (
    BonusPayout,
    Component,
    DirectCredit,
    OverrideCredit,
    Program,
    RatePayout,
    SumMeasure,
    UnitPayout,
    WeekdayRelease,
)
from app.engine.payout import Terms, price_value, terms_of
from app.engine.steps import Value, day, number, percent, text

_SIGNS: Final = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "lt": "is less than",
    "le": "is at most",
    "gt": "is more than",
    "ge": "is at least",
    "between": "is between",
    "contains": "contains",
    "starts_with": "starts with",
}
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a program: its code, its parameters and the component it belongs to."""

    code: str
    params: Mapping[str, Value]
    component: str

    def to_json(self) -> dict[str, Any]:
        """Return the sentence as JSON data."""
        params = {name: value.to_json() for name, value in self.params.items()}
        return {"code": self.code, "params": params, "component": self.component}


def sentences(program: Program) -> list[Sentence]:
    """Return what `program` says, component by component."""
    terms = terms_of(program)
    return [
        Sentence(code, params, component.id)
        for component in program.components
        for code, params in _component(component, terms)
    ]


Said = tuple[str, dict[str, Value]]


def _component(component: Component, terms: Terms) -> Iterator[Said]:
    yield _effective(component)
    if component.counts == Every(all=[]):
        yield "counts_all", {}
    else:
        yield "counts_when", {"condition": text(condition_text(component.counts))}
    yield from _credit(component)
    yield from _payout(component, terms)
    yield _release(component)
    if component.clawback_days is not None:
        yield "clawback", {"days": number(component.clawback_days)}


def _effective(component: Component) -> Said:
    first, last = component.effective.from_, component.effective.to
    if last is None:
        return "effective_open", {"from": day(first)}
    return "effective", {"from": day(first), "to": day(last)}


def _credit(component: Component) -> Iterator[Said]:
    if isinstance(component.credit, DirectCredit):
        yield "credit_direct", {}
    if not isinstance(component.credit, OverrideCredit | UplineCredit):
        return
    for level in component.credit.levels:
        yield "credit_level", {"level": number(level.level), "share": percent(level.share)}


def _payout(component: Component, terms: Terms) -> Iterator[Said]:
    payout, period = component.payout, text(component.period.kind)
    if isinstance(payout, BonusPayout):
        for mark in payout.milestones:
            at = _place(component, payout.on, Fraction(mark.at), terms)
            yield "bonus", {"at": at, "amount": terms.money(mark.amount), "period": period}
        return
    if not isinstance(payout, RatePayout | UnitPayout):
        return
    shape = curve.curve_of(payout, Fraction(1))
    price = price_value(component, shape.base.price, terms)
    code = "rate" if isinstance(payout, RatePayout) else "unit"
    yield code, {"price": price, "measure": text(_measure(component)), "period": period}
    yield from _tiers(component, payout, shape, terms)


def _tiers(
    component: Component, payout: RatePayout | UnitPayout, shape: curve.Curve, terms: Terms
) -> Iterator[Said]:
    if payout.tiers is None:
        return
    code = f"from_{payout.tiers.mode}_{payout.tiers.boundary}"
    for step, band in zip(payout.tiers.steps, shape.bands[1:], strict=True):
        at = _place(component, payout.tiers.on, Fraction(step.from_), terms)
        yield code, {"from": at, "price": price_value(component, band.price, terms)}


def _place(component: Component, on: str, at: Fraction, terms: Terms) -> Value:
    if on == "attainment":
        return percent(at)
    return terms.money(at) if component.measures_money else number(at)


def _measure(component: Component) -> str:
    return (
        component.measure.of
        if isinstance(component.measure, SumMeasure)
        else component.measure.kind
    )


def _release(component: Component) -> Said:
    release = component.release
    if release.on == "immediately":
        return "release_immediately", {}
    if isinstance(release, WeekdayRelease):
        return "release_weekday", {"weekday": text(_WEEKDAYS[release.weekday - 1])}
    return "release_period_end", {"days": number(release.plus_days)}


def condition_text(condition: Condition) -> str:
    """Return `condition` as one readable clause."""
    if isinstance(condition, Leaf):
        return _leaf_text(condition)
    if isinstance(condition, Not):
        return f"not ({condition_text(condition.not_)})"
    word = " and " if isinstance(condition, Every) else " or "
    parts = [condition_text(part) for part in children_of(condition)]
    nested = [isinstance(part, Every | Either) for part in children_of(condition)]
    return word.join(
        f"({part})" if deep else part for part, deep in zip(parts, nested, strict=True)
    )


def _leaf_text(leaf: Leaf) -> str:
    name = leaf.field.replace("attributes.", "").replace("_", " ")
    if leaf.op == "exists":
        return f"{name} is {'given' if leaf.value else 'not given'}"
    values = (
        [str(value) for value in leaf.value] if isinstance(leaf.value, list) else [str(leaf.value)]
    )
    joined = " and ".join(values) if leaf.op == "between" else ", ".join(values)
    return f"{name} {_SIGNS[leaf.op]} {joined}"
