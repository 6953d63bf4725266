"""What becomes of scores: the places a day began with, results, and notes on what came too late."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session

from app.activities.queries import activities_table
from app.contests.core import prize_document, prize_of
from app.contests.models import Contest, ContestAdjustment, ContestResult, ContestScore
from app.contests.rules import read_rules
from app.contests.scoring import counting
from app.db.unit_of_work import tenant_of, work_of


def note_adjustments(
    db: Session, contest: Contest, person_ids: Collection[UUID], *, batch_id: UUID
) -> int:
    """Note for the record what final scores would be with what came too late; the result stands."""
    late = _of_people(
        counting(read_rules(contest.rules), arrived_before=None), db, list(person_ids)
    ).subquery("late")
    given = _unnest(sorted(person_ids))
    last_noted = (
        select(ContestAdjustment.score_micros)
        .where(
            ContestAdjustment.tenant_id == contest.tenant_id,
            ContestAdjustment.contest_id == contest.id,
            ContestAdjustment.person_id == given.c.person_id,
        )
        .order_by(ContestAdjustment.noted_at.desc(), ContestAdjustment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    would_be = func.coalesce(late.c.score_micros, 0)
    query = (
        select(
            literal(contest.tenant_id),
            literal(contest.id),
            given.c.person_id,
            literal(work_of(db).now, DateTime(timezone=True)),
            literal(batch_id),
            would_be,
        )
        .select_from(given)
        .outerjoin(late, late.c.person_id == given.c.person_id)
        .outerjoin(
            ContestResult,
            and_(
                ContestResult.tenant_id == contest.tenant_id,
                ContestResult.contest_id == contest.id,
                ContestResult.person_id == given.c.person_id,
            ),
        )
        .where(would_be != func.coalesce(last_noted, ContestResult.score_micros, 0))
    )
    if not contest.is_open:
        query = query.where(ContestResult.person_id.is_not(None))
    columns = ["tenant_id", "contest_id", "person_id", "noted_at", "batch_id", "score_micros"]
    rows = db.execute(
        insert(ContestAdjustment).from_select(columns, query).returning(ContestAdjustment.id)
    )
    return len(rows.all())


def mark_places(db: Session, contest: Contest) -> None:
    """Keep everybody's place as the one the day began with."""
    db.execute(
        text(
            """
            UPDATE contest_scores s SET marked_place = p.place
            FROM (
              SELECT person_id, rank() OVER (ORDER BY minus_score, order_at) AS place
              FROM contest_scores WHERE tenant_id = :tenant AND contest_id = :contest
            ) p
            WHERE s.tenant_id = :tenant AND s.contest_id = :contest
              AND s.person_id = p.person_id AND s.marked_place IS DISTINCT FROM p.place
            """
        ),
        {"tenant": contest.tenant_id, "contest": contest.id},
    )


def freeze(db: Session, contest: Contest) -> None:
    """Write down every place as it is now, with its prize."""
    order = (ContestScore.minus_score, ContestScore.order_at)
    mine = and_(ContestScore.tenant_id == contest.tenant_id, ContestScore.contest_id == contest.id)
    place = func.rank().over(order_by=order)
    prizes = literal(_prizes_by_place(db, contest), JSONB)
    db.execute(
        insert(ContestResult).from_select(
            [
                "tenant_id",
                "contest_id",
                "person_id",
                "place",
                "tied",
                "score_micros",
                "reached_at",
                "activities_count",
                "prize",
            ],
            select(
                ContestScore.tenant_id,
                ContestScore.contest_id,
                ContestScore.person_id,
                place,
                func.count().over(partition_by=order) > 1,
                ContestScore.score_micros,
                ContestScore.reached_at,
                ContestScore.activities_count,
                prizes.op("->")(cast(place, Text)),
            ).where(mine),
        )
    )


def _prizes_by_place(db: Session, contest: Contest) -> dict[str, Any]:
    rules = read_rules(contest.rules)
    order = (ContestScore.minus_score, ContestScore.order_at)
    groups = (
        select(
            func.rank().over(order_by=order).label("place"),
            func.count().over(partition_by=order).label("size"),
            ContestScore.score_micros,
        )
        .where(ContestScore.tenant_id == contest.tenant_id, ContestScore.contest_id == contest.id)
        .subquery("groups")
    )
    last = max((prize.place_to for prize in rules.prizes), default=0)
    rows = db.execute(
        select(groups.c.place, groups.c.size)
        .distinct()
        .where(groups.c.place <= last, groups.c.score_micros > 0)
    )
    return {
        str(place): prize_document(prize)
        for place, size in rows
        if (prize := prize_of(place, size, rules.prizes)) is not None
    }


def _of_people(query: Select[Any], db: Session, person_ids: Sequence[UUID]) -> Select[Any]:
    activity = activities_table()
    return query.where(
        activity.c.tenant_id == tenant_of(db), activity.c.person_id == func.any(list(person_ids))
    )


def _unnest(person_ids: Sequence[UUID]) -> FromClause:
    return (
        func.unnest(literal(list(person_ids), ARRAY(Uuid())))
        .table_valued(column("person_id", Uuid()))
        .render_derived(name="given")
    )
