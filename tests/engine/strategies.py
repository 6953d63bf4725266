"""What hypothesis draws: components, totals, quotas, credits and conditions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from app.engine.attribution import Credit
from app.engine.codes import STEPS
from app.engine.document import Component
from app.engine.steps import Step
from tests.engine.documents import bonus, component, credit, per_unit, rate

__all__ = ["Component"]

_prices = st.decimals("0", "50", places=3).map(str)
_places = st.lists(st.decimals("0.1", "900", places=2), min_size=1, max_size=4, unique=True).map(
    lambda found: [str(each) for each in sorted(found)]
)


def totals() -> st.SearchStrategy[Fraction]:
    return st.decimals("-500", "2000", places=4).map(Fraction)


def quotas() -> st.SearchStrategy[Fraction | None]:
    return st.none() | st.decimals("1", "500", places=2).map(Fraction)


@st.composite
def components(draw: st.DrawFn) -> Component:
    family = draw(st.sampled_from([rate, per_unit, bonus]))
    places = draw(_places)
    on = draw(st.sampled_from(["measure", "attainment"]))
    if family is bonus:
        marks = [(at, draw(st.decimals("0.01", "90", places=2).map(str))) for at in places]
        return component(bonus(*marks, on=on))
    steps = [(at, draw(st.sampled_from(["", "x"])) + draw(_prices)) for at in places]
    tiers: dict[str, Any] = {
        "on": on,
        "mode": draw(st.sampled_from(["marginal", "retroactive"])),
        "boundary": draw(st.sampled_from(["inclusive", "exclusive"])),
    }
    return component(family(draw(_prices), *steps[: draw(st.integers(0, len(steps)))], **tiers))


@st.composite
def rising_marginal(draw: st.DrawFn) -> Component:
    steps = [(at, draw(_prices)) for at in draw(_places)]
    return component(draw(st.sampled_from([rate, per_unit]))(draw(_prices), *steps))


def credit_lists() -> st.SearchStrategy[list[Credit]]:
    values = st.decimals("-50", "300", places=3).map(str)
    shares = st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.125")])
    return st.lists(st.tuples(values, shares), max_size=12).map(
        lambda drawn: [
            credit(value, nth, level=1, share=Fraction(share))
            for nth, (value, share) in enumerate(drawn)
        ]
    )


def sum_of_parts(step: Step) -> Fraction:
    """Add up the children that are parts of the sum."""
    return sum(
        (
            Fraction(child.result.text)
            for child in step.children
            if STEPS[child.code].adds and child.result is not None
        ),
        Fraction(0),
    )


def codes_in(step: Step) -> list[Step]:
    """Return the step and everything below it."""
    return [step, *(found for child in step.children for found in codes_in(child))]
