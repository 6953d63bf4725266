"""Scores from activities: set-based, only for the people something happened to.

Every writer first takes the score rows it is about to compute, in one order, and computes in a later
statement: two sales of one person at the same moment are both counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Numeric,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    func,
    literal,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from app.activities.filters import condition_sql
from app.activities.queries import activities_table, given_activities
from app.contests.core import NEVER
from app.contests.models import Contest, ContestScore
from app.contests.rules import ContestRules, read_rules
from app.db import driver
from app.db.unit_of_work import tenant_of
from app.kernel.money import MICROS
from app.kernel.strict_json import dumps_canonical

MOST_SCORE: Final = 2**63 - 1
"""A board counts millionths in 64 bits; who has more, or as much less, stands at the end of it."""

# A sale costs as much in building statements as in running them; these are built once.
_IDS = ARRAY(Uuid())


@cache
def _met() -> Select[Any, Any]:
    activity, source = given_activities(bindparam("ids", type_=_IDS))
    tenant = bindparam("tenant", type_=Uuid())
    given = (
        select(
            func.array_agg(activity.c.person_id.distinct()).label("people"),
            func.min(activity.c.occurred_at).label("first"),
            func.max(activity.c.occurred_at).label("last"),
        )
        .select_from(source)
        .where(activity.c.tenant_id == tenant, activity.c.person_id.is_not(None))
        .subquery("given")
    )
    return (
        select(Contest, given.c.people)
        .where(
            Contest.tenant_id == tenant,
            Contest.launched_at.is_not(None),
            Contest.starts_at <= given.c.last,
            Contest.ends_at > given.c.first,
        )
        .order_by(Contest.id)
        .with_for_update(read=True, of=Contest)
        .execution_options(populate_existing=True)
    )


def met(db: Session, activity_ids: Collection[UUID]) -> list[tuple[Contest, list[UUID]]]:
    """Return the launched contests, final ones too, in whose window these activities fall, and whose they are.

    None of the contests can become final while its scores are computed.
    """
    rows = db.execute(_met(), {"tenant": tenant_of(db), "ids": list(activity_ids)})
    return [(contest, person_ids) for contest, person_ids in rows]


def counting(
    rules: ContestRules,
    *,
    arrived_before: datetime | ColumnElement[datetime] | None,
    among: FromClause | None = None,
) -> Select[Any]:
    """Return the query of scores by person; what arrived at `arrived_before` or later is left out."""
    activity = activities_table() if among is None else among
    worth = _worth(rules, activity)
    raises = and_(worth > 0, _breaks_ties(rules, activity))
    query = (
        select(
            activity.c.person_id,
            _within(func.sum(worth)).label("score_micros"),
            func.count().label("activities_count"),
            func.max(activity.c.occurred_at).filter(raises).label("reached_at"),
        )
        .where(
            activity.c.status == "counted",
            activity.c.person_id.is_not(None),
            activity.c.kind.in_(rules.kinds),
            activity.c.occurred_at >= rules.starts_at,
            activity.c.occurred_at < rules.ends_at,
            condition_sql(rules.counts, activity),
        )
        .group_by(activity.c.person_id)
    )
    if rules.measure.field == "amount":
        query = query.where(activity.c.currency == rules.measure.currency)
    if arrived_before is not None:
        query = query.where(activity.c.received_at < arrived_before)
    return query


def _within(score: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the score, or where the board ends: a wrong column of a file must not stop the sales."""
    return cast(func.least(func.greatest(score, -MOST_SCORE), MOST_SCORE), BigInteger)


def _worth(rules: ContestRules, activity: FromClause) -> ColumnElement[int]:
    if rules.measure.kind == "count":
        return literal(MICROS, BigInteger)
    field = {"amount": activity.c.amount_micros, "units": activity.c.units_micros}
    return field[rules.measure.field or "amount"]


