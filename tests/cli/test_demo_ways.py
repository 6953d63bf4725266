"""Whoever tries the demo can bring a payment to a file for the bank."""

from __future__ import annotations

from collections.abc import Callable

from app.cli.demo import ways
from app.payouts import paying
from app.rewards import cash
from tests.conftest import Work
from tests.ledger.builders import give_available
from tests.payouts.desk import Desk
from tests.people.builders import give_person, give_tenant


def open_demo(work: Work, run_jobs: Callable[[], None]) -> Desk:
    with work() as db:
        give_tenant(db)
        rep, finance, head = (give_person(db, name) for name in ("Giulia", "Fabio", "Alba"))
        give_available(db, rep.id, 50_000)
        ways.pay_from(db)
        ways.allow(db)
        (account,) = paying.all_of(db)
        (way,) = cash.methods(db)
    assert way.id is not None
    return Desk(work, run_jobs, account.id, way.id, [rep], finance, head)


def test_a_transfer_of_the_demo_becomes_a_pain_001_file_from_the_account_of_the_company(
    work: Work, run_jobs: Callable[[], None]
) -> None:
    desk = open_demo(work, run_jobs)
    desk.order()

    batch_id = desk.prepare()
    desk.approve(batch_id)
    file = desk.download(batch_id)

    assert b"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09" in file
    assert ways.PAYING["iban"].encode() in file
    assert b">100.00<" in file


def test_another_start_of_the_demo_adds_no_second_account(work: Work) -> None:
    with work() as db:
        give_tenant(db)
        ways.pay_from(db)
    with work() as db:
        ways.pay_from(db)

        assert len(paying.all_of(db)) == 1
