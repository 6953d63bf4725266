"""What people do with rewards: offer, stock, redeem, reveal, confirm, refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.crash import crash_point
from app.db.unit_of_work import after_commit, before_commit, tenant_of, work_of
from app.jobs.queue import enqueue
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import service as ledger
from app.providers import accounts, deliveries, manual, registry, vault
from app.providers.contract import Delivery, Destination, Provider, Recipient
from app.rewards import (
    books,
    catalog_search,
    catalog_sync,
    directions,
    hearing,
    limits,
    moves,
    queries,
    saga,
    winnings,
)
from app.rewards.core import OF_KIND, State
from app.rewards.directions import Directions
from app.rewards.errors import NothingToReveal, NotOffered, NotWaiting, OutOfStock, WishNeeded
from app.rewards.models import Redemption, Reward, RewardDenomination


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as finance describes it."""

    brand: str
    kind: str
    country: str
    currency: str
    denominations: tuple[int, ...]
    description: str = ""
    hue: int = 160
    art: str = "card"
    low_stock_at: int = 5
    provider: str = ""
    """Who delivers it; when nothing is said, whoever delivers its kind."""
    product_code: str = ""
    account_id: UUID | None = None
    min_minor: int | None = None
    """With limits any amount within them can be ordered."""
    max_minor: int | None = None
    delivery_code: str = ""


def offer(db: Session, new: Offer) -> UUID:
    """Add a reward to the catalog."""
    reward_id = new_id()
    db.add(
        Reward(
            tenant_id=tenant_of(db),
            id=reward_id,
            brand=new.brand,
            kind=new.kind,
            provider=new.provider or OF_KIND[new.kind],
            country=new.country,
            currency=new.currency,
            description=new.description,
            delivery_code=new.delivery_code
            or ("instant" if new.kind == "gift_card" else "arranged"),
            product_code=new.product_code,
            account_id=new.account_id,
            min_minor=new.min_minor,
            max_minor=new.max_minor,
            hue=new.hue,
            art=new.art,
            low_stock_at=new.low_stock_at,
            active=True,
        )
    )
    db.flush()
    _set_denominations(db, reward_id, new.denominations)
    catalog_sync.list_own(db, [reward_id])
    audit.record(
        db,
        action="reward.offered",
        object_kind="reward",
        object_id=reward_id,
        after={"brand": new.brand, "kind": new.kind, "denominations": list(new.denominations)},
    )
    return reward_id


def change(
    db: Session, reward_id: UUID, *, denominations: Sequence[int] | None = None, **values: Any
) -> None:
    """Change what is said about a reward, or at which amounts it is offered."""
    reward = queries.get_reward(db, reward_id, lock=True)
    before = {name: getattr(reward, name) for name in values}
    for name, value in values.items():
        setattr(reward, name, value)
    after = dict(values)
    if denominations is not None:
        before["denominations"] = queries.denominations_of(db, reward_id)
        after["denominations"] = list(denominations)
        _set_denominations(db, reward_id, denominations)
    db.flush()
    catalog_sync.list_own(db, [reward_id])
    audit.record(
        db,
        action="reward.changed",
        object_kind="reward",
        object_id=reward_id,
        before=before,
        after=after,
    )


def _set_denominations(db: Session, reward_id: UUID, minors: Sequence[int]) -> None:
    tenant = tenant_of(db)
    db.execute(
        update(RewardDenomination)
        .where(RewardDenomination.tenant_id == tenant, RewardDenomination.reward_id == reward_id)
        .values(active=False)
    )
    if not minors:
        return
    rows = [
        {"tenant_id": tenant, "reward_id": reward_id, "minor": minor, "active": True}
        for minor in minors
    ]
    db.execute(
        insert(RewardDenomination)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["tenant_id", "reward_id", "minor"], set_={"active": True}
        )
    )


