"""The SQL that pays live and the engine that evaluates plain facts give the same numbers."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events
from app.engine import evaluate, facts, reading
from app.kernel.money import micros_to_decimal
from app.people import service as people
from app.people.queries import positions_table
from app.programs import recalculation
from app.programs.models import Earning, Quota
from tests.activities.builders import give_sales, sale
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, document, give_program, give_quota

FIRST = datetime(2026, 9, 28, 7, 0, tzinfo=UTC)


def tiers(mode: str, *steps: dict[str, str], on: str = "measure") -> dict[str, Any]:
    return {"mode": mode, "on": on, "boundary": "inclusive", "steps": [*steps]}


COMPONENTS = [
    component(
        {"kind": "rate", "rate": "0.033",
         "tiers": tiers("retroactive", {"from": "1", "rate": "0.07"}, on="attainment")},
        id="commission",
        measure={"kind": "sum", "of": "amount"},
        period={"kind": "quota"},
    ),
    component(
        {"kind": "per_unit", "amount": "18.00", "tiers": tiers("marginal", {"from": "3", "multiplier": "1.25"})},
        id="spif",
        counts={"any": [{"field": "product", "op": "eq", "value": "Dual-fuel"},
                        {"field": "attributes.points", "op": "ge", "value": 5}]},
        period={"kind": "week"},
    ),
    component(
        {"kind": "rate", "rate": "0.015"},
        id="override",
        credit={"to": "override", "levels": [
            {"level": 1}, {"level": 2, "share": "0.333333"}, {"level": 3, "share": "0.1"}]},
        period={"kind": "quarter"},
        effective={"from": "2026-10-03", "to": "2026-11-20"},
    ),
    component(
        {"kind": "bonus", "milestones": [{"at": "4", "amount": "60.00"}, {"at": "7", "amount": "40.00"}]},
        id="bonus",
        measure={"kind": "count"},
        period={"kind": "window"},
    ),
    component(
        {"kind": "rate", "rate": "0.5"},
        id="margin",
        measure={"kind": "sum", "of": "attributes.margin"},
        period={"kind": "year"},
    ),
]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_live_pay_equals_the_evaluation_of_plain_facts(db: Session, seed: int) -> None:
    dice = random.Random(seed)
    give_tenant(db)
    top = give_person(db, "Top")
    middle = give_person(db, "Middle", manager=top)
    other = give_person(db, "Other", manager=top)
    reps = [give_person(db, f"Rep {n}", manager=dice.choice([middle, other])) for n in range(4)]
    moved = dice.choice(reps)
    people.move(db, person_id=moved.id, manager_id=other.id, from_on=date(2026, 10, 20))
    program = give_program(db, *COMPONENTS)
    for rep in reps[:3]:
        days = {"first": date(2026, 10, 5), "last": date(2026, 11, 7)}
        give_quota(db, program, rep.id, dice.randint(50, 900), component="commission", **days)

    sales = [_sale(dice, dice.choice(reps).id, n) for n in range(120)]
    for start in range(0, 120, 25):
        give_sales(db, *sales[start : start + 25])
        settle_events(db)
    corrected = [each._replace(amount_micros=each.amount_micros // 3) for each in sales[::7]]
    give_sales(db, *corrected)
    settle_events(db)

    assert _standing(db) == _evaluated(db, sales, {each.external_id: each for each in corrected})
    assert recalculation.recalculate(db, program.id) == []
    assert recalculation.replay(db, program.id).wrong == ()


def _sale(dice: random.Random, person_id: Any, n: int) -> Any:
    return sale(
        person_id,
        f"{dice.randint(-3000, 90000) / 1000:.3f}",
        at=FIRST + timedelta(minutes=dice.randint(0, 80_000)),
        external_id=f"X{n}",
        units=dice.choice(["1", "2", "0.5"]),
        currency=dice.choice(["EUR", "EUR", "EUR", "USD"]),
        product=dice.choice(["Dual-fuel", "Gas", None]),
        attributes={
            "points": dice.choice(["3", "5", "many"]),
            "margin": f"{dice.randint(0, 99)}.5",
        },
    )


def _standing(db: Session) -> dict[tuple[str, str, str], tuple[int, str]]:
    """Return what the database holds, by component, payee and first day."""
    return {
        (row.component, str(row.payee_id), row.period_start.isoformat()): row.amount_minor
        for row in db.scalars(select(Earning))
        if row.credits
    }  # type: ignore[return-value]


def _evaluated(db: Session, sales: list[Any], corrections: dict[str, Any]) -> Any:
    """Return what the engine alone makes of the same facts."""
    program = reading.read(document(*COMPONENTS))
    stated = facts.read_facts(
        {
            "positions": _positions(db),
            "quotas": _quotas(db),
            "activities": [_fact(corrections.get(each.external_id, each)) for each in sales],
        }
    )
    return {
        (each.component, each.payee, each.span.first.isoformat()): each.outcome.amount_minor
        for each in evaluate.evaluate(program, stated)
    }


def _fact(ready: Any) -> dict[str, Any]:
    found = {
        "id": ready.external_id,
        "occurred_at": ready.occurred_at.isoformat(),
        "person": str(ready.person_id),
        "amount": str(micros_to_decimal(ready.amount_micros)),
        "currency": ready.currency,
        "units": str(micros_to_decimal(ready.units_micros)),
        "attributes": json.loads(ready.attributes),
    }
    return found | ({"product": ready.product} if ready.product else {})


def _positions(db: Session) -> list[dict[str, Any]]:
    rows = db.execute(select(positions_table())).all()
    return [
        {
            "person": str(row.person_id),
            "manager": str(row.manager_id) if row.manager_id else None,
            "from": row.from_on.isoformat(),
            "to": (row.to_on - timedelta(days=1)).isoformat() if row.to_on else None,
        }
        for row in rows
    ]


def _quotas(db: Session) -> list[dict[str, Any]]:
    return [
        {
            "person": str(row.person_id),
            "component": row.component,
            "from": row.valid.lower.isoformat(),
            "to": (row.valid.upper - timedelta(days=1)).isoformat(),
            "target": str(row.target_micros // 1_000_000),
        }
        for row in db.scalars(select(Quota))
    ]
