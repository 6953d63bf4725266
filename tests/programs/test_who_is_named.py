"""A source may write anything where it names people: every way of paying makes the same of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Work
from tests.programs.builders import component, document
from tests.programs.companies import world
from tests.programs.strategies import GROUPS, UNKNOWN, Json
from tests.programs.test_any_program import paid

RATE: Json = {"kind": "rate", "rate": "0.1"}
FAST: Json = {}
SETTLED: Json = {"limits": {"caps": [{"amount": "1000"}]}}
HALF: Json = {
    "to": "split",
    "by": "roles",
    "default": [{"role": "seller", "share": "0.5"}, {"role": "partner", "share": "0.5"}],
}
OVERLAY: Json = {"to": "overlay", "role": "partner"}
SHARED: Json = HALF | {"by": "shares"}
BOTH_WAYS = pytest.mark.parametrize("limits", [FAST, SETTLED], ids=["summed", "settled"])


def sold(**more: Any) -> Json:
    """Return a sale of 100 euros by p1."""
    return {
        "id": "S1",
        "occurred_at": "2026-11-02T09:00:00Z",
        "person": "p1",
        "amount": "100",
        "currency": "EUR",
        "units": "1",
        "attributes": {},
    } | more


def paid_for(work: Work, credit: Json, limits: Json, *sales: Json) -> dict[str, int]:
    stated = document(component(RATE, credit=credit, **limits), groups=GROUPS)
    return paid(work, stated, world(*sales))


@BOTH_WAYS
@pytest.mark.parametrize("name", ["somebody", UNKNOWN, ""])
def test_the_part_of_a_role_that_names_nobody_stays_with_the_seller(
    work: Work, limits: Json, name: str
) -> None:
    assert paid_for(work, HALF, limits, sold(attributes={"partner": name})) == {"p1": 1000}


@BOTH_WAYS
@pytest.mark.parametrize("name", ["somebody", UNKNOWN])
def test_an_overlay_for_a_role_that_names_nobody_is_nobodys(
    work: Work, limits: Json, name: str
) -> None:
    assert paid_for(work, OVERLAY, limits, sold(attributes={"partner": name})) == {}


@BOTH_WAYS
def test_a_role_is_found_among_the_shares_before_the_attributes(work: Work, limits: Json) -> None:
    stated = sold(attributes={"partner": "p2"}, shares=[{"person": "p3", "role": "partner"}])

    assert paid_for(work, HALF, limits, stated) == {"p1": 500, "p3": 500}
    assert paid_for(work, OVERLAY, limits, stated) == {"p3": 1000}


@BOTH_WAYS
@pytest.mark.parametrize(
    "shares",
    [
        [{"person": "p2", "share": "0.5"}, {"person": UNKNOWN, "share": "0.5"}],
        [{"person": "p2", "share": "0.5"}, {"person": "p3", "share": "0.4"}],
        [{"person": "p2", "share": "half"}, {"person": "p3", "share": "1"}],
        [{"person": "p2", "share": "0"}, {"person": "p3", "share": "1"}],
        [{"person": "p2", "share": "0.3333333"}, {"person": "p3", "share": "0.6666667"}],
        [{"share": "1"}],
    ],
    ids=["of nobody", "not 1 in all", "no number", "nothing", "too fine", "nobody named"],
)
def test_shares_that_are_none_leave_the_default(
    work: Work, limits: Json, shares: list[Json]
) -> None:
    found = paid_for(work, SHARED, limits, sold(attributes={"partner": "p4", "shares": shares}))

    assert found == {"p1": 500, "p4": 500}


@BOTH_WAYS
def test_shares_that_are_stated_go_before_the_default(work: Work, limits: Json) -> None:
    shares = [{"person": "p2", "share": "0.3"}, {"person": "p3", "share": "0.7"}]

    assert paid_for(work, SHARED, limits, sold(shares=shares)) == {"p2": 300, "p3": 700}
