import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.runtime import processes

ROOT = Path(__file__).resolve().parents[2]

SPAWN_AND_WAIT = """
import subprocess, sys, time
from app.runtime import processes
child = processes.spawn([sys.executable, "-c", "import time; time.sleep(60)"], output=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(60)
"""


IGNORE_AND_WAIT = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def sleeper() -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    return processes.spawn(argv, output=subprocess.DEVNULL)


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="not run: only Linux tells orphans")
def test_a_child_does_not_outlive_a_killed_parent() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", SPAWN_AND_WAIT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    assert wait_until_gone(child)


def test_a_child_is_out_of_reach_of_the_keyboard() -> None:
    child = sleeper()

    group = os.getpgid(child.pid)
    processes.stop(child, with_signal=signal.SIGTERM, seconds=5)

    assert group == child.pid


def test_a_process_that_ignores_us_is_killed() -> None:
    child = processes.spawn([sys.executable, "-c", IGNORE_AND_WAIT], output=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()

    went = processes.stop(child, with_signal=signal.SIGTERM, seconds=0.2)

    assert not went
    assert child.returncode == -signal.SIGKILL


def test_a_recycled_process_number_is_not_mistaken() -> None:
    child = sleeper()
    identity = processes.Identity.of(child.pid)

    found = identity.find()
    other = replace(identity, born_at=identity.born_at - 5).find()
    processes.stop(child, with_signal=signal.SIGTERM, seconds=5)

    assert found is not None
    assert other is None
    assert identity.find() is None


def test_a_record_holds_what_runs(tmp_path: Path) -> None:
    child, ended = sleeper(), sleeper()
    processes.stop(ended, with_signal=signal.SIGTERM, seconds=5)

    processes.remember(tmp_path / "record.json", [child, ended])
    recalled = processes.recall(tmp_path / "record.json")
    processes.stop(child, with_signal=signal.SIGTERM, seconds=5)

    assert [identity.pid for identity in recalled] == [child.pid]


@pytest.mark.parametrize("text", ["", "[", '[{"pid": 1}]', "7"])
def test_an_unreadable_record_recalls_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)

    assert processes.recall(tmp_path / "record.json") == []
