"""What the engine settles on, read from the database as the plain facts that it evaluates anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from itertools import zip_longest
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Text, Uuid, any_, bindparam, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY, Range
from sqlalchemy.orm import Session

from app.activities.filters import condition_sql
from app.activities.queries import activities_table
from app.bulk.naming import SHARE
from app.db.unit_of_work import tenant_of
from app.engine.crediting import upline_from
from app.engine.document import Component, Program
from app.engine.facts import (
    Activity,
    Enrolment,
    Facts,
    Mandate,
    Person,
    Position,
    Quota,
    Rate,
    Share,
)
from app.engine.periods import Span
from app.kernel.money import micros_to_decimal
from app.people.queries import known_people, people_table, positions_table
from app.programs import core, models, queries
from app.programs.queries import Published

DAY = timedelta(days=1)
_LONG_AGO, _FAR = date(1900, 1, 1), date(2200, 12, 31)


def facts_of(
    db: Session,
    program: Published,
    *,
    payees: Collection[UUID] | None = None,
    activities: Sequence[Activity] = (),
    as_of: date,
    places: bool = False,
) -> Facts:
    """Return what is known of `payees` (of everybody) for settling a program, with `activities`."""
    document, rules = program.document, queries.enrolments(db, program.program_id)
    needs_places = (
        places or any(rule.kind == "team_of" for rule in rules) or core.asks_for_places(document)
    )
    positions = positions_of(db) if needs_places else ()
    people = _people(db, payees)
    return Facts(
        people=tuple(people),
        is_complete=payees is None,
        positions=tuple(positions),
        enrolments=_enrolments(rules, [each.person for each in people], positions),
        quotas=tuple(_quotas(db, program.program_id, payees)),
        rates=tuple(_rates(db, document.currency)),
        mandates=tuple(_mandates(db, program.program_id)) if core.has_mandates(document) else (),
        activities=tuple(activities),
        since=min(component.effective.from_ for component in document.components),
        as_of=as_of,
    )


def positions_of(db: Session) -> list[Position]:
    """Return who reported to whom, from day to day."""
    table = positions_table()
    rows = db.execute(select(table).where(table.c.tenant_id == tenant_of(db)))
    return [
        Position.model_construct(
            person=str(row.person_id),
            manager=None if row.manager_id is None else str(row.manager_id),
            kind=row.kind,
            from_=row.from_on,
            to=None if row.to_on is None else row.to_on - DAY,
        )
        for row in rows
    ]


def _people(db: Session, payees: Collection[UUID] | None) -> list[Person]:
    if payees is not None and not payees:
        return []
    table = people_table()
    query = select(table.c.id, table.c.joined_on, table.c.left_on, table.c.title, table.c.active)
    query = query.where(table.c.tenant_id == tenant_of(db)).order_by(table.c.id)
    if payees is not None:
        query = query.where(table.c.id.in_(payees))
    attributes = _attributes(db, payees)
    return [
        Person.model_construct(
            person=str(row.id),
            joined_on=row.joined_on,
            left_on=row.left_on,
            attributes={"title": row.title or ""} | attributes.get(row.id, {}),
        )
        for row in db.execute(query)
    ]


def _attributes(db: Session, payees: Collection[UUID] | None) -> dict[UUID, dict[str, str]]:
    query = select(models.PayeeAttribute).where(models.PayeeAttribute.tenant_id == tenant_of(db))
    if payees is not None:
        query = query.where(models.PayeeAttribute.person_id.in_(payees))
    found: dict[UUID, dict[str, str]] = {}
    for row in db.scalars(query):
        found.setdefault(row.person_id, {})[row.name] = row.value
    return found


def _enrolments(
    rules: Sequence[models.Enrolment], people: Sequence[str], positions: Sequence[Position]
) -> tuple[Enrolment, ...] | None:
    """Return on which days each of `people` takes part; None when everybody always does."""
    if any(rule.kind == "everybody" and _is_unbounded(rule.valid) for rule in rules):
        return None
    teams = _Teams(positions) if positions else None
    return tuple(
        Enrolment.model_construct(person=person, from_=first, to=last)
        for rule in rules
        for person, first, last in _taking_part(rule, people, teams)
    )


def _is_unbounded(valid: Range[date]) -> bool:
    return valid.lower is None and valid.upper is None


def _taking_part(
    rule: models.Enrolment, people: Sequence[str], teams: _Teams | None
) -> Iterator[tuple[str, date, date | None]]:
    first = rule.valid.lower or _LONG_AGO
    last = None if rule.valid.upper is None else rule.valid.upper - DAY
    if rule.kind != "team_of":
        chosen = people if rule.person_id is None else [str(rule.person_id)]
        yield from ((person, first, last) for person in chosen if person in set(people))
        return
    manager = str(rule.person_id)
    for person in people:
        if person == manager:
            yield person, first, last
        elif teams is not None:
            yield from ((person, *days) for days in teams.below(person, manager, first, last))


class _Teams:
    """Who stood below whom, on which days."""

    def __init__(self, positions: Sequence[Position]) -> None:
        self._upline = lru_cache(maxsize=None)(upline_from(positions))
        edges = {each.from_ for each in positions}
        edges |= {each.to + DAY for each in positions if each.to is not None}
        self._edges = sorted(edges)

    def below(
        self, person: str, manager: str, first: date, last: date | None
    ) -> Iterator[tuple[date, date | None]]:
        """Yield the stretches of days within `first` and `last` on which `person` was below `manager`."""
        inside = [day for day in self._edges if first < day and (last is None or day <= last)]
        starts = [first, *inside]
        for start, after in zip(starts, [*inside, None], strict=True):
            if manager in self._upline(person, start):
                yield start, last if after is None else after - DAY


def _quotas(db: Session, program_id: UUID, payees: Collection[UUID] | None) -> Iterator[Quota]:
    query = select(models.Quota).where(
        models.Quota.tenant_id == tenant_of(db), models.Quota.program_id == program_id
    )
    if payees is not None:
        query = query.where(models.Quota.person_id.in_(payees))
    for row in db.scalars(query):
        assert row.valid.lower is not None
        assert row.valid.upper is not None
        component, _, figure = row.component.partition(".")
        yield Quota.model_construct(
            person=str(row.person_id),
            target=micros_to_decimal(row.target_micros),
            component=component,
            figure=figure or None,
            from_=row.valid.lower,
            to=row.valid.upper - DAY,
        )


def _rates(db: Session, into: str) -> Iterator[Rate]:
    """Yield the rates into a currency; each holds until the day before the next."""
    rows = db.scalars(
        select(models.ExchangeRate)
        .where(models.ExchangeRate.tenant_id == tenant_of(db), models.ExchangeRate.into == into)
        .order_by(models.ExchangeRate.currency, models.ExchangeRate.from_on)
    ).all()
    for row, following in zip_longest(rows, rows[1:]):
        same = following is not None and following.currency == row.currency
        yield Rate.model_construct(
            currency=row.currency,
            rate=row.rate,
            from_=row.from_on,
            to=following.from_on - DAY if same and following is not None else None,
        )


def _mandates(db: Session, program_id: UUID) -> Iterator[Mandate]:
    for row in db.scalars(
        select(models.Mandate).where(
            models.Mandate.tenant_id == tenant_of(db), models.Mandate.program_id == program_id
        )
    ):
        assert row.valid.lower is not None
        yield Mandate.model_construct(
            agent=str(row.agent_id),
            sub_agent=str(row.sub_agent_id),
            rate=row.rate,
            component=row.component,
            from_=row.valid.lower,
            to=None if row.valid.upper is None else row.valid.upper - DAY,
        )


def known_among(db: Session, names: Collection[str]) -> frozenset[str]:
    """Return which of some names are ids of people; what a source writes in a role may be anything."""
    ids = [UUID(name) for name in names if _is_id(name)]
    if not ids:
        return frozenset()
    people = known_people()
    found = select(people.c.id).where(people.c.tenant_id == tenant_of(db), people.c.id.in_(ids))
    return frozenset(str(person) for person in db.scalars(found))


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def activities_of(
    db: Session,
    zone: str = "UTC",
    *,
    ids: Collection[UUID] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Activity]:
    """Return the counted activities, of `ids` or between two days of `zone`, in one statement."""
    if ids is not None:
        given = {"tenant": tenant_of(db), "ids": list(ids)}
        return [activity_of(row) for row in db.execute(_given(), given)]
    return [activity_of(row) for row in db.execute(_read().where(*_counted(db, zone, first, last)))]


def _read() -> Select[Any]:
    table = activities_table()
    attributes = cast(table.c.attributes, Text).label("stated")
    return select(*(table.c[name] for name in _ACTIVITY), attributes)


@cache
def _given() -> Select[Any]:
    """Return the statement that reads the activities of an array of ids."""
    given = cast(bindparam("ids", type_=ARRAY(Uuid())), ARRAY(Uuid()))
    table = activities_table()
    return _read().where(
        table.c.tenant_id == bindparam("tenant", type_=Uuid()),
        table.c.id == any_(given),
        table.c.status == "counted",
        table.c.person_id.is_not(None),
    )


def count_between(db: Session, zone: str, first: date, last: date) -> int:
    """Return how many activities are counted between two days of `zone`."""
    query = select(func.count()).where(*_counted(db, zone, first, last))
    return db.scalar(query) or 0


def count_left_out(
    db: Session, document: Program, figures: Sequence[tuple[Component, str]], days: Span
) -> list[int]:
    """Return how many amounts each figure would count were they in the currency of the program."""
    table = activities_table()
    counts = [
        func.count().filter(
            true(), *(condition_sql(each, table) for each in component.counts_of(figure))
        )
        for component, figure in figures
    ]
    query = select(*counts).where(
        *_counted(db, document.zone, days.first, days.last),
        table.c.amount_micros.is_not(None),
        table.c.currency != document.currency,
    )
    return list(db.execute(query).one())


def _counted(
    db: Session, zone: str, first: date | None, last: date | None
) -> Iterator[ColumnElement[bool]]:
    table, here = activities_table(), ZoneInfo(zone)
    yield table.c.tenant_id == tenant_of(db)
    yield table.c.status == "counted"
    yield table.c.person_id.is_not(None)
    if first is not None:
        yield table.c.occurred_at >= datetime.combine(first, time(), here)
    if last is not None:
        yield table.c.occurred_at < datetime.combine(last + DAY, time(), here)


_ACTIVITY = (
    "id",
    "occurred_at",
    "person_id",
    "kind",
    "source_status",
    "amount_micros",
    "currency",
    "units_micros",
    "product",
    "product_group",
    "channel",
    "customer_reference",
    "country",
    "source_name",
)


def activity_of(row: Any) -> Activity:
    """Return a row of activities as the engine reads it; `stated` holds its attributes as text."""
    attributes = json.loads(row.stated, parse_float=str, parse_int=str)
    shares = attributes.pop("shares", None)
    return Activity.model_construct(
        id=str(row.id),
        occurred_at=row.occurred_at,
        person=str(row.person_id),
        kind=row.kind,
        status=row.source_status,
        amount=micros_to_decimal(row.amount_micros),
        currency=row.currency,
        units=micros_to_decimal(row.units_micros),
        product=row.product,
        product_group=row.product_group,
        channel=row.channel,
        customer=row.customer_reference,
        country=row.country,
        source=row.source_name,
        attributes=dict(_plain(attributes)),
        shares=_shares(shares),
    )


def _plain(attributes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if value is not None:
            yield name, value if isinstance(value, str) else json.dumps(value)


def _shares(stated: Any) -> tuple[Share, ...]:
    """Return who has a part of an activity or a role on it, as its source stated it.

    A source may write anything: shares that are not 1 in all are none.
    """
    entries = (
        [each for each in stated if isinstance(each, dict)] if isinstance(stated, list) else []
    )
    sharing = [each for each in entries if each.get("share") is not None]
    are_shares = all(_is_share(each) for each in sharing) and (
        sum(Decimal(each["share"]) for each in sharing) == 1
    )
    return tuple(
        Share.model_construct(
            person=each["person"],
            share=Decimal(each["share"]) if are_shares and each.get("share") else None,
            role=each.get("role"),
        )
        for each in entries
        if isinstance(each.get("person"), str)
    )


def _is_share(entry: Mapping[str, Any]) -> bool:
    person, share = entry.get("person"), entry["share"]
    plain = isinstance(share, str) and re.fullmatch(SHARE, share) is not None
    return isinstance(person, str) and plain and Decimal(share) > 0


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of activities, by their ids."""

    known: Mapping[str, Mapping[str, str | Decimal]]

    def __call__(self, activity: str) -> Mapping[str, str | Decimal]:
        """Return those of one activity."""
        return self.known.get(activity, {})


def attributes_of(db: Session, ids: Collection[UUID]) -> Callable[[str], Mapping[str, Any]]:
    """Return how to look up what is stated of some activities, such as when an invoice was paid."""
    table = activities_table()
    rows = db.execute(
        select(table.c.id, cast(table.c.attributes, Text).label("stated")).where(
            table.c.tenant_id == tenant_of(db), table.c.id.in_(ids)
        )
    )
    known = {
        str(row.id): dict(_plain(json.loads(row.stated, parse_float=str, parse_int=str)))
        for row in rows
    }
    return Attributes(known)
