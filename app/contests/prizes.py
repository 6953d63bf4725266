"""Prizes of money: from a final result into the purses of those who won."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contests import standings
from app.contests.core import money_won
from app.contests.models import Contest, ContestResult, ContestScore
from app.contests.rules import read_rules
from app.db.unit_of_work import tenant_of
from app.http.shapes import MoneyShape
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as ledger_queries
from app.ledger import service as ledger
from app.ledger.core import AccountKind
from app.live import rooms
from app.live.bus import publish
from app.live.events import TodayChanged
from app.people import queries as people


def hold_purses(db: Session, contests: Iterable[Contest]) -> None:
    """Lock the purses of everybody who is about to win money in `contests`, before the contests."""
    purses = {
        account
        for contest in contests
        if (currency := _currency(contest)) is not None
        for person_id in _leaders(db, contest)
        for account in (books.available(person_id, currency), books.owed(person_id, currency))
    }
    if purses:
        ledger.hold(db, purses)


def _currency(contest: Contest) -> str | None:
    money = [prize.money for prize in read_rules(contest.rules).prizes if prize.money]
    return money[0].currency if money else None


def _leaders(db: Session, contest: Contest) -> Sequence[UUID]:
    """Return who stands at a place that has a prize."""
    last = max(prize.place_to for prize in read_rules(contest.rules).prizes)
    place = func.rank().over(order_by=(ContestScore.minus_score, ContestScore.order_at))
    ranked = (
        select(ContestScore.person_id, place.label("place"))
        .where(
            ContestScore.tenant_id == contest.tenant_id,
            ContestScore.contest_id == contest.id,
            ContestScore.score_micros > 0,
        )
        .subquery("ranked")
    )
    return db.scalars(select(ranked.c.person_id).where(ranked.c.place <= last)).all()


def post(db: Session, contest: Contest) -> list[Money]:
    """Pay the prizes of a final result, each to who won it; return them. A text is given elsewhere."""
    rows = standings.results(db, contest)
    sharing = Counter(row.place for row in rows)
    prizes = [
        books.Prize(contest.id, row.person_id, money, row.place, sharing[row.place])
        for row in rows
        if (money := money_won(row.prize)) is not None
    ]
    ledger.post_prizes(db, prizes)
    for prize in prizes:
        told = TodayChanged(cause="contest", amount=MoneyShape.model_validate(prize.money))
        publish(db, rooms.person(contest.tenant_id, prize.person_id), told)
    return [prize.money for prize in prizes]


@dataclass(frozen=True, slots=True)
class Paid:
    """A prize as it came into the books: what can be spent of it, and what settled a debt."""

    transaction_id: UUID
    posted_at: datetime
    spendable: Money
    settled: Money


@dataclass(frozen=True, slots=True)
class Won:
    """What somebody won in a final contest, and with whom the place was shared.

    `paid` is None where the result is older than the posting of prizes.
    """

    contest: Contest
    result: ContestResult
    money: Money
    tied_with: tuple[UUID, ...]
    paid: Paid | None


def find_won(db: Session, contest: Contest, person_id: UUID) -> Won | None:
    """Return the money that a person won in a contest; None when it was none."""
    result = db.get(ContestResult, (contest.tenant_id, contest.id, person_id))
    money = money_won(result.prize) if result else None
    if result is None or money is None:
        return None
    others = db.scalars(
        select(ContestResult.person_id)
        .where(
            ContestResult.tenant_id == contest.tenant_id,
            ContestResult.contest_id == contest.id,
            ContestResult.place == result.place,
            ContestResult.person_id != person_id,
        )
        .order_by(ContestResult.person_id)
    )
    return Won(contest, result, money, tuple(others), _paid(db, contest, person_id))


@dataclass(frozen=True, slots=True)
class Winning:
    """Money that somebody won, as a line of a list."""

    contest_id: UUID
    contest: str
    place: int
    money: Money
    finished_at: datetime


def won_between(db: Session, person_id: UUID, first: date, last: date) -> list[Winning]:
    """Return the money a person won in contests that became final on these days, the latest first.

    What is older than the posting of prizes is left out: it never came into the wallet.
    """
    zone = ZoneInfo(people.calendar(db).zone)
    rows = db.execute(
        select(Contest, ContestResult)
        .join(
            ContestResult,
            (ContestResult.tenant_id == Contest.tenant_id)
            & (ContestResult.contest_id == Contest.id),
        )
        .where(
            Contest.tenant_id == tenant_of(db),
            Contest.finished_at >= datetime.combine(first, time(), zone),
            Contest.finished_at < datetime.combine(last + timedelta(days=1), time(), zone),
            Contest.prizes_outside.is_(False),
            ContestResult.person_id == person_id,
        )
        .order_by(Contest.finished_at.desc(), Contest.id)
    )
    return [
        Winning(contest.id, contest.name, result.place, money, contest.finished_at)
        for contest, result in rows
        if contest.finished_at is not None and (money := money_won(result.prize)) is not None
    ]


def _paid(db: Session, contest: Contest, person_id: UUID) -> Paid | None:
    found = ledger_queries.find_by_key(db, books.prize_key(contest.id, person_id))
    if found is None:
        return None
    moved = {leg.account.kind: Money(leg.minor, leg.account.currency) for leg in found.legs}
    nothing = Money(0, found.legs[0].account.currency)
    return Paid(
        found.id,
        found.posted_at,
        moved.get(AccountKind.PERSON_AVAILABLE, nothing),
        moved.get(AccountKind.PERSON_OWED, nothing),
    )
