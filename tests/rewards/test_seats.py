"""Few may wait for one account at once; who is turned away is sent for when a seat is free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from app.kernel.ids import new_id
from app.providers.contract import Answer, Order, Placed, Settled
from app.providers.registry import Contact, OpenWork
from app.providers.seats import SEATS, Seats, seats
from app.rewards import queries, reconciling, saga
from app.rewards.core import State
from tests.conftest import NOON, Work
from tests.rewards.builders import FIFTY
from tests.rewards.scripted import Outside, Scripted, open_outside

SENT_FOR = text(
    "SELECT (args->>'redemption_id')::uuid, (args->>'hint')::boolean FROM procrastinate_jobs"
    " WHERE args->>'tenant_id' = :tenant AND queueing_lock IS NOT NULL AND status = 'todo'"
    " AND task_name = 'rewards.advance'"
)

COMPARING = text(
    "SELECT (args->>'account_id')::uuid FROM procrastinate_jobs WHERE args->>'tenant_id' = :tenant"
    " AND status = 'todo' AND task_name = 'rewards.reconcile' AND scheduled_at IS NOT NULL"
)

FORGET = text("DELETE FROM procrastinate_jobs WHERE args->>'tenant_id' = :tenant")


class Busy(Scripted):
    """A provider during whose answer something else happens."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(Settled("r-1", FIFTY))
        self._meanwhile = meanwhile

    def place(self, order: Order) -> Answer:
        self._meanwhile()
        return super().place(order)


@pytest.fixture
def outside(work: Work, tenant_id: UUID) -> Iterator[Outside]:
    """A shop with money for three cards, whose jobs no other test's worker finds."""
    yield open_outside(work, minor=15_000)
    with work() as db:
        db.execute(FORGET, {"tenant": str(tenant_id)})


@pytest.fixture
def crowded(outside: Outside) -> Iterator[Outside]:
    """All seats before the account are taken but one."""
    for _ in range(SEATS - 1):
        assert seats.take(outside.account_id, saga.ORDERS)
    yield outside
    for _ in range(SEATS - 1):
        seats.leave(outside.account_id)


def advance(outside: Outside, order: UUID, provider: Scripted, *, hint: bool = False) -> bool:
    def reach(_work: OpenWork, _name: str, _account: UUID | None) -> Contact:
        return Contact(provider, outside.account_id)

    return saga.advance_seated(outside.shop.work, order, hint=hint, reach=reach)


def sent_for(outside: Outside) -> list[tuple[UUID, bool]]:
    with outside.shop.work() as db:
        found = db.execute(SENT_FOR, {"tenant": str(outside.shop.person.tenant_id)})
        return [(order, hint) for order, hint in found]


def test_who_finds_every_seat_taken_leaves_the_order_as_it_is(crowded: Outside) -> None:
    first, second = crowded.shop.redeem(), crowded.shop.redeem()
    nobody = Scripted()
    turned_away: list[bool] = []

    advance(crowded, first, Busy(lambda: turned_away.append(advance(crowded, second, nobody))))

    assert turned_away == [False]
    assert nobody.asked == []
    assert crowded.shop.state(first) == State.CAPTURED
    assert crowded.shop.state(second) == State.RESERVED


def test_whoever_gets_up_sends_for_one_who_was_turned_away(crowded: Outside) -> None:
    first, second = crowded.shop.redeem(), crowded.shop.redeem()

    advance(crowded, first, Busy(lambda: advance(crowded, second, Scripted())))

    assert sent_for(crowded) == [(second, False)]


def test_whoever_gets_up_sends_for_nobody_when_nobody_was_turned_away(crowded: Outside) -> None:
    first, _ = crowded.shop.redeem(), crowded.shop.redeem()

    advance(crowded, first, Scripted(Settled("r-1", FIFTY)))

    assert sent_for(crowded) == []


def test_a_full_account_is_in_nobody_elses_way(crowded: Outside, outside: Outside) -> None:
    assert seats.take(crowded.account_id, saga.ORDERS)
    assert not seats.take(crowded.account_id, saga.ORDERS)

    elsewhere = new_id()

    assert seats.take(elsewhere, saga.ORDERS)
    assert not seats.leave(elsewhere)
    assert seats.leave(outside.account_id)


def test_what_a_provider_told_us_is_not_lost_for_want_of_a_seat(crowded: Outside) -> None:
    order = crowded.shop.redeem()
    assert seats.take(crowded.account_id, saga.ORDERS)

    saga.advance_job.func(
        tenant_id=str(crowded.shop.person.tenant_id), redemption_id=str(order), hint=True
    )
    seats.leave(crowded.account_id)

    assert crowded.shop.state(order) == State.RESERVED
    assert sent_for(crowded) == [(order, True)]


def test_a_comparison_that_finds_no_seat_comes_again(crowded: Outside) -> None:
    assert seats.take(crowded.account_id, saga.ORDERS)
    nobody = Scripted()

    compared = reconciling.run_seated(
        crowded.shop.work, crowded.account_id, reach=lambda *_who: Contact(nobody)
    )
    seats.leave(crowded.account_id)

    assert not compared
    with crowded.shop.work() as db:
        waiting = db.scalars(COMPARING, {"tenant": str(crowded.shop.person.tenant_id)}).all()
    assert waiting == [crowded.account_id]


def test_a_comparison_sits_beside_the_orders_of_its_account(crowded: Outside) -> None:
    order = crowded.shop.redeem()
    turned_away: list[bool] = []

    class Slow(Scripted):
        def history(self, since: datetime) -> Iterable[Placed]:
            turned_away.append(advance(crowded, order, Scripted()))
            return super().history(since)

    reconciling.run_seated(
        crowded.shop.work, crowded.account_id, reach=lambda *_who: Contact(Slow())
    )

    assert turned_away == [False]
    assert sent_for(crowded) == [(order, False)]


def test_many_orders_of_one_account_hide_nobody_elses_from_the_completer(outside: Outside) -> None:
    for _ in range(3):
        outside.shop.redeem()

    with outside.shop.work(now=NOON) as db:
        assert len(queries.due(db, of_each=2)) == 2
        assert len(queries.due(db)) == 3


def test_a_seat_is_wanted_until_somebody_was_told_so() -> None:
    few, account = Seats(1), new_id()
    assert few.take(account, "orders")
    assert not few.take(account, "orders")

    assert few.leave(account)
    assert few.take(account, "orders")
    assert not few.leave(account)
