from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.kit import Kit, over_http
from tests.conformance.serve import web


@pytest.fixture(scope="package")
def served(
    servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Kit, Path]]:
    """Two web processes with the endpoints of the kit, and the folder they share."""
    home = tmp_path_factory.mktemp("conformance")
    with web(home, servers) as url, over_http(url) as raw:
        yield Kit(raw), home


@pytest.fixture
def kit(served: tuple[Kit, Path]) -> Kit:
    """A driver before empty books."""
    kit, _ = served
    kit.reset()
    return kit
