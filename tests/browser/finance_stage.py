"""What stands behind the journey of statements: last month, frozen for everybody. Run in a live site's environment."""

from __future__ import annotations

import os

from app import create_app
from app.cli.demo.seed import TENANT_ID
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.finance import core, statements
from app.http.context import Edge
from app.kernel import clock
from app.people import queries as people
from app.settings import read_settings


def main() -> None:
    """Freeze the month that is over; a second time changes nothing."""
    edge: Edge = create_app(read_settings(dict(os.environ))).extensions["laurel"]
    with unit_of_work(
        edge.engine,
        tenant_id=TENANT_ID,
        actor=SYSTEM,
        now=clock.utc_now(),
        reactions=edge.reactions,
    ) as db:
        month = statements.month_of(db, core.month_before(people.today(db)))
        statements.freeze_some(db, month)
    edge.engine.dispose()


if __name__ == "__main__":
    main()
