"""What the saga makes of what providers over HTTP say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.ledger import queries as ledger
from app.ledger.core import clearing
from app.providers import accounts, deliveries, safe
from app.providers.contract import (
    Accepted,
    Delivery,
    Destination,
    NotFound,
    Recipient,
    Refused,
    Reversed,
    Settled,
    Unknown,
)
from app.providers.models import ProviderAnswer
from app.providers.wire import Exchange, Reply
from app.rewards import directions, following, hearing, queries, saga, service
from app.rewards.core import State
from app.rewards.directions import Directions
from app.rewards.errors import NotOffered
from tests.conftest import NOON, Work
from tests.rewards.builders import FIFTY, Shop
from tests.rewards.scripted import Forgetful, LookingFirst, NewKey, Scripted, open_outside

CODE = Delivery("AAAA-BBBB", "1234", None)
DONE = Settled("r-1", FIFTY, deliveries=(CODE,))
BROKE = Refused("out_of_money", pauses=True)


def later(**delta: float) -> timedelta:
    return timedelta(**delta)


def live_key(shop: Shop, order: object) -> str:
    with shop.work() as db:
        return queries.live_attempt(db, order).key  # type: ignore[arg-type]


def test_what_came_is_kept_sealed_and_shown_without_asking_the_provider(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()

    outside.shop.advance(order, provider=Scripted(DONE))

    assert outside.shop.state(order) == State.CAPTURED
    with work() as db:
        found = service.reveal(
            db, provider=None, redemption_id=order, person_id=outside.shop.person.id
        )
    assert found == CODE


def test_the_money_waits_with_the_account_it_went_through(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()

    outside.shop.advance(order, provider=Scripted(DONE))

    with work() as db:
        assert ledger.balance(db, clearing(outside.account_id, "EUR")) == 5_000


def test_a_fault_of_our_account_stops_the_line_and_keeps_the_order(work: Work) -> None:
    outside = open_outside(work)
    first, second = outside.shop.redeem(), outside.shop.redeem()
    provider = Scripted(BROKE)

    outside.shop.advance(first, provider=provider)
    outside.shop.advance(second, provider=provider)

    assert provider.asked == ["place"]
    assert [outside.shop.state(one) for one in (first, second)] == [State.RESERVED] * 2
    assert outside.shop.purse() == {"reserved": 10_000}
    assert outside.account_state() == "paused"


def test_when_the_account_is_put_right_orders_go_on_under_the_same_key(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(BROKE, DONE)
    outside.shop.advance(order, provider=provider)

    with work() as db:
        accounts.resume(db, outside.account_id)
        following.wake(db, outside.account_id)
    outside.shop.advance(order, provider=provider)

    assert provider.asked == ["place", "place"]
    assert len(set(provider.keys)) == 1
    assert outside.shop.state(order) == State.CAPTURED


def test_where_a_failed_key_stays_failed_a_new_key_is_made_after_the_failure(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = NewKey(BROKE, DONE)
    outside.shop.advance(order, provider=provider)

    with work() as db:
        accounts.resume(db, outside.account_id)
        following.wake(db, outside.account_id)
    outside.shop.advance(order, provider=provider)

    assert len(set(provider.keys)) == 2
    assert outside.shop.state(order) == State.CAPTURED


def test_where_a_lookup_must_come_first_nothing_is_sent_again_without_one(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = LookingFirst(BROKE, NotFound(), NotFound(), DONE)
    outside.shop.advance(order, provider=provider)
    with work() as db:
        accounts.resume(db, outside.account_id)
        following.wake(db, outside.account_id)

    for seconds in (0, 61, 63):
        outside.shop.advance(order, provider=provider, now=NOON + later(seconds=seconds))

    assert provider.asked == ["place", "lookup", "lookup", "place"]
    assert outside.shop.state(order) == State.CAPTURED


def test_a_key_that_may_be_forgotten_is_looked_up_before_it_is_sent_again(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Forgetful(BROKE, NotFound())
    outside.shop.advance(order, provider=provider)
    with work(now=NOON + later(days=26)) as db:
        accounts.resume(db, outside.account_id)
        following.wake(db, outside.account_id)

    outside.shop.advance(order, provider=provider, now=NOON + later(days=26))

    assert provider.asked == ["place", "lookup"]


def test_a_lookup_that_is_turned_away_says_nothing_about_the_order(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(Unknown("timeout"), Refused("unauthorized", pauses=True))
    outside.shop.advance(order, provider=provider)

    outside.shop.advance(order, provider=provider, now=NOON + later(seconds=5))

    assert outside.shop.state(order) == State.UNKNOWN
    assert outside.account_state() == "paused"


def test_what_is_under_way_is_looked_after_while_the_account_is_paused(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(Unknown("timeout"), DONE)
    outside.shop.advance(order, provider=provider)
    with work() as db:
        accounts.pause(db, outside.account_id, reason="somebody")

    outside.shop.advance(order, provider=provider, now=NOON + later(seconds=5))

    assert outside.shop.state(order) == State.CAPTURED


def test_all_workers_keep_the_silence_that_one_was_told_to_keep(work: Work) -> None:
    outside = open_outside(work)
    orders = [outside.shop.redeem(), outside.shop.redeem()]
    memory = accounts.Memory(work, outside.account_id)
    memory.set_penalty(NOON + later(seconds=60))
    provider = Scripted(DONE)

    for order in orders:
        outside.shop.advance(order, provider=provider, now=NOON + later(seconds=59))
    assert provider.asked == []

    outside.shop.advance(orders[0], provider=provider, now=NOON + later(seconds=71))
    assert provider.asked == ["place"]


def test_a_penalty_is_never_made_shorter(work: Work) -> None:
    outside = open_outside(work)
    memory = accounts.Memory(work, outside.account_id)
    memory.set_penalty(NOON + later(seconds=60))
    memory.set_penalty(NOON + later(seconds=5))

    assert memory.penalty() == NOON + later(seconds=60)


def test_one_worker_refreshes_a_token_and_the_others_take_what_it_got(work: Work) -> None:
    outside = open_outside(work)
    memory = accounts.Memory(work, outside.account_id)

    got = memory.refresh(lambda held: {**held, "token": "new"})
    then = memory.refresh(lambda held: None if held["token"] == "new" else {})

    assert got == then == memory.secrets()
    assert then["token"] == "new"


def test_what_comes_in_part_is_kept_and_left_to_a_person(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()

    outside.shop.advance(order, provider=Scripted(Unknown("partial", deliveries=(CODE,))))

    assert outside.shop.state(order) == State.MANUAL
    key = live_key(outside.shop, order)
    with work() as db:
        assert deliveries.of_order(db, key) == []
        deliveries.release(db, key)
        assert deliveries.of_order(db, key) == [CODE]


def test_what_came_in_part_is_replaced_when_the_rest_comes(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(Unknown("partial", deliveries=(CODE,)), DONE)
    outside.shop.advance(order, provider=provider)

    outside.shop.advance(order, provider=provider, hint=True)

    assert outside.shop.state(order) == State.CAPTURED
    with work() as db:
        assert len(deliveries.of_order(db, queries.settled_key(db, order))) == 1


def test_a_code_that_two_orders_were_given_is_shown_to_one_only(work: Work) -> None:
    outside = open_outside(work)
    first, second = outside.shop.redeem(), outside.shop.redeem()
    outside.shop.advance(first, provider=Scripted(DONE))

    spelled = Delivery("aaaa bbbb", None, None)
    outside.shop.advance(second, provider=Scripted(Settled("r-2", FIFTY, deliveries=(spelled,))))

    assert outside.shop.state(second) == State.MANUAL
    assert outside.shop.purse() == {"reserved": 5_000, "paid": 5_000}
    with work() as db:
        assert deliveries.of_order(db, live_key(outside.shop, second)) == []


def test_an_answer_that_carries_another_orders_number_is_not_believed(work: Work) -> None:
    outside = open_outside(work)
    first, second = outside.shop.redeem(), outside.shop.redeem()
    outside.shop.advance(first, provider=Scripted(Accepted("r-1")))

    outside.shop.advance(second, provider=Scripted(DONE))

    assert outside.shop.state(second) == State.UNKNOWN


@pytest.mark.parametrize("charged", [5_001, 4_900])
def test_another_charge_than_the_price_is_left_to_a_person(work: Work, charged: int) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()

    outside.shop.advance(order, provider=Scripted(Settled("r-1", Money(charged, "EUR"))))

    assert outside.shop.state(order) == State.MANUAL


def test_a_discount_is_taken_where_the_account_says_that_there_are_some(work: Work) -> None:
    outside = open_outside(work, discounts="yes")
    order = outside.shop.redeem()

    outside.shop.advance(order, provider=Scripted(Settled("r-1", Money(4_900, "EUR"))))

    assert outside.shop.state(order) == State.CAPTURED


def test_a_charge_in_another_currency_is_written_down_as_it_was(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()

    outside.shop.advance(order, provider=Scripted(Settled("r-1", Money(5_432, "USD"))))

    with work() as db:
        attempt = queries.last_attempt(db, order)
        assert (attempt.charged_minor, attempt.charged_currency) == (5_432, "USD")
    assert outside.shop.state(order) == State.CAPTURED


def test_what_is_sold_out_leaves_the_shelf_and_the_money_comes_back(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()

    outside.shop.advance(order, provider=Scripted(Refused("out_of_stock", restock=True)))

    assert outside.shop.state(order) == State.VOIDED
    with pytest.raises(NotOffered):
        outside.shop.redeem()


def test_money_that_a_provider_reverses_after_weeks_comes_back_to_the_person(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(DONE, Reversed("r-1", "bank_returned"))
    outside.shop.advance(order, provider=provider)

    outside.shop.advance(order, provider=provider, now=NOON + later(days=20), hint=True)

    assert outside.shop.state(order) == State.RETURNED
    assert outside.shop.purse()["available"] == 10_000
    with work() as db:
        assert ledger.balance(db, clearing(outside.account_id, "EUR")) == 0


def test_a_reversal_is_believed_once(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(DONE, Reversed("r-1", "bank_returned"), Reversed("r-1", "bank_returned"))
    for day in (0, 20, 21):
        outside.shop.advance(order, provider=provider, now=NOON + later(days=day), hint=True)

    assert outside.shop.purse()["available"] == 10_000
    assert provider.asked == ["place", "lookup"]


def test_a_settlement_after_a_refusal_gives_nobody_money_twice_and_is_told(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(Refused("no"), DONE)
    outside.shop.advance(order, provider=provider)

    outside.shop.advance(order, provider=provider, hint=True)

    assert outside.shop.state(order) == State.VOIDED
    assert outside.shop.purse() == {"available": 10_000}


def test_what_a_provider_had_a_number_for_is_never_sent_again(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(Accepted("r-1"), NotFound(), NotFound(), NotFound())
    outside.shop.advance(order, provider=provider)

    for hours in (1, 2, 3):
        outside.shop.advance(order, provider=provider, now=NOON + later(hours=hours), hint=True)

    assert "place" not in provider.asked[1:]
    assert outside.shop.state(order) == State.MANUAL


def test_nothing_is_sent_once_it_is_left_to_a_person(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(Unknown("a"), Unknown("b"), NotFound(), NotFound(), NotFound())
    outside.shop.advance(order, provider=provider)
    outside.shop.advance(order, provider=provider, now=NOON + later(hours=25))

    for hours in (26, 27, 28):
        outside.shop.advance(order, provider=provider, now=NOON + later(hours=hours), hint=True)

    assert provider.asked == ["place"] + ["lookup"] * 4
    assert outside.shop.state(order) == State.MANUAL


def test_calls_from_which_nobody_comes_back_end_with_a_person(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()

    for minute in range(30):
        with work(now=NOON + later(minutes=minute)) as db:
            saga.claim(db, queries.get_redemption(db, order, lock=True), Scripted(), hint=False)

    assert outside.shop.state(order) == State.MANUAL


def test_every_answer_is_kept_sealed_also_of_a_worker_that_was_asleep(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted()
    with work() as db:
        errand = saga.claim(db, queries.get_redemption(db, order, lock=True), provider, hint=False)
    assert errand is not None
    said = [Exchange("POST", "/orders", Reply(200, {}, b'{"code":"CANARY"}'))]

    with work() as db:
        hearing.note(db, errand, DONE, provider, said)

    with work() as db:
        (kept,) = deliveries.answers(db, errand.order.key)
        assert (kept.action, kept.status) == ("place: POST /orders", 200)
        assert opened(db, kept) == b'{"code":"CANARY"}'
        assert b"CANARY" not in kept.sealed


def opened(db: Session, kept: ProviderAnswer) -> bytes:
    sealed = safe.Sealed({"answer": kept.sealed}, kept.data_key, kept.key_id)
    return bytes.fromhex(safe.unseal(db, kept.id, sealed)["answer"])


def offer_transfer(db: Session) -> service.Offer:
    return service.Offer(
        "Bank transfer", "bank_transfer", "IT", "EUR", (), provider="plum", min_minor=100
    )


IBAN = Destination("iban", "Giulia Rossi", "IT", "EUR", {"iban": "IT60X0542811101000000123456"})


def test_money_goes_to_the_account_that_was_approved_whatever_is_changed_later(
    work: Work,
) -> None:
    outside = open_outside(work)
    with work() as db:
        reward_id = service.offer(db, offer_transfer(db))
        order = service.redeem(
            db,
            person_id=outside.shop.person.id,
            reward_id=reward_id,
            money=Money(1_234, "EUR"),
            today=NOON.date(),
            destination=IBAN,
            recipient=Recipient("Giulia Rossi", "g@example.org"),
        ).id
    provider = Scripted(Settled("r-1", Money(1_234, "EUR")))

    outside.shop.advance(order, provider=provider)

    (sent,) = provider.orders
    assert sent.destination == IBAN
    assert sent.recipient == Recipient("Giulia Rossi", "g@example.org")
    with work() as db:
        row = db.execute(text("SELECT sealed FROM redemption_directions")).scalar_one()
        assert b"IT60" not in row
        assert directions.of(db, order) == Directions(sent.recipient, IBAN)


@pytest.mark.parametrize("minor", [99, 10_001])
def test_an_open_amount_stays_within_its_limits_and_the_purse(work: Work, minor: int) -> None:
    outside = open_outside(work)
    with work() as db:
        reward_id = service.offer(db, offer_transfer(db))

    with pytest.raises(Exception, match=r"not offered|not enough"), work() as db:
        service.redeem(
            db,
            person_id=outside.shop.person.id,
            reward_id=reward_id,
            money=Money(minor, "EUR"),
            today=NOON.date(),
            destination=IBAN,
        )


def test_without_a_bank_account_no_transfer_is_ordered(work: Work) -> None:
    outside = open_outside(work)
    with work() as db:
        reward_id = service.offer(db, offer_transfer(db))

    with pytest.raises(NotOffered), work() as db:
        service.redeem(
            db,
            person_id=outside.shop.person.id,
            reward_id=reward_id,
            money=FIFTY,
            today=NOON.date(),
        )


def test_changing_keys_covers_all_that_providers_gave_and_said(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    outside.shop.advance(order, provider=Scripted(DONE))

    with work() as db:
        safe.rotate(db)
        assert safe.stale(db) >= 2
        while safe.rewrap(db):
            pass
        assert safe.stale(db) == 0

    with work() as db:
        assert accounts.open_secrets(db, accounts.get(db, outside.account_id))
        assert deliveries.of_order(db, queries.settled_key(db, order)) == [CODE]


def test_waiting_orders_do_not_all_go_at_once_when_an_account_is_resumed(work: Work) -> None:
    outside = open_outside(work, minor=100_000)
    orders = [outside.shop.redeem() for _ in range(12)]
    with work() as db:
        accounts.pause(db, outside.account_id, reason="x")
        assert following.wake(db, outside.account_id) == 12
        due = queries.due(db)

    assert len(due) == 5
    assert set(due) <= set(orders)
