"""Components that are settled: live in any order, replayed and evaluated on the same facts, to the cent."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events, tenant_of, work_of
from app.engine import evaluate, facts, reading
from app.kernel.clock import day_in_zone
from app.kernel.prove import prove
from app.people import service as people
from app.people.models import Person
from app.programs import progress, recalculation, receipts, statement
from app.programs.invariants import INVARIANTS
from app.programs.models import Earning, PayeeAttribute
from tests.activities.builders import give_sales, sale
from tests.conftest import NOON
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import (
    Json,
    component,
    document,
    earned,
    give_program,
    give_quota,
)
from tests.programs.test_replay import _fact, _positions, _quotas, _sale

JOINED = date(2026, 9, 1)
UNITS: Json = {"kind": "sum", "of": "units"}


def settled(payout: Json, name: str, **changes: Any) -> Json:
    return component(payout, id=name, name=name, **changes)


ALONE = [
    settled(
        {"kind": "curve", "points": [{"at": "0.5", "pays": "100"}, {"at": "1.2", "pays": "1000"}]},
        "curve",
        measure={"kind": "sum", "of": "amount"},
        period={"kind": "quota"},
    ),
    settled(
        {"kind": "rate", "rate": "0.04"},
        "capped",
        limits={"caps": [{"amount": "40"}, {"amount": "90", "per": "person"}], "floor": "1"},
    ),
    settled(
        {"kind": "rate", "rate": "0.02"},
        "above",
        credit={"to": "override", "levels": [{"level": 1}, {"level": 2, "share": "0.25"}]},
        limits={"threshold": {"at": "50", "cliff": False}},
    ),
    settled(
        {"kind": "per_unit", "amount": "3"},
        "variety",
        measure={"kind": "distinct", "of": "product"},
        figures={"big": {"kind": "highest", "of": "amount"}, "mean": {"kind": "average", "of": "units"}},
        limits={"gates": [{"value": {"figure": "big"}, "is": "ge", "than": "20"}]},
        period={"kind": "week"},
    ),
    settled(
        {"kind": "fixed", "amount": {"add": [
            {"multiply": [{"component": "curve"}, "0.1"]}, {"days": "worked"}]}},
        "kicker",
        measure=UNITS,
        period={"kind": "half_year"},
    ),
    settled(
        {"kind": "rate", "rate": "0.1"},
        "each",
        period={"kind": "activity"},
        limits={"caps": [{"amount": "2", "per": "activity"}]},
    ),
    settled(
        {"kind": "per_unit", "amount": "5", "tiers": {
            "mode": "retroactive", "boundary": "inclusive", "steps": [{"from": "6", "amount": "7"}]}},
        "to-date",
        measure=UNITS,
        period={"kind": "month", "to_date": "year"},
    ),
    settled(
        {"kind": "rate", "rate": "0.03"},
        "held",
        measure={"kind": "sum", "of": "amount"},
        holdback={"share": "0.25", "until": {"days_after_period": 30}},
    ),
]  # fmt: skip

TOGETHER = [
    settled(
        {"kind": "pool", "amount": "500", "by": "pro_rata"},
        "pool",
        measure={"kind": "sum", "of": "amount"},
    ),
    settled(
        {"kind": "fixed", "amount": {"if": {"value": {"rank": "measure"}, "is": "le", "than": "2"},
                                     "then": "75"}},
        "podium",
        measure=UNITS,
        period={"kind": "quarter"},
    ),
    settled({"kind": "rate", "rate": "0.01"}, "plain", measure={"kind": "sum", "of": "amount"}),
]  # fmt: skip

PROGRAMS: list[tuple[list[Json], Json]] = [
    (ALONE, {}),
    (TOGETHER, {}),
    (TOGETHER, {"budget": {"amount": "700", "policy": "scale"}}),
    (TOGETHER[2:], {"caps": [{"amount": "20", "per": "person_period", "period": "quarter"}]}),
]


@pytest.mark.parametrize(("stated", "bounds"), PROGRAMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_live_in_any_order_equals_replay_and_evaluation(
    db: Session, stated: list[Json], bounds: Json, seed: int
) -> None:
    dice = random.Random(seed)
    give_tenant(db)
    work_of(db).now = datetime(2026, 12, 20, 9, 0, tzinfo=UTC)
    top = give_person(db, "Top")
    middle = give_person(db, "Middle", manager=top)
    reps = [give_person(db, f"Rep {n}", manager=middle) for n in range(4)]
    people.move(db, person_id=reps[0].id, manager_id=top.id, from_on=date(2026, 10, 20))
    for each in db.scalars(select(Person)):
        each.joined_on = JOINED
    db.flush()
    program = give_program(db, *stated, **bounds)
    for rep in reps[:3] if stated is ALONE else ():
        days = {"first": date(2026, 10, 5), "last": date(2026, 11, 7)}
        give_quota(db, program, rep.id, dice.randint(50, 900), component="curve", **days)

    sales = [_sale(dice, dice.choice(reps).id, n) for n in range(60)]
    dice.shuffle(sales)
    for start in range(0, 60, 25):
        give_sales(db, *sales[start : start + 25])
        settle_events(db)
    corrected = [each._replace(amount_micros=each.amount_micros // 3) for each in sales[::7]]
    give_sales(db, *corrected)
    settle_events(db)

    corrections = {each.external_id: each for each in corrected}
    facts_now = [corrections.get(each.external_id, each) for each in sales]
    assert _standing(db) == _evaluated(db, document(*stated, **bounds), facts_now)
    assert recalculation.replay(db, program.id).wrong == ()
    assert recalculation.recalculate(db, program.id) == []


def _standing(db: Session) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for row in db.scalars(select(Earning)):
        if row.amount_minor:
            key = (row.component, str(row.payee_id), row.period_start.isoformat())
            found[key] = found.get(key, 0) + row.amount_minor
    return found


def _evaluated(db: Session, stated: Json, sales: list[Any]) -> dict[tuple[str, str, str], int]:
    now = work_of(db).now
    program = reading.read(stated)
    known = facts.read_facts(
        {
            "as_of": day_in_zone(now, program.zone).isoformat(),
            "people": [
                {"person": str(each.id), "joined_on": each.joined_on.isoformat()}
                for each in db.scalars(select(Person))
                if each.joined_on
            ],
            "positions": _positions(db),
            "quotas": _quotas(db),
            "activities": [_fact(each) for each in sales],
        }
    )
    found: dict[tuple[str, str, str], int] = {}
    for each in evaluate.evaluate(program, known):
        if each.outcome.amount_minor:
            key = (each.component, each.payee, each.span.first.isoformat())
            found[key] = found.get(key, 0) + each.outcome.amount_minor
    return found


def test_a_day_that_passes_moves_what_was_held(db: Session) -> None:
    give_tenant(db)
    rep = give_person(db, "Rep")
    held = next(each for each in ALONE if each["id"] == "held")
    program = give_program(db, held)
    give_sales(db, _sale(random.Random(3), rep.id, 1)._replace(
        amount_micros=100_000_000, currency="EUR", occurred_at=work_of(db).now - timedelta(hours=1)))  # fmt: skip
    settle_events(db)
    earning = db.scalars(select(Earning)).one()

    assert earning.amount_minor == 300
    assert earning.released_minor == 225
    assert recalculation.replay(db, program.id).wrong == ()


def euros(person_id: UUID, amount: str, **more: Any) -> Any:
    return sale(person_id, amount, at=NOON - timedelta(hours=1), **more)


CURVE = settled(
    {"kind": "curve", "on": "measure", "points": [{"at": "100", "pays": "10"}, {"at": "200", "pays": "30"}]},
    "curve",
    measure={"kind": "sum", "of": "amount"},
)  # fmt: skip


def test_settled_pay_stands_on_the_statement_with_its_tree(db: Session) -> None:
    give_tenant(db)
    rep = give_person(db, "Rep")
    give_program(db, CURVE)
    give_sales(db, euros(rep.id, "100"))
    settle_events(db)
    give_sales(db, euros(rep.id, "50"))
    settle_events(db)

    days = {"first": date(2026, 11, 1), "last": date(2026, 11, 30), "zone": "Europe/Rome"}
    first_page = statement.lines(db, rep.id, **days, limit=1)
    second_page = statement.lines(db, rep.id, **days, limit=1, cursor=first_page.next_cursor)
    lines = [*first_page.items, *second_page.items]
    receipt = receipts.receipt(db, rep.id, lines[0].id)

    assert sorted(str(line.money.decimal) for line in lines) == ["10.00", "10.00"]
    assert all(line.activity_id is None and line.state == "available" for line in lines)
    assert receipt.steps["code"] == "payout"
    assert second_page.next_cursor is None


def test_one_more_activity_is_told_without_being_kept(db: Session) -> None:
    give_tenant(db)
    rep = give_person(db, "Rep")
    give_program(db, CURVE)
    give_sales(db, euros(rep.id, "100"))
    settle_events(db)

    found = progress.what_if(
        db, rep.id, component_id="curve", amount=Fraction(50), units=Fraction(1)
    )

    assert str(found.money.decimal) == "10.00"
    assert earned(db, rep.id, "curve") == 1000


def test_a_quota_that_changes_is_settled_at_once(db: Session) -> None:
    give_tenant(db)
    rep = give_person(db, "Rep")
    program = give_program(db, next(each for each in ALONE if each["id"] == "curve"))
    give_quota(db, program, rep.id, 100, component="curve")
    give_sales(db, euros(rep.id, "120"))
    before = earned(db, rep.id, "curve")
    give_quota(db, program, rep.id, 200, component="curve")

    assert (before, earned(db, rep.id, "curve")) == (100_000, 22_857)


def test_a_differential_pays_each_level_what_it_has_beyond_those_below(db: Session) -> None:
    give_tenant(db)
    top = give_person(db, "Top")
    middle = give_person(db, "Middle", manager=top)
    rep = give_person(db, "Rep", manager=middle)
    for person, rate in ((top, "0.10"), (middle, "0.06"), (rep, "0.04")):
        db.add(
            PayeeAttribute(tenant_id=tenant_of(db), person_id=person.id, name="rate", value=rate)
        )
    db.flush()
    ladder = settled(
        {"kind": "rate", "rate": "1"},
        "ladder",
        credit={"to": "differential", "rate": {"person": "rate"}, "include_seller": True},
        measure={"kind": "sum", "of": "amount"},
    )
    program = give_program(db, ladder)
    give_sales(db, euros(rep.id, "1000"))

    found = [earned(db, each.id, "ladder") for each in (rep, middle, top)]

    assert found == [4000, 2000, 4000]
    assert recalculation.replay(db, program.id).wrong == ()


def test_what_is_cancelled_within_the_window_is_taken_back_from_what_it_brought(
    db: Session,
) -> None:
    give_tenant(db)
    rep = give_person(db, "Rep")
    clawback = {"months": 6, "when": {"attribute": "cancelled_on"},
                "schedule": [{"within_months": 3, "share": "1"}, {"within_months": 6, "share": "0.5"}]}  # fmt: skip
    give_program(db, settled({"kind": "rate", "rate": "0.1"}, "sold", clawback=clawback))
    give_sales(db, euros(rep.id, "100", external_id="A"), euros(rep.id, "300", external_id="B"))
    before = earned(db, rep.id, "sold")
    gone = {"cancelled_on": "2026-11-19"}
    give_sales(db, euros(rep.id, "300", external_id="B", attributes=gone))

    assert (before, earned(db, rep.id, "sold")) == (4000, 1000)
    earning = db.scalars(select(Earning)).one()
    assert earning.released_minor == 1000
    assert broken(db) == []


def broken(db: Session) -> list[str]:
    return [verdict.code for verdict in prove(db, INVARIANTS) if verdict.finding.violations]


def test_who_comes_back_is_paid_as_if_they_had_never_left(db: Session) -> None:
    give_tenant(db)
    ada = give_person(db, "Ada", joined_on=JOINED)
    days = settled({"kind": "fixed", "amount": {"days": "worked"}}, "days", measure=UNITS)
    give_program(db, days)
    give_sales(db, sale(ada.id, "10.00", at=NOON))
    settle_events(db)
    whole_month = earned(db, ada.id, "days")

    people.change_person(db, ada.id, {"active": False})
    settle_events(db)
    until_she_left = earned(db, ada.id, "days")
    people.change_person(db, ada.id, {"active": True})
    settle_events(db)

    assert until_she_left != whole_month
    assert earned(db, ada.id, "days") == whole_month
    assert ada.left_on is None
