"""NACHA files: the published record layout, and a reader that others wrote."""

from __future__ import annotations

from datetime import date

import achkit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.money import Money
from app.payouts.errors import Unfit
from app.payouts.files import nacha
from app.payouts.files.batch import Batch
from app.providers.contract import Destination
from tests.payouts.builders import DOLLAR_PAYER, batch, ifsc, payer, payment, us

TWO = (
    payment(1, name="José Núñez", money=Money(12_345, "USD"), destination=us()),
    payment(2, money=Money(5, "USD"), destination=us(kind="savings"), remark=""),
)


def dollars(*payments: object, **values: object) -> Batch:
    return batch(*(payments or TWO), **({"payer": DOLLAR_PAYER} | values))  # type: ignore[arg-type]


def lines(given: Batch) -> list[str]:
    return nacha.build(given).content.decode("ascii").splitlines()


def codes(given: Batch) -> list[str]:
    with pytest.raises(Unfit) as refused:
        nacha.build(given)
    return [problem.code for problem in refused.value.problems]


def test_every_line_has_94_characters_and_blocks_have_ten_lines() -> None:
    written = lines(dollars())

    assert {len(line) for line in written} == {94}
    assert len(written) % 10 == 0
    assert [line[0] for line in written] == list("1567689999")


def test_records_say_what_the_rules_want_where_the_rules_want_it() -> None:
    header, batch_header, first, addendum, second, batch_control, file_control, *_ = lines(
        dollars()
    )

    assert (header[1:3], header[3:13], header[34:40]) == ("01", " 021000021", "094101")
    assert (batch_header[1:4], batch_header[50:53], batch_header[69:75]) == ("220", "PPD", "261120")
    assert (first[1:3], first[3:12], first[12:29].rstrip()) == ("22", "011401533", "0012345678")
    assert (first[29:39], first[54:76].rstrip(), first[78]) == ("0000012345", "JOSE NUNEZ", "1")
    assert (addendum[:3], addendum[87:94]) == ("705", first[87:94])
    assert (second[1:3], second[78]) == ("32", "0")
    assert first[79:94] < second[79:94]
    assert first[79:87] == "02100002"
    assert batch_control[10:20] == file_control[21:31] == f"{1140153 * 2:010}"
    assert batch_control[32:44] == file_control[43:55] == f"{12_350:012}"
    assert batch_control[20:32] == "0" * 12
    assert file_control[1:13] == "000001000001"


def test_an_independent_reader_accepts_the_file_and_reads_the_same() -> None:
    content = nacha.build(dollars()).content.decode()

    assert achkit.validate(content) == {"ok": True, "errors": []}
    (read,) = achkit.parse(content)["batches"]
    assert [(one["amount_cents"], one["account"]) for one in read["entries"]] == [
        (12_345, "0012345678"),
        (5, "0012345678"),
    ]
    assert [one["id_number"] for one in read["entries"]] == [
        nacha.individual_id(one.reference) for one in TWO
    ]


def test_an_independent_reader_finds_what_we_tell_the_person_below_the_entry_it_belongs_to() -> (
    None
):
    content = nacha.build(dollars()).content.decode()

    (read,) = achkit.parse(content)["batches"]
    first, second = read["entries"]
    (addendum,) = first["addenda"]
    assert (addendum["type"], addendum["info"]) == ("05", "LUMERA REWARD")
    assert addendum["entry_detail_sequence"] == first["trace_number"][-7:]
    assert (second["addenda_flag"], second["addenda"]) == (False, [])


def test_control_sums_count_addenda_and_keep_the_last_ten_digits_of_the_bank_numbers() -> None:
    chase = Destination(
        "us_ach", "Jane Doe", "US", "USD", {"routing": "322271627", "account": "1234"}
    )
    given = dollars(
        *(payment(n, money=Money(1, "USD"), destination=chase) for n in range(311)),
    )

    content = nacha.build(given).content.decode()

    assert achkit.validate(content) == {"ok": True, "errors": []}
    told = achkit.parse(content)["control"]
    assert told["entry_addenda_count"] == 2 * 311
    assert 311 * 32_227_162 > 10**10
    assert int(told["entry_hash"]) == 311 * 32_227_162 - 10**10


def test_the_reader_is_a_judge_that_can_say_no() -> None:
    content = nacha.build(dollars()).content.decode().replace("0000012345", "0000012346", 1)

    assert not achkit.validate(content)["ok"]


@given(minors=st.lists(st.integers(1, 9_999_999_999), min_size=1, max_size=40))
@settings(max_examples=40)
def test_sums_and_hashes_hold_for_any_batch(minors: list[int]) -> None:
    given = dollars(
        *(
            payment(n, money=Money(minor, "USD"), destination=us(), remark="x" * (n % 2))
            for n, minor in enumerate(minors)
        )
    )

    assert achkit.validate(nacha.build(given).content.decode())["ok"]


@pytest.mark.parametrize(
    ("asked", "paid"),
    [
        (date(2026, 11, 26), "261127"),
        (date(2026, 12, 25), "261228"),
        (date(2027, 1, 18), "270119"),
        (date(2027, 5, 31), "270601"),
        (date(2027, 7, 5), "270706"),
        (date(2027, 6, 18), "270618"),
    ],
)
def test_money_moves_when_the_federal_reserve_does(asked: date, paid: str) -> None:
    assert lines(dollars(pay_on=asked))[1][69:75] == paid


def test_what_cannot_be_paid_is_refused() -> None:
    euro = payment(1, money=Money(100, "EUR"), destination=us())
    assert codes(dollars(euro)) == ["currency_unfit"]
    assert codes(dollars(payment(money=Money(0, "USD"), destination=us()))) == [
        "amount_not_positive"
    ]
    assert codes(dollars(payment(money=Money(1, "USD"), destination=ifsc()))) == [
        "destination_unfit"
    ]
    large = payment(money=Money(10_000_000_000, "USD"), destination=us())
    assert codes(dollars(large)) == ["amount_too_large"]
    emoji = payment(name="🎉", money=Money(1, "USD"), destination=us())
    assert codes(dollars(emoji)) == ["name_unwritable"]


def test_a_wrong_digit_in_a_routing_number_is_told_in_a_sentence_that_names_it() -> None:
    wrong = Destination("us_ach", "Jo", "US", "USD", {"routing": "011401534", "account": "1234"})

    with pytest.raises(Unfit) as refused:
        nacha.build(dollars(payment(money=Money(1, "USD"), destination=wrong)))

    assert not achkit.is_valid_routing("011401534")
    assert [(problem.pointer, problem.detail) for problem in refused.value.problems] == [
        ("/payments/0/destination/routing", "The routing number 011401534 fails its check digit.")
    ]


def test_a_total_that_twelve_digits_cannot_hold_is_refused() -> None:
    large = [payment(n, money=Money(nacha.MOST_MINOR, "USD"), destination=us()) for n in range(101)]

    assert codes(dollars(*large)) == ["amount_too_large"]


def test_the_paying_account_has_to_be_right() -> None:
    assert codes(dollars(payer=payer(DOLLAR_PAYER, routing="021000022"))) == ["routing_check_digit"]
    assert codes(dollars(payer=payer(DOLLAR_PAYER, company_id=""))) == ["payer_incomplete"]
    assert codes(dollars(serial=37)) == ["serial_used_up"]


def test_files_of_a_day_are_told_apart_by_their_letter() -> None:
    assert [lines(dollars(serial=n))[0][33] for n in (1, 2, 36)] == ["A", "B", "9"]
