from __future__ import annotations

import pytest
from flask import Flask

from tests.rights.house import House, build


@pytest.fixture(scope="module")
def house(app: Flask) -> House:
    """Everybody who may ask."""
    return build(app)


@pytest.fixture(scope="module")
def next_door(app: Flask) -> House:
    """The same in another tenant."""
    return build(app)
