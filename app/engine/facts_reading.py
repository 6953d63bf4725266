"""Reading facts for a program: every problem at once, each with its place as a JSON pointer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from app.engine import currencies
from app.engine.document import Program
from app.engine.facts import Facts
from app.engine.memory import rate_on
from app.engine.reading import MAX_PROBLEMS, problem_of, refuse_monsters
from app.kernel.clock import day_in_zone
from app.kernel.errors import Invalid, Problem


class InvalidFacts(Invalid):
    """The facts cannot be used; `problems` says where and why."""

    code = "invalid_facts"
    title = "The facts cannot be used"


def read(raw: Any, program: Program | None = None) -> Facts:
    """Return the facts that the JSON value `raw` states, or raise InvalidFacts.

    With a program, what it needs is looked for too: a rate for each amount that it converts, quota
    periods that do not overlap, and only names of components and figures that it has.
    """
    refuse_monsters(raw, nodes=5_000_000)
    try:
        facts = Facts.model_validate(raw)
    except ValidationError as error:
        found = [problem_of(each) for each in error.errors(include_url=False)]
        raise _invalid(found) from None
    problems = list(_contradictions(facts))
    if program is not None:
        problems += [*_names(program, facts), *_quotas(program, facts), *_rates(program, facts)]
    if problems:
        raise _invalid(problems)
    return facts


def _invalid(problems: list[Problem]) -> InvalidFacts:
    return InvalidFacts("The facts cannot be used.", problems=problems[:MAX_PROBLEMS])


def _contradictions(facts: Facts) -> Iterator[Problem]:
    for name in ("positions", "enrolments", "quotas", "rates", "mandates"):
        for index, dated in enumerate(getattr(facts, name) or ()):
            if dated.to is not None and dated.to < dated.from_:
                detail = "The last day lies before the first."
                yield Problem(f"/{name}/{index}/to", "order", detail)
    yield from _people(facts)
    seen: set[str] = set()
    for index, activity in enumerate(facts.activities):
        if activity.id in seen:
            detail = "Another activity has the same id."
            yield Problem(f"/activities/{index}/id", "duplicate", detail)
        seen.add(activity.id)
        shares = [each.share for each in activity.shares if each.share is not None]
        if shares and sum(shares) != 1:
            detail = "The shares of an activity add up to 1."
            yield Problem(f"/activities/{index}/shares", "sum", detail)


def _people(facts: Facts) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, person in enumerate(facts.people):
        if person.person in seen:
            yield Problem(f"/people/{index}/person", "duplicate", "This person is named twice.")
        seen.add(person.person)
        left, joined = person.left_on, person.joined_on
        if left is not None and joined is not None and left < joined:
            yield Problem(f"/people/{index}/left_on", "order", "They left before they joined.")


def _quotas(program: Program, facts: Facts) -> Iterator[Problem]:
    """Yield quotas that begin within another of the person, where a sale would be paid in both."""
    for component in program.components:
        if component.period.kind == "quota":
            stated = [
                (quota.person, quota.from_, index)
                for index, quota in enumerate(facts.quotas)
                if quota.component in (None, component.id) and quota.figure in (None, "measure")
            ]
            for (person, _, earlier), (other, from_, index) in pairwise(sorted(stated)):
                span = facts.quotas[earlier].span
                if person == other and from_ in span and span != facts.quotas[index].span:
                    detail = f'"{component.id}" pays by quota periods, and these two overlap.'
                    yield Problem(f"/quotas/{index}/from", "order", detail)


def _rates(program: Program, facts: Facts) -> Iterator[Problem]:
    """Yield amounts of another currency that some figure converts and for whose day no rate is known."""
    if not currencies.figures_of_amounts(program, convert=True):
        return
    for index, activity in enumerate(facts.activities):
        if activity.currency in (None, program.currency):
            continue
        day = day_in_zone(activity.occurred_at, program.zone)
        if rate_on(facts.rates, activity.currency, day) is None:
            detail = f"No rate says what {activity.currency} is in {program.currency} on {day}."
            yield Problem(f"/activities/{index}/currency", "no_rate", detail)


def _names(program: Program, facts: Facts) -> Iterator[Problem]:
    """Yield quotas and mandates of components and figures that the program does not have."""
    figures = {component.id: set(component.all_figures) for component in program.components}
    known = set().union(*figures.values())
    for name in ("quotas", "mandates"):
        for index, stated in enumerate(getattr(facts, name)):
            if stated.component is not None and stated.component not in figures:
                detail = f'There is no component "{stated.component}".'
                yield Problem(f"/{name}/{index}/component", "unknown_component", detail)
                continue
            figure = getattr(stated, "figure", None)
            if figure is not None and figure not in figures.get(stated.component, known):
                detail = f'There is no figure "{figure}".'
                yield Problem(f"/{name}/{index}/figure", "unknown_figure", detail)
