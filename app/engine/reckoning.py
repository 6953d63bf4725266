"""What an expression or a test comes to for one payee in one period. Exact, and never an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from app.engine import formulas, lines
from app.engine.conditions import as_number, as_text
from app.engine.document import is_money
from app.engine.expressions import (
    Add,
    AllHold,
    AnyHolds,
    AttainmentOf,
    Choose,
    Comparison,
    ComponentOf,
    DaysOf,
    Divide,
    Expr,
    FigureOf,
    Greatest,
    Interpolate,
    Least,
    Lookup,
    Marginal,
    MeasureOf,
    Multiply,
    PersonIs,
    PersonOf,
    Previous,
    QuotaOf,
    Rank,
    Round,
    Subtract,
    Test,
)
from app.engine.lines import Place
from app.engine.measures import FormulaMeasure
from app.engine.pools import ranks
from app.engine.same import Same
from app.engine.scope import Scope
from app.engine.steps import Rule, Step, Value, number, percent, text
from app.kernel.money import round_fraction

ZERO: Final = Fraction(0)
MEASURE: Final = "measure"


def value(expression: Expr, scope: Scope) -> Fraction:
    """Return what `expression` comes to in `scope`."""
    return _Reckoner(scope).value(expression)


def explained(expression: Expr, scope: Scope) -> tuple[Fraction, tuple[Step, ...]]:
    """Return what `expression` comes to in `scope`, and a step for each named part of it."""
    reckoner = _Reckoner(scope)
    return reckoner.value(expression), tuple(reckoner.steps)


def holds(test: Test, scope: Scope) -> bool:
    """Tell whether `test` holds in `scope`."""
    return _Reckoner(scope).holds(test)


def tested(test: Test, scope: Scope) -> tuple[bool, tuple[Step, ...]]:
    """Tell whether `test` holds in `scope`, with a step for each named part that was looked at."""
    reckoner = _Reckoner(scope)
    return reckoner.holds(test), tuple(reckoner.steps)


def says(test: Test) -> str:
    """Return `test` in the words of the plan, or as a formula where it has none."""
    return formulas.condition(test)


def shown(scope: Scope, figure: str, found: Fraction) -> Value:
    """Return the value of a figure in its own unit."""
    measure = scope.component.figure(figure)
    if is_money(measure):
        return scope.terms.money(found)
    in_percent = isinstance(measure, FormulaMeasure) and measure.unit == "percent"
    return percent(found) if in_percent else number(found)


class _Reckoner:
    """Walks through an expression once, collecting a step for each part that has a name."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.steps: list[Step] = []

    def value(self, expression: Expr) -> Fraction:
        if isinstance(expression, Decimal):
            return Fraction(expression)
        return _VALUES[type(expression)](self, expression)

    def values(self, expressions: Sequence[Expr]) -> list[Fraction]:
        return [self.value(each) for each in expressions]

    def holds(self, given: Test) -> bool:
        if isinstance(given, Comparison):
            return _COMPARE[given.is_](self.value(given.value), self.value(given.than))
        if isinstance(given, AllHold):
            return all(self.holds(part) for part in given.all)
        if isinstance(given, AnyHolds):
            return any(self.holds(part) for part in given.any)
        if isinstance(given, PersonIs):
            return as_text(self.scope.attribute(given.person)) in given.in_
        return not self.holds(given.not_)

    def say(self, code: str, result: Value | None, **params: Value) -> None:
        self.steps.append(Step(code, params, result, Rule(self.scope.component.id)))

    def figure(self, name: str) -> Fraction:
        value = self.scope.figure(name)
        self.say("figure", shown(self.scope, name, value), figure=text(name))
        return value

    def quota(self, node: QuotaOf) -> Fraction:
        name = None if node.quota is True else node.quota
        quota = self.scope.quota(name)
        if quota is None:
            self.say("no_quota", None)
            return ZERO
        self.say("quota", shown(self.scope, name or MEASURE, quota), figure=text(name or MEASURE))
        return quota

    def attainment(self, _: AttainmentOf) -> Fraction:
        measured, quota = self.scope.figure(MEASURE), self.scope.quota(None)
        if not quota:
            self.say("no_quota", None)
            return ZERO
        params = {
            "measured": shown(self.scope, MEASURE, measured),
            "quota": shown(self.scope, MEASURE, quota),
        }
        self.say("attainment", percent(measured / quota), **params)
        return measured / quota

    def component(self, node: ComponentOf) -> Fraction:
        value = self.scope.of_component(node.component, node.figure)
        name = text(formulas.formula(node))
        if node.figure is None:
            self.say("component_pays", self.scope.terms.money(value), component=name)
        else:
            self.say("figure", number(value), figure=name)
        return value

    def person(self, node: PersonOf) -> Fraction:
        found = as_number(self.scope.attribute(node.person))
        value = Fraction(node.default if found is None else found)
        self.say("person", number(value), attribute=text(node.person))
        return value

    def days(self, node: DaysOf) -> Fraction:
        value = self.scope.days(node.days)
        self.say(f"days_{node.days}", number(value))
        return value

    def divide(self, node: Divide) -> Fraction:
        part, whole = self.values(node.divide)
        if whole:
            return part / whole
        self.say("divided_by_nothing", number(0), part=number(part))
        return ZERO

    def round(self, node: Round) -> Fraction:
        exact, to = self.value(node.round), Fraction(node.to)
        rounded = round_fraction(exact / to, node.mode) * to
        if rounded != exact:
            params = {"exact": number(exact), "to": number(to), "mode": text(node.mode)}
            self.say("rounded", number(rounded), **params)
        return rounded

    def choose(self, node: Choose) -> Fraction:
        met = self.holds(node.if_)
        says = text(formulas.condition(node.if_))
        self.say("condition_met" if met else "condition_not_met", None, condition=says)
        return self.value(node.then if met else node.else_)

    def lookup(self, node: Lookup) -> Fraction:
        value, places = self.value(node.lookup), _steps_of(Same(node))
        found = lines.step_at(places, value, inclusive=node.boundary == "inclusive")
        if found is None:
            below = Fraction(node.below)
            params = {"value": number(value), "from": number(places[0].at)}
            self.say("table_below", number(below), **params)
            return below
        params = {"value": number(value), "from": number(found.at)}
        self.say("table", number(found.value), **params)
        return found.value

    def interpolate(self, node: Interpolate) -> Fraction:
        at = self.value(node.interpolate)
        found = lines.read_line(_points_of(Same(node)), at, below=node.beyond, beyond=node.beyond)
        if found.low and found.high:
            params = {"low": number(found.low.at), "high": number(found.high.at)}
            self.say("table_line", number(found.value), value=number(at), **params)
        else:
            self.say("table_line_end", number(found.value), value=number(at))
        return found.value

    def marginal(self, node: Marginal) -> Fraction:
        value, total = self.value(node.marginal), ZERO
        for place, part in lines.stretches(_bands_of(Same(node)), value):
            total += part * place.value
            params = {"part": number(part), "from": number(place.at), "rate": percent(place.value)}
            self.say("band", number(part * place.value), **params)
        return total

    def rank(self, node: Rank) -> Fraction:
        sign = 1 if node.best == "highest" else -1
        peers = self.scope.peers(node.among)
        places = ranks(
            {name: sign * peer.figure(node.rank) for name, peer in peers.items()}, node.method
        )
        place = places.get(self.scope.payee, ZERO)
        self.say("rank", number(place), figure=text(node.rank), people=number(len(places)))
        return place

    def previous(self, node: Previous) -> Fraction:
        earlier = self.scope.previous()
        found, steps = (ZERO, ()) if earlier is None else explained(node.previous, earlier)
        params = {"formula": text(formulas.formula(node.previous))}
        rule = Rule(self.scope.component.id)
        self.steps.append(Step("previous", params, number(found), rule, steps))
        return found