def _breaks_ties(rules: ContestRules, activity: FromClause) -> ColumnElement[bool]:
    if rules.tie_flag_attribute is None:
        return true()
    flag = func.lower(activity.c.attributes.op("->>")(rules.tie_flag_attribute))
    return func.coalesce(flag, "true").not_in(["false", "0", "no", ""])


def everybody_who_scored(db: Session, rules: ContestRules) -> list[UUID]:
    """Return everybody with an activity that counts."""
    activity = activities_table()
    query = counting(rules, arrived_before=None).where(activity.c.tenant_id == tenant_of(db))
    return list(db.scalars(query))


_JOIN: Final = text(
    """
    INSERT INTO contest_scores
      (tenant_id, contest_id, person_id, score_micros, activities_count, order_at)
    SELECT :tenant, :contest, given, 0, 0, :never
    FROM unnest(CAST(:people AS uuid[])) AS given
    ON CONFLICT DO NOTHING
    """
)
_LOCK: Final = text(
    """
    SELECT person_id FROM contest_scores
    WHERE tenant_id = :tenant AND contest_id = :contest
      AND person_id = ANY (CAST(:people AS uuid[]))
    ORDER BY person_id FOR UPDATE
    """
)


def join(db: Session, contest_id: UUID, person_ids: Collection[UUID]) -> None:
    """Put people on the board with nothing scored yet; who is there stays as they are."""
    given = {"tenant": tenant_of(db), "contest": contest_id, "people": sorted(person_ids)}
    db.execute(_JOIN, {**given, "never": NEVER})


def _places_of(contest: Contest, person_ids: Collection[UUID]) -> dict[str, Any]:
    return {"tenant": contest.tenant_id, "contest": contest.id, "people": sorted(person_ids)}


def _lock(db: Session, contest: Contest, person_ids: Collection[UUID]) -> list[UUID]:
    """Take the score rows of people, those of who is new to an open contest included."""
    given = _places_of(contest, person_ids)
    found = list(db.scalars(_LOCK, given))
    if contest.is_open and len(found) < len(set(person_ids)):
        join(db, contest.id, person_ids)
        found = list(db.scalars(_LOCK, given))
    return found


def add(
    db: Session, contest: Contest, person_ids: Collection[UUID], activity_ids: Collection[UUID]
) -> list[UUID]:
    """Add activities that nobody has heard of before to the scores; return whose score changed.

    It costs what came in, not what is there. Whoever joins the board by it is computed from nothing.
    """
    on_board = [row[0] for row in driver.run(db, _LOCK, _places_of(contest, person_ids))]
    raised = driver.run(
        db,
        _raise(dumps_canonical(contest.rules)),
        {
            "tenant": contest.tenant_id,
            "contest": contest.id,
            "people": on_board,
            "ids": list(activity_ids),
            "final_at": contest.final_at,
        },
    )
    changed = [person_id for person_id, _ in raised]
    anew = {person_id for person_id, is_at_end in raised if is_at_end}
    if contest.is_open:
        anew |= set(person_ids).difference(on_board)
    return changed + recompute(db, contest, anew) if anew else changed


def recompute(db: Session, contest: Contest, person_ids: Collection[UUID]) -> list[UUID]:
    """Compute the scores of `person_ids` again; return those whose score changed.

    Who is not on the board joins it when the contest is open to everybody. In a contest of whoever
    scores, who has no counted activity left is taken off.
    """
    taking_part = _lock(db, contest, person_ids)
    if not taking_part:
        return []
    changed = list(
        db.scalars(
            _rescore(dumps_canonical(contest.rules)),
            {
                "tenant": contest.tenant_id,
                "contest": contest.id,
                "people": taking_part,
                "final_at": contest.final_at,
            },
            execution_options={"synchronize_session": False},
        )
    )
    if contest.rules["participants"]["rule"] == "whoever":
        changed += _take_off(db, contest, taking_part)
    return changed


