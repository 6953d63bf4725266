"""The files of Indian and Indonesian banks, payroll layouts, and tables for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from app.kernel.money import Money
from app.payouts.errors import Unfit
from app.payouts.files import india, indonesia, payroll, tables
from app.payouts.files.batch import Batch, File
from app.payouts.files.formats import FORMATS, build_bank_csv
from tests.payouts.builders import (
    EURO_PAYER,
    MONDAY,
    RUPEE_PAYER,
    RUPIAH_PAYER,
    batch,
    iban,
    id_bank,
    ifsc,
    payer,
    payment,
)


def rupees(*minors: int, **values: Any) -> Batch:
    network = values.pop("network", "neft")
    lines = [
        payment(n, name="Asha Rao", money=Money(minor, "INR"), destination=values.get("to", ifsc()))
        for n, minor in enumerate(minors, start=1)
    ]
    values.pop("to", None)
    return batch(*lines, **({"payer": payer(RUPEE_PAYER, network=network)} | values))


BCA_PAYER = payer(RUPIAH_PAYER, account="0123456789")


def rupiah(*minors: int, bank: str = "014", account: str = "1234567890", **values: Any) -> Batch:
    lines = [
        payment(
            n, name="Budi Santoso", money=Money(minor, "IDR"), destination=id_bank(bank, account)
        )
        for n, minor in enumerate(minors, start=1)
    ]
    return batch(*lines, **({"payer": BCA_PAYER} | values))


def text(file: File) -> str:
    return file.content.decode("ascii")


def codes(build: Callable[[Batch], File], given: Batch) -> list[str]:
    with pytest.raises(Unfit) as refused:
        build(given)
    assert all(problem.detail.endswith(".") for problem in refused.value.problems)
    return [problem.code for problem in refused.value.problems]


def test_icici_begins_with_its_header_and_names_the_network() -> None:
    file = india.build_icici(rupees(150_000, 99))

    payee, ours = "Asha Rao|00501234567890|HDFC0000123", "000405001257|0011"
    assert text(file).splitlines() == [
        "FHR|0011|000405001257|INR|1500.99|2|11/20/2026|",
        f"PRB|NFT|1500.00|INR|{payee}|{ours}|0a1b2c3d4e50001|Lumera reward",
        f"PRB|NFT|0.99|INR|{payee}|{ours}|0a1b2c3d4e50002|Lumera reward",
    ]


def test_icici_keeps_money_within_the_bank_where_it_is_there_already() -> None:
    file = india.build_icici(rupees(100, to=ifsc("ICIC0001234")))

    assert text(file).splitlines()[1].split("|")[1] == "WIB"


def test_hdfc_has_28_fields_no_header_and_its_own_name() -> None:
    file = india.build_hdfc(rupees(150_000, serial=7))

    (line,) = text(file).splitlines()
    cells = line.split(",")
    assert (file.name, len(cells)) == ("LUME2011.007", 28)
    assert (cells[0], cells[2], cells[3], cells[4]) == (
        "N",
        "00501234567890",
        "1500.00",
        "Asha Rao",
    )
    assert (cells[22], cells[24]) == ("20/11/2026", "HDFC0000123")


def test_hdfc_never_holds_a_comma_inside_a_field() -> None:
    given = batch(
        payment(name="Rao, Asha", money=Money(100, "INR"), destination=ifsc(), remark="a,b|c"),
        payer=RUPEE_PAYER,
    )

    file = india.build_hdfc(given)

    assert text(file).count(",") == 27
    assert {change.code for change in file.changes} == {"transliterated"}


def test_union_has_its_header_and_eleven_fields_a_line() -> None:
    header, line = text(india.build_union(rupees(20_000_000, network="rtgs"))).splitlines()

    assert header.split("|")[:3] == ["FILEHDR", "LUMERA", "1"]
    assert line.split("|")[:7] == [
        "RTGS",
        "ICIC0000004",
        "000405001257",
        "HDFC0000123",
        "00501234567890",
        "INR",
        "200000.00",
    ]


@pytest.mark.parametrize(
    ("network", "minor", "code"),
    [
        ("imps", 50_000_100, "over_network_limit"),
        ("rtgs", 19_999_999, "under_network_limit"),
        ("swift", 100, "network_unknown"),
    ],
)
def test_networks_of_india_have_their_limits(network: str, minor: int, code: str) -> None:
    assert codes(india.build_icici, rupees(minor, network=network)) == [code]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (ifsc("HDFC1000123"), "ifsc_structure"),
        (ifsc(account="12345678"), "account_length"),
        (ifsc(account="1.2E+15"), "account_digits"),
        (iban(), "destination_unfit"),
    ],
)
def test_wrong_accounts_of_india_are_refused(to: Any, code: str) -> None:
    assert codes(india.build_icici, rupees(100, to=to))[0] == code


def test_mandiri_has_its_header_and_the_service_of_each_transfer() -> None:
    own = payment(
        1,
        name="Siti",
        money=Money(150_000_00, "IDR"),
        destination=id_bank(),
        email="s@lumera.example",
    )
    other = payment(
        2, name="Budi", money=Money(1_00, "IDR"), destination=id_bank("014", "1234567890")
    )

    file = indonesia.build_mandiri(batch(own, other, payer=RUPIAH_PAYER))

    header, first, second = text(file).splitlines()
    assert header == "P,20261120,1220001234567,2,150001.00"
    assert first.split(",")[:10] == [
        "1220009876543", "Siti", "", "", "", "IDR", "150000.00", "Lumera reward", "0a1b2c3d4e50001", "IBU",
    ]  # fmt: skip
    assert first.split(",")[-2:] == ["Y", "s@lumera.example"]
    assert second.split(",")[9:11] == ["BAU", "014"]


def test_rupiah_are_paid_whole() -> None:
    assert codes(indonesia.build_mandiri, rupiah(150_050)) == ["amount_not_whole"]


def test_bi_fast_has_a_limit() -> None:
    assert codes(indonesia.build_mandiri, rupiah(250_000_001_00)) == ["over_network_limit"]


def test_bca_writes_lines_of_one_width_and_counts_its_files_of_a_day() -> None:
    file = indonesia.build_bca(rupiah(150_000_00, 1_00, serial=3))

    header, *lines = text(file).splitlines()
    assert file.name == "LUMERA0120261120BCA03.txt"
    assert header.endswith(f"00002{15_000_100:017}")
    assert {len(line) for line in lines} == {139}


def test_bca_takes_each_lane_in_a_file_of_its_own() -> None:
    own = payment(1, money=Money(100, "IDR"), destination=id_bank("014", "1234567890"))
    clearing = payment(2, money=Money(100, "IDR"), destination=id_bank())
    large = payment(3, money=Money(100_000_001_00, "IDR"), destination=id_bank())

    given = batch(own, clearing, large, payer=BCA_PAYER)

    assert codes(indonesia.build_bca, given) == ["lanes_mixed"]
    lanes = [FORMATS["bca"].lane(one, RUPIAH_PAYER) for one in given.payments]
    assert lanes == ["bca", "llg", "rtgs"]


TEMPLATE = {
    "name": "paghe_{pay_on:%Y%m}.txt",
    "separator": "none",
    "decimal": "comma",
    "titles": False,
    "columns": [
        {"value": "personnel_number", "width": 8, "align": "right", "pad": "0"},
        {"value": "=1200"},
        {"value": "amount", "width": 12, "align": "right"},
        {"value": "name", "width": 20},
        {"value": "pay_on:%d/%m/%Y"},
    ],
    "trailer": [{"value": "=T"}, {"value": "count:05"}, {"value": "total:cents", "width": 12}],
}


def paid_by_payroll(template: object = TEMPLATE, **values: Any) -> Batch:
    line = payment(destination=None, personnel_number="4711", **values)
    fields = {"template": json.dumps(template) if not isinstance(template, str) else template}
    return batch(line, payer=payer(EURO_PAYER, **fields))


def test_a_payroll_file_looks_as_the_company_describes_it() -> None:
    file = payroll.build(paid_by_payroll())

    assert file.name == "paghe_202611.txt"
    assert text(file).splitlines() == [
        "000047111200      100,50Anna Muster         20/11/2026",
        "T0000110050       ",
    ]


def test_payroll_knows_people_by_number() -> None:
    nobody = batch(
        payment(destination=None), payer=payer(EURO_PAYER, template=json.dumps(TEMPLATE))
    )

    assert codes(payroll.build, nobody) == ["personnel_number_missing"]


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{",
        {"name": "x.txt", "columns": []},
        {"name": "x.txt", "columns": [{"value": "salary"}]},
        {"name": "x.txt", "columns": [{"value": "=<b>"}]},
        {"name": "x.txt", "columns": [{"value": "amount"}], "header": [{"value": "name"}]},
    ],
)
def test_a_layout_that_cannot_be_filled_is_refused(template: object) -> None:
    assert codes(payroll.build, paid_by_payroll(template)) == ["template_wrong"]


def test_a_file_cannot_be_named_out_of_its_folder() -> None:
    template = TEMPLATE | {"name": "../x.txt"}

    assert codes(payroll.build, paid_by_payroll(template)) == ["file_name_unfit"]


def test_a_number_that_does_not_fit_is_refused_not_cut() -> None:
    template = TEMPLATE | {"columns": [{"value": "reference", "most": 10}]}

    assert codes(payroll.build, paid_by_payroll(template)) == ["too_long"]


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    " =1",
]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_csv_for_people_holds_no_formula(name: str) -> None:
    file = tables.build_csv(batch(payment(name=name)))

    row = next(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert row["name"] == f"'{name}"
    assert (row["amount"], row["account"]) == ("100.50", "DE89370400440532013000")


@pytest.mark.parametrize("name", FORMULAS[:4])
def test_a_workbook_holds_texts_only(name: str) -> None:
    file = tables.build_xlsx(batch(payment(name=name)))

    sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert name in [cell.value for cell in cells]


def test_a_workbook_of_the_same_batch_has_the_same_bytes() -> None:
    assert tables.build_xlsx(batch()).content == tables.build_xlsx(batch()).content


def test_a_csv_for_a_bank_refuses_what_a_program_could_misread() -> None:
    assert text(build_bank_csv(batch())).splitlines()[1].split(";")[3] == "DE89370400440532013000"
    wrong = payment(reference="a,b(c)")
    assert codes(build_bank_csv, batch(wrong)) == ["characters_unfit"]


@pytest.mark.parametrize("code", sorted(FORMATS))
def test_every_format_refuses_a_wrong_sum_and_a_payment_of_nothing(code: str) -> None:
    given = batch(payment(money=Money(0, "EUR")), total=Money(7, "EUR"))

    found = codes(FORMATS[code].build, given)

    assert {"total_differs", "amount_not_positive"} <= set(found)


def test_money_moves_from_monday_to_friday() -> None:
    weekend = india.build_icici(rupees(100, pay_on=MONDAY.replace(day=21)))

    assert weekend.pay_on == MONDAY
