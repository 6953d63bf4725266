from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.kernel.money import Money
from app.ledger import queries as ledger
from app.ledger.core import clearing
from app.providers.contract import (
    Accepted,
    NotFound,
    Refused,
    Settled,
    Unknown,
)
from app.rewards import books, hearing, moves, queries, saga, service
from app.rewards.core import FOLLOWS, State, may_follow
from tests.conftest import NOON, Work
from tests.providers.vaults import open_vault
from tests.rewards.builders import FIFTY, open_shop
from tests.rewards.scripted import Scripted

DONE = Settled("r-1", FIFTY)
AFTER = NOON + timedelta(minutes=2)


def test_an_order_goes_from_reserved_to_captured(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    assert shop.purse() == {"available": 5_000, "reserved": 5_000}

    shop.advance(order)

    assert shop.steps(order) == ["reserved", "sending", "settled", "captured"]
    assert shop.purse() == {"available": 5_000, "paid": 5_000}
    with work() as db:
        assert ledger.balance(db, clearing(shop.reward_id, "EUR")) == 5_000


def test_a_refusal_gives_the_money_back_and_says_why(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()

    shop.advance(order, provider=Scripted(Refused("out_of_stock")))

    assert shop.steps(order) == ["reserved", "sending", "refused", "voided"]
    assert shop.look(order).refusal == "out_of_stock"
    assert shop.purse() == {"available": 10_000}


def test_unknown_never_gives_the_money_back(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(Unknown("timeout"), Unknown("timeout"), DONE)

    shop.advance(order, provider=provider)
    assert shop.state(order) == State.UNKNOWN
    assert shop.purse() == {"available": 5_000, "reserved": 5_000}
    shop.advance(order, provider=provider, now=NOON + timedelta(seconds=5))
    shop.advance(order, provider=provider, now=NOON + timedelta(minutes=1))

    assert provider.asked == ["place", "lookup", "lookup"]
    assert shop.state(order) == State.CAPTURED


def test_after_an_unknown_answer_it_waits_longer_each_time(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(*[Unknown("timeout")] * 3)
    shop.advance(order, provider=provider)

    shop.advance(order, provider=provider, now=NOON + timedelta(seconds=4))
    assert provider.asked == ["place"]
    shop.advance(order, provider=provider, now=NOON + timedelta(seconds=5))
    shop.advance(order, provider=provider, now=NOON + timedelta(seconds=34))
    assert provider.asked == ["place", "lookup"]
    shop.advance(order, provider=provider, now=NOON + timedelta(seconds=35))
    assert provider.asked == ["place", "lookup", "lookup"]


def test_what_is_unknown_for_a_day_is_left_to_a_person(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(Unknown("timeout"), Unknown("timeout"), DONE)
    shop.advance(order, provider=provider)

    shop.advance(order, provider=provider, now=NOON + timedelta(hours=25))
    assert shop.state(order) == State.MANUAL
    assert shop.purse() == {"available": 5_000, "reserved": 5_000}
    shop.advance(order, provider=provider, now=NOON + timedelta(hours=48))
    assert len(provider.asked) == 2

    shop.advance(order, provider=provider, now=NOON + timedelta(hours=48), hint=True)
    assert shop.state(order) == State.CAPTURED


def test_not_found_is_believed_after_the_providers_time_and_two_lookups(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(Unknown("reset"), NotFound(), NotFound(), DONE)
    shop.advance(order, provider=provider)

    for seconds in (5, 6, 65, 66, 70):
        shop.advance(order, provider=provider, now=NOON + timedelta(seconds=seconds))

    assert provider.asked == ["place", "lookup", "lookup", "place"]
    assert len(set(provider.keys)) == 1
    assert shop.state(order) == State.CAPTURED


def test_no_hint_makes_it_send_again_before_the_providers_time_is_over(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(Unknown("reset"), NotFound(), NotFound(), NotFound())
    shop.advance(order, provider=provider)

    for seconds in (1, 2, 3):
        shop.advance(order, provider=provider, now=NOON + timedelta(seconds=seconds), hint=True)

    assert provider.asked == ["place", "lookup", "lookup", "lookup"]


@pytest.mark.parametrize("state", ["ready", "accepted", "settled"])
def test_the_database_itself_refuses_a_second_live_attempt(work: Work, state: str) -> None:
    shop = open_shop(work)
    shop.redeem()
    second = """
        INSERT INTO redemption_attempts (tenant_id, redemption_id, key, state)
        SELECT tenant_id, redemption_id, 'second', :state FROM redemption_attempts
    """

    with pytest.raises(IntegrityError, match="uq_redemption_attempts_live"), work() as db:
        db.execute(text(second), {"state": state})


def test_an_accepted_order_waits_until_there_is_news(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(Accepted("r-1"), DONE)
    shop.advance(order, provider=provider)

    shop.advance(order, provider=provider, now=AFTER)
    assert shop.state(order) == State.ACCEPTED
    shop.advance(order, provider=provider, now=AFTER, hint=True)

    assert shop.state(order) == State.CAPTURED


def test_another_amount_than_ordered_is_left_to_a_person(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()

    shop.advance(order, provider=Scripted(Settled("r-1", Money(5_001, "EUR"))))

    assert shop.state(order) == State.MANUAL
    assert shop.purse() == {"available": 5_000, "reserved": 5_000}


def test_a_worker_that_was_asleep_writes_nothing(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(DONE)
    with work() as db:
        asleep = saga.claim(db, queries.get_redemption(db, order, lock=True), provider, hint=False)
    assert asleep is not None
    shop.advance(order, provider=provider, now=NOON + timedelta(seconds=6))

    with work() as db:
        hearing.note(db, asleep, Refused("late"), provider)

    assert shop.state(order) == State.CAPTURED


def test_a_worker_with_an_old_fencing_number_writes_nothing_while_another_works(
    work: Work,
) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted()
    with work() as db:
        asleep = saga.claim(db, queries.get_redemption(db, order, lock=True), provider, hint=False)
    with work(now=AFTER) as db:
        awake = saga.claim(db, queries.get_redemption(db, order, lock=True), provider, hint=False)
    assert asleep is not None
    assert awake is not None
    assert awake.is_lookup

    with work(now=AFTER) as db:
        hearing.note(db, asleep, Refused("late"), provider)

    assert shop.state(order) == State.SENDING


def test_while_one_worker_holds_the_lease_another_does_nothing(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted()
    with work() as db:
        saga.claim(db, queries.get_redemption(db, order, lock=True), provider, hint=False)

    shop.advance(order, provider=provider, now=NOON + timedelta(seconds=4), hint=True)

    assert provider.asked == []


def test_after_a_crash_between_claim_and_call_the_order_is_looked_up_first(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted(NotFound(), NotFound(), DONE)
    with work() as db:
        saga.claim(db, queries.get_redemption(db, order, lock=True), provider, hint=False)

    for seconds in (10, 61, 63):
        shop.advance(order, provider=provider, now=NOON + timedelta(seconds=seconds))

    assert provider.asked == ["lookup", "lookup", "place"]
    assert shop.state(order) == State.CAPTURED


def test_an_answer_that_is_not_in_the_books_yet_is_finished_without_asking_again(
    work: Work,
) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    provider = Scripted()
    with work() as db:
        errand = saga.claim(db, queries.get_redemption(db, order, lock=True), provider, hint=False)
        assert errand is not None
    with work() as db:
        hearing.note(db, errand, DONE, provider)
        assert queries.due(db) == [order]

    shop.advance(order, provider=provider)
    shop.advance(order, provider=provider)

    assert shop.state(order) == State.CAPTURED
    with work() as db:
        assert queries.due(db) == []


def test_money_that_comes_back_weeks_later_is_available_again(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    shop.advance(order)

    with work(now=NOON + timedelta(days=20)) as db:
        books.give_back(db, order, reason="bounced")

    assert shop.state(order) == State.RETURNED
    assert shop.purse() == {"available": 10_000}
    with work() as db:
        assert ledger.balance(db, clearing(shop.reward_id, "EUR")) == 0


def test_nothing_leads_from_unknown_to_voided_but_a_refusal() -> None:
    reached = {State.UNKNOWN}
    for _ in State:
        reached |= {after for before in reached - {State.REFUSED} for after in FOLLOWS[before]}

    assert State.VOIDED not in reached
    assert not may_follow(State.UNKNOWN, State.VOIDED)


def test_a_state_cannot_be_skipped(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()

    with pytest.raises(RuntimeError, match="does not go"), work() as db:
        moves.move(db, queries.get_redemption(db, order, lock=True), State.CAPTURED)


def test_the_completer_finds_what_nobody_works_on(work: Work, run_jobs: object) -> None:
    shop = open_shop(work)
    order = shop.redeem()
    with work() as db:
        saga.claim(db, queries.get_redemption(db, order, lock=True), open_vault(work), hint=False)

    with work(now=NOON + timedelta(seconds=4)) as db:
        assert queries.due(db) == []
    with work(now=NOON + timedelta(seconds=5)) as db:
        assert queries.due(db) == [order]


def test_a_reward_is_warned_about_once_when_it_runs_out(work: Work) -> None:
    shop = open_shop(work, codes=("A1", "B2", "C3"), minor=15_000)
    orders = [shop.redeem() for _ in range(3)]

    for order in orders:
        shop.advance(order)

    with work() as db:
        line = queries.get_line(db, shop.reward_id)
        assert [(d.left, d.low) for d in line.denominations] == [(0, True)]
        service.add_stock(db, shop.reward_id, money=FIFTY, codes=[])
