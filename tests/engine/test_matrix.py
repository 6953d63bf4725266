"""The matrix of crediting, measure, payout and limit: every two values of different axes meet.

The cases stand in `matrix.txt`, each with its arithmetic by hand; the world they happen in and the
values of the axes stand in `matrix.py`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import pytest

from app.engine import reading
from app.engine.codes import STEPS
from app.engine.evaluate import Earning, attribute, evaluate
from app.engine.reading import InvalidProgram
from app.engine.steps import Step
from tests.engine import matrix
from tests.engine.matrix import Case
from tests.engine.strategies import codes_in

CASES = matrix.cases()
AXES = {
    "credit": list(matrix.CREDITS),
    "measure": list(matrix.MEASURES),
    "payout": list(matrix.PAYOUTS),
    "limit": list(matrix.LIMITS),
}
CAPS = {"cap_period": 60, "cap_year": 110, "cap_person": 100, "cap_program": 90, "budget_stop": 120}

every_limit = pytest.mark.parametrize("limit", AXES["limit"])


def under(limit: str) -> list[Case]:
    return [case for case in CASES if case.limit == limit]


def reckon(expression: str) -> Fraction:
    """Compute what stands in a case, exactly; the parts before a colon are words."""
    sums = re.sub(r"\d+(\.\d+)?", r'Fraction("\g<0>")', expression.rpartition(":")[2])
    names = {"Fraction": Fraction, "min": min, "max": max, "floor": math.floor, "round": to_nearest}
    return Fraction(eval(sums, {"__builtins__": {}}, names))


def to_nearest(value: Fraction, unit: Fraction) -> Fraction:
    return round(value / unit) * unit


@every_limit
def test_a_case_pays_what_was_reckoned_by_hand(limit: str) -> None:
    paid = {case: matrix.paid(case, matrix.earning(case)) for case in under(limit)}

    assert {case: found for case, found in paid.items() if found != Fraction(case.pays)} == {}


@every_limit
def test_the_arithmetic_of_a_case_is_right_and_ends_in_what_it_pays(limit: str) -> None:
    assert [case for case in under(limit) if not adds_up(case)] == []


def adds_up(case: Case) -> bool:
    lines = [line.split(" = ") for line in case.arithmetic.split("; ")]
    right = all(reckon(line[0]) == reckon(line[-1]) for line in lines)
    return right and reckon(lines[-1][-1]) == Fraction(case.pays)


def test_every_two_values_of_different_axes_meet_in_a_case() -> None:
    wanted = {
        (one, first, other, second)
        for one, other in combinations(AXES, 2)
        for first in AXES[one]
        for second in AXES[other]
    }
    met = {
        (one, getattr(case, one), other, getattr(case, other))
        for case in CASES
        for one, other in combinations(AXES, 2)
    }

    assert {pair for pair in wanted - met if not refused(*pair)} == set()


def refused(one: str, first: str, other: str, second: str) -> bool:
    """Whether the language does not know a measure and a payout together."""
    if (one, other) != ("measure", "payout"):
        return False
    try:
        reading.read(matrix.document(Case("direct", first, second, "none", "", "")))
    except InvalidProgram as refusal:
        return {problem.code for problem in refusal.problems} == {"mismatch"}
    return False


@every_limit
def test_the_steps_of_a_case_are_listed_with_their_parameters(limit: str) -> None:
    assert [case for case in under(limit) if not all(map(is_listed, steps_of(case)))] == []


def steps_of(case: Case) -> list[Step]:
    return [step for found in matrix.earnings(case) for step in codes_in(found.outcome.explanation)]


def is_listed(step: Step) -> bool:
    return set(STEPS[step.code].params) <= set(step.params)


@every_limit
def test_a_program_that_was_written_down_reads_as_the_same(limit: str) -> None:
    programs = [matrix.program(case) for case in under(limit)]

    again = [reading.read(json.loads(reading.canonical(each))) for each in programs]

    assert again == programs


@every_limit
def test_the_order_in_which_activities_arrive_does_not_matter(limit: str) -> None:
    assert [case for case in under(limit) if backwards(case) != matrix.earnings(case)] == []


def backwards(case: Case) -> list[Earning]:
    facts = matrix.stated(case)
    turned = facts.model_copy(update={"activities": facts.activities[::-1]})
    return evaluate(matrix.program(case), turned)


@every_limit
def test_portions_sum_to_the_amount_and_each_activity_brings_its_part_once(limit: str) -> None:
    assert [case for case in under(limit) if not all(is_whole(case))] == []


def is_whole(case: Case) -> Iterator[bool]:
    for each in matrix.earnings(case):
        yield matrix.portioned(each) == each.outcome.amount_minor
        activities = [line.credit.activity for line in attribute(matrix.program(case), each)]
        yield len(set(activities)) == len(activities)


@pytest.mark.parametrize("limit", CAPS)
def test_a_cap_holds_after_every_activity(limit: str) -> None:
    assert [case for case in under(limit) if max(paid_so_far(case)) > CAPS[limit]] == []


def paid_so_far(case: Case) -> Iterator[Fraction]:
    whole = matrix.stated(case)
    for upto in range(len(whole.activities) + 1):
        so_far = whole.model_copy(update={"activities": whole.activities[:upto]})
        yield matrix.most_paid(case, evaluate(matrix.program(case), so_far))
