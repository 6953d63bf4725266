from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Work
from tests.destinations.builders import Bank, Purse, connected, open_purse


@pytest.fixture
def purse(work: Work) -> Purse:
    """A person who may add bank accounts."""
    return open_purse(work)


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank that answers what it is told to."""
    with connected(Bank()) as opened:
        yield opened
