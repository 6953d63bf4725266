"""Chromium for the browser journeys."""

import os
import shutil
from pathlib import Path

from steps import Stop, quiet

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def prepare() -> str:
    """Return the path of Chromium, installed from Debian's packages when we may."""
    if found := os.environ.get("CHROMIUM") or _find():
        return found
    if _is_debian() and os.geteuid() == 0:
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        quiet("Package lists", ["apt-get", "update"], env=env)
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        quiet("Chromium", install, env=env)
    if found := _find():
        return found
    raise Stop(
        "The browser journeys need Chromium or Chrome: install it "
        "('sudo apt install chromium' on Debian) or set CHROMIUM to its path."
    )


def _find() -> str | None:
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    return str(_MAC) if _MAC.exists() else None


def _is_debian() -> bool:
    try:
        return "ID=debian" in Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False
