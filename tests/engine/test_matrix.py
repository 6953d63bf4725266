"""The matrix of crediting, measure, payout and limit: every two values of different axes meet.

The cases stand in `matrix.txt`, each with its arithmetic by hand; the world they happen in and the
values of the axes stand in `matrix.py`.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import combinations

import pytest

from app.engine import reading
from app.engine.codes import STEPS
from app.engine.evaluate import attribute, evaluate
from app.engine.facts import read_facts
from app.engine.reading import InvalidProgram
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

every_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.credit}-{case.measure}-{case.payout}-{case.limit}"
)


def reckon(expression: str) -> Fraction:
    """Compute what stands in a case, exactly; the parts before a colon are words."""
    sums = re.sub(r"\d+(\.\d+)?", r'Fraction("\g<0>")', expression.rpartition(":")[2])
    names = {"Fraction": Fraction, "min": min, "max": max, "floor": math.floor, "round": to_nearest}
    return Fraction(eval(sums, {"__builtins__": {}}, names))


def to_nearest(value: Fraction, unit: Fraction) -> Fraction:
    return round(value / unit) * unit


@every_case
def test_a_case_pays_what_was_reckoned_by_hand(case: Case) -> None:
    assert matrix.paid(case, matrix.earning(case)) == Fraction(case.pays)


@every_case
def test_the_arithmetic_of_a_case_is_right_and_ends_in_what_it_pays(case: Case) -> None:
    lines = [line.split(" = ") for line in case.arithmetic.split("; ")]

    assert all(reckon(line[0]) == reckon(line[-1]) for line in lines)
    assert reckon(lines[-1][-1]) == Fraction(case.pays)


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


@every_case
def test_the_steps_of_a_case_are_listed_with_their_parameters(case: Case) -> None:
    found = matrix.earning(case)

    steps = [] if found is None else codes_in(found.outcome.explanation)
    assert all(set(STEPS[step.code].params) <= set(step.params) for step in steps)


@every_case
def test_the_order_in_which_activities_arrive_does_not_matter(case: Case) -> None:
    rule, facts = matrix.program(case), read_facts(matrix.facts(case))
    backwards = facts.model_copy(update={"activities": facts.activities[::-1]})

    assert evaluate(rule, backwards) == evaluate(rule, facts)


@every_case
def test_portions_sum_to_the_amount_and_each_activity_brings_its_part_once(case: Case) -> None:
    found = evaluate(matrix.program(case), read_facts(matrix.facts(case)))

    assert all(matrix.portioned(each) == each.outcome.amount_minor for each in found)
    brought = [attribute(matrix.program(case), each) for each in found]
    activities = [[line.credit.activity for line in lines] for lines in brought]
    assert all(len(set(each)) == len(each) for each in activities)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.limit in CAPS], ids=lambda case: str(case.arithmetic)
)
def test_a_cap_holds_after_every_activity(case: Case) -> None:
    whole = read_facts(matrix.facts(case))
    prefixes = [
        whole.model_copy(update={"activities": whole.activities[:upto]})
        for upto in range(len(whole.activities) + 1)
    ]

    most = [matrix.most_paid(case, evaluate(matrix.program(case), so_far)) for so_far in prefixes]

    assert max(most) <= CAPS[case.limit]
