from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import bootstrap

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
SOURCES = sorted(APP.rglob("*.py"))

COMMITS = {"app/db/unit_of_work.py"}
CLOCKS = {
    "app/kernel/clock.py",
    "app/kernel/ids.py",  # a UUID of version 7 begins with the time; nothing is decided by it
}
ASKS_THE_TIME = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
SQL_CLOCKS = {"now", "current_date", "current_timestamp", "current_time", "clock_timestamp"}
EDGES = (
    "app/http/",
    "app/jobs/",
    "app/cli/",
    "app/runtime/",
    "app/live/",
    "app/kernel/clock.py",
    "app/contests/watching.py",  # begins the transactions of pushes, which no request causes
)
"""Where a request, a job, a command or a push begins, and may ask what time it is."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (object, attribute, line) of every call of an attribute in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            holder = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            yield holder, node.func.attr, node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_the_unit_of_work_commits(path: Path) -> None:
    found = [line for _, attribute, line in calls(path) if attribute == "commit"]

    assert found == [] or name_of(path) in COMMITS


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_the_kernel_has_a_clock(path: Path) -> None:
    found = [
        (holder, attribute, line)
        for holder, attribute, line in calls(path)
        if (holder, attribute) in ASKS_THE_TIME or (holder == "func" and attribute in SQL_CLOCKS)
    ]

    assert found == [] or name_of(path) in CLOCKS


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_the_edges_ask_what_time_it_is(path: Path) -> None:
    found = [line for _, attribute, line in calls(path) if attribute == "utc_now"]

    assert found == [] or name_of(path).startswith(EDGES)


def test_the_walk_sees_what_it_looks_for() -> None:
    assert "app/db/unit_of_work.py" in {
        name_of(path) for path in SOURCES for _, name, _ in calls(path) if name == "commit"
    }
    assert ("datetime", "now") in {(a, b) for a, b, _ in calls(APP / "kernel" / "clock.py")}


def test_migrations_hear_of_every_table() -> None:
    declared = {
        name_of(path).removesuffix(".py").replace("/", ".")
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == "__tablename__" for t in node.targets)
    }

    assert declared == set(bootstrap.TABLES)
