"""Who is credited for an activity, and for how much of it: each credit rule as a source to select from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from app.bulk import dividing, figures
from app.bulk.inputs import Column, NotCompiled, Relations, holds_on, micros
from app.engine.credit_rules import (
    DifferentialCredit,
    DirectCredit,
    GroupCredit,
    OverlayCredit,
    OverrideCredit,
    SplitCredit,
    UplineCredit,
)
from app.engine.crediting import SELLER
from app.engine.document import Component


@dataclass(frozen=True)
class Claim:
    """A part of a credit query: where it selects from, who is credited, and for how much."""

    source: FromClause
    payee: Column
    value: Column
    share: Column | None = None
    """In millionths; None where it is all of it."""
    level: Column = field(default_factory=lambda: literal_column("0"))
    where: tuple[ColumnElement[bool], ...] = ()


def claimed(component: Component, figure: str, relations: Relations) -> Iterator[Claim]:
    """Yield who is credited, as the credit rule of the figure says."""
    credit, activities = component.credit_of(figure), relations.activities
    measure: Any = component.figure(figure)
    value = figures.value_sql(measure, activities)
    if isinstance(credit, DirectCredit):
        yield Claim(relations.source, activities.c.person_id, value)
    elif isinstance(credit, OverrideCredit | UplineCredit):
        yield from _levels(credit, relations, value)
    elif isinstance(credit, SplitCredit):
        yield from _split(credit, relations, value)
    elif isinstance(credit, OverlayCredit):
        yield from _overlay(credit, relations, value)
    elif isinstance(credit, GroupCredit):
        yield _group(credit, relations, value)
    else:
        assert isinstance(credit, DifferentialCredit)
        raise NotCompiled("A differential depends on what is settled.")


def _levels(
    credit: OverrideCredit | UplineCredit, relations: Relations, value: Column
) -> Iterator[Claim]:
    """Yield those above the seller: level by level for a few activities, in one join for all."""
    shares: dict[int, Decimal] = {}
    for each in credit.levels:
        shares[each.level] = shares.get(each.level, Decimal(0)) + each.share
    kind = "sub_agent" if isinstance(credit, UplineCredit) else None
    if credit.compression and relations.takes_part is not None:
        raise NotCompiled("Who is skipped on the way up is found in Python.")
    chains = [
        above(relations.positions, level, kind).add_columns(
            literal(level, BigInteger).label("level"), micros(share).label("share_micros")
        )
        for level, share in sorted(shares.items())
    ]
    tables = [chain.subquery() for chain in chains]
    if not relations.is_few and len(chains) > 1:
        tables = [union_all(*chains).subquery()]
    for table in tables:
        seller = relations.activities.c.person_id
        here = and_(table.c.person_id == seller, holds_on(table, relations.day))
        yield Claim(
            relations.source.join(table, here),
            table.c.manager_id,
            value,
            table.c.share_micros,
            table.c.level,
        )


def above(positions: Callable[[], FromClause], level: int, kind: str | None) -> Select[Any]:
    """Return who stood so many levels above whom, from which day to which.

    Columns: person_id, manager_id, from_on, to_on. A circle ends where it would begin again.
    """
    first = positions()
    source: FromClause = first
    path: list[Column] = [first.c.person_id, first.c.manager_id]
    places = [first]
    for _ in range(1, level):
        place = positions()
        met = and_(
            place.c.person_id == path[-1],
            *(_overlap(place, earlier) for earlier in places),
        )
        source = source.join(place, met)
        places.append(place)
        path.append(place.c.manager_id)
    distinct = [path[nth] != path[earlier] for nth in range(1, len(path)) for earlier in range(nth)]
    of_kind = [place.c.kind == kind for place in places] if kind else []
    return (
        select(
            path[0].label("person_id"),
            path[-1].label("manager_id"),
            _latest([place.c.from_on for place in places]).label("from_on"),
            _earliest([place.c.to_on for place in places]).label("to_on"),
        )
        .select_from(source)
        .where(path[-1].is_not(None), *distinct, *of_kind)
    )


def _overlap(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(
        or_(other.c.to_on.is_(None), one.c.from_on < other.c.to_on),
        or_(one.c.to_on.is_(None), other.c.from_on < one.c.to_on),
    )


def _latest(days: Sequence[Column]) -> Column:
    return days[0] if len(days) == 1 else func.greatest(*days)


_FAR: Final = date(9999, 12, 31)


def _earliest(days: Sequence[Column]) -> Column:
    """Return the earliest of days where null means never; the engines differ in what null is to least()."""
    if len(days) == 1:
        return days[0]
    return func.nullif(func.least(*(func.coalesce(day, _FAR) for day in days)), _FAR)


def _split(credit: SplitCredit, relations: Relations, value: Column) -> Iterator[Claim]:
    """Yield what activities state themselves, and the seller where nothing else is said."""
    if credit.by == "shares" and relations.shares is not None:
        yield _stated(relations, relations.shares, value)
    if not credit.default:
        seller = relations.activities.c.person_id
        yield Claim(relations.source, seller, value, where=unstated(credit, relations))


def unstated(credit: SplitCredit, relations: Relations) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that the activity states no shares, where it could."""
    if credit.by != "shares" or relations.shares is None:
        return ()
    shares = relations.shares.alias("stated")
    stated = select(literal(1)).where(shares.c.activity_id == relations.activities.c.id)
    return (~exists(stated),)


