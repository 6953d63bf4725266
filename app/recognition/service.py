"""Giving badges, and taking them back with the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlalchemy.orm import Session

from app.activities.queries import activities_table, given_activities
from app.db import driver
from app.db.unit_of_work import record, tenant_of, work_of
from app.kernel.ids import new_id
from app.recognition.core import CORRECTION, Cause, Held, What, decide
from app.recognition.events import BadgeChange, BadgesChanged
from app.recognition.models import BadgeAward, BadgeStep

SALE: Final = "sale"


@dataclass(frozen=True, slots=True)
class Badge:
    """Which badge of which person."""

    person_id: UUID
    code: str
    scope: str = ""


def check_first_sales(db: Session, activity_ids: Collection[UUID]) -> None:
    """Bring the badge for the first sale up to what began or ceased to count."""
    person_ids = _may_have_a_new_first_sale(db, activity_ids)
    if not person_ids:
        return
    first = _first_sales(db, person_ids)
    settle(
        db,
        {Badge(person_id, "first_sale"): first.get(person_id) for person_id in person_ids},
    )


@cache
def _candidates() -> Select[UUID]:
    # Asked at every sale: built once.
    activity, source = given_activities(bindparam("ids", type_=ARRAY(Uuid())))
    return (
        select(activity.c.person_id)
        .distinct()
        .select_from(
            source.outerjoin(
                BadgeAward,
                and_(
                    BadgeAward.tenant_id == activity.c.tenant_id,
                    BadgeAward.person_id == activity.c.person_id,
                    BadgeAward.code == "first_sale",
                ),
            )
        )
        .where(
            activity.c.tenant_id == bindparam("tenant", type_=Uuid()),
            activity.c.kind == SALE,
            activity.c.person_id.is_not(None),
            or_(
                BadgeAward.id.is_(None),
                BadgeAward.revoked_at.is_not(None),
                BadgeAward.cause_id == activity.c.id,
                activity.c.occurred_at < BadgeAward.happened_at,
            ),
        )
    )


def _may_have_a_new_first_sale(db: Session, activity_ids: Collection[UUID]) -> list[UUID]:
    given = {"tenant": tenant_of(db), "ids": list(activity_ids)}
    return [person_id for (person_id,) in driver.run(db, _candidates(), given)]


def _first_sales(db: Session, person_ids: Collection[UUID]) -> dict[UUID, Cause]:
    activity = activities_table()
    rows = db.execute(
        select(activity.c.person_id, activity.c.id, activity.c.occurred_at)
        .ext(distinct_on(activity.c.person_id))
        .where(
            activity.c.tenant_id == tenant_of(db),
            activity.c.person_id.in_(person_ids),
            activity.c.kind == SALE,
            activity.c.status == "counted",
        )
        .order_by(activity.c.person_id, activity.c.occurred_at, activity.c.id)
    )
    return {row.person_id: Cause("activity", row.id, row.occurred_at) for row in rows}


def settle(
    db: Session,
    causes: Mapping[Badge, Cause | None],
    params: Mapping[Badge, dict[str, Any]] | None = None,
) -> None:
    """Bring badges to their causes: give, move, revoke, give again; tell what people notice."""
    badges = sorted(causes, key=lambda badge: (badge.person_id, badge.code, badge.scope))
    held = _held(db, badges)
    changes: list[BadgeChange] = []
    for badge in badges:
        said = (params or {}).get(badge, {})
        step = _step(db, badge, held.get(badge), causes[badge], said)
        if step is not None and step.what != "moved":
            changes.append(step)
    if changes:
        record(db, BadgesChanged(tuple(changes)))


def _step(
    db: Session, badge: Badge, award: BadgeAward | None, cause: Cause | None, said: dict[str, Any]
) -> BadgeChange | None:
    what = decide(_as_held(award) if award else None, cause)
    if what is None:
        return None
    if award is not None:
        _change(db, award, what, cause)
        return BadgeChange(award.id, badge.person_id, badge.code, award.params, what)
    assert cause is not None
    award_id = _give(db, badge, cause, said)
    if award_id is None:
        # Another transaction gave it first; of two first sales the earlier one is the first.
        won = _held(db, [badge])[badge]
        earlier = cause if cause.happened_at < won.happened_at else _as_held(won).cause
        return _step(db, badge, won, earlier, said)
    return BadgeChange(award_id, badge.person_id, badge.code, said, what)


def _held(db: Session, badges: Collection[Badge]) -> dict[Badge, BadgeAward]:
    keys = [(badge.person_id, badge.code, badge.scope) for badge in badges]
    rows = db.scalars(
        select(BadgeAward)
        .where(
            BadgeAward.tenant_id == tenant_of(db),
            tuple_(BadgeAward.person_id, BadgeAward.code, BadgeAward.scope).in_(keys),
        )
        .order_by(BadgeAward.person_id, BadgeAward.code, BadgeAward.scope)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {Badge(row.person_id, row.code, row.scope): row for row in rows}


def _as_held(award: BadgeAward) -> Held:
    return Held(
        Cause(award.cause_kind, award.cause_id, award.happened_at), award.revoked_at is not None
    )


def _give(db: Session, badge: Badge, cause: Cause, params: dict[str, Any]) -> UUID | None:
    given: UUID | None = db.scalar(
        insert(BadgeAward)
        .values(
            tenant_id=tenant_of(db),
            id=new_id(),
            person_id=badge.person_id,
            code=badge.code,
            scope=badge.scope,
            params=params,
            first_won_at=work_of(db).now,
            happened_at=cause.happened_at,
            cause_kind=cause.kind,
            cause_id=cause.id,
        )
        .on_conflict_do_nothing()
        .returning(BadgeAward.id)
    )
    if given is not None:
        _note(db, given, "won", cause)
    return given


def _change(db: Session, award: BadgeAward, what: What, cause: Cause | None) -> None:
    now = work_of(db).now
    values: dict[str, Any] = {"revoked_at": now, "reason": CORRECTION}
    if cause is not None:
        values = {
            "cause_kind": cause.kind,
            "cause_id": cause.id,
            "happened_at": cause.happened_at,
            "revoked_at": None,
            "reason": None,
        }
    db.execute(
        update(BadgeAward)
        .where(BadgeAward.tenant_id == award.tenant_id, BadgeAward.id == award.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    _note(db, award.id, what, cause or _as_held(award).cause)


def _note(db: Session, award_id: UUID, what: What, cause: Cause) -> None:
    db.execute(
        insert(BadgeStep).values(
            tenant_id=tenant_of(db),
            award_id=award_id,
            at=work_of(db).now,
            what=what,
            cause_kind=cause.kind,
            cause_id=cause.id,
        )
    )
