"""A module is run by one worker, in its order, and the longest is begun first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from tests import workers
from tests.conftest import ROOT


@dataclass(frozen=True)
class Named:
    """What sharing out reads of a test."""

    nodeid: str


def ids_in_order(*ids: str) -> list[str]:
    return [item.nodeid for item in workers.in_order(cast("Any", [Named(each) for each in ids]))]


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/db/test_walls.py::test_a", "tests/db/test_walls.py"),
        ("tests/db/test_walls.py::test_a[tests/browser]", "tests/db/test_walls.py"),
        ("tests/browser/test_rep_journey.py::test_a[dark]", "tests/browser"),
        ("tests/browser/test_store_desk.py::test_b", "tests/browser"),
    ],
)
def test_a_module_is_one_piece_and_all_journeys_are_one(nodeid: str, scope: str) -> None:
    assert workers.scope_of(nodeid) == scope


def test_the_longest_comes_first_then_what_has_most_tests_each_in_its_order() -> None:
    assert ids_in_order(
        "tests/a.py::one", "tests/b.py::two", "tests/b.py::one", "tests/browser/c.py::one"
    ) == ["tests/browser/c.py::one", "tests/b.py::two", "tests/b.py::one", "tests/a.py::one"]


@pytest.mark.parametrize("place", [*workers.TOGETHER, *workers.LONGEST])
def test_what_is_named_is_there(place: str) -> None:
    assert (ROOT / place).exists()
