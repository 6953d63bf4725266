"""The virtual environment at .venv, with exactly the pinned packages."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from steps import ROOT, Stop, quiet, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN = ROOT / "requirements.txt"
DEV = ROOT / "requirements-dev.txt"


def prepare(*, dev: bool) -> None:
    """Make .venv hold the pinned packages; without changes this asks no network."""
    if not _works():
        _make()
    wanted = [RUN, DEV] if dev else [RUN]
    for pins in wanted:
        stamp = VENV / f".installed-{pins.stem}"
        mark = _mark(pins)
        if not stamp.exists() or stamp.read_text() != mark:
            _install(pins)
            stamp.write_text(mark)


def _works() -> bool:
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return (
            subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def _make() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_package()
    with step("Virtual environment"):
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False
        )
    if made.returncode != 0:
        said = (made.stderr or made.stdout).strip().splitlines() or ["it gave no reason"]
        raise Stop(f"The virtual environment could not be made: {said[-1]}")


def _install_venv_package() -> None:
    """Debian keeps the part of Python that makes environments in a package of its own."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Stop(
            "This Python cannot make virtual environments; "
            f"install that part ('sudo apt install {package}' on Debian or Ubuntu) and try again."
        )
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    quiet("Package lists", ["apt-get", "update"], env=env)
    install = ["apt-get", "install", "-y", "--no-install-recommends", package]
    quiet(f"Package {package}", install, env=env)


def _mark(pins: Path) -> str:
    return f"{sys.platform} {hashlib.sha256(pins.read_bytes()).hexdigest()}"


def _install(pins: Path) -> None:
    total = sum("==" in line for line in pins.read_text().splitlines())
    counted = 0

    def progress(line: str) -> str | None:
        nonlocal counted
        if line.startswith(("Collecting", "Requirement already")):
            counted += 1
            return f"{counted}/{total}"
        return "installing" if line.startswith("Installing") else None

    argv = [PYTHON, "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"]
    argv += ["--no-deps", "--no-input", "--disable-pip-version-check", "-r", pins]
    try:
        quiet(f"Python packages ({pins.stem})", argv, progress=progress)
    except Stop:
        raise Stop(
            "The Python packages could not be installed: see the last lines above. "
            "Laurel needs the network for its first start, on Linux (glibc) or macOS with x86-64 or ARM."
        ) from None
