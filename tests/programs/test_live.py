from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events
from app.ledger import queries as ledger
from app.people import service as people
from app.programs import recalculation, service
from app.programs.models import Credit, Earning, EarningLine
from tests.activities.builders import give_sale, give_sales, sale, void
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import (
    component,
    document,
    earned,
    five_percent,
    give_program,
    give_quota,
)

LEAP = {
    "kind": "rate",
    "rate": "0.05",
    "tiers": {
        "mode": "retroactive",
        "boundary": "inclusive",
        "steps": [{"from": "1000", "rate": "0.10"}],
    },
}
SPIF = {
    "kind": "per_unit",
    "amount": "18.00",
    "tiers": {
        "mode": "marginal",
        "boundary": "inclusive",
        "steps": [{"from": "3", "multiplier": "1.25"}],
    },
}


@pytest.fixture(autouse=True)
def tenant(db: Session) -> None:
    give_tenant(db)


def test_a_sale_is_paid_in_the_transaction_that_records_it(db: Session) -> None:
    ann = give_person(db)
    give_program(db)

    give_sale(db, ann.id, "120.00")

    assert earned(db, ann.id) == 6_00


def test_only_the_difference_is_posted(db: Session) -> None:
    ann = give_person(db)
    give_program(db, component(LEAP))

    give_sale(db, ann.id, "900.00")
    settle_events(db)
    give_sale(db, ann.id, "100.00")
    settle_events(db)

    deltas = db.scalars(select(EarningLine.delta_minor).order_by(EarningLine.revision)).all()
    assert deltas == [45_00, 55_00]
    assert earned(db, ann.id) == 100_00


def test_each_difference_keeps_its_explanation_version_and_cause(db: Session) -> None:
    ann = give_person(db)
    give_program(db, component(SPIF))

    give_sales(db, *[sale(ann.id) for _ in range(4)])
    settle_events(db)

    line = db.scalars(select(EarningLine)).one()
    assert (line.version, line.cause_kind, line.delta_minor) == (1, "api", 2 * 18_00 + 2 * 22_50)
    assert [step["code"] for step in line.explanation["children"]] == ["unit_base", "unit_band"]


def test_a_correction_takes_back_what_the_first_version_earned(db: Session) -> None:
    ann = give_person(db)
    give_program(db, component(LEAP))
    give_sale(db, ann.id, "1000.00", external_id="A")
    settle_events(db)

    give_sale(db, ann.id, "900.00", external_id="A")
    settle_events(db)

    assert earned(db, ann.id) == 45_00
    assert db.scalar(select(func.count()).select_from(Credit)) == 1


def test_a_voided_sale_earns_nothing(db: Session) -> None:
    ann = give_person(db)
    give_program(db)
    give_sale(db, ann.id, "100.00", external_id="A")
    settle_events(db)

    void(db, "A")

    assert earned(db, ann.id) == 0
    assert ledger.wallet(db, ann.id)[0].available.minor == 0


def test_late_sales_count_in_the_month_they_were_made(db: Session) -> None:
    ann = give_person(db)
    give_program(db)

    give_sale(db, ann.id, "100.00", at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    give_sale(db, ann.id, "100.00", at=datetime(2026, 10, 31, 22, 30, tzinfo=UTC))
    settle_events(db)

    found = db.execute(select(Earning.period_start, Earning.period_end).order_by(text("1"))).all()
    assert [tuple(row) for row in found] == [
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 11, 1), date(2026, 11, 30)),
    ]


def test_a_quota_set_later_changes_what_was_earned(db: Session) -> None:
    ann = give_person(db)
    tiers = LEAP["tiers"] | {"on": "attainment", "steps": [{"from": "1", "rate": "0.10"}]}  # type: ignore[operator]
    program = give_program(db, component(LEAP | {"tiers": tiers}))
    give_sale(db, ann.id, "500.00")
    before = earned(db, ann.id)

    give_quota(db, program, ann.id, 400)

    assert (before, earned(db, ann.id)) == (25_00, 50_00)


