"""Reads of the catalog and of orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, func, literal, not_, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.pages import Page, decode_cursor, page_of
from app.ledger import queries as ledger
from app.people import queries as people
from app.providers import vault
from app.rewards.catalog_models import CatalogEntry
from app.rewards.core import State
from app.rewards.models import (
    Redemption,
    RedemptionAttempt,
    RedemptionMove,
    Reward,
    RewardDenomination,
)

WANTS_A_CODE = (State.RESERVED, State.SENDING, State.UNKNOWN)
"""States in which an order has not taken its code from the vault yet, as far as we know."""


@dataclass(frozen=True, slots=True)
class DenominationLine:
    """An amount a reward is offered at; `left` is None where there is no stock to run out of."""

    money: Money
    left: int | None
    low: bool


@dataclass(frozen=True, slots=True)
class RewardLine:
    """A reward with the amounts it is offered at."""

    reward: Reward
    denominations: tuple[DenominationLine, ...]


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One step of a redemption."""

    state: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RedemptionLine:
    """A redemption as screens show it."""

    id: UUID
    state: str
    reward: Reward
    money: Money
    person_id: UUID
    person_name: str
    created_at: datetime
    updated_at: datetime
    wished_on: date | None
    note: str
    confirmed_on: date | None
    expires_on: date | None
    reason: str | None
    reveals: int
    revealed_at: datetime | None
    used_at: datetime | None
    moves: tuple[MoveLine, ...]


def get_reward(db: Session, reward_id: UUID, *, lock: bool = False) -> Reward:
    """Return a reward; raise NotFound when there is none."""
    wanted = select(Reward).where(Reward.tenant_id == tenant_of(db), Reward.id == reward_id)
    if lock:
        wanted = wanted.with_for_update()
    found = db.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such reward.")
    return found


def denominations_of(db: Session, reward_id: UUID) -> list[int]:
    """Return the amounts, in minor units, at which a reward is offered."""
    return list(
        db.scalars(
            select(RewardDenomination.minor)
            .where(
                RewardDenomination.tenant_id == tenant_of(db),
                RewardDenomination.reward_id == reward_id,
                RewardDenomination.active,
            )
            .order_by(RewardDenomination.minor)
        )
    )


def net_of(redemption: Redemption) -> Money:
    """Return what the provider is asked for: the price without our fee and the tax we withhold."""
    taken = redemption.fee_minor + redemption.withheld_minor
    return Money(redemption.minor - taken, redemption.currency)


def is_offered(db: Session, reward: Reward, money: Money) -> bool:
    """Whether a reward is offered at this amount: one of its own, or any within its limits."""
    if money.currency != reward.currency or reward.sold_out_at is not None:
        return False
    if reward.min_minor is not None and money.minor >= reward.min_minor:
        return reward.max_minor is None or money.minor <= reward.max_minor
    return money.minor in denominations_of(db, reward.id)


def unsold(db: Session, reward_id: UUID, money: Money) -> int:
    """Return how many codes are left for those who come now, behind the orders under way."""
    levels = vault.levels(db, [reward_id], today=people.today(db))
    left = sum(level.left for level in levels if level.money == money)
    waiting = db.scalar(
        select(func.count())
        .select_from(Redemption)
        .where(
            Redemption.tenant_id == tenant_of(db),
            Redemption.state.in_(WANTS_A_CODE),
            Redemption.reward_id == reward_id,
            Redemption.minor == money.minor,
        )
    )
    return left - (waiting or 0)


def catalog(db: Session, *, only_active: bool) -> list[RewardLine]:
    """Return the rewards that were offered one by one, by kind and brand, with amounts and stock.

    What providers list by the thousand is in the store (catalog_search).
    """
    tenant = tenant_of(db)
    wanted = select(Reward).where(
        Reward.tenant_id == tenant, Reward.kind != "bank_transfer", _is_offered_alone()
    )
    if only_active:
        wanted = wanted.where(Reward.active, Reward.sold_out_at.is_(None))
    return _lines(db, wanted)


def _is_offered_alone() -> ColumnElement[bool]:
    listed = (
        select(CatalogEntry.reward_id)
        .where(
            CatalogEntry.tenant_id == Reward.tenant_id,
            CatalogEntry.reward_id == Reward.id,
            CatalogEntry.account_id.is_not(None),
        )
        .exists()
    )
    return not_(listed)


