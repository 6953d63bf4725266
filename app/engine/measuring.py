"""How a measure came about, where it is more than what counted in the period."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine import reckoning
from app.engine.measures import FormulaMeasure, GrowthMeasure, MixMeasure, RatioMeasure, Tallied
from app.engine.standing import Standing
from app.engine.steps import Rule, Step, day, text


def measure_steps(standing: Standing) -> Iterator[Step]:
    """Yield how the measure came about, where it is more than what counted in the period."""
    figure, rule = standing.component.measure, Rule(standing.component.id)
    if isinstance(figure, Tallied):
        window, _ = standing.window(figure)
        if window.last is not None and window.first < standing.span.first:
            days = {"first": day(window.first), "last": day(window.last)}
            yield Step("window", days, None, rule)
        return
    if isinstance(figure, FormulaMeasure):
        _, parts = reckoning.explained(figure.value, standing)
    else:
        parts = tuple(_figure_step(standing, name) for name in parts_of(figure))
    yield _figure_step(standing, "measure", parts)


def parts_of(figure: MixMeasure | RatioMeasure | GrowthMeasure) -> tuple[str, ...]:
    """Return the names of the figures that `figure` is made of."""
    if isinstance(figure, MixMeasure):
        return tuple(part.figure for part in figure.parts)
    return (figure.of, figure.to) if isinstance(figure, RatioMeasure) else (figure.of,)


def _figure_step(standing: Standing, name: str, parts: tuple[Step, ...] = ()) -> Step:
    shown = reckoning.shown(standing, name, standing.figure(name))
    return Step("figure", {"figure": text(name)}, shown, Rule(standing.component.id), parts)
