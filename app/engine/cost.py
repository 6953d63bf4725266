"""How much work a program is for one payee in one period; more than a limit is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from app.engine.conditions import size_of
from app.engine.credit_rules import DifferentialCredit, OverrideCredit, UplineCredit
from app.engine.dependencies import walk
from app.engine.document import Component, Program
from app.engine.expressions import (
    MAX_EXPRESSION_DEPTH,
    MAX_EXPRESSION_NODES,
    Rank,
)
from app.engine.measures import Tallied
from app.kernel.errors import Problem

MAX_COST: Final = 50_000
AMONG_ALL: Final = 50
"""What it weighs to look at everybody, or at a group, instead of at one payee."""

_EXPRESSIONS: Final = "app.engine.expressions"


def problems(program: Program) -> Iterator[Problem]:
    """Yield formulas that are too large, and the costliest component of a program that is too costly."""
    for index, component in enumerate(program.components):
        yield from _large(component, f"/components/{index}")
    costs = [cost_of(component) for component in program.components]
    if sum(costs) > MAX_COST:
        worst = max(range(len(costs)), key=costs.__getitem__)
        detail = (
            f"This program is too much work to compute ({sum(costs)} of at most {MAX_COST} steps for "
            "each payee and period). Leave out figures, levels, comparisons or formulas."
        )
        yield Problem(f"/components/{worst}", "too_costly", detail)


def cost_of(component: Component) -> int:
    """Return about how many steps one payee of one period of `component` takes."""
    total = 1
    for name, figure in component.all_figures.items():
        if isinstance(figure, Tallied):
            leaves = 1 + sum(size_of(counts)[1] for counts in component.counts_of(name))
            among = 1 if figure.whose in {None, "payee"} else AMONG_ALL
            total += leaves * _levels(component.credit_of(name)) * among
    for found in walk(component):
        total += AMONG_ALL if isinstance(found.part, Rank) else 1
    return total


def _levels(credit: Any) -> int:
    if isinstance(credit, OverrideCredit | UplineCredit):
        return len(credit.levels)
    return credit.levels if isinstance(credit, DifferentialCredit) else 1


def _large(component: Component, place: str) -> Iterator[Problem]:
    for found in walk(component, place):
        for name, field in type(found.part).model_fields.items():
            value = getattr(found.part, name)
            if _holds_formulas(value) and not _is_formula(found.part):
                depth, nodes = size(value)
                if depth > MAX_EXPRESSION_DEPTH or nodes > MAX_EXPRESSION_NODES:
                    detail = (
                        f"A formula has at most {MAX_EXPRESSION_NODES} parts, nested "
                        f"{MAX_EXPRESSION_DEPTH} deep."
                    )
                    at = f"{found.pointer}/{field.alias or name}"
                    yield Problem(at, "too_large", detail)


def _is_formula(value: Any) -> bool:
    return isinstance(value, BaseModel) and type(value).__module__ == _EXPRESSIONS


def _holds_formulas(value: Any) -> bool:
    return _is_formula(value) or (isinstance(value, tuple) and any(map(_is_formula, value)))


def size(value: Any) -> tuple[int, int]:
    """Return how deep a formula or test is nested, and of how many parts it is made."""
    if isinstance(value, tuple):
        inside = [size(each) for each in value]
    elif isinstance(value, BaseModel):
        inside = [size(getattr(value, name)) for name in type(value).model_fields]
    else:
        return 0, 0
    own = isinstance(value, BaseModel)
    depth = max((depth for depth, _ in inside), default=0) + own
    return depth, sum(nodes for _, nodes in inside) + own
