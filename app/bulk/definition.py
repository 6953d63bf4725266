"""Who is credited for what, defined once over relations: `engine.crediting` as a query.

The same definition runs live in PostgreSQL for a few activities, rebuilds there, and is compiled to text
that DuckDB and Spark both run (`dialect`). It only uses what all three know. Numbers are whole millionths
(`value_micros`); a credit counts value x factor x share, both in millionths too.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    FromClause,
    Integer,
    Select,
    case,
    column,
    func,
    literal,
    literal_column,
    select,
    true,
    values,
)

from app.bulk import claims, dividing, figures
from app.bulk.claims import Claim
from app.bulk.inputs import ONE, Column, Relations, micros
from app.engine.credit_rules import (
    GroupCredit,
    OverlayCredit,
    OverrideCredit,
    SplitCredit,
    UplineCredit,
)
from app.engine.crediting import SELLER
from app.engine.document import Component, Program


def credited(
    program: Program, component: Component, figure: str, relations: Relations
) -> list[Select[Any]]:
    """Return the queries whose rows together are the credits of a figure.

    Columns: activity_id, payee_id, day, level, value_micros; share_micros, factor_micros and
    rate_micros where they can be other than one, text for a distinct count, read_micros (not
    shared) for an average or an extreme.
    """
    credit = component.credit_of(figure)
    queries = [
        _query(program, component, figure, relations, claim)
        for claim in claims.claimed(component, figure, relations)
    ]
    if isinstance(credit, SplitCredit) and credit.default:
        queries.append(_shared_by_default(program, component, figure, relations))
    return queries


def has_shares(component: Component, figure: str) -> bool:
    """Tell whether credits of a figure carry a share other than one."""
    credit = component.credit_of(figure)
    if isinstance(credit, OverrideCredit | UplineCredit):
        levels = [each.level for each in credit.levels]
        return len(levels) != len(set(levels)) or any(each.share != 1 for each in credit.levels)
    return isinstance(credit, OverlayCredit | GroupCredit) and credit.share != 1


def _query(
    program: Program, component: Component, figure: str, relations: Relations, claim: Claim
) -> Select[Any]:
    columns: list[Column] = [
        claim.payee.label("payee_id"),
        claim.level.label("level"),
        claim.value.label("value_micros"),
    ]
    if has_shares(component, figure):
        share = literal(ONE, BigInteger) if claim.share is None else claim.share
        columns.append(share.label("share_micros"))
    query = figures.of_activities(
        program, component, figure, relations, source=claim.source, columns=columns
    )
    query = query.where(*claim.where, claim.payee.is_not(None))
    if relations.takes_part is not None:
        query = query.where(relations.takes_part(claim.payee, relations.day))
    return query


def _shared_by_default(
    program: Program, component: Component, figure: str, relations: Relations
) -> Select[Any]:
    """Return the parts of the default shares: each activity is read once and then taken apart."""
    credit = component.credit_of(figure)
    assert isinstance(credit, SplitCredit)
    measure: Any = component.figure(figure)
    places = range(len(credit.default))
    payees = [_sharer(relations, each.role, each.person) for each in credit.default]
    named = [
        *(payee.label(f"payee_{nth}") for nth, payee in enumerate(payees)),
        figures.value_sql(measure, relations.activities).label("value_micros"),
    ]
    read = (
        figures.of_activities(
            program, component, figure, relations, source=relations.source, columns=named
        )
        .where(*claims.unstated(credit, relations))
        .subquery("shared")
    )
    kept = [each for each in read.c if not each.name.startswith("payee_")]
    payees = [read.c[f"payee_{nth}"] for nth in places]
    shares = [
        dividing.joined(nth, payees, [micros(e.share) for e in credit.default]) for nth in places
    ]
    parts = dividing.divide(
        select(*kept, *payees, *(share.label(f"share_{nth}") for nth, share in enumerate(shares))),
        len(credit.default),
    )
    place = values(column("place", Integer), name="places").data([(nth,) for nth in places])
    payee = case(*((place.c.place == nth, parts.c[f"payee_{nth}"]) for nth in places))
    share = case(*((place.c.place == nth, parts.c[f"share_{nth}"]) for nth in places))
    described = {"factor_micros", "rate_micros", "text", "read_micros"}
    query = (
        select(
            parts.c.activity_id,
            parts.c.day,
            *(parts.c[name] for name in relations.carried),
            payee.label("payee_id"),
            literal_column("0").label("level"),
            case(*((place.c.place == nth, _signed(parts, nth)) for nth in places)).label(
                "value_micros"
            ),
            *(parts.c[each.name] for each in kept if each.name in described),
        )
        .select_from(parts.join(place, true()))
        .where(share > 0, payee.is_not(None))
    )
    if relations.takes_part is not None:
        query = query.where(relations.takes_part(payee, parts.c.day))
    return query


def _sharer(relations: Relations, role: str | None, person: str | None) -> Column:
    seller: Column = relations.activities.c.person_id
    if person is not None:
        return relations.person(person)
    if role in (None, SELLER) or relations.holder is None:
        return seller
    return func.coalesce(relations.holder(role or ""), seller)


def _signed(parts: FromClause, nth: int) -> Column:
    return case((parts.c.value_micros < 0, -parts.c[f"part_{nth}"]), else_=parts.c[f"part_{nth}"])


def effective_sql(program: Program, component: Component, activities: FromClause) -> list[Any]:
    """Return the bounds of the component's days: of the day, or as instants of the program's zone."""
    days, found = component.effective, []
    after = None if days.to is None else days.to + timedelta(days=1)
    if "occurred_at" not in activities.c:
        found.append(activities.c.occurred_on >= days.from_)
        return [*found, *(() if after is None else (activities.c.occurred_on < after,))]
    zone = ZoneInfo(program.zone)
    found.append(activities.c.occurred_at >= datetime.combine(days.from_, time(), zone))
    if after is not None:
        found.append(activities.c.occurred_at < datetime.combine(after, time(), zone))
    return found
