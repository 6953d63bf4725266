from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Work
from tests.payouts.desk import Desk, open_desk


@pytest.fixture
def desk(work: Work, run_jobs: Callable[[], None]) -> Iterator[Desk]:
    """A finance desk; whatever a test did there, the rules of batches hold at its end."""
    made = open_desk(work, run_jobs)
    yield made
    assert made.wrong() == []
