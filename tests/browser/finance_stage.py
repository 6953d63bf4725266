"""What stands behind the journey of statements: last month, frozen for everybody. Run in a live site's environment."""

from __future__ import annotations

from app.finance import core, statements
from app.people import queries as people
from tests.browser.backstage import tell, work


def main() -> None:
    """Freeze the month that is over; a second time changes nothing."""
    with work() as db:
        month = statements.month_of(db, core.month_before(people.today(db)))
        statements.freeze_some(db, month)


if __name__ == "__main__":
    main()
    tell({})
