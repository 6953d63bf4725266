import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.runtime import home
from app.runtime.errors import CannotStart
from app.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]

OCCUPY_AND_DIE = """
import os, sys
from pathlib import Path
from app.runtime import home
from app.settings import read_settings
with home.occupied(Path(sys.argv[1])):
    os._exit(9)
"""


def test_a_second_laurel_on_the_same_home_is_refused_with_the_process_of_the_first(
    tmp_path: Path,
) -> None:
    with (
        home.occupied(tmp_path),
        pytest.raises(CannotStart, match=f"as process {os.getpid()};"),
        home.occupied(tmp_path),
    ):
        pass


def test_a_killed_laurel_keeps_nobody_out(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", OCCUPY_AND_DIE, str(tmp_path)], cwd=ROOT, check=False)

    with home.occupied(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_home_that_cannot_be_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(CannotStart, match="cannot be used for data"),
        home.occupied(tmp_path / "file"),
    ):
        pass


def test_a_long_log_is_put_aside(tmp_path: Path) -> None:
    log = home.log_file(tmp_path, "web")
    with log.open("wb") as file:
        file.truncate(11 * 1024 * 1024)

    again = home.log_file(tmp_path, "web")

    assert not again.exists()
    assert log.with_suffix(".log.1").exists()


def test_a_command_finds_the_servers_of_the_home_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_environment(
        tmp_path, {"DATABASE_URL": "postgresql:///kept", "REDIS_URL": "redis://kept"}
    )
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("LAUREL_HOME", str(tmp_path))

    assert read_settings().database_url == "postgresql:///kept"
    assert (tmp_path / "environment").stat().st_mode & 0o077 == 0
