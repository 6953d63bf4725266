from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events
from app.programs import receipts, statement
from app.programs import states as money
from app.programs.models import EarningLine
from app.programs.states import States
from tests.activities.builders import give_sale, give_sales, sale, void
from tests.conftest import NOON
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, five_percent, give_program, give_quota

TODAY = date(2026, 11, 19)
FRIDAY = {"on": "weekday", "weekday": 5}
MONTH_END = {"on": "period_end", "plus_days": 10}


@pytest.fixture(autouse=True)
def tenant(db: Session) -> None:
    give_tenant(db)


def states(db: Session, person: object) -> States:
    settle_events(db)
    (found,) = money.states(db, person.id, today=TODAY)  # type: ignore[attr-defined]
    return found


def minors(found: States) -> dict[str, int]:
    names = (
        "projected", "payable", "earned", "held", "available", "at_risk", "owed", "clawed_back",
    )  # fmt: skip
    return {name: getattr(found, name).minor for name in names if getattr(found, name).minor}


def test_money_is_in_one_state_at_a_time(db: Session) -> None:
    ann = give_person(db)
    give_program(
        db,
        five_percent(),
        five_percent(id="weekly", release=FRIDAY),
        five_percent(id="monthly", release=MONTH_END),
    )

    give_sale(db, ann.id, "100.00")
    found = states(db, ann)

    assert minors(found) == {"available": 5_00, "payable": 5_00, "projected": 5_00}
    assert found.pay_on == date(2026, 11, 20)


def test_pay_of_a_closed_month_is_earned_until_the_next_day_of_release(db: Session) -> None:
    ann = give_person(db)
    later = {"on": "period_end", "plus_days": 30}
    give_program(db, five_percent(release=FRIDAY), five_percent(id="monthly", release=later))

    give_sale(db, ann.id, "100.00", at=NOON.replace(month=10))
    found = states(db, ann)

    assert minors(found) == {"payable": 5_00, "earned": 5_00}


def test_an_asked_cancellation_puts_the_pay_of_that_sale_at_risk(db: Session) -> None:
    ann = give_person(db)
    give_program(db)

    asked = {statement.CANCELLATION: "2026-11-17"}
    give_sales(db, sale(ann.id, "100.00"), sale(ann.id, "40.00", attributes=asked))
    found = states(db, ann)

    assert minors(found) == {"available": 7_00, "at_risk": 2_00}


def test_what_was_taken_back_beyond_the_balance_is_owed(db: Session) -> None:
    ann = give_person(db)
    give_program(db)
    give_sale(db, ann.id, "-40.00")

    assert minors(states(db, ann)) == {"owed": 2_00, "clawed_back": 2_00}


def test_what_was_taken_back_stays_told_after_it_was_settled(db: Session) -> None:
    ann = give_person(db)
    give_program(db)
    give_sale(db, ann.id, "-40.00")
    settle_events(db)

    give_sale(db, ann.id, "100.00")

    assert minors(states(db, ann)) == {"available": 3_00, "clawed_back": 2_00}


def test_pay_that_waits_for_no_day_is_held(db: Session) -> None:
    ann = give_person(db)
    until_paid = {"share": "0.4", "until": {"attribute": "paid_on"}}
    give_program(db, five_percent(release=FRIDAY, holdback=until_paid))

    give_sale(db, ann.id, "100.00")
    found = states(db, ann)

    assert minors(found) == {"payable": 3_00, "held": 2_00}
    assert found.pay_on == date(2026, 11, 20)


def test_lines_of_a_manager_name_the_level(db: Session) -> None:
    boss = give_person(db, "Boss")
    ann = give_person(db, "Ann", manager=boss)
    levels = {"to": "override", "levels": [{"level": 1, "share": "0.5"}]}
    give_program(db, five_percent(credit=levels))
    give_sale(db, ann.id, "100.00", customer_reference="Via Solari 18")
    settle_events(db)

    month = statement.month_of(date(2026, 11, 1))
    (line,) = statement.lines(
        db, boss.id, first=month.start, last=month.end, zone="Europe/Rome"
    ).items
    receipt = receipts.receipt(db, boss.id, line.id)

    assert (line.level, line.money.minor, line.title) == (1, 2_50, "Via Solari 18")
    assert [step["code"] for step in receipt.steps["children"]] == ["credit_level", "rate_base"]


def test_what_brought_nothing_is_no_line(db: Session) -> None:
    ann = give_person(db)
    marks = {"kind": "bonus", "milestones": [{"at": "2", "amount": "60.00"}]}
    give_program(db, component(marks, measure={"kind": "count"}))
    give_sales(db, sale(ann.id), sale(ann.id), sale(ann.id))
    settle_events(db)

    month = statement.month_of(date(2026, 11, 1))
    found = statement.lines(db, ann.id, first=month.start, last=month.end, zone="Europe/Rome")

    assert [line.money.minor for line in found.items] == [60_00]


def test_a_posted_difference_has_a_receipt_too(db: Session) -> None:
    ann = give_person(db)
    give_program(db)
    give_sale(db, ann.id, "100.00", external_id="A")
    settle_events(db)
    void(db, "A")
    settle_events(db)

    posted = sorted(db.query(EarningLine).all(), key=lambda line: line.revision)
    raised, taken = (receipts.receipt(db, ann.id, str(line.id)) for line in posted)

    assert (raised.money.minor, raised.headline.code) == (5_00, "payout")
    assert (taken.money.minor, taken.headline.code) == (-5_00, "correction")


def test_a_receipt_shows_the_quota_it_was_paid_by(db: Session) -> None:
    ann = give_person(db)
    tiers = {
        "mode": "marginal",
        "on": "attainment",
        "boundary": "inclusive",
        "steps": [{"from": "1", "rate": "0.10"}],
    }
    program = give_program(db, component({"kind": "rate", "rate": "0.05", "tiers": tiers}))
    give_quota(db, program, ann.id, 60)
    give_sale(db, ann.id, "100.00")
    settle_events(db)

    month = statement.month_of(date(2026, 11, 1))
    (line,) = statement.lines(
        db, ann.id, first=month.start, last=month.end, zone="Europe/Rome"
    ).items

    steps = receipts.receipt(db, ann.id, line.id).steps["children"]
    assert [(step["code"], step["result"]["value"]) for step in steps] == [
        ("rate_base", "5"),
        ("rate_more", "2"),
    ]
    assert steps[1]["params"]["from"] == {"kind": "percent", "value": "100"}
