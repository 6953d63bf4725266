from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import queries, service
from app.ledger.core import (
    Difference,
    Entry,
    Leg,
    Release,
    available,
    clearing,
    earned,
    expense,
    owed,
    reserved,
)
from app.ledger.errors import (
    AlreadyResolved,
    AlreadyReversed,
    BalanceTooLow,
    KeyReused,
    Unbalanced,
)
from tests.conftest import Work
from tests.ledger.builders import earn, give_available, reserve

PROGRAM = UUID(int=1)


def difference(person_id: UUID, delta: int, **changes: object) -> Difference:
    plain = Difference(
        key=f"difference:{new_id()}",
        program_id=PROGRAM,
        person_id=person_id,
        currency="EUR",
        delta_minor=delta,
        releasable=False,
        cause_kind="sale",
        cause_id=new_id(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields of Difference by name


def release(person_id: UUID, minor: int) -> Release:
    return Release(f"release:{new_id()}", person_id, "EUR", minor, "period", new_id())


def state(db: Session, person_id: UUID) -> dict[str, int]:
    refs = {
        "earned": earned(person_id, "EUR"),
        "available": available(person_id, "EUR"),
        "reserved": reserved(person_id, "EUR"),
        "owed": owed(person_id, "EUR"),
    }
    balances = queries.balances(db, refs.values())
    return {name: balances[ref] for name, ref in refs.items() if balances[ref]}


def test_an_entry_moves_money_from_one_account_to_another(db: Session) -> None:
    rep = new_id()

    service.post(db, earn(rep, 1_250, key="k", program_id=PROGRAM))

    assert queries.balance(db, earned(rep, "EUR")) == 1_250
    assert queries.balance(db, expense(PROGRAM, "EUR")) == -1_250


def test_the_same_key_and_legs_are_one_transaction(db: Session) -> None:
    rep = new_id()
    entry = earn(rep, 1_250, key="k", program_id=PROGRAM)

    first = service.post(db, entry)
    second = service.post(db, entry)

    assert first == second
    assert queries.balance(db, earned(rep, "EUR")) == 1_250


def test_the_same_key_with_other_legs_is_refused(db: Session) -> None:
    rep = new_id()
    service.post(db, earn(rep, 1_250, key="k", program_id=PROGRAM))

    with pytest.raises(KeyReused):
        service.post(db, earn(rep, 1_251, key="k", program_id=PROGRAM))


def test_one_batch_may_repeat_a_key_but_not_reuse_it(db: Session) -> None:
    entry = earn(new_id(), 5, key="k", program_id=PROGRAM)

    first, second = service.post_many(db, [entry, entry])

    assert first == second
    with pytest.raises(KeyReused):
        service.post_many(db, [entry, earn(new_id(), 5, key="k", program_id=PROGRAM)])


def test_a_batch_of_old_and_new_keys_posts_the_new_ones(db: Session) -> None:
    rep = new_id()
    old = earn(rep, 100, key="old", program_id=PROGRAM)
    old_id = service.post(db, old)

    ids = service.post_many(db, [earn(rep, 1, key="new", program_id=PROGRAM), old])

    assert ids[1] == old_id
    assert queries.balance(db, earned(rep, "EUR")) == 101


def test_an_empty_batch_is_nothing(db: Session) -> None:
    assert service.post_many(db, []) == []


def test_two_sides_that_differ_are_refused(db: Session) -> None:
    rep = new_id()
    legs = (Leg(expense(PROGRAM, "EUR"), -10), Leg(earned(rep, "EUR"), 9))

    with pytest.raises(Unbalanced):
        service.post(db, Entry("k", "earning", "test", rep, legs))


def test_currencies_are_not_mixed(db: Session) -> None:
    rep = new_id()
    legs = (Leg(expense(PROGRAM, "EUR"), -10), Leg(earned(rep, "USD"), 10))

    with pytest.raises(Unbalanced):
        service.post(db, Entry("k", "earning", "test", rep, legs))


def test_a_leg_of_nothing_and_an_entry_of_nothing_are_refused(db: Session) -> None:
    rep = new_id()

    with pytest.raises(Unbalanced):
        service.post(db, Entry("k", "earning", "test", rep, (Leg(earned(rep, "EUR"), 0),)))
    with pytest.raises(Unbalanced):
        service.post(db, Entry("k", "earning", "test", rep, ()))


def test_a_release_makes_earned_money_available(db: Session) -> None:
    rep = new_id()
    service.post_earning_differences(db, [difference(rep, 700)])

    service.release(db, [release(rep, 500)])

    assert state(db, rep) == {"earned": 200, "available": 500}


def test_a_release_of_nothing_is_refused(db: Session) -> None:
    with pytest.raises(Unbalanced):
        service.release(db, [release(new_id(), 0)])


def test_a_difference_of_nothing_is_refused(db: Session) -> None:
    with pytest.raises(Unbalanced):
        service.post_earning_differences(db, [difference(new_id(), 0)])


def test_a_cut_takes_what_was_not_released_first(db: Session) -> None:
    rep = new_id()
    service.post_earning_differences(db, [difference(rep, 700)])

    service.post_earning_differences(db, [difference(rep, -300, unreleased_minor=700)])

    assert state(db, rep) == {"earned": 400}


def test_a_cut_after_release_takes_available_money_and_the_rest_is_owed(db: Session) -> None:
    rep = new_id()
    service.post_earning_differences(db, [difference(rep, 700)])
    service.release(db, [release(rep, 600)])
    reserve(db, rep, 450)

    service.post_earning_differences(db, [difference(rep, -400, unreleased_minor=100)])

    assert state(db, rep) == {"reserved": 450, "owed": -150}


def test_a_cut_of_released_money_may_be_wholly_owed(db: Session) -> None:
    rep = new_id()

    service.post_earning_differences(db, [difference(rep, -400)])

    assert state(db, rep) == {"owed": -400}


def test_what_is_owed_is_settled_by_the_next_release(db: Session) -> None:
    rep = new_id()
    service.post_earning_differences(db, [difference(rep, -400), difference(rep, 1_000)])

    service.release(db, [release(rep, 300), release(rep, 700)])

    assert state(db, rep) == {"available": 600}


def test_a_raise_of_something_released_can_be_spent_at_once(db: Session) -> None:
    rep = new_id()
    service.post_earning_differences(db, [difference(rep, -40)])

    service.post_earning_differences(db, [difference(rep, 100, releasable=True)])

    assert state(db, rep) == {"available": 60}


def test_a_repeated_difference_is_the_same_whatever_the_balances_are_by_then(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 500)
    cut = difference(rep, -300)
    first = service.post_earning_differences(db, [cut])
    reserve(db, rep, 200)

    assert service.post_earning_differences(db, [cut]) == first
    assert state(db, rep) == {"reserved": 200}


def test_money_set_aside_cannot_be_spent(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)

    reserve(db, rep, 800)

    assert state(db, rep) == {"available": 200, "reserved": 800}
    with pytest.raises(BalanceTooLow) as refused:
        reserve(db, rep, 201)
    assert refused.value.params == {
        "available": {"amount": "2.00", "currency": "EUR"},
        "needed": {"amount": "2.01", "currency": "EUR"},
    }


def test_a_refused_first_attempt_is_not_a_duplicate(work: Work) -> None:
    rep = new_id()
    with pytest.raises(BalanceTooLow), work() as db:
        reserve(db, rep, 100, key="k")
    with work() as db:
        give_available(db, rep, 100)

    with work() as db:
        reserve(db, rep, 100, key="k")
        assert state(db, rep) == {"reserved": 100}


def test_the_same_reservation_key_is_one_reservation(db: Session) -> None:
    rep, cause = new_id(), new_id()
    give_available(db, rep, 1_000)

    def again() -> UUID:
        return service.reserve(
            db, person_id=rep, money=Money(800, "EUR"), key="k", cause_kind="x", cause_id=cause
        )

    assert again() == again()
    assert state(db, rep) == {"available": 200, "reserved": 800}


@pytest.mark.parametrize("minor", [0, -5])
def test_nothing_and_less_cannot_be_reserved(db: Session, minor: int) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)

    with pytest.raises(Unbalanced):
        reserve(db, rep, minor)


def test_a_capture_pays_what_was_reserved(db: Session) -> None:
    rep, provider = new_id(), new_id()
    give_available(db, rep, 1_000)
    reservation = reserve(db, rep, 800)

    service.capture(db, reservation, to=clearing(provider, "EUR"))

    assert state(db, rep) == {"available": 200}
    assert queries.balance(db, clearing(provider, "EUR")) == 800


def test_a_partial_capture_gives_the_rest_back(db: Session) -> None:
    rep, provider = new_id(), new_id()
    give_available(db, rep, 1_000)
    reservation = reserve(db, rep, 800)

    service.capture(db, reservation, to=clearing(provider, "EUR"), minor=500)

    assert state(db, rep) == {"available": 500}
    assert queries.balance(db, clearing(provider, "EUR")) == 500


@pytest.mark.parametrize("minor", [0, 801])
def test_a_capture_is_more_than_nothing_and_at_most_the_reservation(
    db: Session, minor: int
) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)
    reservation = reserve(db, rep, 800)

    with pytest.raises(Unbalanced):
        service.capture(db, reservation, to=clearing(rep, "EUR"), minor=minor)


