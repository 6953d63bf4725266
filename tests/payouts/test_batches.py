"""The life of a batch: what is approved is what is paid, once, and everybody's money follows the bank."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditRecord
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as ledger
from app.ledger import service as postings
from app.payouts import debts, hearing, paying, queues, service
from app.payouts.errors import FileStale, MayNotApprove, NotNow, Unfit, WrongSettings
from app.payouts.file_provider import FileProvider
from app.payouts.files.answers import Answer, Named, Verdict, Whole
from app.payouts.models import PayoutApproval
from app.payouts.reactions import on_earnings_changed
from app.programs.events import EarningChange, EarningsChanged
from app.providers import contract
from app.providers.contract import Accepted, Refused
from tests.conftest import NOON
from tests.payouts.builders import iban, us
from tests.payouts.desk import SETTINGS, TODAY, Desk


def test_transfers_collect_in_one_open_batch(desk: Desk) -> None:
    desk.order(0, 10_000)
    desk.order(1, 2_550)

    batch = desk.batch()
    assert [line.minor for line in desk.lines(batch.id)] == [10_000, 2_550]
    assert desk.states() == ["accepted", "accepted"]
    assert desk.purse(1) == {"available": 47_450, "reserved": 2_550}


def test_an_order_enters_a_batch_once_however_often_it_is_sent(desk: Desk) -> None:
    desk.order()
    (line,) = desk.lines(desk.batch().id)
    provider = FileProvider(desk.work)

    assert provider.lookup(line.key) == Accepted(line.reference)
    assert provider.lookup("unknown") == contract.NotFound()
    assert len(desk.lines(desk.batch().id)) == 1


def test_an_account_that_the_file_cannot_pay_is_refused_at_once(desk: Desk) -> None:
    desk.order(to=us())

    assert desk.states() == ["voided"]
    assert desk.purse() == {"available": 50_000}


def test_a_transfer_can_be_taken_out_while_no_file_is_written(desk: Desk) -> None:
    desk.order()
    desk.order(1)
    first, second = desk.lines(desk.batch().id)
    provider = FileProvider(desk.work)

    taken = provider.cancel(first.key)
    batch_id = desk.prepare()
    kept = provider.cancel(second.key)

    assert (taken, kept) == (Refused("taken_out", ""), Accepted(second.reference))
    desk.hear()
    assert desk.states() == ["voided", "accepted"]
    assert desk.batch().total_minor == 10_000
    assert desk.batch().id == batch_id


def test_the_whole_way_from_order_to_paid(desk: Desk) -> None:
    first, second = desk.order(0), desk.order(1, 2_550)

    batch_id = desk.sent()
    desk.say(Answer("camt.053", wholes=(Whole(desk.batch().message_id or "", Verdict("settled")),)))

    assert desk.batch().state == "settled"
    assert desk.states() == ["captured", "captured"]
    assert desk.purse(0) == {"available": 40_000, "paid": 10_000}
    with desk.work() as db:
        assert ledger.balance(db, books.clearing(batch_id, "EUR")) == 12_550
        assert ledger.balance(db, books.clearing(desk.account_id, "EUR")) == 0
    assert first != second


def test_a_refused_payment_gives_the_money_back_and_a_returned_one_weeks_later(desk: Desk) -> None:
    first, second = desk.order(0), desk.order(1, 2_550)
    batch_id = desk.sent()

    desk.say(
        Answer(
            "pain.002",
            named=(
                Named(first.hex, Verdict("refused", "AC04", "Closed")),
                Named(second.hex[-15:].upper(), Verdict("settled")),
            ),
        )
    )
    assert desk.batch().state == "part"
    assert desk.states() == ["voided", "captured"]
    desk.say(Answer("camt.053", named=(Named(second.hex, Verdict("returned", "AC01")),)))

    assert desk.batch().state == "returned"
    assert desk.states() == ["voided", "returned"]
    assert (desk.purse(0)["available"], desk.purse(1)["available"]) == (50_000, 50_000)
    with desk.work() as db:
        assert ledger.balance(db, books.clearing(batch_id, "EUR")) == 0
        assert ledger.balance(db, books.clearing(desk.account_id, "EUR")) == 0


def test_what_is_wrong_with_a_payment_keeps_the_batch_open_and_is_told(desk: Desk) -> None:
    odd = iban()
    desk.order(to=type(odd)(odd.kind, "🎉", odd.country, odd.currency, odd.fields))

    with pytest.raises(Unfit) as refused:
        desk.prepare()

    assert [problem.code for problem in refused.value.problems] == ["name_unwritable"]
    assert desk.batch().state == "open"


def test_a_second_download_gives_the_same_bytes_and_their_hash_stands_in_books_and_journal(
    desk: Desk,
) -> None:
    desk.order()
    batch_id = desk.prepare()
    desk.approve(batch_id)

    first, second = desk.download(batch_id), desk.download(batch_id)

    digest = hashlib.sha256(first).hexdigest()
    assert (second, desk.batch().sha256) == (first, digest)
    with desk.work() as db:
        memo = db.execute(
            text("SELECT memo FROM ledger_transactions WHERE key = :key"),
            {"key": f"payout_file:{batch_id}"},
        ).scalar_one()
        written = db.scalars(
            select(AuditRecord).where(
                AuditRecord.object_id == str(batch_id),
                AuditRecord.action == "payout_batch.approved",
            )
        ).one()
    assert memo["sha256"] == digest
    assert written.after is not None
    assert written.after["sha256"] == digest
    assert desk.batch().downloads == 2


def test_nothing_is_downloaded_before_it_is_approved(desk: Desk) -> None:
    desk.order()
    batch_id = desk.prepare()

    with pytest.raises(NotNow):
        desk.download(batch_id)


def test_a_new_file_has_a_new_id_and_the_old_one_is_void(desk: Desk) -> None:
    desk.order()
    old = desk.prepare()
    desk.approve(old)
    before = desk.batch().message_id

    new = desk.void(old)
    desk.prepare()

    assert (desk.batch(0).state, desk.batch().id) == ("void", new)
    assert desk.batch().message_id not in (None, before)
    assert desk.batch().replaces_id == old
    assert [line.state for line in desk.lines(old)] == ["moved"]
    with pytest.raises(NotNow):
        desk.download(old)


def test_what_the_bank_has_is_not_voided(desk: Desk) -> None:
    desk.order()
    batch_id = desk.sent()

    with pytest.raises(NotNow):
        desk.void(batch_id)


def test_who_prepared_does_not_approve_and_nobody_approves_own_money_or_twice(desk: Desk) -> None:
    desk.order()
    with desk.work() as db:
        service.set_steps(db, [(Money(10_000, "EUR"), 2)])
    batch_id = desk.prepare()

    with pytest.raises(MayNotApprove, match="prepared"):
        desk.approve(batch_id, desk.preparer)
    with pytest.raises(MayNotApprove, match="pays you"):
        desk.approve(batch_id, desk.payees[0])
    desk.approve(batch_id)
    with pytest.raises(MayNotApprove, match="already"):
        desk.approve(batch_id)

    assert desk.batch().state == "prepared"
    desk.approve(batch_id, desk.payees[1])
    assert desk.batch().state == "approved"


@pytest.mark.parametrize(("minor", "needed"), [(9_999, 1), (10_000, 2), (50_000, 3)])
def test_larger_totals_need_more_people(desk: Desk, minor: int, needed: int) -> None:
    with desk.work() as db:
        service.set_steps(db, [(Money(10_000, "EUR"), 2), (Money(50_000, "EUR"), 3)])

    desk.order(0, minor)
    desk.prepare()

    assert desk.batch().approvals_needed == needed


def test_two_approve_at_once_and_one_wins(desk: Desk) -> None:
    desk.order()
    batch_id = desk.prepare()
    said: list[str] = []
    start = threading.Barrier(2)

    def approve(person: int) -> None:
        start.wait()
        try:
            desk.approve(batch_id, [desk.approver, desk.payees[1]][person])
            said.append("yes")
        except NotNow:
            said.append("late")

    threads = [threading.Thread(target=approve, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["late", "yes"]
    with desk.work() as db:
        assert db.query(PayoutApproval).count() == 1


def test_a_file_made_for_yesterday_is_not_approved(desk: Desk) -> None:
    desk.order()
    batch_id = desk.prepare()

    with (
        pytest.raises(FileStale),
        desk.work(now=NOON + timedelta(days=1)) as db,
    ):
        service.approve(db, batch_id, person_id=desk.approver.id)


def test_files_of_one_day_are_counted(desk: Desk) -> None:
    desk.order()
    desk.prepare()
    desk.order(1)
    desk.prepare()

    assert [desk.batch(n).serial for n in (0, 1)] == [1, 2]


def test_a_late_order_goes_into_the_next_batch(desk: Desk) -> None:
    desk.order()
    batch_id = desk.prepare()
    desk.order(1)

    assert len(desk.lines(batch_id)) == 1
    assert desk.batch().state == "open"


def test_a_bank_that_paid_another_amount_is_put_before_a_person(desk: Desk) -> None:
    first, second = desk.order(0), desk.order(1)
    desk.sent()

    desk.say(
        Answer(
            "camt.053",
            named=(
                Named(first.hex, Verdict("settled", money=Money(10_001, "EUR"))),
                Named(second.hex, Verdict("settled", money=Money(9_999, "EUR"))),
            ),
        )
    )

    with desk.work() as db:
        assert [one.kind for one in queues.open_ones(db)] == ["overpaid", "underpaid"]
        queues.close(db, queues.open_ones(db)[0].id, person_id=desk.approver.id, note="Asked back.")
    with desk.work() as db:
        assert [one.kind for one in queues.open_ones(db)] == ["underpaid"]


def test_a_booking_of_another_total_settles_nothing(desk: Desk) -> None:
    desk.order()
    desk.sent()
    verdict = Verdict("settled", money=Money(9_999, "EUR"))

    desk.say(Answer("camt.053", wholes=(Whole(desk.batch().message_id or "", verdict),)))

    assert desk.states() == ["accepted"]
    with desk.work() as db:
        assert [one.kind for one in queues.open_ones(db)] == ["total_differs"]


def test_a_payment_booked_twice_is_seen(desk: Desk) -> None:
    order = desk.order()
    desk.sent()
    booked = Answer("camt.053", named=(Named(order.hex, Verdict("settled")),))

    desk.say(booked)
    desk.say(booked)

    assert desk.purse() == {"available": 40_000, "paid": 10_000}
    with desk.work() as db:
        assert [one.kind for one in queues.open_ones(db)] == ["paid_twice"]


def test_a_bank_that_contradicts_itself_moves_no_money(desk: Desk) -> None:
    order = desk.order()
    desk.sent()

    desk.say(Answer("pain.002", named=(Named(order.hex, Verdict("refused", "AC04")),)))
    desk.say(Answer("camt.053", named=(Named(order.hex, Verdict("settled")),)))

    assert desk.states() == ["voided"]
    with desk.work() as db:
        assert [one.kind for one in queues.open_ones(db)] == ["settled_after_refused"]


def test_a_total_paid_in_parts_on_one_day_needs_as_many_as_the_whole(desk: Desk) -> None:
    with desk.work() as db:
        service.set_steps(db, [(Money(15_000, "EUR"), 2)])
    desk.order(0, 10_000)
    first = desk.prepare()
    desk.order(1, 10_000)

    second = desk.prepare()

    assert _needs(desk, first) == 1
    assert _needs(desk, second) == 2
    desk.approve(second)
    assert desk.batch().state == "prepared"


def test_a_file_needs_more_people_when_another_of_its_day_stands_beside_it(desk: Desk) -> None:
    with desk.work() as db:
        service.set_steps(db, [(Money(15_000, "EUR"), 2)])
    desk.order(0, 10_000)
    first = desk.prepare()
    desk.order(1, 10_000)
    desk.prepare()

    desk.approve(first)

    assert _needs(desk, first) == 2
    with desk.work() as db:
        assert service.get(db, first).state == "prepared"


def test_a_total_is_not_split_by_writing_the_second_file_a_day_later(desk: Desk) -> None:
    with desk.work() as db:
        service.set_steps(db, [(Money(15_000, "EUR"), 2)])
    desk.order(0, 10_000)
    tomorrow = TODAY + timedelta(days=1)
    desk.prepare(pay_on=tomorrow)
    desk.order(1, 10_000)

    second = desk.prepare(pay_on=tomorrow, now=NOON + timedelta(days=1))

    assert _needs(desk, second) == 2


def test_a_file_that_was_given_up_counts_for_nothing(desk: Desk) -> None:
    with desk.work() as db:
        service.set_steps(db, [(Money(15_000, "EUR"), 2)])
    desk.order(0, 10_000)
    desk.void(desk.prepare())

    again = desk.prepare()

    assert _needs(desk, again) == 1


def test_a_payment_that_comes_after_the_file_was_written_is_in_the_next_one(desk: Desk) -> None:
    desk.order(0, 10_000)
    batch_id = desk.prepare()
    desk.approve(batch_id)

    desk.order(1, 40_000)

    assert len(desk.lines(batch_id)) == 1
    assert desk.batch().id != batch_id


def test_routes_that_change_do_not_change_what_a_written_file_needs(desk: Desk) -> None:
    with desk.work() as db:
        service.set_steps(db, [(Money(5_000, "EUR"), 2)])
    desk.order(0, 10_000)
    batch_id = desk.prepare()
    with desk.work() as db:
        service.set_steps(db, [])

    desk.approve(batch_id)

    assert desk.batch().state == "prepared"


def _needs(desk: Desk, batch_id: UUID) -> int | None:
    with desk.work() as db:
        return service.get(db, batch_id).approvals_needed


def test_the_same_file_of_the_bank_is_read_once(desk: Desk) -> None:
    order = desk.order()
    desk.sent()
    raw = f"reference,status,amount\n{order.hex},paid,100.00\n".encode()

    with desk.work() as db:
        first = hearing.read(db, raw, account=paying.get(db, desk.account_id))
    with desk.work() as db:
        again = hearing.read(db, raw, account=paying.get(db, desk.account_id))

    assert (first.matched, first.is_repeated) == (1, False)
    assert (again.matched, again.is_repeated) == (1, True)
    desk.run_jobs()
    assert desk.states() == ["captured"]


def test_a_person_who_owes_since_is_put_before_somebody_before_the_file_leaves(desk: Desk) -> None:
    desk.order(0, 50_000)
    batch_id = desk.prepare()
    with desk.work() as db:
        _take_back(db, desk, 3_000)

    desk.approve(batch_id)

    with desk.work() as db:
        (found,) = queues.open_ones(db)
        assert (found.kind, found.expected_minor, found.said_minor) == (
            "person_owes",
            50_000,
            47_000,
        )


def test_who_was_paid_too_much_is_listed(desk: Desk) -> None:
    order = desk.order(0, 50_000)
    desk.sent()
    desk.say(Answer("camt.053", named=(Named(order.hex, Verdict("settled")),)))
    with desk.work() as db:
        _take_back(db, desk, 3_000)

    with desk.work() as db:
        (found,) = debts.overpaid(db)
    assert (found.person_id, found.owed) == (desk.payees[0].id, Money(3_000, "EUR"))


def test_what_is_taken_back_after_approval_is_put_before_a_person_at_once(desk: Desk) -> None:
    desk.order(0, 50_000)
    batch_id = desk.prepare()
    desk.approve(batch_id)

    with desk.work() as db:
        _take_back(db, desk, 3_000)
        _tell(db, desk, -3_000)

    with desk.work() as db:
        (found,) = queues.open_ones(db, batch_id=batch_id)
        assert (found.kind, found.said_minor) == ("person_owes", 47_000)


def test_a_raise_puts_nothing_before_a_person(desk: Desk) -> None:
    desk.order(0, 50_000)
    desk.approve(desk.prepare())
    with desk.work() as db:
        _take_back(db, desk, 3_000)

    with desk.work() as db:
        _tell(db, desk, 3_000)

    with desk.work() as db:
        assert queues.open_ones(db) == []


def test_what_was_closed_waits_again_when_it_comes_to_another_amount(desk: Desk) -> None:
    desk.order(0, 50_000)
    batch_id = desk.prepare()
    with desk.work() as db:
        _take_back(db, desk, 3_000)
    desk.approve(batch_id)
    with desk.work() as db:
        (found,) = queues.open_ones(db)
        queues.close(db, found.id, person_id=None, note="Paid all the same.")

    desk.download(batch_id)
    with desk.work() as db:
        assert queues.open_ones(db) == []
        _take_back(db, desk, 1_000)
        _tell(db, desk, -1_000)

    with desk.work() as db:
        (again,) = queues.open_ones(db)
        assert (again.id, again.said_minor, again.note) == (found.id, 46_000, "")


def test_a_fee_that_the_company_keeps_is_no_change_of_the_amount(desk: Desk) -> None:
    desk.order(fee=150)

    batch_id = desk.sent()

    (line,) = desk.lines(batch_id)
    assert line.minor == 9_850
    with desk.work() as db:
        assert queues.open_ones(db) == []
    assert desk.wrong() == []


def test_a_payment_is_taken_out_before_the_file_is_written_and_the_money_is_back(
    desk: Desk,
) -> None:
    desk.order(0)
    desk.order(1, 2_550)
    batch = desk.batch()
    first, second = desk.lines(batch.id)

    with desk.work() as db:
        service.take_out(db, batch.id, first.id, reason="Not earned any more.")
    desk.run_jobs()

    assert desk.states() == ["voided", "accepted"]
    assert desk.purse(0) == {"available": 50_000}
    with desk.work() as db, pytest.raises(NotFound):
        service.take_out(db, batch.id, first.id, reason="Again.")
    desk.prepare()
    with desk.work() as db, pytest.raises(NotNow):
        service.take_out(db, batch.id, second.id, reason="Too late.")


def _tell(db: Session, desk: Desk, delta: int) -> None:
    change = EarningChange(
        desk.payees[0].id, new_id(), "main", TODAY, "EUR", delta, "activity", new_id()
    )
    on_earnings_changed(db, EarningsChanged(batch_id=new_id(), changes=(change,)))


def _take_back(db: object, desk: Desk, minor: int) -> None:
    from uuid import uuid4

    from sqlalchemy.orm import Session

    from app.ledger import service as ledger_service

    assert isinstance(db, Session)
    cause = uuid4()
    ledger_service.post_earning_differences(
        db,
        [
            books.Difference(
                key=f"take-back:{cause}",
                program_id=cause,
                person_id=desk.payees[0].id,
                currency="EUR",
                delta_minor=-minor,
                releasable=True,
                cause_kind="test",
                cause_id=cause,
            )
        ],
    )


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"format": "fax"}, "/settings/format"),
        ({"iban": ""}, "/settings/iban"),
        ({"currency": "USD"}, "/settings/currency"),
        ({"zone": "Mars/Olympus"}, "/settings/zone"),
        ({"instant": "perhaps"}, "/settings/instant"),
        ({"colour": "red"}, "/settings/colour"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    desk: Desk, change: dict[str, str], pointer: str
) -> None:
    with pytest.raises(WrongSettings) as refused, desk.work() as db:
        paying.add(db, label="Another", settings=SETTINGS | change)

    assert pointer in [problem.pointer for problem in refused.value.problems]


def test_no_bank_account_can_be_read_in_the_tables(desk: Desk) -> None:
    desk.order()
    batch_id = desk.sent()

    with desk.work() as db:
        rows = db.execute(
            text(
                "SELECT b::text || l::text FROM payout_batches b"
                " JOIN payout_lines l ON l.batch_id = b.id WHERE b.id = :id"
            ),
            {"id": batch_id},
        ).scalars()
        assert all("370400440532013000" not in row for row in rows)


def test_a_batch_keeps_the_day_it_was_asked_for(desk: Desk) -> None:
    desk.order()
    desk.prepare(pay_on=TODAY + timedelta(days=2))

    batch = desk.batch()
    assert batch.pay_on is not None
    assert batch.pay_on.isoweekday() == 1
    assert batch.changes is not None
    assert "moved" in [change["code"] for change in batch.changes]


@pytest.mark.parametrize("of_the_file", [True, False])
def test_money_that_stays_on_a_clearing_account_is_seen(desk: Desk, of_the_file: bool) -> None:
    desk.order()
    batch_id = desk.sent()
    cleared = books.clearing(batch_id if of_the_file else desk.account_id, "EUR")
    stray = books.Entry(
        key="stray",
        kind="stray",
        cause_kind="test",
        cause_id=batch_id,
        legs=(books.Leg(cleared, 1), books.Leg(books.fees("EUR"), -1)),
    )

    with desk.work() as db:
        posted = postings.post(db, stray)
    found = desk.wrong()
    with desk.work() as db:
        postings.reverse(db, posted, key="undone", cause_kind="test", cause_id=batch_id)

    assert found == [f"I19: clearing is not what is under way: {cleared.owner_id} in EUR"]


@pytest.mark.parametrize(
    ("damage", "repair"),
    [
        ("payout_batches SET total_minor = total_minor + 1 WHERE id", "total_minor - 1"),
        ("payout_lines SET minor = minor + 1 WHERE batch_id", "minor - 1"),
        ("payout_batches SET approvals_needed = 5 WHERE id", "1"),
        ("payout_batches SET file_minor = 1 WHERE id", "total_minor"),
    ],
)
def test_the_rules_of_batches_see_what_was_changed_behind_their_back(
    desk: Desk, damage: str, repair: str
) -> None:
    desk.order()
    batch_id = desk.prepare()
    desk.approve(batch_id)
    change, _, where = damage.partition(" WHERE ")
    column = change.split(" = ")[0]

    with desk.work() as db:
        db.execute(text(f"UPDATE {damage} = :id"), {"id": batch_id})
    found = desk.wrong()
    with desk.work() as db:
        db.execute(text(f"UPDATE {column} = {repair} WHERE {where} = :id"), {"id": batch_id})

    assert found
