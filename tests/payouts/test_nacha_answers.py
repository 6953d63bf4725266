"""Returns of American banks, read back by the id that our file gave each payment."""

from __future__ import annotations

from datetime import date

import achkit
import pytest

from app.kernel.money import Money
from app.payouts.errors import Unreadable
from app.payouts.files import nacha
from app.payouts.files.answers import Named, Verdict
from app.payouts.files.layout import short_reference
from app.payouts.files.nacha_answers import is_nacha, read_returns
from tests.payouts.builders import DOLLAR_PAYER, batch, payment, us

PAID = payment(1, money=Money(12_345, "USD"), destination=us(), remark="")
OURS = nacha.individual_id(PAID.reference)


def returned(code: str = "R03", *, way: str = "21", kind: str = "799", told: str = "") -> bytes:
    """Return our own file as its bank sends it back: the entry turned round, with the reason below it."""
    given = nacha.build(batch(PAID, payer=DOLLAR_PAYER)).content.decode().splitlines()
    header, batch_header, entry, batch_control, control = given[:5]
    trace = entry[79:94]
    entry = f"6{way}{entry[3:78]}1{trace}"
    addendum = f"{kind}{code}{trace}{'':6}{entry[3:11]}{told:<44}{trace}"
    batch_control = f"{batch_control[:4]}000002{batch_control[10:]}"
    control = f"{control[:13]}{2:08}{control[21:]}"
    lines = [header, batch_header, entry, addendum, batch_control, control]
    return "".join(f"{line}\n" for line in lines + ["9" * 94] * 4).encode()


def twice() -> bytes:
    """Return a file of two batches: what came back on two days."""
    header, *first, control = returned("R01").decode().splitlines()[:6]
    second = returned("R02").decode().splitlines()[1:5]
    banks = 2 * int(control[21:31])
    control = f"9{2:06}{1:06}{4:08}{banks:010}{0:012}{2 * 12_345:012}{'':39}"
    lines = [header, *first, *second, control]
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_return_names_our_payment_its_reason_and_what_came_back() -> None:
    found = read_returns(returned("R03"))

    assert found.kind == "nacha_return"
    assert found.named == (
        Named(OURS, Verdict("returned", "R03", "", Money(12_345, "USD"), date(2026, 11, 20))),
    )


def test_another_reader_sees_the_same_entry_and_knows_the_same_reason() -> None:
    (read,) = achkit.parse(returned("R03").decode())["batches"]
    (entry,) = read["entries"]

    (ours,) = read_returns(returned("R03")).named
    assert (entry["id_number"], entry["amount_cents"]) == (ours.reference, 12_345)
    assert "no account" in achkit.describe_return("R03").lower()


@pytest.mark.parametrize("code", sorted(achkit.RETURN_CODES))
def test_every_reason_of_the_rules_brings_our_payment_back(code: str) -> None:
    (found,) = read_returns(returned(code)).named

    assert found.reference.lower() == short_reference(PAID.reference)
    assert (found.verdict.outcome, found.verdict.reason) == ("returned", code)


@pytest.mark.parametrize("code", sorted(achkit.CHANGE_CODES))
def test_no_notice_of_change_moves_money(code: str) -> None:
    (found,) = read_returns(returned(code, kind="798", told="322271627")).named

    assert (found.verdict.outcome, found.verdict.money) == ("accepted", None)
    assert (found.verdict.reason, found.verdict.detail) == (code, "322271627")


@pytest.mark.parametrize("raw", [returned("R01"), twice()], ids=["one batch", "two batches"])
def test_what_we_take_for_the_file_of_a_bank_is_one_for_others_too(raw: bytes) -> None:
    errors = achkit.validate(raw.decode())["errors"]

    # That reader does not count 21, a credit that comes back, among the credits.
    assert {one["code"] for one in errors} == {"BAD_BATCH_CREDIT", "BAD_FILE_CREDIT"}


def test_the_entries_of_every_batch_are_read() -> None:
    assert [one.verdict.reason for one in read_returns(twice()).named] == ["R01", "R02"]


def test_a_file_without_line_breaks_reads_the_same() -> None:
    unbroken = twice().replace(b"\n", b"")

    assert is_nacha(unbroken)
    assert read_returns(unbroken) == read_returns(twice())


def test_a_notice_of_change_is_no_return() -> None:
    (found,) = read_returns(returned("C01", kind="798", told="0012345679")).named

    assert found.verdict == Verdict("accepted", "C01", "0012345679", None, date(2026, 11, 20))


def test_a_file_that_left_is_told_from_other_files() -> None:
    assert is_nacha(returned())
    assert not is_nacha(b"reference,status\n")
    assert not is_nacha(b"")


@pytest.mark.parametrize(
    "raw",
    [
        returned().replace(b"R03", b"   "),
        returned(way="22"),
        returned().replace(b"0000012345", b"0000012346", 1),
        twice().replace(b"8220000002", b"8220000003", 1),
        twice().replace(b"8220000002000114", b"8220000002000115", 1),
        twice().replace(b"000000012345", b"000000012346", 1),
        twice().replace(b"90000020", b"90000010", 1),
        twice().replace(b"0002280306", b"0002280307"),
        b"\n",
        b"".join(returned().splitlines(keepends=True)[:2]),
        returned()[:-5] + b"\n",
        returned().replace(b"PAYOUT", "PAYÖUT".encode()),
    ],
    ids=[
        "no reason",
        "no return",
        "another sum",
        "count of a batch",
        "banks of a batch",
        "sum of a batch",
        "count of batches",
        "banks of the file",
        "nothing",
        "cut off",
        "short line",
        "not ascii",
    ],
)
def test_what_does_not_add_up_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_returns(raw)
