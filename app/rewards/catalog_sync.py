"""Reading the catalogs of providers: a whole one each day, what changed each hour.

Nothing that people or the company did to a product is undone: favourites, pins and hiding stay with the
reward, which keeps its id when its product comes back. A product that cannot be read costs itself only; a
list that breaks off retires nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue, job, tenant_transaction
from app.kernel.ids import new_id
from app.providers import registry
from app.providers.accounts import all_of
from app.providers.contract import Malformed, Offer
from app.providers.models import ProviderAccount
from app.providers.registry import Contact
from app.providers.wire import BadReply
from app.rewards import shelving
from app.rewards.catalog_core import art_of, digest_of, hue_of, search_text
from app.rewards.catalog_models import CatalogEntry, CatalogSync
from app.rewards.models import Reward, RewardDenomination

log = structlog.get_logger(__name__)

CATALOGS: Final = frozenset({"plum", "tremendous"})
"""Providers that list what they sell."""

CHUNK: Final = 500
EXAMPLES: Final = 20
FULL_EVERY: Final = timedelta(hours=24)
CHANGES_EVERY: Final = timedelta(hours=1)
OVERLAP: Final = timedelta(hours=1)
"""Changes are asked for from a little before the last reading began: clocks differ."""

SHORT: Final = 30
STUCK_AFTER: Final = timedelta(hours=2)
SOLD_OUT_FOR: Final = timedelta(hours=24)
"""How long a product that was sold out when it was ordered stays off the shelf."""

OpenWork = Callable[[], AbstractContextManager[Session]]


@dataclass(slots=True)
class Tally:
    """What a reading has found so far."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0
    malformed: int = 0
    spoilt: set[str] = field(default_factory=set)
    examples: list[dict[str, str]] = field(default_factory=list)

    def note(self, spoilt: Malformed) -> None:
        """Count and name a product that cannot be read."""
        self.malformed += 1
        self.spoilt.add(spoilt.code)
        if len(self.examples) < EXAMPLES:
            self.examples.append({"code": spoilt.code, "reason": spoilt.reason})


@dataclass(frozen=True, slots=True)
class Known:
    """A product that was listed before."""

    reward_id: UUID
    digest: str
    is_retired: bool


def sync(
    open_work: OpenWork,
    account_id: UUID,
    *,
    is_full: bool,
    reach: Callable[[OpenWork, str, UUID], Contact] = registry.reach,
) -> UUID:
    """Read the catalog of an account into the store; return the reading, done or broken."""
    with open_work() as db:
        account = db.get_one(ProviderAccount, (tenant_of(db), account_id))
        provider, since = account.provider, None if is_full else _since(db, account_id)
        sync_id, started_at = new_id(), work_of(db).now
        db.add(
            CatalogSync(
                tenant_id=tenant_of(db),
                id=sync_id,
                account_id=account_id,
                is_full=since is None,
                state="running",
                started_at=started_at,
            )
        )
    tally, seen = Tally(), set[str]()
    try:
        listed = reach(open_work, provider, account_id).provider.products(since)
        for chunk in _chunks(listed):
            with open_work() as db:
                seen |= _take(db, provider, account_id, chunk, tally)
    except BadReply as error:
        with open_work() as db:
            _end(db, sync_id, tally, problem=str(error)[:500])
        return sync_id
    with open_work() as db:
        if since is None:
            # A product that cannot be read today is still listed: it is not taken for one that is gone.
            tally.retired = _retire(db, account_id, seen | tally.spoilt)
        if tally.added or tally.changed or tally.retired:
            shelving.lay_out(db)
        _end(db, sync_id, tally)
    return sync_id


def _since(db: Session, account_id: UUID) -> datetime | None:
    last = db.scalar(
        select(func.max(CatalogSync.started_at)).where(
            CatalogSync.tenant_id == tenant_of(db),
            CatalogSync.account_id == account_id,
            CatalogSync.state == "done",
        )
    )
    return last and last - OVERLAP


def _end(db: Session, sync_id: UUID, tally: Tally, problem: str | None = None) -> None:
    row = db.get_one(CatalogSync, (tenant_of(db), sync_id))
    row.state, row.ended_at, row.problem = "broken" if problem else "done", work_of(db).now, problem
    row.added, row.changed, row.unchanged = tally.added, tally.changed, tally.unchanged
    row.retired, row.malformed, row.examples = tally.retired, tally.malformed, tally.examples
    log.info("catalog_read", sync=str(sync_id), state=row.state, added=row.added)


def _chunks(listed: Iterable[Offer | Malformed]) -> Iterator[list[Offer | Malformed]]:
    walk = iter(listed)
    while chunk := list(islice(walk, CHUNK)):
        yield chunk


