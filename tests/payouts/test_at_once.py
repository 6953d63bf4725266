"""Two at the desk at once: nobody is lost between two batches, and nobody waits in a circle."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payouts import debts, hearing, service
from app.payouts.core import State
from app.payouts.errors import NotNow
from app.payouts.files.answers import Answer, Named, Verdict
from app.rewards.errors import VerdictWaits
from tests.payouts.desk import TODAY, Desk
from tests.payouts.test_debts import owes, propose

# Not pg_stat_activity: of that a transaction sees what it was at the first look.
WAITS = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)
LOCK_LINES = text("SELECT id FROM payout_lines WHERE batch_id = :batch FOR UPDATE NOWAIT")


def until_it_waits(db: Session, action: Future[object]) -> None:
    """Wait until another session waits for what this transaction has locked; a minute is for ever."""
    for _ in range(1_200):
        if db.scalar(WAITS):
            return
        if action.done():
            pytest.fail(f"It did not wait: {action.exception() or action.result()}")
        time.sleep(0.05)
    pytest.fail("Nobody waits for this transaction.")


def beside(
    desk: Desk, action: Callable[[], object], meanwhile: Callable[[Session], object]
) -> object:
    """Do `meanwhile` in a transaction that `action` waits for, and return what `action` came to after it."""
    with ThreadPoolExecutor(1) as pool:
        with desk.work() as db:
            begun = meanwhile(db)
            waiting = pool.submit(action)
            until_it_waits(db, waiting)
            if callable(begun):
                begun()
        return waiting.result(timeout=60)


def test_a_payment_that_comes_while_a_batch_is_closed_goes_into_the_next(desk: Desk) -> None:
    desk.order(0)
    closing = desk.batch().id

    def close(db: Session) -> Callable[[], object]:
        service.get(db, closing, lock=True)
        return lambda: service.prepare(db, closing, pay_on=TODAY, person_id=desk.preparer.id)

    beside(desk, lambda: desk.order(1), close)

    assert desk.batch(0).state == State.PREPARED
    assert [line.person_id for line in desk.lines(closing)] == [desk.payees[0].id]
    assert [line.person_id for line in desk.lines(desk.batch().id)] == [desk.payees[1].id]
    assert desk.states() == ["accepted", "accepted"]


def test_who_reads_an_answer_holds_no_payment_while_a_batch_is_waited_for(desk: Desk) -> None:
    desk.order()
    batch_id = desk.sent()
    (line,) = desk.lines(batch_id)
    paid = Answer("pain.002", named=(Named(line.reference, Verdict("settled")),))

    def hold(db: Session) -> Callable[[], object]:
        service.get(db, batch_id, lock=True)
        return lambda: db.execute(LOCK_LINES, {"batch": batch_id})

    beside(desk, lambda: desk.say(paid), hold)

    assert desk.states() == ["captured"]


def test_a_file_the_bank_has_answered_is_not_given_up_at_the_same_moment(desk: Desk) -> None:
    desk.order()
    batch_id = desk.prepare()
    desk.approve(batch_id)
    desk.download(batch_id)
    (line,) = desk.lines(batch_id)
    paid = Answer("pain.002", named=(Named(line.reference, Verdict("settled")),))

    def hear(db: Session) -> None:
        hearing.apply(db, paid)

    with pytest.raises(NotNow):
        beside(desk, lambda: desk.void(batch_id), hear)
    desk.hear()

    assert (desk.batch().state, desk.states()) == (State.SETTLED, ["captured"])


def test_of_two_who_say_at_once_how_a_debt_is_settled_the_second_is_told_so(desk: Desk) -> None:
    payee = owes(desk)

    def first(db: Session) -> None:
        debts.propose(
            db,
            payee.id,
            money=Money(3_000, "EUR"),
            way="written_off",
            note="Agreed on the phone.",
            by=desk.approver.id,
        )

    with pytest.raises(VerdictWaits):
        beside(desk, lambda: propose(desk), first)
