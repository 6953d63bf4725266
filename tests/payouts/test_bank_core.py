"""Our payments beside the bank's bookings: what agrees, what does not, and what only one of us knows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.kernel.money import Money
from app.payouts import bank_core
from app.payouts.bank_core import Outcome, Paid
from app.payouts.core import Line
from app.payouts.files.statements import Booking
from app.providers.reconciliation import Kind

DUE = date(2026, 11, 20)
MONTH = [(date(2026, 11, 1), date(2026, 11, 30))]
REF, TWO = "0193f2a4c5d67e8f90a1b2c3d4e50001", "0193f2a4c5d67e8f90a1b2c3d4e50002"
FILE = "LRL-20261120-001-1a2b3c4d"
TEN = Money(1_000, "EUR")

ONE = Paid(REF, "4e50001", FILE, TEN, Line.SETTLED, DUE)
OTHER = replace(ONE, reference=TWO, short_reference="4e50002")
OUT = Booking(DUE, "out", TEN, (REF,), bank_reference="B1")
BACK = replace(OUT, direction="back", bank_reference="B2")


def compare(
    paid: Collection[Paid],
    *bookings: Booking,
    covered: bank_core.Spans = MONTH,
    is_shared: bool = False,
) -> Outcome:
    return bank_core.compare(paid, bookings, covered=covered, is_shared=is_shared)


def kinds(outcome: Outcome) -> list[str]:
    return [str(one.kind) for one in outcome.differences]


def test_a_payment_that_was_booked_matches() -> None:
    assert compare([ONE], OUT) == Outcome(matched=1)


def test_a_bank_that_keeps_the_end_of_the_reference_matches_too() -> None:
    assert compare([ONE], replace(OUT, references=("4E50001",))).matched == 1


def test_a_payment_that_was_not_booked_is_missing_at_the_bank() -> None:
    assert kinds(compare([ONE])) == [Kind.OURS_ONLY]


@pytest.mark.parametrize("state", [Line.REFUSED, Line.RETURNED])
def test_what_never_left_is_not_missing(state: Line) -> None:
    assert compare([replace(ONE, state=state)]).differences == []


def test_nothing_is_missing_before_the_bank_had_its_days() -> None:
    until = [(DUE, DUE + bank_core.BANK_TAKES - timedelta(days=1))]

    assert compare([ONE], covered=until).differences == []
    assert kinds(compare([ONE], covered=[(DUE, DUE + bank_core.BANK_TAKES)])) == [Kind.OURS_ONLY]


def test_nothing_is_missing_on_days_that_no_statement_speaks_of() -> None:
    hole = bank_core.spans_of(
        [(date(2026, 11, 1), DUE), (DUE + timedelta(days=6), date(2026, 11, 30))]
    )

    assert compare([ONE], covered=hole).differences == []


def test_a_weekend_between_two_statements_is_no_hole() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)

    assert bank_core.spans_of([(monday, monday), (friday, friday)]) == [(friday, monday)]


def test_money_that_left_for_nobody_we_know_is_the_alarm() -> None:
    (found,) = compare([], OUT).differences

    assert (found.kind, found.key, found.money) == (Kind.THEIRS_ONLY, REF, TEN)


def test_in_an_account_that_pays_other_things_too_only_what_names_us_is_unknown() -> None:
    rent = replace(OUT, references=("RENT-11",))

    assert kinds(compare([], OUT, rent, is_shared=True)) == [Kind.THEIRS_ONLY]
    assert kinds(compare([], OUT, rent)) == [Kind.THEIRS_ONLY, Kind.THEIRS_ONLY]


@pytest.mark.parametrize("minor", [999, 1_001])
def test_another_amount_is_found(minor: int) -> None:
    (found,) = compare([ONE], replace(OUT, money=Money(minor, "EUR"))).differences

    assert (found.kind, found.ours) == (Kind.AMOUNT_DIFFERS, "10.00 EUR")


def test_a_payment_booked_twice_is_found() -> None:
    assert kinds(compare([ONE], OUT, replace(OUT, bank_reference="B9"))) == [Kind.DUPLICATED]


def test_a_payment_that_came_back_later_is_told_apart() -> None:
    returned = replace(ONE, state=Line.RETURNED)

    assert compare([returned], OUT, BACK) == Outcome(returned=1)


def test_a_return_that_our_books_missed_is_found() -> None:
    assert kinds(compare([ONE], OUT, BACK)) == [Kind.STATE_DIFFERS]


def test_a_return_less_a_fee_is_found() -> None:
    back = replace(BACK, money=Money(750, "EUR"))

    assert kinds(compare([replace(ONE, state=Line.RETURNED)], OUT, back)) == [Kind.AMOUNT_DIFFERS]


@pytest.mark.parametrize("state", [Line.REFUSED, Line.RETURNED])
def test_money_that_we_gave_back_and_that_left_for_good_is_found(state: Line) -> None:
    given_back = replace(ONE, state=state)

    assert kinds(compare([given_back], OUT)) == [Kind.STATE_DIFFERS]
    assert compare([given_back], OUT, covered=[(DUE, DUE)]).differences == []


WHOLE = Booking(DUE, "out", Money(2_000, "EUR"), message_id=FILE, bank_reference="B1")


def test_a_file_booked_in_one_sum_matches_all_its_payments() -> None:
    assert compare([ONE, OTHER], WHOLE) == Outcome(matched=2)


def test_a_file_may_be_booked_without_what_the_bank_refused() -> None:
    refused = replace(OTHER, state=Line.REFUSED)

    assert compare([ONE, refused], replace(WHOLE, money=TEN)).differences == []


def test_a_file_booked_in_another_sum_is_found() -> None:
    (found,) = compare([ONE, OTHER], replace(WHOLE, money=Money(2_001, "EUR"))).differences

    assert (found.kind, found.key, found.ours) == (Kind.AMOUNT_DIFFERS, FILE, "20.00 EUR")


def test_a_file_booked_twice_is_found() -> None:
    assert kinds(compare([ONE, OTHER], WHOLE, WHOLE)) == [Kind.DUPLICATED]


def test_a_file_that_came_back_whole_is_found_until_our_books_know() -> None:
    back = replace(WHOLE, direction="back")
    returned = [replace(one, state=Line.RETURNED) for one in (ONE, OTHER)]

    assert kinds(compare([ONE, OTHER], WHOLE, back)) == [Kind.STATE_DIFFERS]
    assert compare(returned, WHOLE, back) == Outcome(returned=2)


def test_payments_booked_together_share_the_sum_and_what_is_wrong_with_it() -> None:
    joint = replace(OUT, references=(REF, TWO), money=Money(2_000, "EUR"))

    assert compare([ONE, OTHER], joint) == Outcome(matched=2)
    assert kinds(compare([ONE, OTHER], replace(joint, money=Money(1_900, "EUR")))) == [
        Kind.AMOUNT_DIFFERS
    ]