def add_stock(
    db: Session, reward_id: UUID, *, money: Money, codes: Sequence[vault.NewCode]
) -> list[bool]:
    """Put codes of one denomination in the vault; answer for each whether it is new."""
    reward = queries.get_reward(db, reward_id)
    if reward.provider != vault.CodeVault.name or not queries.is_offered(db, reward, money):
        raise NotOffered("This reward has no codes of that amount.")
    added = vault.add(db, product_id=reward_id, money=money, codes=codes)
    if sum(added) > 0:
        _no_longer_low(db, reward, money)
    audit.record(
        db,
        action="stock.added",
        object_kind="reward",
        object_id=reward_id,
        after={"amount": str(money), "added": sum(added), "duplicates": added.count(False)},
    )
    return added


def _no_longer_low(db: Session, reward: Reward, money: Money) -> None:
    if books.codes_left(db, reward.id, money) > reward.low_stock_at:
        db.execute(
            update(RewardDenomination)
            .where(
                RewardDenomination.tenant_id == reward.tenant_id,
                RewardDenomination.reward_id == reward.id,
                RewardDenomination.minor == money.minor,
            )
            .values(low_since=None)
        )


def redeem(
    db: Session,
    *,
    person_id: UUID,
    reward_id: UUID,
    money: Money,
    today: date,
    wished_on: date | None = None,
    note: str = "",
    recipient: Recipient | None = None,
    destination: Destination | None = None,
    destination_id: UUID | None = None,
) -> Redemption:
    """Set the price aside and order the reward; a worker sends the order when this has committed.

    What goes to a bank goes to `destination` as it is now, whatever becomes of `destination_id` later.
    """
    reward = queries.get_reward(db, reward_id)
    _check(db, reward, money, is_wish_ahead=wished_on is not None and wished_on > today)
    if not catalog_search.may_order(db, reward_id, person_id=person_id):
        raise NotOffered("This reward is not offered to you.")
    if (reward.kind == "bank_transfer") != (destination is not None):
        raise NotOffered("A bank transfer, and nothing else, goes to a bank account.")
    redemption_id, now = new_id(), work_of(db).now
    reservation_id = ledger.reserve(
        db,
        person_id=person_id,
        money=money,
        key=f"redemption:{redemption_id}",
        cause_kind="redemption",
        cause_id=redemption_id,
    )
    # Under the lock of the balance: whoever orders beside has committed, or waits for us.
    limits.hold_to(db, reward, money, person_id=person_id)
    redemption = Redemption(
        tenant_id=tenant_of(db),
        id=redemption_id,
        person_id=person_id,
        reward_id=reward_id,
        provider=reward.provider,
        minor=money.minor,
        currency=money.currency,
        state=State.RESERVED,
        reservation_id=reservation_id,
        wished_on=wished_on,
        note=note,
        reveals=0,
        created_at=now,
        moved_at=now,
        product_code=reward.product_code,
        account_id=_account_of(db, reward),
        destination_id=destination_id,
        prize_minor=winnings.part_of(db, person_id, money),
    )
    db.add(redemption)
    db.flush()
    directions.keep(db, redemption_id, Directions(recipient, destination))
    moves.write_move(db, redemption, reason="")
    _add_attempt(db, redemption)
    audit.record(
        db,
        action="redemption.requested",
        object_kind="redemption",
        object_id=redemption_id,
        after={"reward_id": str(reward_id), "amount": str(money)},
    )
    enqueue(db, saga.advance_job, redemption_id=str(redemption_id))
    moves.tell(db, redemption)
    before_commit(db, lambda _: crash_point("redeem.before_commit"))
    after_commit(db, lambda: crash_point("redeem.after_commit"))
    return redemption


def _check(db: Session, reward: Reward, money: Money, *, is_wish_ahead: bool) -> None:
    if not reward.active or not queries.is_offered(db, reward, money):
        raise NotOffered("This reward is not offered at that amount.")
    if reward.provider == manual.Manual.name and reward.kind == "experience" and not is_wish_ahead:
        raise WishNeeded("Say on which day you would like it; the day must lie ahead.")
    if reward.provider == vault.CodeVault.name and queries.unsold(db, reward.id, money) <= 0:
        raise OutOfStock("This card is sold out at that amount.")


