"""What a phone has to load before it shows anything, and what Lighthouse says of Today.

Lighthouse (mobile, its own throttling) opens Today signed in as one of the demo's reps: once unmeasured,
so that neither seeding nor a cold server is judged, then five times; the median of each category is shown.
It multiplies the time our code takes, so a busy machine counts against it: the last row tells how fast
the machine was meanwhile (Lighthouse's own figure). It is installed from bench/lighthouse by `make bench`.

    python -m bench.first_load
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench.running import Running, running
from bench.table import show

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "frontend" / "dist"
LIGHTHOUSE = ROOT / "bench" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
MACHINE = "machine"
ROUNDS = 5
CHROMIUM_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run"
)


def main() -> None:
    rows = [
        ("initial JS, gzip", f"{initial_js() / 1000:.1f} KB", "25 KB"),
        ("all code until Today, Brotli", f"{until_today() / 1000:.1f} KB", "-"),
    ]
    with running(workers=1) as site:
        judge(site)
        rounds = [judge(site) for _ in range(ROUNDS)]
    for category in CATEGORIES:
        score = statistics.median(each[category] for each in rounds)
        rows.append((f"Lighthouse mobile, Today: {category}", f"{score:.0f}", "95"))
    speed = statistics.median(each[MACHINE] for each in rounds)
    rows.append(("Lighthouse's speed of this machine", f"{speed:.0f}", "above 1500"))
    show("First load", rows)


def initial_js() -> int:
    """Return the bytes of every script that the page asks for by itself, compressed one by one."""
    page = (DIST / "index.html").read_text("utf-8")
    scripts = set(re.findall(r'(?:src|href)="/([^"]+\.js)"', page))
    return sum(len(gzip.compress((DIST / script).read_bytes(), 9)) for script in scripts)


def until_today() -> int:
    """Return the bytes of all code that Today waits for, as sent: the page, its scripts, styles and texts."""
    page = (DIST / "index.html").read_text("utf-8")
    asked = set(re.findall(r"/(assets/[\w.-]+\.(?:js|css))", page.split("<style>")[0]))
    texts = set(re.findall(r"en:`/(assets/[\w.-]+\.js)`", page))
    others = set(re.findall(r"(?:fr|id|it):`/(assets/[\w.-]+\.js)`", page))
    files = {"index.html", *(asked - others), *texts}
    return sum((DIST / f"{name}.br").stat().st_size for name in files)


def judge(site: Running) -> dict[str, float]:
    """Return what Lighthouse gives Today in each category, of 100, and the speed of the machine."""
    ((cookie, _),) = site.phones(1)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                os.environ.get("NODE") or shutil.which("node") or "node",
                LIGHTHOUSE,
                f"{site.url}/",
                "--quiet",
                "--output=json",
                f"--output-path={report}",
                f"--only-categories={','.join(CATEGORIES)}",
                f"--extra-headers={json.dumps({'Cookie': f'sid={cookie}'})}",
                f"--chrome-flags={CHROMIUM_FLAGS}",
            ],
            env=os.environ | {"CHROME_PATH": chromium()},
            check=True,
            timeout=300,
        )
        found = json.loads(report.read_text())
    scores = {name: found["categories"][name]["score"] * 100 for name in CATEGORIES}
    return scores | {MACHINE: found["environment"]["benchmarkIndex"]}


def chromium() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise SystemExit("Chromium is needed: set CHROMIUM to its path.")
    return path


if __name__ == "__main__":
    main()