def _product(factors: Sequence[Fraction]) -> Fraction:
    product = Fraction(1)
    for factor in factors:
        product *= factor
    return product


_VALUES: Final[dict[type, Callable[[_Reckoner, Any], Fraction]]] = {
    FigureOf: lambda here, node: here.figure(node.figure),
    MeasureOf: lambda here, _: here.figure(MEASURE),
    QuotaOf: _Reckoner.quota,
    AttainmentOf: _Reckoner.attainment,
    ComponentOf: _Reckoner.component,
    PersonOf: _Reckoner.person,
    DaysOf: _Reckoner.days,
    Add: lambda here, node: sum(here.values(node.add), ZERO),
    Subtract: lambda here, node: here.value(node.subtract[0]) - here.value(node.subtract[1]),
    Multiply: lambda here, node: _product(here.values(node.multiply)),
    Divide: _Reckoner.divide,
    Least: lambda here, node: min(here.values(node.min)),
    Greatest: lambda here, node: max(here.values(node.max)),
    Round: _Reckoner.round,
    Choose: _Reckoner.choose,
    Lookup: _Reckoner.lookup,
    Interpolate: _Reckoner.interpolate,
    Marginal: _Reckoner.marginal,
    Rank: _Reckoner.rank,
    Previous: _Reckoner.previous,
}

_COMPARE: Final[dict[str, Callable[[Fraction, Fraction], bool]]] = {
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
}


def _places(pairs: Sequence[tuple[Decimal, Decimal]]) -> tuple[Place, ...]:
    """Return the places in rising order; of two at one place the later written is the later."""
    found = (Place(Fraction(at), Fraction(value)) for at, value in pairs)
    return tuple(sorted(found, key=lambda place: place.at))


@lru_cache(maxsize=4096)
def _steps_of(node: Same[Lookup]) -> tuple[Place, ...]:
    return _places([(step.from_, step.value) for step in node.document.steps])


@lru_cache(maxsize=4096)
def _points_of(node: Same[Interpolate]) -> tuple[Place, ...]:
    return _places([(point.at, point.value) for point in node.document.points])


@lru_cache(maxsize=4096)
def _bands_of(node: Same[Marginal]) -> tuple[Place, ...]:
    return _places([(step.from_, step.rate) for step in node.document.steps])
