"""`flask demo seed` and `flask demo feed`."""

from __future__ import annotations

import click
from flask import Blueprint

from app.cli.demo import seed as seeding
from app.cli.demo.company import Size, company
from app.cli.demo.feed import Feed
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.context import edge
from app.kernel import clock
from app.people import queries as people

blueprint = Blueprint("demo", __name__, cli_group="demo")


@blueprint.cli.command("seed")
@click.option("--size", type=click.Choice(["small", "full"]), default="full", show_default=True)
def seed(size: Size) -> None:
    """Make the demo company, or bring it up to this moment."""
    _only_in_a_demo()
    seeding.seed(edge(), size=size, now=clock.utc_now(), say=click.echo)


@blueprint.cli.command("feed")
def feed() -> None:
    """Post sales of the demo company to the running server until stopped."""
    _only_in_a_demo()
    at = edge()
    file = at.settings.home / seeding.KEY_FILE
    if not file.exists():
        raise click.ClickException(
            "There is no demo company here yet; run 'flask demo seed' first."
        )
    now = clock.utc_now()
    with unit_of_work(
        at.engine, tenant_id=seeding.TENANT_ID, actor=SYSTEM, now=now, reactions=at.reactions
    ) as db:
        known = people.person_index(db, by="employee_number")
    workers = [worker for worker in company("full", now.date()) if worker.number.lower() in known]
    Feed(at.settings.port, file.read_text().strip(), workers, click.echo).run()


def _only_in_a_demo() -> None:
    if not edge().settings.is_demo:
        raise click.ClickException("This is no demo: set LAUREL_MODE=demo.")