def test_a_void_gives_everything_back(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)

    service.void(db, reserve(db, rep, 800))

    assert state(db, rep) == {"available": 1_000}


def test_an_expiry_gives_everything_back(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)
    reservation = reserve(db, rep, 800)

    service.expire(db, reservation)

    assert state(db, rep) == {"available": 1_000}
    assert queries.get_resolution(db, reservation).outcome == "expired"


def test_a_reservation_ends_once(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)
    reservation = reserve(db, rep, 800)
    first = service.capture(db, reservation, to=clearing(rep, "EUR"))

    with pytest.raises(AlreadyResolved) as refused:
        service.void(db, reservation)
    assert refused.value.params == {"outcome": "captured"}
    assert service.capture(db, reservation, to=clearing(rep, "EUR")) == first
    assert state(db, rep) == {"available": 200}


def test_an_unknown_reservation_is_not_found(db: Session) -> None:
    with pytest.raises(NotFound):
        service.void(db, new_id())
    with pytest.raises(LookupError):
        queries.get_resolution(db, new_id())


def test_a_reversal_mirrors_the_original_and_links_back(db: Session) -> None:
    rep = new_id()
    original = service.post(db, earn(rep, 500, key="k", program_id=PROGRAM))

    reversal = service.reverse(db, original, key="undo", cause_kind="test", cause_id=rep)

    found = queries.find_transaction(db, reversal)
    assert found is not None
    assert found.reverses == original
    assert {leg.minor for leg in found.legs} == {500, -500}
    assert state(db, rep) == {}


