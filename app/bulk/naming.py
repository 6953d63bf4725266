"""Whom an activity names, in PostgreSQL: who has a role on it, and who shares it how.

A source may write anything there. What is nobody's id is nobody; shares that are not 1 in all, or of
which one is nobody's, are not shares. `engine.crediting` says the same of facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Numeric,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import TableValuedAlias
from sqlalchemy.sql.selectable import LateralFromClause

from app.kernel.money import MICROS
from app.people.queries import known_people

SHARE: Final = r"(0\.[0-9]{1,6}|1(\.0{1,6})?)"
"""A share as text: of one, and no finer than a millionth."""

_UUID: Final = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def id_sql(named: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the id that a text is, null where it is none."""
    return case((named.regexp_match(_UUID), cast(named, Uuid)))


def person_sql(named: ColumnElement[Any], tenant: Any) -> ColumnElement[Any]:
    """Return the person whose id a text is, null where it is nobody's."""
    people = known_people().alias()
    found = select(people.c.id).where(people.c.tenant_id == tenant, people.c.id == id_sql(named))
    return found.correlate_except(people).scalar_subquery()


def holders_sql(activities: FromClause, roles: Iterable[str], tenant: Any) -> LateralFromClause:
    """Return who has which role on an activity, to be joined to it: a column for each role."""
    return select(*(_holder(activities, role, tenant).label(role) for role in roles)).lateral(
        "holders"
    )


def _holder(activities: FromClause, role: str, tenant: Any) -> ColumnElement[Any]:
    return person_sql(named_sql(activities, role), tenant)


def named_sql(activities: FromClause, role: str) -> ColumnElement[Any]:
    """Return what names who has a role: stated with the shares of the activity, or an attribute."""
    entries = _entries(activities)
    entry = cast(entries.c.value, JSONB)
    stated = (
        select(_text(entry, "person"))
        .select_from(entries)
        .where(
            _text(entry, "role") == role,
            func.jsonb_typeof(entry.op("->")("person")).regexp_match("^(string|number)$"),
        )
        .order_by(entries.c.place)
        .limit(1)
        .correlate(activities)
        .scalar_subquery()
    )
    attributes = activities.c.attributes
    # Few activities state shares; the others are not looked through.
    listed = case((cast(attributes, JSONB).has_key("shares"), func.nullif(stated, "")))
    return func.coalesce(listed, _text(attributes, role))


def joined_holder(
    source: FromClause, activities: FromClause, role: str, tenant: Any
) -> tuple[FromClause, ColumnElement[Any]]:
    """Join who has a role on each of many activities to `source`; return that, and the person.

    It says the same as `holders_sql`, looking all people up at once.
    """
    people = known_people().alias()
    is_named = and_(
        people.c.tenant_id == tenant, cast(people.c.id, Text) == named_sql(activities, role)
    )
    return source.outerjoin(people, is_named), people.c.id


def shares_sql(activities: FromClause, source: FromClause, tenant: Any) -> FromClause:
    """Return the shares that activities state: activity_id, place, person_id, share_micros."""
    entries = _entries(activities)
    entry = cast(entries.c.value, JSONB)
    share = _text(entry, "share")
    stated = (
        select(
            activities.c.id.label("activity_id"),
            entries.c.place,
            person_sql(_text(entry, "person"), tenant).label("person_id"),
            case((share.regexp_match(f"^{SHARE}$"), cast(share, Numeric) * MICROS)).label("micros"),
        )
        .select_from(source.join(entries, true()))
        .where(share.is_not(None))
        .subquery("stated")
    )
    is_share = func.coalesce(and_(stated.c.person_id.is_not(None), stated.c.micros > 0), False)
    of = stated.c.activity_id
    weighed = select(
        *(stated.c[name] for name in ("activity_id", "place", "person_id")),
        cast(stated.c.micros, BigInteger).label("share_micros"),
        func.bool_and(is_share).over(partition_by=of).label("are_shares"),
        func.sum(stated.c.micros).over(partition_by=of).label("in_all"),
    ).subquery("weighed")
    return (
        select(*(weighed.c[n] for n in ("activity_id", "place", "person_id", "share_micros")))
        .where(weighed.c.are_shares, weighed.c.in_all == MICROS)
        .subquery("shares_of_activities")
    )


def _entries(activities: FromClause) -> TableValuedAlias:
    """Return the entries of the list of shares of an activity, each with its place."""
    stated = activities.c.attributes.op("->")("shares")
    listed = case((func.jsonb_typeof(stated) == "array", stated), else_=func.jsonb_build_array())
    return (
        func.jsonb_array_elements(listed)
        .table_valued("value", with_ordinality="place", name="stated_shares")
        .render_derived()
    )


def _text(value: Any, name: str) -> ColumnElement[Any]:
    found: ColumnElement[Any] = value.op("->>", return_type=Text())(name)
    return found
