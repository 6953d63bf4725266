"""A program as its people read it: sentences as codes and parameters, in speaking order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.engine import formulas
from app.engine.conditions import Condition, Either, Every, Leaf, Not, children_of
from app.engine.credit_rules import (
    Credit,
    DifferentialCredit,
    DirectCredit,
    GroupCredit,
    OverlayCredit,
    OverrideCredit,
    SplitCredit,
    UplineCredit,
)
from app.engine.document import Component, Program, WeekdayRelease
from app.engine.payout import Terms, terms_of
from app.engine.steps import Value, day, number, percent, text
from app.engine.text_limits import limit_sentences, program_sentences, timing_sentences
from app.engine.text_payouts import Said, payout_sentences

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
    """One sentence of a program: its code, its parameters and its component, "" for the whole."""

    code: str
    params: Mapping[str, Value]
    component: str

    def to_json(self) -> dict[str, Any]:
        """Return the sentence as JSON data."""
        params = {name: value.to_json() for name, value in self.params.items()}
        return {"code": self.code, "params": params, "component": self.component}


def sentences(program: Program) -> list[Sentence]:
    """Return what `program` says, component by component, and then of the whole."""
    terms = terms_of(program)
    of_components = [
        Sentence(code, params, component.id)
        for component in program.components
        for code, params in _component(component, terms)
    ]
    of_program = [Sentence(code, params, "") for code, params in program_sentences(program, terms)]
    return of_components + of_program


def _component(component: Component, terms: Terms) -> Iterator[Said]:
    yield _effective(component)
    if component.counts == Every(all=[]):
        yield "counts_all", {}
    else:
        yield "counts_when", {"condition": text(condition_text(component.counts))}
    yield from _credit(component.credit)
    for name, measure in (component.figures or {}).items():
        yield "figure_is", {"figure": text(name), "measure": text(formulas.figure(measure))}
    yield from payout_sentences(component, terms)
    yield from limit_sentences(component, terms)
    yield _release(component)
    yield from timing_sentences(component)
    if component.clawback_days is not None:
        yield "clawback", {"days": number(component.clawback_days)}


def _effective(component: Component) -> Said:
    first, last = component.effective.from_, component.effective.to
    if last is None:
        return "effective_open", {"from": day(first)}
    return "effective", {"from": day(first), "to": day(last)}


def _credit(credit: Credit) -> Iterator[Said]:
    if isinstance(credit, OverrideCredit | UplineCredit):
        code = "credit_level" if isinstance(credit, OverrideCredit) else "credit_agent"
        for level in credit.levels:
            yield code, {"level": number(level.level), "share": percent(level.share)}
        if credit.compression:
            yield "credit_compressed", {}
    elif isinstance(credit, SplitCredit):
        yield "credit_split", {}
        for each in credit.default:
            yield "credit_share", _whose(each.person or each.role or "", each.share)
    elif isinstance(credit, OverlayCredit):
        for who in (*credit.people, *(() if credit.role is None else (credit.role,))):
            yield "credit_overlay", _whose(who, credit.share)
    else:
        yield _other_credit(credit)
        if isinstance(credit, DifferentialCredit) and credit.include_seller:
            yield "credit_from_seller", {}


def _other_credit(credit: DirectCredit | GroupCredit | DifferentialCredit) -> Said:
    if isinstance(credit, GroupCredit):
        return "credit_group", {"group": text(credit.group), "share": percent(credit.share)}
    if isinstance(credit, DifferentialCredit):
        return "credit_differential", {"rate": text(formulas.formula(credit.rate))}
    return "credit_direct", {}


def _whose(who: str, share: Decimal) -> dict[str, Value]:
    return {"who": text(who), "share": percent(share)}


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