def _take(
    db: Session,
    provider: str,
    account_id: UUID,
    chunk: Sequence[Offer | Malformed],
    tally: Tally,
) -> set[str]:
    offers: dict[str, Offer] = {}
    for one in chunk:
        if isinstance(one, Malformed):
            tally.note(one)
        elif not (one.denominations or one.min_minor):
            tally.note(Malformed(one.code, "It has no amount."))
        else:
            offers[one.code] = one
    known = _known(db, account_id, offers)
    fresh: list[tuple[UUID, Offer]] = []
    for code, offer in offers.items():
        before = known.get(code)
        if before is None:
            tally.added += 1
            fresh.append((new_id(), offer))
        elif before.is_retired or before.digest != digest_of(offer):
            tally.changed += 1
            fresh.append((before.reward_id, offer))
        else:
            tally.unchanged += 1
    if fresh:
        _write(db, provider, account_id, fresh)
    return set(offers)


def _known(db: Session, account_id: UUID, codes: Iterable[str]) -> Mapping[str, Known]:
    rows = db.execute(
        select(
            CatalogEntry.code,
            CatalogEntry.reward_id,
            CatalogEntry.digest,
            CatalogEntry.retired_at,
        ).where(
            CatalogEntry.tenant_id == tenant_of(db),
            CatalogEntry.account_id == account_id,
            CatalogEntry.code.in_(list(codes)),
        )
    )
    return {
        code: Known(reward_id, digest, retired_at is not None)
        for code, reward_id, digest, retired_at in rows
        if code is not None
    }


def _write(
    db: Session, provider: str, account_id: UUID, fresh: Sequence[tuple[UUID, Offer]]
) -> None:
    tenant, ids = tenant_of(db), [reward_id for reward_id, _ in fresh]
    _upsert(
        db,
        Reward,
        [_reward(tenant, reward_id, provider, account_id, offer) for reward_id, offer in fresh],
        keys=("tenant_id", "id"),
    )
    db.execute(
        update(RewardDenomination)
        .where(RewardDenomination.tenant_id == tenant, RewardDenomination.reward_id.in_(ids))
        .values(active=False)
    )
    amounts = [
        {"tenant_id": tenant, "reward_id": reward_id, "minor": minor, "active": True}
        for reward_id, offer in fresh
        for minor in offer.denominations
    ]
    if amounts:
        _upsert(db, RewardDenomination, amounts, keys=("tenant_id", "reward_id", "minor"))
    now = work_of(db).now
    entries = [_entry(tenant, reward_id, account_id, offer, now) for reward_id, offer in fresh]
    _upsert(db, CatalogEntry, entries, keys=("tenant_id", "reward_id"), keeps=("listed_at",))


def _upsert(
    db: Session,
    table: Any,
    rows: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str],
    keeps: Sequence[str] = (),
) -> None:
    statement = insert(table)
    changes = {
        name: getattr(statement.excluded, name)
        for name in rows[0]
        if name not in keys and name not in keeps
    }
    # Row by row in one pipeline: a statement with every row in it takes longer to write than to run.
    db.execute(
        statement.on_conflict_do_update(index_elements=list(keys), set_=changes),
        [dict(row) for row in rows],
        execution_options={"render_nulls": True},
    )


def _reward(
    tenant: UUID, reward_id: UUID, provider: str, account_id: UUID, offer: Offer
) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "id": reward_id,
        "brand": offer.brand,
        "kind": offer.kind,
        "provider": provider,
        "country": offer.country,
        "currency": offer.currency,
        "description": offer.description or offer.name,
        "delivery_code": offer.delivery_code,
        "hue": hue_of(offer.brand),
        "art": art_of(offer.kind, offer.categories),
        "low_stock_at": 0,
        "active": offer.in_stock,
        "product_code": offer.code,
        "account_id": account_id,
        "min_minor": offer.min_minor,
        "max_minor": offer.max_minor,
    }


def _entry(
    tenant: UUID, reward_id: UUID, account_id: UUID, offer: Offer, now: datetime
) -> dict[str, Any]:
    amounts = offer.denominations or (offer.min_minor or 1, offer.max_minor or offer.min_minor or 1)
    return {
        "tenant_id": tenant,
        "reward_id": reward_id,
        "account_id": account_id,
        "code": offer.code,
        "name": offer.name,
        "search_text": search_text(offer.name, offer.brand, *offer.categories),
        "kind": offer.kind,
        "country": offer.country,
        "currency": offer.currency,
        "categories": list(offer.categories),
        "low_minor": min(amounts),
        "high_minor": max(amounts),
        "is_open": not offer.denominations,
        "terms": offer.terms,
        "expiry_text": offer.expiry_text,
        "image_url": offer.image_url,
        "digest": digest_of(offer),
        "listed_at": now,
        "changed_at": now,
        "retired_at": None,
    }


