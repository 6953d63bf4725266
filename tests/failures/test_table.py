"""docs/reliability.md says of each of the 80 failures by which test it is shown, and the tests are there."""

from __future__ import annotations

import re

from tests.conftest import ROOT

TABLE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+) \| [^|]+ \| (.+) \|$", re.MULTILINE)
SHOWN = re.compile(r"`(test_\w+)` \((tests/[\w/]+\.py)\)")
BESIDE = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")


def test_every_failure_has_its_row_once() -> None:
    assert [int(number) for number, _ in ROW.findall(TABLE)] == list(range(1, 81))


def test_a_row_without_a_test_says_why() -> None:
    silent = [
        n for n, proof in ROW.findall(TABLE) if not SHOWN.match(proof) and proof[0] not in "-~"
    ]

    assert silent == []


def test_every_test_of_the_table_is_there() -> None:
    named = [(path, name) for name, path in SHOWN.findall(TABLE)] + BESIDE.findall(TABLE)

    missing = [
        (path, name)
        for path, name in named
        if f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]

    assert named
    assert missing == []
