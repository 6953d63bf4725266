"""What a decided order does to the books: captured, given back, or returned weeks later."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.crash import crash_point
from app.db.unit_of_work import after_commit, record, work_of
from app.kernel.money import Money
from app.ledger import core as accounts
from app.ledger import service as ledger
from app.people import queries as people
from app.providers import vault
from app.rewards import queries
from app.rewards.core import DECIDED, State
from app.rewards.events import RedemptionEnded, StockLow
from app.rewards.models import Redemption, RedemptionAttempt, Reward, RewardDenomination
from app.rewards.moves import move


def finish(db: Session, redemption_id: UUID) -> None:
    """Bring a decided order into the books: capture what was delivered, give back what was refused."""
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    if redemption.state not in DECIDED:
        return
    money = Money(redemption.minor, redemption.currency)
    after_commit(db, lambda: crash_point("push.before"))
    if redemption.state == State.SETTLED:
        ledger.capture(db, redemption.reservation_id, to=clearing_of(redemption))
        _keep_what_is_ours(db, redemption)
        move(db, redemption, State.CAPTURED)
    else:
        ledger.void(db, redemption.reservation_id)
        move(db, redemption, State.VOIDED)
    crash_point("finish.before_commit")
    db.execute(
        update(RedemptionAttempt)
        .where(
            RedemptionAttempt.tenant_id == redemption.tenant_id,
            RedemptionAttempt.redemption_id == redemption.id,
        )
        .values(due_at=None)
    )
    _end(db, redemption, money)


def clearing_of(redemption: Redemption) -> accounts.AccountRef:
    """Return where the money of an order is when it has left the person: with the account it went through."""
    return accounts.clearing(redemption.account_id or redemption.reward_id, redemption.currency)


def _keep_what_is_ours(db: Session, redemption: Redemption) -> None:
    """Move our fee and the tax we withheld on: only the rest is on its way to the provider."""
    legs = _kept(redemption)
    if not legs:
        return
    kept = sum(leg.minor for leg in legs)
    ledger.post(
        db,
        accounts.Entry(
            key=f"kept:{redemption.id}",
            kind="payout_kept",
            cause_kind="redemption",
            cause_id=redemption.id,
            legs=(accounts.Leg(clearing_of(redemption), -kept), *legs),
            memo={"tax_on_prizes_minor": redemption.prize_withheld_minor},
        ),
    )


def _kept(redemption: Redemption) -> tuple[accounts.Leg, ...]:
    parts = (
        (accounts.fees(redemption.currency), redemption.fee_minor),
        (accounts.withheld(redemption.currency), redemption.withheld_minor),
    )
    return tuple(accounts.Leg(account, minor) for account, minor in parts if minor)


def give_back(db: Session, redemption_id: UUID, *, reason: str) -> None:
    """Return the money of a delivered order that the provider took back later, fee and tax included."""
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    money = Money(redemption.minor, redemption.currency)
    move(db, redemption, State.RETURNED, reason=reason)
    redemption.refusal = reason
    ledger.post(
        db,
        accounts.Entry(
            key=f"return:{redemption.id}",
            kind=accounts.PROVIDER_RETURN,
            cause_kind="redemption",
            cause_id=redemption.id,
            legs=(
                accounts.Leg(clearing_of(redemption), -queries.net_of(redemption).minor),
                *(accounts.Leg(leg.account, -leg.minor) for leg in _kept(redemption)),
                accounts.Leg(accounts.available(redemption.person_id, money.currency), money.minor),
            ),
        ),
    )
    _end(db, redemption, money)


def _end(db: Session, redemption: Redemption, money: Money) -> None:
    reward = queries.get_reward(db, redemption.reward_id)
    audit.record(
        db,
        action=f"redemption.{redemption.state}",
        object_kind="redemption",
        object_id=redemption.id,
        after={"amount": str(money), "reason": redemption.refusal},
    )
    record(
        db,
        RedemptionEnded(
            redemption.id,
            redemption.person_id,
            reward.id,
            reward.brand,
            reward.kind,
            money,
            redemption.state,
            redemption.refusal,
        ),
    )
    _warn_of_low_stock(db, reward, money)


def _warn_of_low_stock(db: Session, reward: Reward, money: Money) -> None:
    if reward.provider != vault.CodeVault.name:
        return
    left = codes_left(db, reward.id, money)
    if left > reward.low_stock_at:
        return
    marked = db.execute(
        update(RewardDenomination)
        .where(
            RewardDenomination.tenant_id == reward.tenant_id,
            RewardDenomination.reward_id == reward.id,
            RewardDenomination.minor == money.minor,
            RewardDenomination.low_since.is_(None),
        )
        .values(low_since=work_of(db).now)
        .returning(RewardDenomination.minor)
    )
    if marked.first() is not None:
        record(db, StockLow(reward.id, reward.brand, money, left))


def codes_left(db: Session, reward_id: UUID, money: Money) -> int:
    """Return how many codes of this denomination the vault can sell."""
    levels = vault.levels(db, [reward_id], today=people.today(db))
    return sum(level.left for level in levels if level.money == money)
