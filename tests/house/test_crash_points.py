"""Every place where a test build can be made to die is a place where a test lets it die."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from app.rewards import saga

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("tests/crash", "tests/failures/test_crash_points.py")
THROUGH_ALL = "saga.CRASH_POINTS"
"""What the tests of the saga go through."""


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name:
            yield node


def points() -> list[str]:
    """Return the points of the code, each as often as it stands there."""
    return [
        ast.literal_eval(call.args[0])
        for path in sorted((ROOT / "app").rglob("*.py"))
        for call in calls(path, "crash_point")
    ]


def words_of_tests() -> set[str]:
    files = [file for place in TESTS for file in [ROOT / place, *(ROOT / place).rglob("*.py")]]
    return {
        node.value
        for file in files
        if file.suffix == ".py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_at_every_crash_point_a_test_dies() -> None:
    tried = words_of_tests()
    if THROUGH_ALL in (ROOT / "tests" / "crash" / "test_saga.py").read_text("utf-8"):
        tried |= set(saga.CRASH_POINTS)

    assert set(points()) - tried == set()


def test_a_crash_point_stands_at_one_place() -> None:
    named = points()

    assert sorted(named) == sorted(set(named))


def test_the_points_of_the_saga_are_in_the_code() -> None:
    assert set(saga.CRASH_POINTS) <= set(points())
