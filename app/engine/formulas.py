"""Expressions and tests as short formulas that need no language, such as `measure / quota ≥ 0.8`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from app.engine.conditions import ATTRIBUTE_PREFIX
from app.engine.exact import decimal_text
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
    NotHolds,
    PersonIs,
    PersonOf,
    Previous,
    QuotaOf,
    Rank,
    Round,
    Subtract,
    Test,
)
from app.engine.measures import (
    FormulaMeasure,
    GrowthMeasure,
    Measure,
    MixMeasure,
    RatioMeasure,
)

SIGNS: Final = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}


def formula(expression: Expr) -> str:
    """Return `expression` as a formula."""
    if isinstance(expression, Decimal):
        return decimal_text(expression)
    return _FORMULAS[type(expression)](expression)


def condition(test: Test) -> str:
    """Return `test` in the plan's own words where it has some, else as a formula."""
    if test.says is not None:
        return test.says
    if isinstance(test, Comparison):
        return f"{formula(test.value)} {SIGNS[test.is_]} {formula(test.than)}"
    if isinstance(test, PersonIs):
        return f"{test.person} = {' | '.join(test.in_)}"
    if isinstance(test, NotHolds):
        return f"not ({condition(test.not_)})"
    parts, sign = (test.all, " & ") if isinstance(test, AllHold) else (test.any, " | ")
    nested = (isinstance(part, AllHold | AnyHolds) and part.says is None for part in parts)
    words = [condition(part) for part in parts]
    return sign.join(
        f"({each})" if deep else each for each, deep in zip(words, nested, strict=True)
    )


def figure(measure: Measure) -> str:
    """Return how a figure comes about, as a formula."""
    if isinstance(measure, FormulaMeasure):
        return formula(measure.value)
    if isinstance(measure, MixMeasure):
        return " + ".join(
            f"{decimal_text(part.weight)} x {part.figure} / {_operand(part.over)}"
            for part in measure.parts
        )
    if isinstance(measure, RatioMeasure):
        return f"{measure.of} / {measure.to}"
    if isinstance(measure, GrowthMeasure):
        return f"growth({measure.of})"
    field = getattr(measure, "of", None) or getattr(measure, "times", None)
    return f"{measure.kind}({'' if field is None else field.removeprefix(ATTRIBUTE_PREFIX)})"


def _operands(expressions: tuple[Expr, ...], sign: str) -> str:
    return sign.join(_operand(each) for each in expressions)


def _operand(expression: Expr) -> str:
    joined = isinstance(expression, Add | Subtract | Multiply | Divide)
    return f"({formula(expression)})" if joined else formula(expression)


def _call(name: str, *arguments: Expr) -> str:
    return f"{name}({', '.join(formula(each) for each in arguments)})"


def _component(node: ComponentOf) -> str:
    return node.component if node.figure is None else f"{node.component}.{node.figure}"


_FORMULAS: Final[dict[type, Callable[[Any], str]]] = {
    FigureOf: lambda node: node.figure,
    MeasureOf: lambda _: "measure",
    QuotaOf: lambda node: "quota" if node.quota is True else f"quota({node.quota})",
    AttainmentOf: lambda _: "attainment",
    ComponentOf: _component,
    PersonOf: lambda node: node.person,
    DaysOf: lambda node: f"days({node.days})",
    Add: lambda node: _operands(node.add, " + "),
    Subtract: lambda node: _operands(node.subtract, " - "),
    Multiply: lambda node: _operands(node.multiply, " x "),
    Divide: lambda node: _operands(node.divide, " / "),
    Least: lambda node: _call("min", *node.min),
    Greatest: lambda node: _call("max", *node.max),
    Round: lambda node: _call("round", node.round, node.to),
    Choose: lambda node: f"if({condition(node.if_)}, {formula(node.then)}, {formula(node.else_)})",
    Lookup: lambda node: _call("table", node.lookup),
    Interpolate: lambda node: _call("line", node.interpolate),
    Marginal: lambda node: _call("bands", node.marginal),
    Rank: lambda node: f"rank({node.rank})",
    Previous: lambda node: _call("previous", node.previous),
}
