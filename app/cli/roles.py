"""The background roles of an installation, and what other builds read from it."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from threading import Event, Thread
from types import FrameType

import click
import flask
from flask import Blueprint
from procrastinate import PsycopgConnector

from app.activities.desk import Desk
from app.http.context import edge
from app.http.openapi import document
from app.jobs import lanes
from app.jobs import schedule as clockwork
from app.jobs.queue import queue
from app.kernel import memory
from app.live.bus import bus
from app.live.coalescer import Coalescer
from app.live.typescript import typescript

blueprint = Blueprint("roles", __name__, cli_group=None)

CONNECTIONS = 10
"""Of a worker to its queue: one that listens for each lane, the others take jobs and put them away."""


@blueprint.cli.command("worker")
@click.option("--concurrency", default=4, show_default=True, help="Quick jobs that run at once.")
@click.option("--waiting", default=16, show_default=True, help="Calls to providers at once.")
@click.option("--queues", default="", help="Names, comma-separated; none means all.")
def worker(concurrency: int, waiting: int, queues: str) -> None:
    """Run background jobs until stopped; what runs is finished first."""
    connector = PsycopgConnector(conninfo=edge().settings.database_url, max_size=CONNECTIONS)
    only = [name for name in queues.split(",") if name]
    memory.settle()
    with queue.replace_connector(connector) as runner:
        lanes.run(
            runner,
            lanes.lanes(quick=concurrency, waiting=waiting, only=only),
            fetch_job_polling_interval=1.0,
            delete_jobs="successful",
            shutdown_graceful_timeout=20,
        )


@blueprint.cli.command("clock")
def clock() -> None:
    """Enqueue what is due and move the boards; any number may run, one leads."""
    # The composition root knows both; a command is loaded by it, so it is asked at run time.
    plan = flask.current_app.extensions["laurel.schedule"]
    flush = flask.current_app.extensions["laurel.boards"]
    ended = _asked_to_end()
    memory.settle()
    boards = Thread(target=Coalescer(bus().valkey, flush).run, args=[ended.is_set])
    boards.start()
    try:
        clockwork.run(edge().engine, plan, stopped=ended.is_set)
    finally:
        ended.set()
        boards.join()


@blueprint.cli.command("intake")
def intake() -> None:
    """Write the small posts of all web processes of this machine together, until stopped."""
    at = edge()
    path = at.settings.intake_socket
    if path is None:
        raise click.ClickException("The path of LAUREL_HOME is too long for a socket in it.")
    ended = _asked_to_end()
    desk = Desk(path, at.engine, at.reactions)
    memory.settle()
    desk.open()
    while not ended.wait(1.0):
        pass
    desk.close()


def _asked_to_end() -> Event:
    """Return what is set once this process is asked to end."""
    ended = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return ended


@blueprint.cli.command("contracts")
@click.option("--check", is_flag=True, help="Only say whether the committed files are current.")
def contracts(*, check: bool) -> None:
    """Write what the front end builds on: frontend/openapi.json and the types of the pushes."""
    root = Path(flask.current_app.root_path).parent / "frontend"
    wanted = {
        root / "openapi.json": json.dumps(document(flask.current_app), indent=1, sort_keys=True)
        + "\n",
        root / "src" / "lib" / "live" / "events.gen.ts": typescript(),
    }
    stale = [
        path
        for path, content in wanted.items()
        if not path.exists() or path.read_text("utf-8") != content
    ]
    if check and stale:
        raise click.ClickException(
            "Run `flask contracts`: " + ", ".join(path.name for path in stale) + " is out of date."
        )
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8")
        click.echo(f"wrote {path.relative_to(root.parent)}")
