"""A scope made of plain tables, for tests of formulas and payouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import TypeAdapter

from app.engine.document import Component
from app.engine.expressions import Expr, Test
from app.engine.payout import Terms
from app.engine.periods import Span
from app.engine.scope import Scope
from tests.engine.documents import EUR, component, per_unit

EXPRESSION: TypeAdapter[Any] = TypeAdapter(Expr)
TEST: TypeAdapter[Any] = TypeAdapter(Test)

NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
NUMBERED = component(
    per_unit("1"),
    figures={
        "sold": {"kind": "sum", "of": "amount"},
        "calls": {"kind": "count"},
        "share": {"kind": "formula", "value": {"measure": True}, "unit": "percent"},
    },
)


def expression(raw: Any) -> Any:
    return EXPRESSION.validate_python(raw)


def condition(raw: Any) -> Any:
    return TEST.validate_python(raw)


@dataclass
class Table:
    """One payee in one period, as the tables of a test state it."""

    payee: str = "ann"
    figures: Mapping[str, Fraction | int | str] = field(default_factory=dict)
    target: Fraction | int | None = None
    targets: Mapping[str | None, Fraction | int] = field(default_factory=dict)
    component: Component = NUMBERED
    terms: Terms = EUR
    span: Span = NOVEMBER
    others: Mapping[tuple[str, str | None], Fraction | int] = field(default_factory=dict)
    attributes: Mapping[str, str | Decimal] = field(default_factory=dict)
    worked: int = 30
    mandate: Fraction | None = None
    before: Scope | None = None
    everybody: Mapping[str | None, Mapping[str, Scope]] = field(default_factory=dict)

    def figure(self, name: str) -> Fraction:
        return Fraction(self.figures.get(name, 0))

    def quota(self, figure: str | None = None) -> Fraction | None:
        target = self.targets.get(figure, self.target)
        return None if target is None else Fraction(target)

    def of_component(self, component: str, figure: str | None) -> Fraction:
        return Fraction(self.others.get((component, figure), 0))

    def attribute(self, name: str) -> str | Decimal | None:
        return self.attributes.get(name)

    def days(self, which: Literal["worked", "period"]) -> Fraction:
        return Fraction(self.worked if which == "worked" else 30)

    def mandate_rate(self) -> Fraction | None:
        return self.mandate

    def previous(self) -> Scope | None:
        return self.before

    def peers(self, group: str | None = None) -> Mapping[str, Scope]:
        return self.everybody.get(group, {})


def together(scores: Mapping[str, int | str], **shared: Any) -> dict[str, Scope]:
    """Return scopes of one period whose measures are `scores`, each knowing all others."""
    everybody: dict[str | None, dict[str, Scope]] = {None: {}}
    for name, score in scores.items():
        everybody[None][name] = Table(
            payee=name, figures={"measure": score}, everybody=everybody, **shared
        )
    return everybody[None]


def grouped(scopes: Mapping[str, Scope], group: str, *members: str) -> Mapping[str, Scope]:
    """Make `members` a group that every one of `scopes` knows."""
    for scope in scopes.values():
        assert isinstance(scope, Table)
        assert isinstance(scope.everybody, dict)
        scope.everybody[group] = {name: scopes[name] for name in members}
    return scopes
