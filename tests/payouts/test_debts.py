"""What people were paid too much: one person says how it is settled, another agrees, then the books move."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as ledger
from app.ledger import service as ledger_service
from app.ledger.errors import BalanceTooLow
from app.payouts import debts
from app.payouts.debts import Way
from app.payouts.errors import NotOwed, OwnDebt
from app.people.models import Person
from app.rewards.errors import SameEyes, VerdictWaits
from tests.payouts.desk import Desk


def owes(desk: Desk, minor: int = 3_000) -> Person:
    """Let a person have their 500 euros on the way to the bank, and lose some of them."""
    payee = desk.payees[0]
    if not desk.orders:
        desk.order(0, 50_000)
    with desk.work() as db:
        ledger_service.post_earning_differences(
            db,
            [
                books.Difference(
                    key=f"take-back:{uuid4()}",
                    program_id=uuid4(),
                    person_id=payee.id,
                    currency="EUR",
                    delta_minor=-minor,
                    releasable=True,
                    unreleased_minor=0,
                    cause_kind="earning",
                    cause_id=uuid4(),
                )
            ],
        )
    return payee


def propose(
    desk: Desk, minor: int = 3_000, way: Way = "written_off", by: Person | None = None
) -> UUID:
    with desk.work() as db:
        return debts.propose(
            db,
            desk.payees[0].id,
            money=Money(minor, "EUR"),
            way=way,
            note="Agreed on the phone.",
            by=(by or desk.preparer).id,
        ).id


def agree(desk: Desk, settlement_id: UUID, by: Person | None = None) -> None:
    with desk.work() as db:
        debts.agree(db, settlement_id, by=(by or desk.approver).id)


def owed(desk: Desk) -> list[tuple[int, int, bool]]:
    """Return what is owed, what could be taken, and whether somebody has said how."""
    with desk.work() as db:
        return [
            (one.owed.minor, one.available.minor, one.settlement is not None)
            for one in debts.overpaid(db)
        ]


@pytest.mark.parametrize("way", ["paid_back", "written_off"])
def test_a_debt_is_gone_when_a_second_person_agrees(desk: Desk, way: Way) -> None:
    payee = owes(desk)

    settlement_id = propose(desk, way=way)
    assert owed(desk) == [(3_000, 0, True)]
    agree(desk, settlement_id)

    assert owed(desk) == []
    with desk.work() as db:
        (entry, *_) = ledger.entries_of(db, payee.id).items
        house = books.AccountRef(books.AccountKind.HOUSE_ADJUSTMENT, None, "EUR")
        assert (entry.kind, entry.money.minor) == (f"debt_{way}", 3_000)
        assert ledger.balance(db, house) % 10_000 == 7_000


def test_a_debt_is_taken_from_what_came_back(desk: Desk) -> None:
    owes(desk)
    batch = desk.batch()
    with desk.work() as db:
        from app.payouts import service

        service.take_out(db, batch.id, desk.lines(batch.id)[0].id, reason="Not earned any more.")
    desk.run_jobs()
    assert owed(desk) == [(3_000, 50_000, False)]

    agree(desk, propose(desk, way="from_wallet"))

    assert owed(desk) == []
    assert desk.purse() == {"available": 47_000}


def test_what_is_not_in_the_wallet_cannot_be_taken_from_it(desk: Desk) -> None:
    owes(desk)
    settlement_id = propose(desk, way="from_wallet")

    with pytest.raises(BalanceTooLow):
        agree(desk, settlement_id)

    assert owed(desk) == [(3_000, 0, True)]


def test_a_part_is_settled_and_the_rest_stays_owed(desk: Desk) -> None:
    owes(desk)

    agree(desk, propose(desk, 1_000))

    assert owed(desk) == [(2_000, 0, False)]


@pytest.mark.parametrize("minor", [0, -1, 3_001])
def test_no_more_is_settled_than_is_owed(desk: Desk, minor: int) -> None:
    owes(desk)

    with pytest.raises(NotOwed):
        propose(desk, minor)


def test_the_same_person_does_not_agree_with_themselves(desk: Desk) -> None:
    owes(desk)
    settlement_id = propose(desk)

    with pytest.raises(SameEyes):
        agree(desk, settlement_id, by=desk.preparer)


def test_nobody_settles_a_debt_of_their_own(desk: Desk) -> None:
    payee = owes(desk)

    with pytest.raises(OwnDebt):
        propose(desk, by=payee)
    settlement_id = propose(desk)
    with pytest.raises(OwnDebt):
        agree(desk, settlement_id, by=payee)


def test_one_word_at_a_time_and_what_is_refused_can_be_said_anew(desk: Desk) -> None:
    owes(desk)
    settlement_id = propose(desk)
    with pytest.raises(VerdictWaits):
        propose(desk)

    with desk.work() as db:
        debts.drop(db, settlement_id)

    assert owed(desk) == [(3_000, 0, False)]
    with pytest.raises(NotFound):
        agree(desk, settlement_id)
    agree(desk, propose(desk))
    assert owed(desk) == []
