from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers import bank_numbers
from app.providers.bank_numbers import BadNumber, check


def refusal(kind: str, **fields: str) -> tuple[str, str]:
    with pytest.raises(BadNumber) as refused:
        check(kind, fields)
    return refused.value.field, refused.value.code


def test_an_iban_is_kept_without_blanks_in_capitals() -> None:
    assert check("iban", {"iban": " it60 x054 2811 1010 0000 0123 456"}) == {
        "iban": "IT60X0542811101000000123456"
    }


@pytest.mark.parametrize(
    ("iban", "code"),
    [
        ("IT61X0542811101000000123456", "iban_check_digits"),
        ("DE88370400440532013000", "iban_check_digits"),
        ("IT60X054281110100000012345", "iban_length"),
        ("ZZ60X0542811101000000123456", "iban_country"),
        ("", "iban_structure"),
        ("IT60X05428111010000001234\N{FULLWIDTH DIGIT FIVE}6", "iban_structure"),
    ],
)
def test_an_iban_that_cannot_be_right_says_what_is_wrong(iban: str, code: str) -> None:
    assert refusal("iban", iban=iban) == ("iban", code)


def test_the_check_letter_inside_an_italian_iban_is_checked_too() -> None:
    assert refusal("iban", iban="IT87Y0542811101000000123456") == ("iban", "iban_check_digits")


def test_the_bic_has_to_be_of_the_country_of_the_iban() -> None:
    iban = "DE89370400440532013000"

    assert check("iban", {"iban": iban, "bic": "cobadeffxxx"})["bic"] == "COBADEFFXXX"
    assert refusal("iban", iban=iban, bic="BLOPIT22") == ("bic", "bic_other_country")
    assert refusal("iban", iban=iban, bic="COBA") == ("bic", "bic_structure")


def test_islands_bank_under_the_iban_of_their_country() -> None:
    assert bank_numbers.check_bic("BARCGGSPXXX", iban="GB82WEST12345698765432") == "BARCGGSPXXX"


@given(
    position=st.integers(4, 26),
    digit=st.sampled_from("0123456789"),
)
def test_one_wrong_digit_of_an_iban_is_always_noticed(position: int, digit: str) -> None:
    right = "IT60X0542811101000000123456"
    wrong = right[:position] + digit + right[position + 1 :]

    if wrong == right:
        assert bank_numbers.check_iban(wrong) == right
    else:
        assert refusal("iban", iban=wrong)[0] == "iban"


def test_an_indian_account_keeps_its_leading_zeros() -> None:
    assert check("ifsc", {"ifsc": "yesb0000262", "account": "0262 9180 0001 191"}) == {
        "ifsc": "YESB0000262",
        "account": "026291800001191",
    }


@pytest.mark.parametrize(
    ("ifsc", "account", "expected"),
    [
        ("YESB1000262", "026291800001191", ("ifsc", "ifsc_structure")),
        ("YES00000262", "026291800001191", ("ifsc", "ifsc_structure")),
        ("YESB0000262", "1.2E+15", ("account", "account_digits")),
        ("YESB0000262", "\N{DEVANAGARI DIGIT ONE}" * 12, ("account", "account_digits")),
        ("YESB0000262", "12345678", ("account", "account_length")),
        ("YESB0000262", "1" * 19, ("account", "account_length")),
        ("YESB0000262", "0" * 12, ("account", "account_zeros")),
    ],
)
def test_an_indian_account_that_cannot_be_right_is_refused(
    ifsc: str, account: str, expected: tuple[str, str]
) -> None:
    assert refusal("ifsc", ifsc=ifsc, account=account) == expected


def test_a_bank_of_indonesia_is_known_by_its_clearing_code() -> None:
    assert check("id_bank", {"bank_code": "14", "account": "5270-012-345"}) == {
        "bank_code": "014",
        "account": "5270012345",
    }
    assert refusal("id_bank", bank_code="999", account="5270012345") == (
        "bank_code",
        "bank_unknown",
    )
    assert refusal("id_bank", bank_code="014", account="52700123456") == (
        "account",
        "account_length",
    )


def test_banks_of_indonesia_have_each_a_code_and_a_name_of_their_own() -> None:
    banks = bank_numbers.banks_of_indonesia()

    assert len({bank.code for bank in banks}) == len({bank.name for bank in banks}) == len(banks)
    assert all(len(bank.code) == 3 for bank in banks)


def test_a_routing_number_is_checked_by_range_and_weights() -> None:
    assert check(
        "us_ach", {"routing": "021000021", "account": "123-456789", "type": "Savings"}
    ) == {
        "routing": "021000021",
        "account": "123456789",
        "type": "savings",
    }
    assert refusal("us_ach", routing="021000022", account="1234")[1] == "routing_check_digit"
    assert refusal("us_ach", routing="02100002", account="1234")[1] == "routing_length"
    assert refusal("us_ach", routing="501000020", account="1234")[1] == "routing_range"
    assert refusal("us_ach", routing="021000021", account="123")[1] == "account_length"
    assert (
        refusal("us_ach", routing="021000021", account="1234", type="loan")[1]
        == "account_type_unknown"
    )


def test_a_kind_nobody_knows_is_refused() -> None:
    assert refusal("paypal", account="1") == ("kind", "kind_unknown")


@pytest.mark.parametrize(
    ("kind", "fields", "shown"),
    [
        ("iban", {"iban": "IT60X0542811101000000123456"}, "IT •••• 3456"),
        ("ifsc", {"ifsc": "YESB0000262", "account": "026291800001191"}, "YESB •••• 1191"),
        ("id_bank", {"bank_code": "014", "account": "5270012345"}, "BCA •••• 2345"),
        ("us_ach", {"routing": "021000021", "account": "123456789"}, "US •••• 6789"),
    ],
)
def test_a_screen_shows_where_an_account_is_and_its_last_four(
    kind: str, fields: dict[str, str], shown: str
) -> None:
    assert bank_numbers.mask(kind, fields) == shown


def test_a_masked_name_keeps_first_letters_only() -> None:
    assert bank_numbers.mask_name("JOHN  DOE") == "J*** D**"
    assert bank_numbers.mask_name("Li") == "L*"
    assert bank_numbers.mask_name("O") == "O*"


def test_the_bank_and_the_country_of_an_account_are_read_from_its_number() -> None:
    iban = {"iban": "DE89370400440532013000"}

    assert bank_numbers.bank_name("iban", iban) == "Commerzbank Köln"
    assert bank_numbers.country_of("iban", iban) == "DE"
    assert bank_numbers.country_of("us_ach", {"routing": "021000021"}) == "US"
    assert bank_numbers.bank_name("id_bank", {"bank_code": "014", "account": "1"}) == "BCA"
    assert bank_numbers.bank_name("us_ach", {"routing": "021000021"}) == ""


def test_rupiah_are_paid_whole() -> None:
    assert bank_numbers.payable_step("IDR") == 100
    assert bank_numbers.payable_step("EUR") == 1
