from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from app.ledger import queries as ledger
from app.programs import posted, release
from app.programs.models import Earning
from tests.activities.builders import give_sale, void
from tests.conftest import NOON, Work
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import five_percent, give_program


def test_pay_waits_for_its_weekday(work: Work) -> None:
    with work() as db:
        give_tenant(db)
        ann = give_person(db)
        give_program(db, five_percent(release={"on": "weekday", "weekday": 5}))
        give_sale(db, ann.id)
    thursday = NOON

    with work(now=thursday) as db:
        assert release.release_due(db) == 0
        before = ledger.wallet(db, ann.id)[0]
    with work(now=thursday + timedelta(days=1)) as db:
        assert release.release_due(db) == 1
        assert release.release_due(db) == 0
        after = ledger.wallet(db, ann.id)[0]

    assert (before.earned.minor, before.available.minor) == (5_00, 0)
    assert (after.earned.minor, after.available.minor) == (0, 5_00)


def test_what_is_taken_back_after_release_comes_from_the_available_money(work: Work) -> None:
    friday = NOON + timedelta(days=1)
    with work() as db:
        give_tenant(db)
        ann = give_person(db)
        give_program(db, five_percent(release={"on": "weekday", "weekday": 5}))
        give_sale(db, ann.id, external_id="A")
        give_sale(db, ann.id, "40.00")
    with work(now=friday) as db:
        release.release_due(db)
        void(db, "A")

    with work(now=friday) as db:
        wallet = ledger.wallet(db, ann.id)[0]
        earning = db.scalars(select(Earning)).one()

    assert (wallet.earned.minor, wallet.available.minor) == (0, 2_00)
    assert (earning.amount_minor, earning.released_minor) == (2_00, 2_00)


@pytest.mark.parametrize(
    ("zone", "now", "state"),
    [
        ("Asia/Jakarta", datetime(2026, 11, 19, 23, 0, tzinfo=UTC), "available"),
        ("America/Los_Angeles", datetime(2026, 11, 20, 3, 0, tzinfo=UTC), "payable"),
    ],
)
def test_held_pay_comes_on_its_day_where_the_program_is(
    work: Work, zone: str, now: datetime, state: str
) -> None:
    until_paid = {"share": "0.4", "until": {"attribute": "paid_on"}}
    with work() as db:
        give_tenant(db)
        ann = give_person(db)
        give_program(
            db,
            five_percent(release={"on": "weekday", "weekday": 5}, holdback=until_paid),
            zone=zone,
        )
        give_sale(db, ann.id, "100.00")
    with work() as db:
        db.execute(text("UPDATE earning_portions SET release_on = '2026-11-20', waits_for = NULL"))
    with work(now=now) as db:
        bounds = {"since": NOON - timedelta(days=1), "until": NOON + timedelta(days=1)}
        [line] = posted.lines(db, ann.id, bounds, limit=9)

    assert (line.state, line.waiting) == (state, "held" if state == "payable" else None)
