"""What the tests of this room share."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from app.activities import importing, queries
from app.activities.mapping import read_mapping
from tests.conftest import SHARED_DATA, Work

RunImport = Callable[..., dict[str, Any]]


@pytest.fixture
def run_import(work: Work) -> RunImport:
    """Read a file to its end and return its counts, id and problem."""

    def run(
        content: bytes | str,
        mapping: dict[str, Any] | None,
        *,
        source: str = "till",
        name: str = "a.csv",
    ) -> dict[str, Any]:
        raw = content.encode() if isinstance(content, str) else content
        with work() as db:
            given = read_mapping(mapping) if mapping is not None else None
            entry = importing.take_file(
                db, source=source, file_name=name, content=raw, mapping=given
            )
        importing.run(work, entry.id)
        with work() as db:
            done = queries.get_import(db, entry.id)
            return {
                **importing.counts_of(done),
                "id": done.id,
                "problem": done.problem,
                "state": done.state,
            }

    return run


def shared(*parts: str) -> bytes:
    """Return a file of the shared data, unpacked."""
    return gzip.decompress(SHARED_DATA.joinpath(*parts).read_bytes())


def truth(folder: str) -> dict[str, Any]:
    """Return what is known to be true of a folder of the shared data."""
    found: dict[str, Any] = json.loads((SHARED_DATA / folder / "ground_truth.json").read_text())
    return found
