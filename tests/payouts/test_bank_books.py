"""The bank's statements beside our books: read, kept once, compared, and what does not agree put before people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.jobs.queue import enqueue
from app.payouts import bank_books, hearing, paying, queues
from app.payouts.errors import Unreadable
from app.payouts.models import BankBooking
from app.providers.reconciliation import Kind
from app.rewards import finance_queries
from app.rewards.finance_models import Reconciliation, ReconciliationFinding
from tests.conftest import NOON
from tests.payouts.builders import EURO_PAYER
from tests.payouts.desk import SETTINGS, TODAY, Desk

IBAN = EURO_PAYER.fields["iban"]
LATER = NOON + timedelta(days=30)


def statement(*entries: str, until: date = TODAY, iban: str = IBAN) -> bytes:
    """Return what the bank says of the days from today."""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>S</MsgId></GrpHdr><Stmt><Id>1</Id><FrToDt><FrDtTm>{TODAY}T00:00:00</FrDtTm>"
        f"<ToDtTm>{until}T23:59:59</ToDtTm></FrToDt><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
        f"{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def booked(
    reference: str,
    amount: str = "100.00",
    *,
    way: str = "DBIT",
    on: date = TODAY,
    bank: str = "B1",
    currency: str = "EUR",
) -> str:
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{on}</Dt></BookgDt><AcctSvcrRef>{bank}</AcctSvcrRef><NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
    )


def read(desk: Desk, raw: bytes, *, now: datetime = NOON) -> hearing.Heard:
    """Let finance read a statement, and everybody hear of it."""
    with desk.work(now=now) as db:
        heard = hearing.read(db, raw, account=paying.get(db, desk.account_id))
    desk.run_jobs()
    return heard


def compare(desk: Desk, *, now: datetime = NOON) -> Reconciliation:
    with desk.work(now=now) as db:
        run_id = bank_books.compare(db, desk.account_id)
    with desk.work() as db:
        row = db.query(Reconciliation).filter_by(id=run_id).one()
        db.expunge(row)
        return row


def found(desk: Desk) -> list[ReconciliationFinding]:
    with desk.work() as db:
        rows = list(finance_queries.findings(db, is_open=True))
        db.expunge_all()
        return rows


def kinds(desk: Desk) -> list[str]:
    return sorted(one.kind for one in found(desk))


def test_a_statement_settles_payments_and_is_compared_at_once(desk: Desk) -> None:
    order = desk.order()
    desk.sent()

    heard = read(desk, statement(booked(order.hex)))

    assert (heard.kind, heard.matched, heard.unmatched) == ("camt.053", 1, 0)
    assert desk.states() == ["captured"]
    with desk.work() as db:
        (run,) = finance_queries.reconciliations(db, desk.account_id, leg="bank")
        assert (run.matched, run.ours, run.theirs, run.covered_until) == (1, 1, 1, TODAY)
    assert found(desk) == []


def test_what_the_bank_never_booked_is_put_before_people(desk: Desk) -> None:
    first, second = desk.order(0), desk.order(1)
    desk.sent()

    read(desk, statement(booked(first.hex), until=TODAY + timedelta(days=9)))

    (missing,) = found(desk)
    assert (missing.leg, missing.kind, missing.order_key) == ("bank", Kind.OURS_ONLY, second.hex)


def test_money_that_left_for_nobody_is_put_before_people(desk: Desk) -> None:
    desk.order()
    desk.sent()

    read(desk, statement(booked("9" * 32, "17.00", bank="B7")))

    (stranger,) = found(desk)
    assert (stranger.kind, stranger.minor, stranger.reference) == (Kind.THEIRS_ONLY, 1_700, "B7")


def test_another_amount_at_the_bank_is_put_before_people(desk: Desk) -> None:
    order = desk.order()
    desk.sent()

    read(desk, statement(booked(order.hex, "100.01")))

    (other,) = found(desk)
    assert (other.kind, other.ours, other.theirs) == (
        Kind.AMOUNT_DIFFERS,
        "100.00 EUR",
        "100.01 EUR",
    )


def test_a_payment_returned_weeks_later_comes_back_to_its_person_and_agrees(desk: Desk) -> None:
    order = desk.order()
    desk.sent()
    read(desk, statement(booked(order.hex)))
    late = TODAY + timedelta(days=25)

    read(
        desk,
        statement(booked(order.hex, way="CRDT", on=late, bank="B2"), until=late),
        now=LATER,
    )

    assert desk.states() == ["returned"]
    assert desk.purse()["available"] == 50_000
    assert found(desk) == []
    run = compare(desk, now=LATER)
    assert (run.matched, run.returned) == (0, 1)


def test_two_statements_that_show_the_same_booking_show_one_payment(desk: Desk) -> None:
    order = desk.order()
    desk.sent()
    read(desk, statement(booked(order.hex)))

    again = read(desk, statement(booked(order.hex), until=TODAY + timedelta(days=1)))

    assert again.matched == 0
    assert found(desk) == []
    with desk.work() as db:
        assert db.query(BankBooking).count() == 1
        assert queues.open_ones(db) == []


def test_a_payment_booked_twice_is_found(desk: Desk) -> None:
    order = desk.order()
    desk.sent()

    read(desk, statement(booked(order.hex), booked(order.hex, bank="B2")))

    assert kinds(desk) == [Kind.DUPLICATED]


def test_a_finding_that_the_next_statement_explains_is_closed(desk: Desk) -> None:
    order = desk.order()
    desk.sent()
    read(desk, statement(until=TODAY + timedelta(days=9)))
    assert kinds(desk) == [Kind.OURS_ONLY]

    read(desk, statement(booked(order.hex), until=TODAY + timedelta(days=10)))

    assert found(desk) == []


def test_the_findings_of_a_provider_and_of_a_bank_do_not_close_each_other(desk: Desk) -> None:
    read(desk, statement(booked("9" * 32)))
    with desk.work() as db:
        bank_books.reconciling.keep(db, desk.account_id, [])

    assert kinds(desk) == [Kind.THEIRS_ONLY]


def test_an_account_without_statements_is_said_to_be_unread(desk: Desk) -> None:
    desk.order()
    desk.sent()

    assert compare(desk).state == "unreadable"
    assert found(desk) == []


def test_an_account_that_pays_other_things_too_raises_no_alarm_for_them(desk: Desk) -> None:
    with desk.work() as db:
        paying.change(db, desk.account_id, settings=SETTINGS | {"shared": "yes"})

    read(desk, statement(booked("RENT-11"), booked("9" * 32, bank="B2")))

    assert [one.order_key for one in found(desk)] == ["9" * 32]


@pytest.mark.parametrize(
    "raw",
    [
        statement(iban="DE89370400440532013000"),
        statement(booked("RENT", currency="USD")),
    ],
    ids=["another account", "another currency"],
)
def test_a_statement_of_another_account_is_refused(desk: Desk, raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(desk, raw)


def test_a_table_of_the_bank_is_a_statement_too(desk: Desk) -> None:
    order = desk.order()
    desk.sent()
    raw = f"Data contabile;Importo;Causale\n{TODAY:%d/%m/%Y};-100,00;Bonifico {order.hex}\n"

    heard = read(desk, raw.encode())

    assert heard.kind == "statement_csv"
    assert desk.states() == ["captured"]
    assert found(desk) == []


def test_every_account_that_paid_is_compared_each_day(desk: Desk) -> None:
    desk.order()
    desk.sent()

    with desk.work() as db:
        enqueue(db, bank_books.compare_all_job)
    desk.run_jobs()

    with desk.work() as db:
        (run,) = finance_queries.reconciliations(db, desk.account_id, leg="bank")
        assert run.state == "unreadable"


def test_bookings_of_an_earlier_season_are_left_alone(desk: Desk) -> None:
    read(desk, statement(booked("9" * 32)))

    run = compare(desk, now=datetime(2027, 6, 1, tzinfo=UTC))

    assert (run.state, run.theirs) == ("unreadable", 0)