def test_quota_periods_may_begin_on_any_day(db: Session) -> None:
    ann = give_person(db)
    program = give_program(db, five_percent(period={"kind": "quota"}))
    give_sale(db, ann.id, "500.00")
    before = earned(db, ann.id)

    give_quota(db, program, ann.id, 400, first=date(2026, 11, 5), last=date(2027, 2, 4))

    assert (before, earned(db, ann.id)) == (0, 25_00)
    assert db.scalars(select(Earning.period_end)).one() == date(2027, 2, 4)


def test_managers_earn_by_level_as_they_stood_on_the_day_of_the_sale(db: Session) -> None:
    cy = give_person(db, "Cy")
    bob = give_person(db, "Bob", manager=cy)
    eve = give_person(db, "Eve", manager=cy)
    ann = give_person(db, "Ann", manager=bob)
    people.move(db, person_id=ann.id, manager_id=eve.id, from_on=date(2026, 11, 10))
    levels = {"to": "override", "levels": [{"level": 1}, {"level": 2, "share": "0.5"}]}
    give_program(db, five_percent(credit=levels))

    give_sale(db, ann.id, "100.00", at=datetime(2026, 11, 9, 12, tzinfo=UTC))
    give_sale(db, ann.id, "100.00", at=datetime(2026, 11, 10, 12, tzinfo=UTC))

    amounts = [earned(db, person.id) for person in (bob, eve, cy, ann)]
    assert amounts == [5_00, 5_00, 5_00, 0]


def test_publishing_a_new_version_pays_everything_by_it(db: Session) -> None:
    ann = give_person(db)
    program = give_program(db)
    give_sale(db, ann.id, "100.00")
    before = earned(db, ann.id)

    doubled = component({"kind": "rate", "rate": "0.10"})
    service.change_draft(db, program_id=program.id, stated=document(doubled))
    service.publish_program(db, program_id=program.id)
    recalculation.recalculate(db, program.id)

    assert (before, earned(db, ann.id)) == (5_00, 10_00)
    assert db.scalars(select(Earning.version)).one() == 2


def test_a_component_that_is_dropped_pays_nothing_any_more(db: Session) -> None:
    ann = give_person(db)
    program = give_program(db, five_percent(), component(SPIF, id="spif"))
    give_sale(db, ann.id)
    before = earned(db, ann.id, "spif")

    service.change_draft(db, program_id=program.id, stated=document(five_percent()))
    service.publish_program(db, program_id=program.id)
    recalculation.recalculate(db, program.id)

    assert (before, earned(db, ann.id, "spif"), earned(db, ann.id)) == (18_00, 0, 5_00)


def test_recalculating_changes_nothing_and_a_replay_agrees(db: Session) -> None:
    ann = give_person(db)
    bob = give_person(db, "Bob", manager=None)
    program = give_program(db, component(LEAP), component(SPIF, id="spif"))
    give_sales(db, *[sale(who.id, f"{n}.333") for n in range(40) for who in (ann, bob)])
    settle_events(db)
    before = db.execute(text("SELECT * FROM earnings ORDER BY id")).all()

    changed = recalculation.recalculate(db, program.id)

    assert changed == []
    assert db.execute(text("SELECT * FROM earnings ORDER BY id")).all() == before
    assert recalculation.replay(db, program.id).wrong == ()


def test_a_replay_finds_a_total_that_is_wrong(db: Session) -> None:
    ann = give_person(db)
    program = give_program(db)
    give_sale(db, ann.id)
    settle_events(db)
    db.execute(text("UPDATE earnings SET total_micros = total_micros + 1"))

    replay = recalculation.replay(db, program.id)

    assert [wrong.key.payee_id for wrong in replay.wrong] == [ann.id]
    assert db.scalar(select(func.count()).select_from(Credit)) == 1


def test_only_who_takes_part_earns(db: Session) -> None:
    boss = give_person(db, "Boss")
    ann = give_person(db, "Ann", manager=boss)
    bob = give_person(db, "Bob")
    cy = give_person(db, "Cy")
    program = give_program(db)
    give_sales(db, *[sale(who.id) for who in (ann, bob, cy)])
    settle_events(db)

    rules = [
        service.EnrolmentRule("team_of", boss.id),
        service.EnrolmentRule("person", cy.id, date(2026, 11, 20)),
    ]
    service.enrol(db, program_id=program.id, rules=rules)

    assert [earned(db, who.id) for who in (ann, bob, cy)] == [5_00, 0, 0]
