"""Commands on a database that does not let them in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def run_away(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose database nobody answers for."""
    away = {
        "DATABASE_URL": "postgresql://laurel:secret@127.0.0.1:1/laurel",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LAUREL_HOME": str(tmp_path),
        "LAUREL_MODE": "demo",
    }

    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        check=False,
        cwd=ROOT,
        env=os.environ | away,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", [("prove",), ("keys", "rotate")])
def test_a_database_that_is_away_is_one_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    ended = run_away(tmp_path, *command)

    assert ended.returncode == 1
    assert "The database of DATABASE_URL did not let us in" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


@pytest.mark.parametrize("command", [("import", "a.csv", "--source", "till"), ("prove",)])
def test_a_command_that_answers_in_json_says_so_in_json(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "a.csv").write_text("Contract,Day\n")
    at_home = [str(tmp_path / part) if part.endswith(".csv") else part for part in command]

    ended = run_away(tmp_path, *at_home, "--json")

    problem = json.loads(ended.stdout)["problem"]
    assert (ended.returncode, problem["code"]) == (1, "unavailable")
    assert "did not let us in" in problem["detail"]
