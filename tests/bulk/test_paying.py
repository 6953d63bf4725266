"""Many totals at once pay what each pays alone."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from app.bulk import paying
from app.engine import payout
from app.engine.document import Component
from app.engine.payout import Terms
from app.kernel.money import Rounding
from tests.engine import strategies
from tests.engine.documents import component, rate

ROUNDINGS = st.sampled_from(list(Rounding))
PARTS = st.sampled_from([1, 10**6, 10**12])


def column(totals: list[int]) -> pa.Array:
    return pa.array([Decimal(total) for total in totals], pa.decimal128(38, 0))


def alone(rule: Component, totals: list[int], parts: int, terms: Terms) -> list[int]:
    return [payout.amount(rule, Fraction(total, parts), None, terms) for total in totals]


@given(
    rule=strategies.components(),
    totals=st.lists(st.integers(-(10**10), 10**10), max_size=8),
    zeros=st.sampled_from([1, 10**4, 10**6]),
    parts=PARTS,
    mode=ROUNDINGS,
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_a_column_pays_what_each_total_pays(  # noqa: PLR0917 - hypothesis hands them over by name
    rule: Component, totals: list[int], zeros: int, parts: int, mode: Rounding, currency: str
) -> None:
    terms, given = Terms(currency, mode), [total * zeros for total in totals]
    expected = alone(rule, given, parts, terms)
    assume(all(abs(minor) < 2**63 for minor in expected))

    assert paying.amounts(rule, column(given), parts, terms).to_pylist() == expected


@given(rule=strategies.components(), nth=st.integers(-3, 3), parts=PARTS)
def test_a_total_at_an_edge_pays_what_it_pays_alone(rule: Component, nth: int, parts: int) -> None:
    terms, edges = Terms("EUR", Rounding.HALF_EVEN), _places(rule)
    given = [int(edge * parts) + nth for edge in edges]

    assert paying.amounts(rule, column(given), parts, terms).to_pylist() == alone(
        rule, given, parts, terms
    )


def _places(rule: Component) -> list[Fraction]:
    payout_rule = rule.payout.model_dump()
    steps = payout_rule.get("milestones") or (payout_rule.get("tiers") or {}).get("steps") or []
    return [Fraction(step.get("at") or step["from_"]) for step in steps]


def test_numbers_beyond_64_bits_are_paid_one_by_one() -> None:
    rule, terms = component(rate("0.0333", ("1000", "0.07"))), Terms("EUR", Rounding.HALF_EVEN)
    totals = [10**30 + 1, 7, 10**30 + 1]

    assert paying.amounts(rule, column(totals), 10**12, terms).to_pylist() == alone(
        rule, totals, 10**12, terms
    )


def test_no_totals_pay_nothing() -> None:
    terms = Terms("EUR", Rounding.HALF_EVEN)

    assert paying.amounts(component(rate("0.05")), column([]), 10**6, terms).to_pylist() == []