def _retire(db: Session, account_id: UUID, seen: set[str]) -> int:
    """Take from the shelf what a whole catalog no longer lists; return how much that is."""
    tenant, now = tenant_of(db), work_of(db).now
    listed = db.execute(
        select(CatalogEntry.reward_id, CatalogEntry.code).where(
            CatalogEntry.tenant_id == tenant,
            CatalogEntry.account_id == account_id,
            CatalogEntry.retired_at.is_(None),
        )
    ).all()
    gone = [reward_id for reward_id, code in listed if code not in seen]
    db.execute(
        update(CatalogEntry)
        .where(CatalogEntry.tenant_id == tenant, CatalogEntry.reward_id.in_(gone))
        .values(retired_at=now)
    )
    db.execute(
        update(Reward).where(Reward.tenant_id == tenant, Reward.id.in_(gone)).values(active=False)
    )
    db.execute(
        update(Reward)
        .where(
            Reward.tenant_id == tenant,
            Reward.account_id == account_id,
            Reward.sold_out_at < now - SOLD_OUT_FOR,
        )
        .values(sold_out_at=None)
    )
    return len(gone)


def list_own(db: Session, reward_ids: Sequence[UUID] | None = None) -> None:
    """Let people find the rewards that we stock or arrange ourselves."""
    tenant, now = tenant_of(db), work_of(db).now
    wanted = (
        select(Reward, func.min(RewardDenomination.minor), func.max(RewardDenomination.minor))
        .join(
            RewardDenomination,
            (RewardDenomination.tenant_id == Reward.tenant_id)
            & (RewardDenomination.reward_id == Reward.id)
            & RewardDenomination.active,
        )
        .where(
            Reward.tenant_id == tenant,
            Reward.product_code == "",
            Reward.kind.in_(("gift_card", "experience")),
        )
        .group_by(Reward.tenant_id, Reward.id)
    )
    if reward_ids is not None:
        wanted = wanted.where(Reward.id.in_(list(reward_ids)))
    rows = [
        {
            "tenant_id": tenant,
            "reward_id": reward.id,
            "name": reward.brand,
            "search_text": search_text(reward.brand, reward.description),
            "kind": reward.kind,
            "country": reward.country,
            "currency": reward.currency,
            "categories": _category_of(reward),
            "low_minor": low,
            "high_minor": high,
            "is_open": False,
            "place": 0,
            "listed_at": now,
            "changed_at": now,
        }
        for reward, low, high in db.execute(wanted)
    ]
    if rows:
        # What is new leads the shelf until it is laid out again.
        keeps = ("listed_at", "place")
        _upsert(db, CatalogEntry, rows, keys=("tenant_id", "reward_id"), keeps=keeps)


def _category_of(reward: Reward) -> list[str]:
    """Return what a card of ours is for, where finance said so in a word or two."""
    is_short = 0 < len(reward.description) <= SHORT and reward.kind == "gift_card"
    return [reward.description] if is_short else []


@job(name="rewards.read_catalog", queue_name="slow", transaction=False)
def read_job(tenant_id: UUID, account_id: str, is_full: bool = False) -> None:  # noqa: FBT001, FBT002 - jobs are called by name
    """Read the catalog of one account."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    sync(open_work, UUID(account_id), is_full=is_full)


@job(name="rewards.keep_catalog", queue_name="slow")
def keep_job(db: Session) -> None:
    """See to it that every catalog is read in time, and that our own rewards are found."""
    list_own(db)
    shelving.keep(db)
    for account in all_of(db):
        if account.provider in CATALOGS and account.state == "active":
            is_full = is_due(db, account.id, every=FULL_EVERY, only_full=True)
            if is_full or is_due(db, account.id, every=CHANGES_EVERY, only_full=False):
                ask(db, account.id, is_full=is_full)


def ask(db: Session, account_id: UUID, *, is_full: bool) -> bool:
    """Have a catalog read soon; return False when that waits already."""
    name = f"rewards.read_catalog:{tenant_of(db)}:{account_id}"
    return enqueue(db, read_job, lock=name, once=name, account_id=str(account_id), is_full=is_full)


def is_due(db: Session, account_id: UUID, *, every: timedelta, only_full: bool) -> bool:
    """Whether the last good (or still running) reading began too long ago."""
    now = work_of(db).now
    wanted = select(func.max(CatalogSync.started_at)).where(
        CatalogSync.tenant_id == tenant_of(db),
        CatalogSync.account_id == account_id,
        (CatalogSync.state == "done")
        | ((CatalogSync.state == "running") & (CatalogSync.started_at > now - STUCK_AFTER)),
    )
    if only_full:
        wanted = wanted.where(CatalogSync.is_full)
    last = db.scalar(wanted)
    return last is None or last <= now - every
