"""A drawn company twice: put into the database, and as the plain facts that are evaluated anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.activities.queries import activities_table
from app.db.unit_of_work import settle_events, tenant_of
from app.engine import crediting
from app.engine.facts import Facts, Position, read_facts
from app.people import service as people
from app.programs import recalculation, service
from app.programs.models import ExchangeRate, Mandate, PayeeAttribute, Program
from app.programs.service import EnrolmentRule, QuotaChange
from tests.activities.builders import give_sales, sale, void
from tests.people.builders import give_person, give_tenant
from tests.programs.strategies import PEOPLE, TODAY, Json

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Company:
    """What was drawn, and who is called what in the database."""

    document: Json
    world: Json
    ids: Mapping[str, str]
    program: Program


def world(*activities: Json, **more: Any) -> Json:
    """Return a company of five people in which nothing else is known, and what happens."""
    return {
        "people": [{"person": name, "attributes": {}} for name in PEOPLE],
        "positions": [],
        "enrolments": None,
        "quotas": [],
        "rates": [],
        "mandates": [],
        "batches": [[each] for each in activities],
        "published_after": 0,
    } | more


def found(db: Session, drawn: Json, world: Json) -> Company:
    """Put a drawn company into the database: activities arrive before and after the program does."""
    give_tenant(db)
    ids = _people(db, world)
    _rates(db, world)
    document = named(drawn, ids)
    after = world["published_after"]
    for batch in world["batches"][:after]:
        _arrive(db, named(batch, ids))
    program = service.create_program(db, stated=document)
    if world["enrolments"] is not None:
        service.enrol(db, program_id=program.id, rules=list(_rules(named(world, ids))))
    _mandates(db, program, named(world, ids))
    _quotas(db, program, named(world, ids), published=False)
    service.publish_program(db, program_id=program.id)
    recalculation.recalculate(db, program.id)
    for batch in world["batches"][after:]:
        _arrive(db, named(batch, ids))
    return Company(document, world, ids, program)


def facts_of(db: Session, company: Company) -> Facts:
    """Return the same company as plain facts; activities bear the ids that they got."""
    world = named(company.world, company.ids)
    last: dict[str, Json] = {}
    for batch in world["batches"]:
        last |= {each["id"]: each for each in batch}
    table = activities_table()
    rows = db.execute(select(table.c.external_id, table.c.id).where(table.c.status == "counted"))
    names = {row.external_id: str(row.id) for row in rows}
    stated = {name: world[name] for name in ("people", "positions", "quotas", "rates", "mandates")}
    return read_facts(
        stated
        | {
            "rates": _until_the_next(world["rates"]),
            "enrolments": _enrolled(world),
            "is_complete": True,
            "activities": [
                _stated(each) | {"id": names[each["id"]]}
                for each in last.values()
                if "void" not in each
            ],
            "since": min(each["effective"]["from"] for each in company.document["components"]),
            "as_of": str(TODAY),
        }
    )


def _stated(each: Json) -> Json:
    """Return an activity without what stands where shares do and is no list of them."""
    attributes = {name: value for name, value in each["attributes"].items() if name != "shares"}
    return each | {"attributes": attributes}


def named(value: Any, ids: Mapping[str, str]) -> Any:
    """Return a JSON value in which people bear the ids they have in the database."""
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [named(each, ids) for each in value]
    if isinstance(value, dict):
        return {name: named(each, ids) for name, each in value.items()}
    return value


def _people(db: Session, world: Json) -> dict[str, str]:
    ids: dict[str, str] = {}
    for each in world["people"]:
        person = give_person(db, each["person"])
        person.joined_on = _day(each.get("joined_on"))
        person.left_on = _day(each.get("left_on"))
        ids[each["person"]] = str(person.id)
        for name, value in each["attributes"].items():
            db.add(
                PayeeAttribute(tenant_id=tenant_of(db), person_id=person.id, name=name, value=value)
            )
    for each in world["positions"]:
        until = _day(each.get("to"))
        people.place(
            db,
            person_id=UUID(ids[each["person"]]),
            manager_id=UUID(ids[each["manager"]]),
            from_on=date.fromisoformat(each["from"]),
            to_on=until and until + DAY,
            kind=each["kind"],
        )
    db.flush()
    return ids


def _rates(db: Session, world: Json) -> None:
    for each in world["rates"]:
        db.add(
            ExchangeRate(
                tenant_id=tenant_of(db),
                currency=each["currency"],
                into="EUR",
                from_on=date.fromisoformat(each["from"]),
                rate=each["rate"],
                source="test",
                changed_at=datetime(2026, 9, 1, tzinfo=UTC),
            )
        )
    db.flush()


def _until_the_next(rates: list[Json]) -> list[Json]:
    ordered = sorted(rates, key=lambda each: each["from"])
    ends = [str(date.fromisoformat(each["from"]) - DAY) for each in ordered[1:]]
    return [each | ({} if end is None else {"to": end}) for each, end in zip_longest(ordered, ends)]


def _mandates(db: Session, program: Program, world: Json) -> None:
    for each in world["mandates"]:
        db.add(
            Mandate(
                tenant_id=tenant_of(db),
                program_id=program.id,
                component=each["component"],
                agent_id=UUID(each["agent"]),
                sub_agent_id=UUID(each["sub_agent"]),
                rate=each["rate"],
                valid=Range(date.fromisoformat(each["from"]), None),
                changed_at=datetime(2026, 9, 1, tzinfo=UTC),
            )
        )
    db.flush()


def _quotas(db: Session, program: Program, world: Json, *, published: bool) -> None:
    known = {each.id for each in service._latest(db, program.id).components}
    changes = [
        QuotaChange(
            UUID(each["person"]),
            program.id,
            each["component"],
            date.fromisoformat(each["from"]),
            date.fromisoformat(each["to"]),
            round(float(each["target"]) * 1_000_000),
        )
        for each in world["quotas"]
        if each["component"] in known
    ]
    service.set_quotas(db, changes=changes)


def _rules(world: Json) -> Iterator[EnrolmentRule]:
    for each in world["enrolments"]:
        kind = "person" if "person" in each else "team_of"
        yield EnrolmentRule(kind, UUID(each[kind]), _day(each.get("from")), _day(each.get("to")))


def _enrolled(world: Json) -> list[Json] | None:
    """Return who takes part on which days, asked day by day of who stood where."""
    if world["enrolments"] is None:
        return None
    places = [Position.model_validate(each) for each in world["positions"]]
    upline = crediting.upline_from(places)
    found: list[Json] = []
    for each in world["enrolments"]:
        bounds = {name: each[name] for name in ("from", "to") if name in each}
        if "person" in each:
            found.append({"person": each["person"], "from": "1900-01-01"} | bounds)
            continue
        leader = each["team_of"]
        found.append({"person": leader, "from": "1900-01-01"} | bounds)
        moves = {place.from_ for place in places} | {_day(each.get("from")) or date(1900, 1, 1)}
        edges = sorted(moves)
        for first, following in zip(edges, [*edges[1:], None], strict=True):
            start = max(first, _day(each.get("from")) or first)
            ends = [_day(each.get("to")), following and following - DAY]
            last = min((end for end in ends if end), default=None)
            if last is not None and last < start:
                continue
            for person in (stated["person"] for stated in world["people"]):
                if leader in upline(person, start):
                    span = {"from": str(start)} | ({} if last is None else {"to": str(last)})
                    found.append({"person": person} | span)
    return found


def _arrive(db: Session, batch: list[Json]) -> None:
    for each in batch:
        if "void" in each:
            void(db, each["id"])
    give_sales(db, *(_ready(each) for each in batch if "void" not in each))
    settle_events(db)


def _ready(each: Json) -> Any:
    attributes = dict(each["attributes"])
    if "shares" in each:
        attributes["shares"] = each["shares"]
    return sale(
        UUID(each["person"]),
        each["amount"],
        at=datetime.fromisoformat(each["occurred_at"]),
        external_id=each["id"],
        currency=each["currency"],
        units=each["units"],
        product=each.get("product"),
        customer_reference=each.get("customer"),
        attributes=attributes,
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
