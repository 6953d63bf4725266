"""1-11, 13, and the payouts: a process dies at a named point; others finish what it left, once; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from app.jobs.queue import enqueue
from app.ledger import queries as ledger
from app.ledger.core import clearing
from app.payouts import service as payouts
from app.payouts.files.answers import Answer, Verdict, Whole
from app.payouts.models import PayoutBatch
from app.rewards import saga
from app.rewards.core import State
from app.rewards.models import Redemption
from tests.conftest import NOON, Work
from tests.failures.stage import Stage, dies, prove_books
from tests.payouts.desk import Desk, open_desk

pytestmark = pytest.mark.crash


def orders_of(stage: Stage) -> list[UUID]:
    with stage.work() as db:
        return list(
            db.scalars(select(Redemption.id).where(Redemption.tenant_id == stage.tenant_id))
        )


def order_that_dies(stage: Stage, point: str) -> UUID:
    """Order, and let the worker that takes it die at `point`."""
    order = stage.redeem()
    assert stage.dies(point, lambda: stage.advance(order))
    return order


def ends_once(stage: Stage, order: UUID) -> None:
    stage.settle()
    assert stage.state(order) == State.CAPTURED
    stage.prove(sold=1)
    assert stage.available() == stage.price.minor
    assert stage.reconcile() == []


def test_01_before_the_order_is_written_nothing_is_there(stage: Stage) -> None:
    assert stage.dies("redeem.before_commit", stage.redeem)

    assert orders_of(stage) == []
    assert stage.available() == 2 * stage.price.minor
    ends_once(stage, stage.redeem())


def test_02_an_order_that_was_written_is_sent_by_somebody(stage: Stage) -> None:
    assert stage.dies("redeem.after_commit", stage.redeem)

    (order,) = orders_of(stage)
    ends_once(stage, order)


def test_03_an_order_that_was_claimed_and_never_sent_is_looked_up_and_sent(stage: Stage) -> None:
    order = order_that_dies(stage, "call.before")

    assert stage.there.books()["orders"] == {}
    ends_once(stage, order)


def test_04_a_call_that_never_left_is_looked_up_and_sent(stage: Stage) -> None:
    order = order_that_dies(stage, "wire.before")

    assert stage.there.books()["orders"] == {}
    ends_once(stage, order)


def test_05_a_call_whose_answer_nobody_read_is_found_by_its_key(stage: Stage) -> None:
    order = order_that_dies(stage, "wire.sent")

    ends_once(stage, order)


def test_06_an_answer_that_was_read_and_not_written_is_found_again(stage: Stage) -> None:
    order = order_that_dies(stage, "call.after")

    assert len(stage.there.books()["orders"]) == 1
    ends_once(stage, order)
    assert len(stage.there.calls("placeOrder")) == 1


def test_07_an_answer_that_was_written_is_brought_into_the_books_later(stage: Stage) -> None:
    order = order_that_dies(stage, "note.after_commit")

    assert stage.state(order) == State.SETTLED
    ends_once(stage, order)
    assert stage.there.calls("getOrderDetails") == []


def test_08_half_a_booking_is_no_booking(stage: Stage) -> None:
    order = order_that_dies(stage, "finish.before_commit")

    assert stage.state(order) == State.SETTLED
    ends_once(stage, order)


def test_09_a_booking_that_told_nobody_stands(stage: Stage) -> None:
    order = order_that_dies(stage, "push.before")

    assert stage.state(order) == State.CAPTURED
    ends_once(stage, order)


def test_10_a_job_that_is_not_marked_as_done_is_done_again_and_changes_nothing(
    stage: Stage, run_jobs: Callable[[], None]
) -> None:
    order = stage.redeem()
    job = saga.advance_job.func

    assert stage.dies(
        "job.end", lambda: job(tenant_id=str(stage.tenant_id), redemption_id=str(order))
    )
    run_jobs()

    ends_once(stage, order)


def test_11_the_completer_that_dies_is_run_again(
    stage: Stage, run_jobs: Callable[[], None]
) -> None:
    order = order_that_dies(stage, "note.after_commit")
    job = saga.complete_job.func

    assert stage.dies("complete.before_commit", lambda: job(tenant_id=str(stage.tenant_id)))
    with stage.work() as db:
        enqueue(db, saga.complete_job)
    run_jobs()

    assert stage.state(order) == State.CAPTURED
    ends_once(stage, order)


@pytest.fixture
def desk(work: Work, run_jobs: Callable[[], None]) -> Desk:
    """A finance desk that pays banks by file."""
    return open_desk(work, run_jobs)


def pays_once(desk: Desk, engine: Engine, batch_id: UUID) -> None:
    """The bank pays what is in the batch, and all books agree."""
    desk.download(batch_id)
    with desk.work() as db:
        payouts.mark_sent(db, batch_id)
    desk.say(Answer("camt.053", wholes=(Whole(desk.batch().message_id or "", Verdict("settled")),)))
    assert desk.states() == [State.CAPTURED]
    assert desk.purse() == {"available": 40_000, "paid": 10_000}
    assert desk.wrong() == []
    with desk.work() as db:
        assert ledger.balance(db, clearing(batch_id, "EUR")) == 10_000
    prove_books(desk.work, engine, desk.preparer.tenant_id)


def test_a_payment_whose_process_died_over_the_batch_is_in_one_batch_once(
    desk: Desk, engine: Engine
) -> None:
    assert dies(engine, "file.before_commit", desk.order)
    with desk.work() as db:
        desk.orders = list(
            db.scalars(select(Redemption.id).where(Redemption.tenant_id == desk.preparer.tenant_id))
        )
        assert db.query(PayoutBatch).all() == []
    (order,) = desk.orders
    assert desk.states() == [State.SENDING]

    for minutes in range(1, 10):
        desk.advance(order, now=NOON + timedelta(minutes=minutes))

    assert desk.states() == [State.ACCEPTED]
    assert [line.minor for line in desk.lines(desk.batch().id)] == [10_000]
    batch_id = desk.prepare()
    desk.approve(batch_id)
    pays_once(desk, engine, batch_id)


def test_an_approval_whose_process_died_is_none_and_is_given_again(
    desk: Desk, engine: Engine
) -> None:
    desk.order()
    batch_id = desk.prepare()

    assert dies(engine, "payout.approve.before_commit", lambda: desk.approve(batch_id))

    assert desk.batch().state == "prepared"
    with desk.work() as db:
        assert payouts.approvers(db, batch_id) == []
        assert ledger.balance(db, clearing(batch_id, "EUR")) == 0
    desk.approve(batch_id)
    pays_once(desk, engine, batch_id)


POINTS = (
    "redeem.before_commit",
    "redeem.after_commit",
    "call.before",
    "wire.before",
    "wire.sent",
    "call.after",
    "note.after_commit",
    "finish.before_commit",
    "push.before",
)


@pytest.mark.slow
@pytest.mark.parametrize("second", POINTS)
@pytest.mark.parametrize("first", POINTS)
def test_13_two_crashes_in_one_order_are_like_none(stage: Stage, first: str, second: str) -> None:
    for point in (first, second):
        if not orders_of(stage):
            stage.dies(point, stage.redeem)
        for order in orders_of(stage):
            stage.dies(point, lambda order=order: due_then(stage, order))
    if not orders_of(stage):
        stage.redeem()

    (order,) = orders_of(stage)
    stage.settle()

    assert stage.state(order) == State.CAPTURED
    stage.prove(sold=1)


def due_then(stage: Stage, order: UUID) -> None:
    """Take an order further at the time at which something is to be done."""
    due = stage._next_due()
    if due is not None and due > stage.clock.now():
        stage.clock.ahead += due - stage.clock.now()
    stage.advance(order)