def _stated(relations: Relations, shares: FromClause, value: Column) -> Claim:
    """Return the parts of activities that state their shares."""
    activities = relations.activities
    person = (
        select(
            shares.c.activity_id,
            shares.c.person_id,
            func.min(shares.c.place).label("place"),
            func.sum(shares.c.share_micros).label("share_micros"),
        )
        .group_by(shares.c.activity_id, shares.c.person_id)
        .subquery("sharers")
    )
    size = func.abs(value)
    below = dividing.remainder(size)
    share = cast(person.c.share_micros, BigInteger)
    whole = dividing.divided(size) * share + dividing.divided(below * share)
    of = [activities.c.id]
    left = size - func.sum(whole).over(partition_by=of)
    rank = func.row_number().over(
        partition_by=of, order_by=[dividing.remainder(below * share).desc(), person.c.place]
    )
    part = whole + case((rank <= left, 1), else_=0)
    parts = (
        select(
            activities.c.id.label("activity_id"),
            person.c.person_id,
            case((value < 0, -part), else_=part).label("part_micros"),
        )
        .select_from(relations.source.join(person, person.c.activity_id == activities.c.id))
        .where(value.is_not(None))
        .subquery("stated_parts")
    )
    source = relations.source.join(parts, parts.c.activity_id == activities.c.id)
    return Claim(source, parts.c.person_id, parts.c.part_micros)


def _overlay(credit: OverlayCredit, relations: Relations, value: Column) -> Iterator[Claim]:
    share = micros(credit.share)
    people = [relations.person(name) for name in dict.fromkeys(credit.people)]
    holder = None
    if credit.role is not None and relations.holder is not None:
        is_seller = credit.role == SELLER
        holder = relations.activities.c.person_id if is_seller else relations.holder(credit.role)
    for person in people:
        yield Claim(relations.source, person, value, share)
    if holder is not None:
        others = tuple(holder != person for person in people)
        yield Claim(relations.source, holder, value, share, where=others)


def _group(credit: GroupCredit, relations: Relations, value: Column) -> Claim:
    if relations.members is None:
        raise NotCompiled("Nobody said who belongs to which group.")
    members = relations.members.alias("members_of_day")
    belongs = and_(members.c.group_name == credit.group, holds_on(members, relations.day))
    source = relations.source.join(members, belongs)
    return Claim(source, members.c.person_id, value, micros(credit.share))
