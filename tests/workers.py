"""How the tests are shared out among workers: a module to one of them, what takes longest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = ("tests/browser",)
"""One live site serves all of these."""

LONGEST: Final = (
    "tests/browser",
    "tests/contract/test_openapi.py",
    "tests/failures/test_crash_points.py",
    "tests/rights/test_edges.py",
    "tests/programs/test_any_program.py",
    "tests/programs/test_one_definition.py",
    "tests/failures/test_infrastructure.py",
    "tests/failures/test_provider_behaviour.py",
    "tests/failures/test_storm.py",
    "tests/failures/test_over_time.py",
    "tests/runtime/test_run.py",
    "tests/live/test_site.py",
    "tests/bulk/test_equality.py",
    "tests/ledger/test_properties.py",
    "tests/activities/test_shared_files.py",
)
"""Begun first, so that no worker is left with them when the others are done."""


class ByModule(LoadScopeScheduling):  # type: ignore[misc]  # xdist comes without types
    """Keeps a module on one worker, in its order: its tests may share what is costly to set up.

    Marks of xdist's own loadgroup travel in the ids of tests, which pytest 9.2 does not let it change.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Return what one worker runs as a whole: the module of a test, or a folder of modules."""
    path = PurePosixPath(nodeid.partition("::")[0])
    return next((each for each in TOGETHER if path.is_relative_to(each)), str(path))


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests as workers take them: the longest first, then the modules of the most tests."""
    sizes = Counter(scope_of(item.nodeid) for item in items)

    def place(item: pytest.Item) -> tuple[int, int]:
        scope = scope_of(item.nodeid)
        return LONGEST.index(scope) if scope in LONGEST else len(LONGEST), -sizes[scope]

    return sorted(items, key=place)