def _lines(db: Session, wanted: Select[Reward]) -> list[RewardLine]:
    tenant = tenant_of(db)
    rewards = db.scalars(wanted.order_by(Reward.kind.desc(), Reward.brand, Reward.id)).all()
    offered: dict[UUID, list[RewardDenomination]] = defaultdict(list)
    for row in db.scalars(
        select(RewardDenomination)
        .where(
            RewardDenomination.tenant_id == tenant,
            RewardDenomination.active,
            RewardDenomination.reward_id.in_([reward.id for reward in rewards]),
        )
        .order_by(RewardDenomination.minor)
    ):
        offered[row.reward_id].append(row)
    levels = vault.levels(db, today=people.today(db))
    left = {(level.product_id, level.money.minor): level.left for level in levels}
    return [_line(reward, offered[reward.id], left) for reward in rewards]


def get_line(db: Session, reward_id: UUID) -> RewardLine:
    """Return one reward with its amounts."""
    get_reward(db, reward_id)
    wanted = select(Reward).where(Reward.tenant_id == tenant_of(db), Reward.id == reward_id)
    return _lines(db, wanted)[0]


def _line(
    reward: Reward,
    denominations: Iterable[RewardDenomination],
    left: Mapping[tuple[UUID, int], int],
) -> RewardLine:
    def one(row: RewardDenomination) -> DenominationLine:
        money = Money(row.minor, reward.currency)
        if reward.provider != vault.CodeVault.name:
            return DenominationLine(money, None, low=False)
        count = left.get((reward.id, row.minor), 0)
        return DenominationLine(money, count, low=count <= reward.low_stock_at)

    return RewardLine(reward, tuple(one(row) for row in denominations))


def spendable(db: Session, person_id: UUID) -> dict[str, Money]:
    """Return what a person can spend, by currency."""
    return ledger.available(db, person_id)


def get_redemption(
    db: Session, redemption_id: UUID, *, person_id: UUID | None = None, lock: bool = False
) -> Redemption:
    """Return a redemption (of `person_id`, when given); raise NotFound when there is none."""
    wanted = select(Redemption).where(
        Redemption.tenant_id == tenant_of(db), Redemption.id == redemption_id
    )
    if person_id is not None:
        wanted = wanted.where(Redemption.person_id == person_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = db.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such order.")
    return found


def redemptions(db: Session, ids: Collection[UUID]) -> dict[UUID, Redemption]:
    """Return redemptions by their ids, in one statement however many they are."""
    rows = db.scalars(
        select(Redemption).where(
            Redemption.tenant_id == tenant_of(db),
            Redemption.id == any_(literal(list(ids), ARRAY(Uuid))),
        )
    )
    return {row.id: row for row in rows}


def live_attempt(db: Session, redemption_id: UUID) -> RedemptionAttempt:
    """Return the one attempt of a redemption that is not over."""
    return db.execute(_attempts(db, redemption_id)).scalars().one()


def find_live_key(db: Session, redemption_id: UUID) -> str | None:
    """Return the provider's key of an order that waits for an answer."""
    found = db.execute(_attempts(db, redemption_id)).scalars().first()
    return found.key if found is not None and found.state == "accepted" else None


def settled_key(db: Session, redemption_id: UUID) -> str:
    """Return the provider's key of a delivered order."""
    return db.scalars(
        select(RedemptionAttempt.key).where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            RedemptionAttempt.redemption_id == redemption_id,
            RedemptionAttempt.state == "settled",
        )
    ).one()


def last_attempt(db: Session, redemption_id: UUID) -> RedemptionAttempt:
    """Return the latest attempt of a redemption, over or not."""
    return db.execute(
        select(RedemptionAttempt)
        .where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            RedemptionAttempt.redemption_id == redemption_id,
        )
        .order_by(RedemptionAttempt.number.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one()


def find_by_key(db: Session, key: str) -> RedemptionAttempt | None:
    """Return the attempt that a provider knows by this key, None when none is ours."""
    return db.scalars(
        select(RedemptionAttempt).where(
            RedemptionAttempt.tenant_id == tenant_of(db), RedemptionAttempt.key == key
        )
    ).one_or_none()


def get_attempt(db: Session, attempt_id: UUID) -> RedemptionAttempt:
    """Return an attempt as it is now."""
    return db.get_one(RedemptionAttempt, (tenant_of(db), attempt_id), populate_existing=True)


def _attempts(db: Session, redemption_id: UUID) -> Select[RedemptionAttempt]:
    return (
        select(RedemptionAttempt)
        .where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            RedemptionAttempt.redemption_id == redemption_id,
            RedemptionAttempt.state != "refused",
        )
        .execution_options(populate_existing=True)
    )


