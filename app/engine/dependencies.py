"""What of a plan needs what: the order in which components are settled, and circles that have none."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from app.engine.credit_rules import DifferentialCredit
from app.engine.document import Component, Program
from app.engine.expressions import (
    AttainmentOf,
    ComponentOf,
    FigureOf,
    MeasureOf,
    Previous,
    QuotaOf,
    Rank,
)
from app.engine.measures import GrowthMeasure, MixMeasure, RatioMeasure, Tallied

AMOUNT: Final = ""
"""The name that stands for what a component pays, among the names of its figures."""


class Node(NamedTuple):
    """A figure of a component, or with an empty name what it pays."""

    component: str
    figure: str


class Found(NamedTuple):
    """A part of a document, its place as a JSON pointer, and whether it looks at an earlier period."""

    part: BaseModel
    pointer: str
    is_earlier: bool = False


def walk(value: Any, pointer: str = "", *, is_earlier: bool = False) -> Iterator[Found]:
    """Yield every part in `value`, outermost first, with its place."""
    if isinstance(value, BaseModel):
        yield Found(value, pointer, is_earlier)
        inside = is_earlier or isinstance(value, Previous)
        for name, field in type(value).model_fields.items():
            place = f"{pointer}/{field.alias or name}"
            yield from walk(getattr(value, name), place, is_earlier=inside)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from walk(item, f"{pointer}/{name}", is_earlier=is_earlier)
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from walk(item, f"{pointer}/{index}", is_earlier=is_earlier)


class Need(NamedTuple):
    """That something needs a figure or an amount, where it says so, and whether of an earlier period."""

    node: Node
    pointer: str
    is_earlier: bool


def needs_of(component: Component, value: Any, pointer: str) -> Iterator[Need]:
    """Yield what the parts of `value`, which stands in `component`, need."""
    for part, place, is_earlier in walk(value, pointer):
        if isinstance(part, ComponentOf):
            yield Need(Node(part.component, part.figure or AMOUNT), place, is_earlier)
        for name in _names(part):
            yield Need(Node(component.id, name), place, is_earlier)
        if isinstance(part, GrowthMeasure):
            yield Need(Node(component.id, part.of), f"{place}/of", is_earlier)


def _names(part: BaseModel) -> Iterator[str]:
    """Yield the figures of the same component that `part` names."""
    if isinstance(part, MeasureOf | AttainmentOf):
        yield "measure"
    elif isinstance(part, FigureOf):
        yield part.figure
    elif isinstance(part, Rank):
        yield part.rank
    elif isinstance(part, MixMeasure):
        yield from (each.figure for each in part.parts)
    elif isinstance(part, RatioMeasure):
        yield from (part.of, part.to)
    elif isinstance(part, QuotaOf) and isinstance(part.quota, str):
        yield part.quota


def graph(program: Program) -> dict[Node, list[Need]]:
    """Return what each figure and each amount of `program` needs."""
    found: dict[Node, list[Need]] = {}
    for index, component in enumerate(program.components):
        place = f"/components/{index}"
        for name, figure in component.all_figures.items():
            at = f"{place}/measure" if name == "measure" else f"{place}/figures/{name}"
            needed = list(needs_of(component, figure, at))
            credit = component.credit_of(name) if isinstance(figure, Tallied) else None
            if isinstance(credit, DifferentialCredit):
                needed += needs_of(component, credit.rate, f"{place}/credit/rate")
            found[Node(component.id, name)] = needed
        needed = [Need(Node(component.id, "measure"), f"{place}/measure", is_earlier=False)]
        for name in ("payout", "limits", "holdback", "holds"):
            needed += needs_of(component, getattr(component, name), f"{place}/{name}")
        found[Node(component.id, AMOUNT)] = needed
    return found


def circles(program: Program) -> Iterator[Need]:
    """Yield a need of each circle: something that needs itself in the same period.

    An earlier period of the own component is settled before, so it closes no circle; what another
    component pays always must be settled before.
    """
    needs = graph(program)
    done: set[Node] = set()
    for start in needs:
        yield from _circles_from(start, needs, done)


def _circles_from(start: Node, needs: dict[Node, list[Need]], done: set[Node]) -> Iterator[Need]:
    """Walk depth first without recursion; a need of something on the way closes a circle."""
    way: list[tuple[Node, Iterator[Need]]] = [(start, iter(needs[start]))]
    on_way = {start}
    while way:
        node, left = way[-1]
        need = next(left, None)
        if need is None:
            way.pop()
            on_way.discard(node)
            done.add(node)
        elif _counts(node, need) and need.node in needs:
            if need.node in on_way:
                yield need
            elif need.node not in done:
                way.append((need.node, iter(needs[need.node])))
                on_way.add(need.node)


def _counts(node: Node, need: Need) -> bool:
    return not (need.is_earlier and need.node.component == node.component)


def in_order(program: Program) -> list[Component]:
    """Return the components so that each comes after those whose pay it needs."""
    amounts = {component.id: needed(program, [component.id]) for component in program.components}
    return sorted(program.components, key=lambda component: len(amounts[component.id]))


def needed(program: Program, components: Collection[str]) -> set[str]:
    """Return `components` and all whose pay they need, directly or not."""
    needs = graph(program)
    found: set[str] = set()
    seen: set[Node] = set()
    left = [Node(component, AMOUNT) for component in components]
    while left:
        node = left.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.figure == AMOUNT:
            found.add(node.component)
        left.extend(need.node for need in needs[node])
    return found
