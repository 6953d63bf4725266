"""What Lumera's people can redeem: gift cards from the vault, and experiences that the company arranges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.cli.demo.company import SEED, ZONE
from app.db.unit_of_work import work_of
from app.kernel.clock import day_in_zone
from app.kernel.money import Money
from app.ledger.errors import BalanceTooLow
from app.providers.vault import NewCode
from app.rewards import queries, service
from app.rewards.service import Offer

_CARDS: Final = (
    (Offer("Bottega Nord", "gift_card", "IT", "EUR", (1000, 2500, 5000, 10000),
           "Groceries from the region.", 150, "weave"), 40),
    (Offer("Onda", "gift_card", "IT", "EUR", (2000, 5000, 10000),
           "Fuel and charging.", 230, "wave"), 25),
    (Offer("Cinema Aurora", "gift_card", "IT", "EUR", (1800,),
           "Two seats, any film.", 300, "reel"), 30),
    (Offer("Vivaio Due", "gift_card", "IT", "EUR", (1500, 3000),
           "Plants and pots.", 120, "leaf"), 4),
)  # fmt: skip
_EXPERIENCES: Final = (
    Offer("Rifugio Alto", "experience", "IT", "EUR", (7900,),
          "A night in a mountain hut, with dinner.", 200, "peaks"),
    Offer("Terme Serena", "experience", "IT", "EUR", (4900,),
          "A day at the baths for one.", 190, "sun"),
)  # fmt: skip
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def stock(db: Session) -> bool:
    """Offer everything and fill the vault; return False when that was done before."""
    if queries.catalog(db, only_active=False):
        return False
    random = Random(SEED)  # noqa: S311 - invented codes that open nothing
    for card, count in _CARDS:
        reward_id = service.offer(db, card)
        for minor in card.denominations:
            money = Money(minor, card.currency)
            service.add_stock(db, reward_id, money=money, codes=list(_codes(db, random, count)))
    for experience in _EXPERIENCES:
        service.offer(db, experience)
    return True


def wish(db: Session, person_id: UUID) -> None:
    """Let a person ask for a night in the hut, so that finance has something to arrange."""
    today = day_in_zone(work_of(db).now, ZONE)
    hut = next(
        line
        for line in queries.catalog(db, only_active=True)
        if line.reward.brand == "Rifugio Alto"
    )
    try:
        service.redeem(
            db,
            person_id=person_id,
            reward_id=hut.reward.id,
            money=Money(7900, "EUR"),
            today=today,
            wished_on=today + timedelta(days=24),
            note="With a view of the lake, if there is a choice.",
        )
    except BalanceTooLow:
        return


def _codes(db: Session, random: Random, count: int) -> Iterator[NewCode]:
    expires_on = day_in_zone(work_of(db).now, ZONE) + timedelta(days=730)
    for _ in range(count):
        letters = "".join(random.choices(_LETTERS, k=12))
        code = "-".join(letters[at : at + 4] for at in (0, 4, 8))
        yield NewCode(code, pin=f"{random.randrange(10_000):04}", expires_on=expires_on)