def test_a_transaction_is_reversed_at_most_once(db: Session) -> None:
    rep = new_id()
    original = service.post(db, earn(rep, 500, key="k"))
    reversal = service.reverse(db, original, key="undo", cause_kind="test", cause_id=rep)

    assert service.reverse(db, original, key="undo", cause_kind="test", cause_id=rep) == reversal
    with pytest.raises(AlreadyReversed):
        service.reverse(db, original, key="other", cause_kind="test", cause_id=rep)
    with pytest.raises(AlreadyReversed):
        service.reverse(db, reversal, key="third", cause_kind="test", cause_id=rep)
    with pytest.raises(NotFound):
        service.reverse(db, new_id(), key="none", cause_kind="test", cause_id=rep)


def test_a_reversal_may_not_take_what_was_spent(db: Session) -> None:
    rep = new_id()
    released = give_available(db, rep, 500)
    reserve(db, rep, 1)

    with pytest.raises(BalanceTooLow):
        service.reverse(db, released, key="undo", cause_kind="test", cause_id=rep)


def test_the_wallet_shows_every_state_in_its_currency(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)
    give_available(db, rep, 70, "PTS")
    service.post_earning_differences(db, [difference(rep, 30)])
    service.capture(db, reserve(db, rep, 200), to=clearing(rep, "EUR"))
    reserve(db, rep, 300)

    euros, points = queries.wallet(db, rep)

    assert euros == queries.WalletLine(
        currency="EUR",
        earned=Money(30, "EUR"),
        available=Money(500, "EUR"),
        reserved=Money(300, "EUR"),
        paid=Money(200, "EUR"),
        owed=Money(0, "EUR"),
        taken_back=Money(0, "EUR"),
    )
    assert points.available == Money(70, "PTS")


