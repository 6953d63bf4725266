"""Commands as named steps: what runs now, how long it took, what went wrong."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_WIDTH = 34


class Stop(Exception):
    """Why we cannot go on, as one sentence for the person at the keyboard."""


@contextmanager
def step(name: str) -> Iterator[Callable[[str], None]]:
    """Show `name` while the block runs and its duration after; the block may report progress."""
    started = time.monotonic()
    live = sys.stdout.isatty()
    print(f"  {name:{_WIDTH}}", end="", flush=True)

    def report(text: str) -> None:
        if live:
            print(f"\r  {name:{_WIDTH}}{text[:40]:40}", end="", flush=True)

    try:
        yield report
    except BaseException:
        report("")
        print("\r" * live + f"  {name:{_WIDTH}}" * live + "failed", flush=True)
        raise
    report("")
    seconds = f"{time.monotonic() - started:6.1f} s"
    print("\r" * live + f"  {name:{_WIDTH}}" * live + seconds, flush=True)


def quiet(
    name: str,
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    progress: Callable[[str], str | None] | None = None,
) -> None:
    """Run a command as one line; show what it said only when it fails."""
    with step(name) as report:
        said = _run(argv, env, cwd, report, progress)
    if said is not None:
        print(said, file=sys.stderr)
        raise Stop(f"{name} failed, see above.")


def _run(
    argv: Sequence[str | Path],
    env: Mapping[str, str] | None,
    cwd: Path,
    report: Callable[[str], None],
    progress: Callable[[str], str | None] | None,
) -> str | None:
    """Return None on success, else everything the command said."""
    lines: list[str] = []
    with subprocess.Popen(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=None if env is None else dict(env),
        cwd=cwd,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if progress and (text := progress(line)):
                report(text)
    return None if process.returncode == 0 else "".join(lines)


def loud(
    name: str,
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> None:
    """Run a command with its output on the screen between its name and its duration."""
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    finished = subprocess.run(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        env=None if env is None else dict(env),
        cwd=cwd,
        check=False,
    )
    seconds = f"{time.monotonic() - started:.1f} s"
    if finished.returncode != 0:
        raise Stop(f"{name} failed after {seconds}.")
    print(f"-- {name}: {seconds}", flush=True)