@lru_cache(maxsize=256)
def _raise(document: bytes) -> ReturningUpdate[UUID, bool]:
    """Return the statement that adds new activities to scores by these rules.

    It returns whose, and whether the score stands at the end of the board: from there it can only be
    computed from all activities.
    """
    rules = read_rules(orjson.loads(document))
    tenant = bindparam("tenant", type_=Uuid())
    activity, source = given_activities(bindparam("ids", type_=_IDS))
    final_at = bindparam("final_at", type_=DateTime(timezone=True))
    more = (
        counting(rules, arrived_before=final_at, among=activity)
        .select_from(source)
        .where(
            activity.c.tenant_id == tenant,
            activity.c.person_id == func.any(bindparam("people", type_=_IDS)),
        )
        .subquery("more")
    )
    reached_at = func.greatest(ContestScore.reached_at, more.c.reached_at)
    never = literal(NEVER, DateTime(timezone=True))
    is_at_end = func.abs(ContestScore.score_micros) == MOST_SCORE
    return (
        update(ContestScore)
        .where(
            ContestScore.tenant_id == tenant,
            ContestScore.contest_id == bindparam("contest", type_=Uuid()),
            ContestScore.person_id == more.c.person_id,
        )
        .values(
            score_micros=case(
                (is_at_end, ContestScore.score_micros),
                else_=_within(
                    cast(ContestScore.score_micros, Numeric) + more.c.score_micros,
                ),
            ),
            activities_count=ContestScore.activities_count + more.c.activities_count,
            reached_at=reached_at,
            order_at=func.coalesce(reached_at, never) if rules.tie_break == "earliest" else never,
        )
        .returning(ContestScore.person_id, is_at_end)
    )


@lru_cache(maxsize=256)
def _rescore(document: bytes) -> ReturningUpdate[UUID]:
    """Return the statement that computes scores by these rules."""
    rules = read_rules(orjson.loads(document))
    tenant, people = bindparam("tenant", type_=Uuid()), bindparam("people", type_=_IDS)
    activity = activities_table()
    final_at = bindparam("final_at", type_=DateTime(timezone=True))
    scored = (
        counting(rules, arrived_before=final_at)
        .where(activity.c.tenant_id == tenant, activity.c.person_id == func.any(people))
        .subquery("scored")
    )
    given = (
        func.unnest(people).table_valued(column("person_id", Uuid())).render_derived(name="given")
    )
    never = literal(NEVER, DateTime(timezone=True))
    fresh = (
        select(
            given.c.person_id,
            func.coalesce(scored.c.score_micros, 0).label("score_micros"),
            func.coalesce(scored.c.activities_count, 0).label("activities_count"),
            scored.c.reached_at,
            (
                func.coalesce(scored.c.reached_at, never)
                if rules.tie_break == "earliest"
                else never
            ).label("order_at"),
        )
        .outerjoin(scored, scored.c.person_id == given.c.person_id)
        .subquery("fresh")
    )
    names = ("score_micros", "activities_count", "reached_at", "order_at")
    return (
        update(ContestScore)
        .where(
            ContestScore.tenant_id == tenant,
            ContestScore.contest_id == bindparam("contest", type_=Uuid()),
            ContestScore.person_id == fresh.c.person_id,
            func.row(*(getattr(ContestScore, name) for name in names)).is_distinct_from(
                func.row(*(fresh.c[name] for name in names))
            ),
        )
        .values({name: fresh.c[name] for name in names})
        .returning(ContestScore.person_id)
    )


def _take_off(db: Session, contest: Contest, person_ids: Sequence[UUID]) -> list[UUID]:
    return list(
        db.scalars(
            delete(ContestScore)
            .where(
                ContestScore.tenant_id == contest.tenant_id,
                ContestScore.contest_id == contest.id,
                ContestScore.person_id == func.any(list(person_ids)),
                ContestScore.activities_count == 0,
            )
            .returning(ContestScore.person_id)
            .execution_options(synchronize_session=False)
        )
    )
