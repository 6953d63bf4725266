"""Every way of crediting: live in PostgreSQL, evaluated in Python and added up in DuckDB, to the cent."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import given, running
from app.db.unit_of_work import settle_events
from app.engine.evaluate import evaluate
from app.people import service as people
from app.programs import queries, recalculation, service, settling
from app.programs.models import Earning, ExchangeRate
from app.programs.service import EnrolmentRule
from tests.activities.builders import give_sales, sale
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, give_program

FIRST = datetime(2026, 9, 28, 7, 0, tzinfo=UTC)
GAS = {"field": "product", "op": "eq", "value": "Gas"}
Amounts = dict[tuple[str, str, date], int]


def rated(name: str, credit: dict[str, Any], **changes: Any) -> dict[str, Any]:
    payout = changes.pop("payout", {"kind": "rate", "rate": "0.0437"})
    return component(payout, id=name, credit=credit, **changes)


def components(ids: list[str]) -> list[dict[str, Any]]:
    thirds = ["0.333333", "0.333333", "0.333334"]
    roles = [{"role": "seller"}, {"role": "partner"}, {"person": ids[0]}]
    default = [role | {"share": share} for role, share in zip(roles, thirds, strict=True)]
    levels = [{"level": 1, "share": "0.5"}, {"level": 2}, {"level": 3, "share": "0.25"}]
    units = {"kind": "sum", "of": "units", "weights": [{"when": GAS, "times": "0.3"}]}
    weights = [{"when": GAS, "times": "1.75"}]
    return [
        rated("levels", {"to": "override", "levels": levels}, period={"kind": "week"}),
        rated("upline", {"to": "upline", "levels": levels}),
        rated("roles", {"to": "split", "by": "roles", "default": default}),
        rated("stated", {"to": "split", "by": "shares", "default": default}),
        rated("overlay", {"to": "overlay", "people": [ids[0]], "role": "partner", "share": "0.3"}),
        rated("list", {"to": "group", "group": "list", "share": "0.5"}),
        rated("team", {"to": "group", "group": "team"}, period={"kind": "quarter"}),
        rated("converted", {"to": "direct"},
              measure={"kind": "sum", "of": "amount", "convert": True, "weights": weights}),
        rated("units", {"to": "direct"}, measure=units, period={"kind": "year"},
              payout={"kind": "per_unit", "amount": "0.333"}),
    ]  # fmt: skip


@pytest.mark.parametrize(("seed", "everybody"), [(1, True), (2, False)])
def test_three_engines_credit_alike(db: Session, seed: int, everybody: bool) -> None:
    dice = random.Random(seed)
    give_tenant(db)
    reps, program = _company(db, dice)
    if not everybody:
        days = {"first": date(2026, 10, 5), "last": date(2026, 11, 10)}
        rules = [EnrolmentRule("person", rep.id, **days) for rep in reps[:5]]
        service.enrol(db, program_id=program.id, rules=rules)
    sales = [_sale(dice, [str(rep.id) for rep in reps], nth) for nth in range(90)]
    for start in range(0, 90, 20):
        give_sales(db, *sales[start : start + 20])
        settle_events(db)
    give_sales(db, *(each._replace(amount_micros=each.amount_micros // 7) for each in sales[::9]))
    settle_events(db)

    [published] = queries.published(db, [program.id])
    facts = settling.whole_facts(db, published)
    evaluated: Amounts = {
        (each.component, each.payee, each.span.first): each.outcome.amount_minor
        for each in evaluate(published.document, facts)
    }
    flat, tables = given.tables_of(published.document, facts)
    with running.engine(tables) as run:
        rows = running.earnings(published.document, flat, run).to_pylist()

    assert _live(db) == evaluated
    assert {
        (row["component"], row["payee_id"], row["starts_on"]): row["amount_minor"] for row in rows
    } == evaluated
    assert recalculation.replay(db, program.id).wrong == ()


def _company(db: Session, dice: random.Random) -> tuple[list[Any], Any]:
    top = give_person(db, "Top")
    chiefs = [give_person(db, f"Chief {nth}", manager=top) for nth in range(2)]
    reps = [*chiefs, *(give_person(db, f"Rep {n}", manager=dice.choice(chiefs)) for n in range(5))]
    people.move(db, person_id=reps[3].id, manager_id=reps[4].id, from_on=date(2026, 10, 17),
                kind="sub_agent")  # fmt: skip
    for start, rate in ((date(2026, 9, 1), "0.9"), (date(2026, 10, 20), "0.853217")):
        db.add(
            ExchangeRate(
                tenant_id=top.tenant_id,
                currency="USD",
                into="EUR",
                from_on=start,
                rate=rate,
                source="test",
                changed_at=FIRST,
            )
        )
    db.flush()
    groups = {
        "list": {"people": [str(reps[0].id), str(reps[5].id)]},
        "team": {"team_of": str(chiefs[0].id)},
    }
    ids = [str(rep.id) for rep in reps]
    return reps, give_program(db, *components(ids), groups=groups)


def _sale(dice: random.Random, ids: list[str], nth: int) -> Any:
    attributes: dict[str, Any] = {}
    if dice.random() < 0.6:
        attributes["partner"] = dice.choice(ids)
    if dice.random() < 0.4:
        first, second = dice.sample(ids, 2)
        share = dice.choice(["0.1", "0.333333", "0.999999"])
        rest = f"{1_000_000 - round(float(share) * 1_000_000):07d}"
        attributes["shares"] = [
            {"person": first, "share": share},
            {"person": second, "share": f"0.{rest[1:]}"},
        ]
    return sale(
        UUID(dice.choice(ids)),
        f"{dice.randint(-3_000_000, 90_000_000) / 1_000_000:.6f}",
        at=FIRST + timedelta(minutes=dice.randint(0, 80_000)),
        external_id=f"X{nth}",
        units=dice.choice(["1", "2", "0.5"]),
        currency=dice.choice(["EUR", "EUR", "USD", "CHF"]),
        product=dice.choice(["Gas", None]),
        attributes=attributes,
    )


def _live(db: Session) -> Amounts:
    return {
        (row.component, str(row.payee_id), row.period_start): row.amount_minor
        for row in db.scalars(select(Earning))
        if row.credits
    }
