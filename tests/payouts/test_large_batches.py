"""A batch costs as many statements with thousands of payments as with ten: nothing asks once a payment."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any
from uuid import UUID

import pytest
from psycopg.pq import Trace
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.ledger import queries as ledger
from app.ledger.core import clearing
from app.payouts import bank_books, hearing, paying, pushing, queues, service
from app.payouts.files.answers import Answer, Named, Verdict, Whole
from app.payouts.files.statements import Booking, Statement
from tests.payouts.desk import TODAY, Desk

pytestmark = pytest.mark.slow

FEW, MANY = 10, 100


@contextmanager
def statements(db: Session) -> Iterator[list[str]]:
    """Collect what the server is asked to execute, by the protocol itself: no layer of ours can hide any."""
    raw: Any = db.connection().connection.driver_connection
    found: list[str] = []
    with tempfile.TemporaryFile("w+") as told:
        raw.pgconn.trace(told.fileno())
        raw.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS | Trace.REGRESS_MODE)
        try:
            yield found
        finally:
            raw.pgconn.untrace()
            found += _executed(told)


def _executed(told: IO[str]) -> list[str]:
    told.seek(0)
    words = [line.rstrip("\n").split("\t") for line in told]
    return [one[-1] for one in words if one[0] == "F" and one[2] in ("Execute", "Query")]


def count(desk: Desk, act: Callable[[Session], object]) -> int:
    """Return how many statements `act` makes the server execute."""
    with desk.work() as db, statements(db) as found:
        act(db)
        db.flush()
    return len(found)


def ordered(desk: Desk, payments: int) -> list[UUID]:
    """Let people order so many payments of one euro."""
    return [desk.order(n % 2, 100) for n in range(payments)]


def says(orders: list[UUID], verdict: Verdict, kind: str = "api") -> Callable[[Session], object]:
    """Return an answer that names each of `orders`."""
    answer = Answer(kind, named=tuple(Named(one.hex, verdict) for one in orders))
    return lambda db: hearing.apply(db, answer)


def says_of_all(desk: Desk, batch_id: UUID, verdict: Verdict) -> Callable[[Session], object]:
    """Return an answer that speaks of the whole file."""
    with desk.work() as db:
        message_id = service.get(db, batch_id).message_id or ""
    return lambda db: hearing.apply(db, Answer("pain.002", wholes=(Whole(message_id, verdict),)))


def to_the_bank(desk: Desk, payments: int) -> dict[str, int]:
    """Return what each step costs from orders to money that came back, one cent missing in each."""
    orders = ordered(desk, payments)
    batch_id, who = desk.batch().id, desk.preparer.id
    less = Verdict("settled", money=Money(99, "EUR"))
    back = Verdict("returned", "AC04", "Closed", Money(100, "EUR"))
    steps: dict[str, Callable[[Session], object]] = {
        "prepare": lambda db: service.prepare(db, batch_id, pay_on=TODAY, person_id=who),
        "approve": lambda db: service.approve(db, batch_id, person_id=desk.approver.id),
        "push": lambda db: pushing.payments_data(db, service.get(db, batch_id)),
        "download": lambda db: service.download(db, batch_id),
        "send": lambda db: service.mark_sent(db, batch_id),
        "settle": says(orders, less, "camt.053"),
        "book again": says(orders, less, "camt.053"),
        "return": says(orders, back, "camt.053"),
    }
    return {name: count(desk, act) for name, act in steps.items()}


def refused(desk: Desk, payments: int) -> dict[str, int]:
    """Return what it costs to give a file up, and that the bank refuses the next one as a whole."""
    ordered(desk, payments)
    old = desk.prepare()
    desk.approve(old)
    costs = {"void": count(desk, lambda db: service.void(db, old, reason="Wrong day."))}
    new = desk.sent()
    no = Verdict("refused", "AM04")
    return costs | {"refuse": count(desk, says_of_all(desk, new, no))}


def test_from_order_to_return_a_hundred_payments_cost_as_many_statements_as_ten(
    desk: Desk,
) -> None:
    few = to_the_bank(desk, FEW)

    assert to_the_bank(desk, MANY) == few
    with desk.work() as db:
        kinds = Counter(one.kind for one in queues.open_ones(db))
    assert kinds == {"underpaid": FEW + MANY, "paid_twice": FEW + MANY}


def test_giving_up_and_refusing_a_hundred_payments_costs_as_many_statements_as_ten(
    desk: Desk,
) -> None:
    few = refused(desk, FEW)

    assert refused(desk, MANY) == few
    assert {line.state for line in desk.lines(desk.batch().id)} == {"refused"}
    with desk.work() as db:
        assert ledger.balance(db, clearing(desk.batch().id, "EUR")) == 0


def test_payments_stand_in_the_next_batch_in_the_order_they_came(desk: Desk) -> None:
    orders = ordered(desk, FEW)

    new = desk.void(desk.prepare())

    assert [line.redemption_id for line in desk.lines(new)] == orders


def test_the_counter_sees_each_execution_of_one_statement(desk: Desk) -> None:
    def ask(db: Session, times: int) -> None:
        given = [{"n": n} for n in range(times)]
        db.connection().exec_driver_sql("SELECT set_config('laurel.n', %(n)s::text, true)", given)

    once = count(desk, lambda db: ask(db, 1))

    assert count(desk, lambda db: ask(db, 5)) == once + 4


def test_a_statement_of_more_bookings_than_one_command_can_carry_is_kept(desk: Desk) -> None:
    bookings = tuple(
        Booking(TODAY, "out", Money(n, "EUR"), bank_reference=f"RENT-{n}") for n in range(1, 6_001)
    )
    with desk.work() as db:
        account = paying.get(db, desk.account_id)
        kept = bank_books.keep(db, account, Statement("camt.053", TODAY, TODAY, bookings))

    assert len(kept.fresh) == len(bookings)