def test_what_can_be_spent_is_what_the_wallet_says_sealed_or_not(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)
    service.seal(db)
    give_available(db, rep, 70, "PTS")
    service.post_earning_differences(db, [difference(rep, 30)])
    reserve(db, rep, 300)
    before = queries.available(db, rep)

    service.seal(db)

    assert before == {"EUR": Money(700, "EUR"), "PTS": Money(70, "PTS")}
    assert queries.available(db, rep) == before
    assert {line.currency: line.available for line in queries.wallet(db, rep)} == before


def test_balances_are_the_same_before_and_after_sealing(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)
    service.seal(db)
    service.post(db, earn(rep, 11, key="a"))
    service.post(db, earn(rep, 22, key="b"))
    before = state(db, rep)

    sealed = service.seal(db)

    assert sealed == 2
    assert state(db, rep) == before == {"earned": 33, "available": 1_000}


def test_movements_are_listed_newest_first_page_by_page(db: Session) -> None:
    rep = new_id()
    give_available(db, rep, 1_000)
    service.seal(db)
    reserve(db, rep, 200)

    first = queries.entries_of(db, rep, limit=3)
    rest = queries.entries_of(db, rep, cursor=first.next_cursor, limit=3)

    kinds = [(e.kind, e.account.value, e.money.minor) for e in [*first.items, *rest.items]]
    assert kinds == [
        ("reserve", "person_reserved", 200),
        ("reserve", "person_available", -200),
        ("release", "person_available", 1_000),
        ("release", "person_earned", -1_000),
        ("earning", "person_earned", 1_000),
    ]
    assert [e.sequence is None for e in first.items] == [True, True, False]


def test_rows_of_the_books_cannot_be_changed_or_removed(work: Work) -> None:
    with work() as db:
        give_available(db, new_id(), 100)

    for table in ("accounts", "transactions", "entries", "reservations", "resolutions", "seals"):
        for change in ("DELETE FROM", "TRUNCATE"):
            with pytest.raises(ProgrammingError, match="permission denied"), work() as db:
                db.execute(text(f"{change} ledger_{table}"))
        with pytest.raises(ProgrammingError, match="permission denied"), work() as db:
            db.execute(text(f"UPDATE ledger_{table} SET tenant_id = tenant_id"))


INSERT_LEG = """
    INSERT INTO ledger_entries (tenant_id, transaction_id, line, account_id, currency, minor, position)
    SELECT t.tenant_id, t.id, v.line, e.account_id, v.currency, v.minor, t.position + v.off
    FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id AND e.line = 0,
         (VALUES {values}) AS v (line, currency, minor, off)
    WHERE t.kind = 'earning'
"""


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("(7, 'EUR', 5, 0)", "does not balance"),
        ("(7, 'EUR', 5, 0), (8, 'EUR', -5, 0)", "no further entries"),
        ("(7, 'USD', 5, 0), (8, 'USD', -5, 0)", "of another currency"),
        ("(7, 'EUR', 5, 1), (8, 'EUR', -5, 1)", "out of place"),
        ("(7, 'EUR', 0, 0), (8, 'EUR', 0, 0)", "moves_something"),
    ],
)
def test_the_database_itself_refuses_entries_that_do_not_fit(
    work: Work, values: str, reason: str
) -> None:
    with work() as db:
        give_available(db, new_id(), 100)

    with pytest.raises(DBAPIError, match=reason), work() as db:
        db.execute(text(INSERT_LEG.format(values=values)))


def test_the_database_itself_refuses_a_balance_below_zero(work: Work) -> None:
    with work() as db:
        give_available(db, new_id(), 100)

    with pytest.raises(IntegrityError, match="on_its_side_of_zero"), work() as db:
        db.execute(text("UPDATE ledger_balances SET minor = minor - 101"))
