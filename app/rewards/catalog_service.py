"""What people and the company do in the store: mark, hide, pin, and say who is shown what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import new_id
from app.people import queries as people
from app.providers import accounts
from app.providers.models import ProviderAccount
from app.rewards import audiences, catalog_search, catalog_sync, queries
from app.rewards.audience_core import Audience
from app.rewards.catalog_core import Rule
from app.rewards.catalog_models import CatalogEntry, CatalogFavourite, CatalogRule, CatalogSync

LATEST: int = 20


class NoCatalog(Conflict):
    """The provider lists nothing."""

    code = "no_catalog"
    title = "No catalog"


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule with the name of its audience."""

    id: UUID
    team_id: UUID | None
    team_name: str | None
    role: str | None
    country: str | None
    effect: str
    about: str
    value: str


def mark(db: Session, *, person_id: UUID, reward_id: UUID) -> None:
    """Make a reward a favourite; marking it twice is marking it once."""
    catalog_search.get(
        db, reward_id, person_id=person_id, shown=catalog_search.shown_to(db, person_id)
    )
    db.execute(
        insert(CatalogFavourite)
        .values(
            tenant_id=tenant_of(db),
            person_id=person_id,
            reward_id=reward_id,
            marked_at=work_of(db).now,
        )
        .on_conflict_do_nothing()
    )


def unmark(db: Session, *, person_id: UUID, reward_id: UUID) -> None:
    """Make a reward no favourite any more; raise NotFound when there is no such reward."""
    queries.get_reward(db, reward_id)
    db.execute(
        delete(CatalogFavourite).where(
            CatalogFavourite.tenant_id == tenant_of(db),
            CatalogFavourite.person_id == person_id,
            CatalogFavourite.reward_id == reward_id,
        )
    )


def curate(db: Session, reward_id: UUID, **changes: Any) -> None:
    """Hide or pin one reward, whatever its provider says about it later."""
    row = db.get(CatalogEntry, (tenant_of(db), reward_id))
    if row is None:
        raise NotFound("There is no such reward.")
    if not changes:
        return
    before = {name: getattr(row, name) for name in changes}
    db.execute(
        update(CatalogEntry)
        .where(CatalogEntry.tenant_id == row.tenant_id, CatalogEntry.reward_id == reward_id)
        .values(**changes)
    )
    audit.record(
        db,
        action="catalog.curated",
        object_kind="reward",
        object_id=reward_id,
        before=before,
        after=changes,
    )


def rules(db: Session) -> list[RuleLine]:
    """Return every rule, those for everybody first."""
    names = {team.id: team.name for team in people.teams(db)}
    rows = db.scalars(
        select(CatalogRule)
        .where(CatalogRule.tenant_id == tenant_of(db))
        .order_by(CatalogRule.team_id.nulls_first(), CatalogRule.about, CatalogRule.value)
    )
    return [
        RuleLine(
            row.id,
            row.team_id,
            names.get(row.team_id) if row.team_id else None,
            row.role,
            row.country,
            row.effect,
            row.about,
            row.value,
        )
        for row in rows
    ]


def add_rule(db: Session, audience: Audience, rule: Rule) -> RuleLine:
    """Say what an audience is shown; saying it twice is saying it once."""
    audiences.require_team(db, audience)
    told = asdict(audience) | asdict(rule)
    added = db.execute(
        insert(CatalogRule)
        .values(tenant_id=tenant_of(db), id=new_id(), made_at=work_of(db).now, **told)
        .on_conflict_do_nothing()
        .returning(CatalogRule.id)
    ).scalar()
    if added is not None:
        audit.record(
            db,
            action="catalog.rule_added",
            object_kind="catalog_rule",
            object_id=added,
            after={**told, "team_id": audience.team_id and str(audience.team_id)},
        )
    return next(
        line
        for line in rules(db)
        if all(getattr(line, name) == value for name, value in told.items())
    )


def remove_rule(db: Session, rule_id: UUID) -> None:
    """Take a rule back."""
    row = db.get(CatalogRule, (tenant_of(db), rule_id))
    if row is None:
        raise NotFound("There is no such rule.")
    audit.record(
        db,
        action="catalog.rule_removed",
        object_kind="catalog_rule",
        object_id=rule_id,
        before={
            "role": row.role,
            "country": row.country,
            "effect": row.effect,
            "about": row.about,
            "value": row.value,
        },
    )
    db.delete(row)


def ask_sync(db: Session, account_id: UUID, *, is_full: bool) -> bool:
    """Have the catalog of an account read soon; return False when that waits already."""
    account = accounts.get(db, account_id)
    if account.provider not in catalog_sync.CATALOGS:
        raise NoCatalog("This provider has no catalog.")
    return catalog_sync.ask(db, account_id, is_full=is_full)


def syncs(db: Session) -> Sequence[tuple[CatalogSync, ProviderAccount]]:
    """Return the latest readings with their accounts, newest first."""
    return [
        (sync, account)
        for sync, account in db.execute(
            select(CatalogSync, ProviderAccount)
            .join(
                ProviderAccount,
                (ProviderAccount.tenant_id == CatalogSync.tenant_id)
                & (ProviderAccount.id == CatalogSync.account_id),
            )
            .where(CatalogSync.tenant_id == tenant_of(db))
            .order_by(CatalogSync.started_at.desc(), CatalogSync.id.desc())
            .limit(LATEST)
        )
    ]