def _account_of(db: Session, reward: Reward) -> UUID | None:
    """Return through which account a reward is ordered; None for providers that we run ourselves."""
    if reward.account_id is not None or reward.provider in registry.OWN:
        return reward.account_id
    found = accounts.find_for(db, reward.provider)
    if found is None:
        raise registry.NoAccount("This cannot be ordered now.")
    return found.id


def _add_attempt(db: Session, redemption: Redemption) -> None:
    attempt = hearing.new_attempt(redemption)
    attempt.due_at = work_of(db).now
    db.add(attempt)
    db.flush()


def reveal(
    db: Session, *, provider: Provider | None, redemption_id: UUID, person_id: UUID
) -> Delivery:
    """Return the code to its owner; every look is counted and written down."""
    redemption = queries.get_redemption(db, redemption_id, person_id=person_id, lock=True)
    if redemption.state != State.CAPTURED:
        raise NothingToReveal("There is nothing to show yet.")
    key = queries.settled_key(db, redemption_id)
    # What others delivered is kept sealed here: nobody waits for them while a code is shown.
    delivery = provider.reveal(key) if provider else next(iter(deliveries.of_order(db, key)), None)
    if delivery is None:
        raise NothingToReveal("This reward was delivered without a code.")
    redemption.reveals += 1
    redemption.revealed_at = work_of(db).now
    audit.record(
        db,
        action="voucher.revealed",
        object_kind="redemption",
        object_id=redemption_id,
        after={"reveals": redemption.reveals},
    )
    return delivery


def mark_used(db: Session, redemption_id: UUID, *, person_id: UUID, is_used: bool) -> Redemption:
    """Keep that the owner has used what was delivered, or has not."""
    redemption = queries.get_redemption(db, redemption_id, person_id=person_id, lock=True)
    if redemption.state != State.CAPTURED:
        raise NothingToReveal("There is nothing to use yet.")
    if (redemption.used_at is not None) == is_used:
        return redemption
    redemption.used_at = work_of(db).now if is_used else None
    db.flush()
    audit.record(
        db,
        action="voucher.used" if is_used else "voucher.unused",
        object_kind="redemption",
        object_id=redemption_id,
    )
    return redemption


def confirm(
    db: Session, redemption_id: UUID, *, confirmed_on: date, voucher: str | None
) -> Redemption:
    """Say that the company has booked an experience."""
    redemption, key = _waiting(db, redemption_id)
    manual.confirm(db, key=key, confirmed_on=confirmed_on, voucher=voucher)
    audit.record(
        db,
        action="redemption.confirmed",
        object_kind="redemption",
        object_id=redemption_id,
        after={"confirmed_on": str(confirmed_on), "with_voucher": voucher is not None},
    )
    enqueue(db, saga.advance_job, redemption_id=str(redemption_id), hint=True)
    return redemption


def refuse(db: Session, redemption_id: UUID, *, reason: str) -> Redemption:
    """Say that an experience cannot be had; the money goes back."""
    redemption, key = _waiting(db, redemption_id)
    manual.refuse(db, key=key, reason=reason)
    audit.record(
        db,
        action="redemption.refused",
        object_kind="redemption",
        object_id=redemption_id,
        after={"reason": reason},
    )
    enqueue(db, saga.advance_job, redemption_id=str(redemption_id), hint=True)
    return redemption


def _waiting(db: Session, redemption_id: UUID) -> tuple[Redemption, str]:
    redemption = queries.get_redemption(db, redemption_id)
    key = queries.find_live_key(db, redemption_id)
    if redemption.provider != manual.Manual.name or key is None:
        raise NotWaiting("This order does not wait for an answer.")
    return redemption, key
