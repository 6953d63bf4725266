from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from app.providers import wire
from tests.conftest import Work
from tests.failures.stage import Stage, build
from tests.sandboxes import base
from tests.sandboxes import plum as vendor


@pytest.fixture
def there() -> Iterator[base.Remote]:
    """The vendor on this machine."""
    wire.connect(allows_loopback=True)
    with base.running(vendor.make_sandbox()) as url:
        yield base.Remote(url)


@pytest.fixture
def stage(work: Work, engine: Engine, there: base.Remote) -> Stage:
    """A company with one person who can pay two cards."""
    return build(work, engine, there)


@pytest.fixture
def crowd(work: Work, engine: Engine, there: base.Remote) -> Callable[..., Stage]:
    """Build a company with many people."""

    def make(people: int, orders: int = 2) -> Stage:
        return build(work, engine, there, people=people, orders=orders)

    return make
