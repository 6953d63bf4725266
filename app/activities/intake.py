"""Activities as other systems send them: resolved, checked one by one, written together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Select, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import Session

from app.activities import lookups, recording, service
from app.activities.core import Outcome, Ready, Written
from app.activities.schemas import ActivityIn, PersonKey, Unreadable
from app.db import driver
from app.db.unit_of_work import work_of
from app.kernel.errors import Problem
from app.kernel.money import MICROS, decimal_to_micros
from app.people import queries as people
from app.people.core import fold

CLAIMS = "claims"
"""The source of verified claims; nobody else writes to it."""

Item = ActivityIn | Unreadable
_SENTENCES = {
    "unknown_person": "Nobody here is called that.",
    "void_unknown": "There is no such activity to take back.",
    "replaces_unknown": "There is no such activity to replace.",
    "reserved_source": "This source belongs to verified claims.",
}


@dataclass(slots=True)
class ItemResult:
    """What became of one item; problem pointers begin at the item."""

    external_id: str | None
    outcome: Outcome
    activity_id: UUID | None = None
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    people: dict[tuple[str, str], UUID]
    products: dict[str, tuple[str, str | None]]


def take(db: Session, items: Sequence[Item]) -> list[ItemResult]:
    """Write what makes sense of `items` and say of each, in order, what became of it."""
    readable = [item for item in items if isinstance(item, ActivityIn)]
    found = _Found(
        _people(db, [item.person for item in readable if item.person is not None]),
        lookups.products(db, {item.product for item in readable if item.product}),
    )
    results: list[ItemResult | None] = [None] * len(items)
    by_source: dict[str, list[tuple[int, Ready]]] = defaultdict(list)
    for position, item in enumerate(items):
        if isinstance(item, Unreadable):
            results[position] = _refused(item.external_id, item.problems)
        elif problem := _problem(item, found):
            results[position] = _refused(item.external_id, [problem])
        else:
            by_source[item.source].append((position, _ready(db, item, found)))
    for source, rows in sorted(by_source.items()):
        source_id = service.ensure_source(db, name=source)
        ready = [row for _, row in rows]
        written = recording.write(db, source_id=source_id, rows=ready, cause="api")
        for (position, row), one in zip(rows, written, strict=True):
            results[position] = _result(row, one)
    return [result for result in results if result is not None]


def _problem(item: ActivityIn, found: _Found) -> Problem | None:
    if item.source == CLAIMS:
        return _say("/source", "reserved_source")
    if item.void or item.person is None:
        return None
    kind, key = _key(item.person)
    if (kind, key) not in found.people:
        return _say(f"/person/{kind}", "unknown_person", value=str(getattr(item.person, kind)))
    return None


def _say(pointer: str, code: str, **params: str) -> Problem:
    return Problem(pointer, code, _SENTENCES[code], params)


def _refused(external_id: str | None, problems: list[Problem]) -> ItemResult:
    return ItemResult(external_id, Outcome.REFUSED, None, problems)


def _result(row: Ready, written: Written) -> ItemResult:
    problems = []
    if written.reason is not None:
        pointer = "/replaces" if row.replaces else "/external_id"
        problems = [_say(pointer, written.reason.code, **written.reason.params)]
    return ItemResult(row.external_id, written.outcome, written.activity_id, problems)


def _ready(db: Session, item: ActivityIn, found: _Found) -> Ready:
    name, group = found.products.get(fold(item.product or ""), (item.product, None))
    return Ready(
        external_id=item.external_id,
        person_id=found.people[_key(item.person)] if item.person and not item.void else None,
        occurred_at=item.occurred_at or work_of(db).now,
        amount_micros=decimal_to_micros(Decimal(item.amount.amount)) if item.amount else 0,
        currency=item.amount.currency if item.amount else None,
        units_micros=decimal_to_micros(Decimal(item.units)) if item.units else MICROS,
        kind=item.kind,
        product=name,
        product_group=item.product_group or group,
        customer_reference=item.customer_reference,
        source_status=item.status,
        channel=item.channel,
        country=item.country,
        attributes=_attributes(item),
        is_void=item.void,
        replaces=item.replaces,
    )


def _attributes(item: ActivityIn) -> str:
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in item.attributes.items()
    }
    return orjson.dumps(texts).decode()


def _key(person: PersonKey) -> tuple[str, str]:
    for kind in ("id", "employee_number", "email", "name"):
        if (value := getattr(person, kind)) is not None:
            return kind, fold(str(value))
    raise AssertionError("a person key names somebody")


def _people(db: Session, keys: Iterable[PersonKey]) -> dict[tuple[str, str], UUID]:
    """Return who is meant by each key; a name that two people share means nobody."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        kind, value = _key(key)
        wanted[kind].add(value)
    found: dict[tuple[str, str], UUID] = {}
    for kind, values in wanted.items():
        found |= _people_by(db, kind, values)
    return found


def _people_by(db: Session, kind: str, values: set[str]) -> dict[tuple[str, str], UUID]:
    if kind == "name":
        index = people.person_index(db, by="name")
        return {(kind, value): index[value] for value in values if value in index}
    wanted = [UUID(value) for value in values] if kind == "id" else list(values)
    rows = driver.run(db, _whom(kind), {"wanted": wanted})
    return {(kind, fold(str(key))): person_id for key, person_id in rows}


@cache
def _whom(kind: str) -> Select[Any]:
    """Return the query of people whose `kind` is one of `:wanted`; made once, asked every time."""
    table = people.people_table()
    column = table.c[kind]
    kind_of_key, compared = (Uuid(), column) if kind == "id" else (Text(), func.lower(column))
    wanted = bindparam("wanted", type_=ARRAY(kind_of_key))
    return select(column, table.c.id).where(compared == any_(wanted))
