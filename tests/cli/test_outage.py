"""Commands on a database that does not let them in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("command", [("prove", "--json"), ("keys", "rotate")])
def test_a_database_that_is_away_is_one_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    away = {
        "DATABASE_URL": "postgresql://laurel:secret@127.0.0.1:1/laurel",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LAUREL_HOME": str(tmp_path),
        "LAUREL_MODE": "demo",
    }

    ended = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        check=False,
        cwd=ROOT,
        env=os.environ | away,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ended.returncode == 1
    assert "The database of DATABASE_URL did not let us in" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr
