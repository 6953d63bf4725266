"""What each `make` goal does. Standard library only: this runs before anything is installed."""

import os
import shutil
import sys
import time

import browser
import environment
from environment import PYTHON
from steps import ROOT, Stop, loud

import frontend

EVERY_BRANCH = ("--cov=app.engine", "--cov-branch", "--cov-report=term", "--cov-fail-under=100")
"""What fails when a branch of the engine is never taken."""


def run() -> None:
    """Start everything; returns only when it cannot."""
    environment.prepare(dev=False)
    frontend.build()
    os.execv(PYTHON, [str(PYTHON), "-m", "app.runtime"])


def dev() -> None:
    """Start everything and restart on changes."""
    environment.prepare(dev=True)
    frontend.build()
    os.execv(PYTHON, [str(PYTHON), "-m", "app.runtime", "--reload"])


def check() -> None:
    """Types, lint and import rules of both halves."""
    environment.prepare(dev=True)
    _check_python()
    frontend.check()


def test() -> None:
    """Everything that must hold, the quick refusals first and pytest last."""
    environment.prepare(dev=True)
    chromium = browser.prepare()
    _check_python()
    frontend.check()
    frontend.test()
    frontend.build()
    frontend.size()
    env = os.environ | {"CHROMIUM": chromium}
    pytest = [PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadfile"]
    loud("engine, every branch", [*pytest, "tests/engine", *EVERY_BRANCH], env=env)
    loud("tests", [*pytest, "--ignore=tests/engine"], env=env)


def bench() -> None:
    """Measure what it costs, side by side with the bare driver, in one run."""
    environment.prepare(dev=True)
    frontend.build()
    chromium = browser.prepare()
    env = os.environ | {"CHROMIUM": chromium, "NODE": frontend.install_lighthouse()}
    loud("bench", [PYTHON, "-m", "bench"], env=env)


def storm() -> None:
    """Kill random processes of ours for two minutes under load, then prove everything."""
    environment.prepare(dev=True)
    env = {"STORM_SECONDS": "120"} | os.environ
    loud("storm", [PYTHON, "-m", "pytest", "-s", "-q", "tests/failures/test_storm.py"], env=env)


def ledger_kit() -> None:
    """Let an outside judge drive the books of a test build, until Ctrl-C."""
    environment.prepare(dev=False)
    os.execv(PYTHON, [str(PYTHON), "-m", "tests.conformance.serve"])


def mutations() -> None:
    """Break the safety of money on purpose, and see a test turn red each time."""
    environment.prepare(dev=True)
    loud("mutations", [PYTHON, "scripts/mutations.py"])


def watch() -> None:
    """Rebuild the front end as it is edited; a part of `make dev`."""
    frontend.watch()


def pins() -> None:
    """Write requirements*.txt from requirements*.in."""
    environment.prepare(dev=True)
    options = [
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-emit-index-url",
    ]
    options += ["--custom-compile-command", "make pins", "--quiet"]
    for pinned in (environment.RUN, environment.DEV, ROOT / "requirements-scale.txt"):
        source, target = pinned.with_suffix(".in").name, pinned.name
        argv = [PYTHON, "-m", "uv", "pip", "compile", *options, source, "-o", target]
        loud(f"pins: {target}", argv)


def clean() -> None:
    """Remove what these commands made, never LAUREL_HOME."""
    made = [".venv", "frontend/node_modules", "frontend/dist"]
    made += [".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis"]
    for name in made:
        shutil.rmtree(ROOT / name, ignore_errors=True)


def _check_python() -> None:
    loud("lint", [PYTHON, "-m", "ruff", "check", "."])
    loud("format", [PYTHON, "-m", "ruff", "format", "--check", "."])
    loud("types", [PYTHON, "-m", "mypy"])
    loud("import rules", [environment.VENV / "bin" / "lint-imports"])
    nowhere = {"DATABASE_URL": "postgresql://nobody@/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    contracts = [PYTHON, "-m", "flask", "--app", "wsgi", "contracts", "--check"]
    loud("contracts", contracts, env=os.environ | nowhere)


GOALS = {"run": run, "dev": dev, "test": test, "check": check}
GOALS |= {
    "storm": storm,
    "bench": bench,
    "ledger-kit": ledger_kit,
    "mutations": mutations,
    "pins": pins,
    "clean": clean,
    "watch": watch,
}


def main() -> int:
    """Run the goal of the command line and return its exit code."""
    os.chdir(ROOT)
    started = time.monotonic()
    goal = sys.argv[1]
    try:
        GOALS[goal]()
    except Stop as stop:
        print(f"\nmake {goal}: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\nmake {goal}: done in {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
