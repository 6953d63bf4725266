"""Prizes of contests are taxed apart from pay, by their own rule, whatever they are mixed with."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.kernel.prove import prove
from app.ledger import core as books
from app.ledger import service as ledger
from app.providers.contract import Refused, Settled
from app.rewards import books as orders
from app.rewards import queries, winnings
from app.rewards.core import State
from app.rewards.invariants import INVARIANTS
from app.rewards.moves import move
from tests.conftest import Work
from tests.rewards.builders import FIFTY, Shop, offer_card
from tests.rewards.scripted import Scripted
from tests.rewards.test_cash import Counter, counter, eur, options, tax_from

__all__ = ("counter",)

NEW_YEAR = date(2026, 1, 1)


def win(counter: Counter, minor: int) -> None:
    """Let the person win a contest."""
    with counter.work() as db:
        prize = books.Prize(new_id(), counter.purse.person.id, eur(minor), 1, 1)
        ledger.post_prizes(db, [prize])


def prizes_taxed(counter: Counter, *, threshold: int = 0, pay_ppm: int = 100_000) -> None:
    """Take three tenths of prizes beyond the threshold, and of pay what is said from the first cent."""
    with counter.work() as db:
        tax_from(db, NEW_YEAR, threshold=0, ppm=pay_ppm)
        tax_from(db, NEW_YEAR, threshold=threshold, ppm=300_000, income="draw_prize")


def won_left(counter: Counter) -> int:
    with counter.work() as db:
        return winnings.part_of(db, counter.purse.person.id, eur(10**9))


def paid(counter: Counter, gross: int) -> UUID:
    """Have so much sent, as it is shown before the tap, and delivered."""
    (shown,) = options(counter, gross)
    payout = counter.pay(gross, shown.parts.net.minor)
    counter.advance(payout, Scripted(Settled("r", shown.parts.net)))
    return payout


def broken(counter: Counter) -> int:
    with counter.work() as db:
        return {one.code: one.finding.violations for one in prove(db, INVARIANTS)}["R3"]


def test_a_prize_and_pay_are_each_taxed_by_their_own_rule(counter: Counter) -> None:
    win(counter, 2_000)
    prizes_taxed(counter)

    payout = paid(counter, 5_000)

    parts = counter.look(payout).parts
    assert (parts.prize, parts.prize_withheld) == (eur(2_000), eur(600))
    assert parts.withheld == eur(600 + 300)
    assert counter.house()["tax"] == 900
    assert broken(counter) == 0


def test_prizes_leave_first_and_are_taxed_once(counter: Counter) -> None:
    win(counter, 3_000)
    prizes_taxed(counter)

    taxes = [counter.look(paid(counter, 2_000)).parts for _ in range(3)]

    assert [one.prize.minor for one in taxes] == [2_000, 1_000, 0]
    assert [one.prize_withheld.minor for one in taxes] == [600, 300, 0]
    assert [one.withheld.minor for one in taxes] == [600, 400, 200]


def test_the_threshold_of_prizes_counts_prizes_alone(counter: Counter) -> None:
    prizes_taxed(counter, threshold=2_500)
    paid(counter, 4_000)
    win(counter, 3_000)

    parts = counter.look(paid(counter, 3_000)).parts

    assert (parts.prize_withheld, parts.withheld) == (eur(150), eur(150))


def test_the_threshold_of_pay_does_not_count_prizes(counter: Counter) -> None:
    win(counter, 5_000)
    with counter.work() as db:
        tax_from(db, NEW_YEAR, threshold=6_000, ppm=200_000)
    paid(counter, 5_000)

    (second,) = options(counter, 5_000)

    assert second.parts.withheld == eur(0)


def test_without_a_rule_for_prizes_nothing_is_withheld_of_them(counter: Counter) -> None:
    win(counter, 5_000)
    with counter.work() as db:
        tax_from(db, NEW_YEAR, threshold=0, ppm=200_000)

    (shown,) = options(counter, 5_000)

    assert (shown.parts.prize, shown.parts.withheld) == (eur(5_000), eur(0))


@pytest.mark.parametrize("answer", [Refused("account_closed"), None])
def test_a_prize_that_came_back_is_a_prize_again(counter: Counter, answer: Refused | None) -> None:
    win(counter, 2_000)
    prizes_taxed(counter)
    (shown,) = options(counter, 2_000)
    payout = counter.pay(2_000, shown.parts.net.minor)

    if answer is None:
        counter.advance(payout, Scripted(Settled("r", shown.parts.net)))
        with counter.work() as db:
            orders.give_back(db, payout, reason="account_closed")
    else:
        counter.advance(payout, Scripted(answer))

    assert (won_left(counter), counter.house()["tax"]) == (2_000, 0)
    (again,) = options(counter, 2_000)
    assert again.parts.prize_withheld == eur(600)


def test_a_gift_card_takes_prizes_too_and_nothing_is_withheld_of_it(counter: Counter) -> None:
    win(counter, 6_000)
    with counter.work() as db:
        card = offer_card(db, codes=["AAA"])
    shop = Shop(counter.work, counter.purse.person, card)

    shop.advance(shop.redeem(FIFTY))

    assert won_left(counter) == 1_000
    assert broken(counter) == 0


def test_what_settled_a_debt_was_never_redeemed_as_a_prize(work: Work, counter: Counter) -> None:
    with counter.work() as db:
        overpaid = books.Difference(
            "d", new_id(), counter.purse.person.id, "EUR", -10_400, True, "test", new_id()
        )
        ledger.post_earning_differences(db, [overpaid])

    win(counter, 1_000)

    assert won_left(counter) == 600


def test_other_currencies_and_other_people_are_not_asked(counter: Counter) -> None:
    win(counter, 1_000)

    with counter.work() as db:
        assert winnings.part_of(db, counter.purse.person.id, Money(5, "USD")) == 0
        assert winnings.part_of(db, new_id(), eur(5)) == 0


def test_more_prize_money_than_was_won_is_found(counter: Counter) -> None:
    win(counter, 1_000)
    payout = paid(counter, 2_000)

    with counter.work() as db:
        db.execute(text("UPDATE redemptions SET prize_minor = 1001 WHERE id = :id"), {"id": payout})

    assert broken(counter) == 1


def test_what_a_refused_order_took_stays_taken_until_the_books_give_it_back(
    counter: Counter,
) -> None:
    win(counter, 3_000)
    (shown,) = options(counter, 3_000)
    payout = counter.pay(3_000, shown.parts.net.minor)

    with counter.work() as db:
        redemption = queries.get_redemption(db, payout, lock=True)
        move(db, redemption, State.SENDING)
        move(db, redemption, State.REFUSED, reason="AC04")
    refused = won_left(counter)
    with counter.work() as db:
        orders.finish(db, payout)

    assert (refused, won_left(counter)) == (0, 3_000)