def due(
    db: Session, *, account_id: UUID | None = None, most: int = 500, of_each: int = 100
) -> list[UUID]:
    """Return the redemptions on which something is to be done now, the oldest first.

    At most `of_each` of one account: what waits for a slow provider hides nobody else's.
    """
    wanted = (
        select(
            RedemptionAttempt.redemption_id,
            RedemptionAttempt.due_at,
            func.row_number()
            .over(partition_by=Redemption.account_id, order_by=RedemptionAttempt.due_at)
            .label("place"),
        )
        .join(
            Redemption,
            (Redemption.tenant_id == RedemptionAttempt.tenant_id)
            & (Redemption.id == RedemptionAttempt.redemption_id),
        )
        .where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            RedemptionAttempt.due_at <= work_of(db).now,
        )
    )
    if account_id is not None:
        wanted = wanted.where(Redemption.account_id == account_id)
    waiting = wanted.subquery()
    return list(
        db.scalars(
            select(waiting.c.redemption_id)
            .where(waiting.c.place <= of_each)
            .order_by(waiting.c.due_at)
            .limit(most)
        )
    )


def page_of_redemptions(
    db: Session,
    *,
    cursor: str | None,
    limit: int,
    state: str | None = None,
    person_id: UUID | None = None,
    visible: Select[UUID] | None = None,
) -> Page[RedemptionLine]:
    """Return orders, newest first."""
    wanted = select(Redemption).where(Redemption.tenant_id == tenant_of(db))
    if state is not None:
        wanted = wanted.where(Redemption.state == state)
    if person_id is not None:
        wanted = wanted.where(Redemption.person_id == person_id)
    if visible is not None:
        wanted = wanted.where(Redemption.person_id.in_(visible))
    if cursor is not None:
        (before,) = decode_cursor(cursor, str)
        wanted = wanted.where(Redemption.id < _uuid(before))
    rows = db.scalars(wanted.order_by(Redemption.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (str(row.id),))
    return Page(lines_of(db, page.items), page.next_cursor)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such page.") from None


def line_of(db: Session, redemption: Redemption) -> RedemptionLine:
    """Return one order as screens show it."""
    return lines_of(db, [redemption])[0]


def lines_of(db: Session, redemptions: Sequence[Redemption]) -> list[RedemptionLine]:
    """Return orders as screens show them."""
    tenant, ids = tenant_of(db), [row.id for row in redemptions]
    rewards = {
        row.id: row
        for row in db.scalars(
            select(Reward).where(
                Reward.tenant_id == tenant, Reward.id.in_({row.reward_id for row in redemptions})
            )
        )
    }
    moves: dict[UUID, list[MoveLine]] = defaultdict(list)
    for row in db.scalars(
        select(RedemptionMove)
        .where(RedemptionMove.tenant_id == tenant, RedemptionMove.redemption_id.in_(ids))
        .order_by(RedemptionMove.number)
    ):
        moves[row.redemption_id].append(MoveLine(row.state, row.reason, row.at))
    names = people.names(db, {row.person_id for row in redemptions})
    return [
        _redemption_line(row, rewards[row.reward_id], names, tuple(moves[row.id]))
        for row in redemptions
    ]


def _redemption_line(
    row: Redemption, reward: Reward, names: Mapping[UUID, str], moves: tuple[MoveLine, ...]
) -> RedemptionLine:
    copied: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "id",
            "state",
            "person_id",
            "created_at",
            "wished_on",
            "note",
            "confirmed_on",
            "expires_on",
            "reveals",
            "revealed_at",
            "used_at",
        )
    }
    return RedemptionLine(
        reward=reward,
        money=Money(row.minor, row.currency),
        person_name=names.get(row.person_id, ""),
        updated_at=row.moved_at,
        reason=row.refusal,
        moves=moves,
        **copied,
    )
