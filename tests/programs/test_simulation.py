"""A simulation in bulk finds what the engine finds activity by activity, on random sales of random people."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.bulk.inputs import NotCompiled
from app.db.unit_of_work import settle_events
from app.engine import reading
from app.engine.periods import Span
from app.programs import facts, in_bulk, queries, service, simulation
from app.programs.models import ExchangeRate, Program
from app.programs.queries import Published
from app.programs.service import EnrolmentRule
from tests.activities.builders import give_sales, sale
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import (
    Json,
    component,
    document,
    five_percent,
    give_program,
    give_quota,
)

FIRST = datetime(2026, 8, 20, 7, 0, tzinfo=UTC)
DAYS = {"first": date(2026, 9, 7), "last": date(2026, 11, 20)}
GAS = {"field": "product", "op": "eq", "value": "Gas"}
LEVELS = {"to": "override", "levels": [{"level": 1, "share": "0.333333"}, {"level": 2}]}
SPLIT = {
    "to": "split",
    "by": "roles",
    "default": [{"role": "seller", "share": "0.7"}, {"role": "partner", "share": "0.3"}],
}
CONVERTED = {"kind": "sum", "of": "amount", "convert": True}


def tiers(on: str, *steps: tuple[str, str], mode: str = "retroactive") -> Json:
    rates = [{"from": start, "rate": rate} for start, rate in steps]
    return {"mode": mode, "boundary": "inclusive", "on": on, "steps": rates}


RATE = {"kind": "rate", "rate": "0.0437"}
CLIFF = RATE | {"tiers": tiers("measure", ("900", "0.05"), ("2000", "0.01"))}
REACHED = RATE | {"tiers": tiers("attainment", ("0.5", "0.06"), ("1", "0.09"), mode="marginal")}

ALONE = [
    component(CLIFF, id="cliff"),
    component(RATE, id="levels", credit=LEVELS, period={"kind": "week"}),
    component(RATE, id="split", credit=SPLIT, measure=CONVERTED, period={"kind": "quarter"}),
    component(REACHED, id="main", counts=GAS, measure=CONVERTED),
    component({"kind": "per_unit", "amount": "0.333"}, id="units", period={"kind": "window"}),
    component(REACHED, id="quota", period={"kind": "quota"}),
]
SETTLED = [
    component({"kind": "pool", "amount": "500"}, id="pool", measure=CONVERTED),
    component(
        RATE,
        id="capped",
        credit=LEVELS,
        limits={"caps": [{"amount": "20", "per": "period"}], "threshold": {"at": "100"}},
    ),
    component(RATE, id="year", period={"kind": "month", "to_date": "year"}),
    component(RATE, id="alone"),
]
DOCUMENTS = {
    "each total pays alone": document(*ALONE),
    "some are settled": document(*SETTLED),
    "a budget holds for all": document(*SETTLED, *ALONE[:2], budget={"amount": "800", "policy": "scale"}),
}  # fmt: skip


@pytest.mark.parametrize("stated", DOCUMENTS.values(), ids=DOCUMENTS.keys())
@pytest.mark.parametrize(("seed", "everybody"), [(1, True), (2, False)])
def test_in_bulk_is_what_is_found_activity_by_activity(
    db: Session, stated: Json, seed: int, everybody: bool
) -> None:
    program, reps = _company(db, seed, five_percent())
    if not everybody:
        days = {"first": date(2026, 10, 5), "last": date(2026, 11, 10)}
        rules = [EnrolmentRule("person", rep, **days) for rep in reps[:4]]
        service.enrol(db, program_id=program.id, rules=rules)
    draft = _draft(program, stated)
    asked: Any = DAYS | {"budget_minor": 100_00, "factors": simulation.FACTORS}

    in_memory = simulation.simulate(db, draft, **asked)
    bulk = simulation.simulate(db, draft, **asked, in_bulk=True)

    assert is_bulk(db, draft)
    assert in_memory.simulated_minor > 0
    assert bulk == in_memory


def test_what_is_published_costs_in_bulk_what_was_paid(db: Session) -> None:
    program, _ = _company(db, 3, *ALONE, stranger=None)
    [published] = queries.published(db, [program.id])

    found = simulation.simulate(
        db, published, first=date(2026, 1, 1), last=date(2026, 12, 31), in_bulk=True
    )

    assert is_bulk(db, published)
    assert found.paid_minor > 0
    assert [each for each in found.payees if each.difference_minor] == []


@pytest.mark.parametrize(
    "changes", [{"credit": {"to": "split"}}, {"period": {"kind": "activity"}}], ids=str
)
def test_what_bulk_cannot_say_is_found_activity_by_activity(db: Session, changes: Json) -> None:
    program, _ = _company(db, 4, five_percent())
    draft = _draft(program, document(five_percent(**changes)))
    asked: Any = DAYS | {"factors": simulation.FACTORS}

    found = simulation.simulate(db, draft, **asked, in_bulk=True)

    assert not is_bulk(db, draft)
    assert found.simulated_minor > 0
    assert found == simulation.simulate(db, draft, **asked)


def test_without_activities_nothing_is_paid(db: Session) -> None:
    give_tenant(db)
    draft = _draft(give_program(db), DOCUMENTS["each total pays alone"])

    asked: Any = DAYS | {"factors": simulation.FACTORS}

    found = simulation.simulate(db, draft, **asked, in_bulk=True)

    assert (found.activities, found.simulated_minor, found.payees) == (0, 0, ())


def is_bulk(db: Session, program: Published) -> bool:
    known = facts.facts_of(db, program, as_of=DAYS["last"], places=True)
    try:
        in_bulk.tried(db, program, known, since=DAYS["first"], days=Span(**DAYS))
    except NotCompiled:
        return False
    return True


def _draft(program: Program, stated: Json) -> Published:
    parsed = reading.read(stated)
    return Published(program.id, 1, reading.fingerprint(parsed), parsed)


def _company(
    db: Session, seed: int, *components: Json, stranger: str | None = "nobody we know"
) -> tuple[Program, list[UUID]]:
    """Return a program, and people in three levels who sold ninety times, at times with a stranger."""
    dice = random.Random(seed)
    give_tenant(db)
    top = give_person(db, "Top")
    chiefs = [give_person(db, f"Chief {nth}", manager=top) for nth in range(2)]
    reps = [give_person(db, f"Rep {nth}", manager=dice.choice(chiefs)).id for nth in range(5)]
    for start, rate in ((date(2026, 8, 1), "0.9"), (date(2026, 10, 20), "0.853217")):
        db.add(
            ExchangeRate(tenant_id=top.tenant_id, currency="USD", into="EUR", from_on=start,
                         rate=rate, source="test", changed_at=FIRST)
        )  # fmt: skip
    db.flush()
    program = give_program(db, *components)
    for each in components:
        for rep in reps[:3]:
            give_quota(db, program, rep, dice.randint(300, 3000), component=each["id"])
    give_sales(db, *(_sale(dice, [*map(str, reps), stranger, None], nth) for nth in range(90)))
    settle_events(db)
    return program, reps


def _sale(dice: random.Random, partners: list[str | None], nth: int) -> Any:
    return sale(
        UUID(dice.choice(partners[:5])),
        f"{dice.randint(-3_000_000, 900_000_000) / 1_000_000:.6f}",
        at=FIRST + timedelta(minutes=dice.randint(0, 140_000)),
        external_id=f"X{nth}",
        units=dice.choice(["1", "2", "0.5"]),
        currency=dice.choice(["EUR", "EUR", "USD", "CHF"]),
        product=dice.choice(["Gas", None]),
        attributes={"partner": dice.choice(partners)},
    )
