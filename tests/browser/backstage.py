"""Behind the scenes of a live site: how a journey has something done there, and how that is done.

A stage is a module that runs as a process in the environment of the site, and prints what the journey
has to know as its last line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy.orm import Session

from app import create_app
from app.cli.demo.seed import TENANT_ID
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.context import Edge
from app.kernel import clock
from app.settings import read_settings
from tests.browser.conftest import LiveSite
from tests.conftest import ROOT


def stage(site: LiveSite, name: str, *arguments: str, **environment: str) -> dict[str, str]:
    """Run the stage `name` behind a live site; return what it tells."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.browser.{name}", *arguments],
        cwd=ROOT,
        env=os.environ | site.environment | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return told


def tell(told: dict[str, str]) -> None:
    """Tell the journey what it has to know; the last thing that a stage does."""
    print(json.dumps(told))  # noqa: T201 - the one thing the journey reads
    _edge().engine.dispose()


@contextmanager
def work() -> Iterator[Session]:
    """Open a transaction of the demo's tenant, in the process of a stage."""
    edge = _edge()
    with unit_of_work(
        edge.engine,
        tenant_id=TENANT_ID,
        actor=SYSTEM,
        now=clock.utc_now(),
        reactions=edge.reactions,
    ) as db:
        yield db


@cache
def _edge() -> Edge:
    edge: Edge = create_app(read_settings(dict(os.environ))).extensions["laurel"]
    return edge
