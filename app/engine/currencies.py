"""Amounts in another currency that no figure converts: they do not count, and it is said which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.engine.conditions import holds
from app.engine.document import Component, Program
from app.engine.facts import Activity
from app.engine.measures import AverageMeasure, HighestMeasure, LowestMeasure, SumMeasure
from app.kernel.errors import Problem

_OF_NUMBERS = (SumMeasure, AverageMeasure, HighestMeasure, LowestMeasure)


def figures_of_amounts(program: Program, *, convert: bool) -> list[tuple[Component, str]]:
    """Return the figures that read amounts: those that convert other currencies, or the others."""
    return [
        (component, name)
        for component in program.components
        for name, figure in component.all_figures.items()
        if isinstance(figure, _OF_NUMBERS)
        and figure.of == "amount"
        and bool(figure.convert) is convert
    ]


def is_foreign(program: Program, activity: Activity) -> bool:
    """Tell whether the amount of an activity is in another currency than the program's."""
    return activity.amount is not None and activity.currency not in (None, program.currency)


def left_out(program: Program, activities: Iterable[Activity]) -> Iterator[Problem]:
    """Yield each amount that a component would count were it in the program's currency."""
    figures = figures_of_amounts(program, convert=False)
    for index, activity in enumerate(activities):
        if is_foreign(program, activity):
            for component in _counting(figures, activity):
                detail = (
                    f'The amount is in {activity.currency}: "{component}" counts '
                    f'{program.currency} alone. Let it convert with "convert": true and a rate.'
                )
                yield Problem(f"/activities/{index}/currency", "other_currency", detail)


def _counting(figures: Iterable[tuple[Component, str]], activity: Activity) -> Iterable[str]:
    """Return the components of which a figure counts an activity, each once."""
    return dict.fromkeys(
        component.id
        for component, name in figures
        if all(holds(counts, activity.read) for counts in component.counts_of(name))
    )
