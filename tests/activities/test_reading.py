"""Files are read as what they are: bytes, separators, numbers, days, spreadsheets."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activities import encodings, formats, spreadsheets
from app.activities.core import FormulaCell
from app.activities.errors import FileRefused
from app.activities.files import open_sheet
from app.activities.mapping import FileShape

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("text", "number_format", "number"),
    [
        ("1234.5", "1234567.89", "1234.5"),
        (".0120", "1234567.89", ".0120"),
        ("1.234,56", "1.234.567,89", "1234.56"),
        ("1.234.567", "1.234.567,89", "1234567"),
        ("1 234,56", "1 234 567,89", "1234.56"),
        ("1\u202f234,56", "1 234 567,89", "1234.56"),
        ("1\u00a0234", "1 234 567,89", "1234"),
        ("1,23,456.78", "12,34,567.89", "123456.78"),
        ("1'234.50", "1'234'567.89", "1234.50"),
        ("-12,50", "1234567,89", "-12.50"),
        ("12.50-", "1234567.89", "-12.50"),
        ("(12.50)", "1234567.89", "-12.50"),
        ("€1,284.50", "1,234,567.89", "1284.50"),
    ],
)
def test_a_number_is_read_exactly_in_its_format(text: str, number_format: str, number: str) -> None:
    assert formats.read_number(text, number_format) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "number_format"),
    [
        ("1.284,50", "1,234,567.89"),
        ("1,284.50", "1.234.567,89"),
        ("12,34", "1,234,567.89"),
        ("1.23.456", "1.234.567,89"),
        ("1e3", "1234567.89"),
        ("NaN", "1234567.89"),
        ("1.2.3", "1234567.89"),
        ("--1", "1234567.89"),
        ("", "1234567.89"),
        ("=1+1", "1234567.89"),
        ("9" * 50, "1234567.89"),
    ],
)
def test_what_is_not_written_in_the_format_is_no_number(text: str, number_format: str) -> None:
    assert formats.read_number(text, number_format) is None


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.sampled_from(formats.NUMBER_FORMATS),
)
def test_a_number_survives_being_written_in_any_format(number: Decimal, number_format: str) -> None:
    plain = f"{number:,.2f}"
    groups, point = {
        "1234567.89": ("", "."),
        "1234567,89": ("", ","),
        "1,234,567.89": (",", "."),
        "1.234.567,89": (".", ","),
        "1 234 567,89": ("\u202f", ","),
        "1'234'567.89": ("'", "."),
        "12,34,567.89": ("", "."),
    }[number_format]
    written = plain.translate(str.maketrans({",": groups, ".": point}))

    assert formats.read_number(written, number_format) == number


@pytest.mark.parametrize(
    ("text", "date_format", "instant"),
    [
        ("2026-11-19", "yyyy-mm-dd", "2026-11-18T23:00:00"),
        ("2026-11-19 08:26:00", "yyyy-mm-dd", "2026-11-19T07:26:00"),
        ("2026-11-19T08:26:00Z", "yyyy-mm-dd", "2026-11-19T08:26:00"),
        ("2026-11-19 08:26:00+05:30", "yyyy-mm-dd", "2026-11-19T02:56:00"),
        ("3/11/2017", "mm/dd/yyyy", "2017-03-10T23:00:00"),
        ("3/11/2017", "dd/mm/yyyy", "2017-11-02T23:00:00"),
        ("11/3/2017 1:05 PM", "mm/dd/yyyy", "2017-11-03T12:05:00"),
        ("20261119", "yyyymmdd", "2026-11-18T23:00:00"),
    ],
)
def test_a_day_is_read_in_its_format_and_zone(text: str, date_format: str, instant: str) -> None:
    read = formats.read_instant(text, date_format, ROME)

    assert read == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["31/11/2026", "00/01/2026", "2026-11-19", "1/1/26", ""])
def test_a_day_that_does_not_exist_is_no_day(text: str) -> None:
    assert formats.read_instant(text, "dd/mm/yyyy", ROME) is None


def test_a_format_is_found_when_one_value_leaves_no_choice() -> None:
    assert formats.date_formats_of(["3/4/2017", "3/25/2017"]) == ["mm/dd/yyyy"]
    assert formats.number_formats_of(["1.234", "1.234,50"]) == ["1.234.567,89"]


def test_two_readings_that_differ_are_both_named() -> None:
    assert formats.date_formats_of(["3/4/2017"]) == ["dd/mm/yyyy", "mm/dd/yyyy"]
    assert formats.number_formats_of(["1.234"]) == ["1234567.89", "1.234.567,89"]


def test_one_bad_value_among_many_does_not_hide_the_format() -> None:
    days = [f"{day:02}/11/2026" for day in range(1, 31)]

    assert formats.date_formats_of([*days, "31/11/2026"]) == ["dd/mm/yyyy"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "cp1252", "cp437"]
)
def test_an_encoding_is_found_from_the_bytes(encoding: str) -> None:
    text = "Name,Città\nJosé Gómez,Forlì\nAmélie Müller,Orléans\n"
    raw = text.encode(encoding)

    found = encodings.detect(raw)

    assert found.is_sure
    assert encodings.decode(raw, found.encoding) == text


def test_bytes_that_speak_for_two_encodings_are_not_guessed() -> None:
    raw = "José,".encode("cp437") + "José".encode("cp1252")

    assert not encodings.detect(raw).is_sure


def test_an_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(FileRefused, match="byte 3"):
        encodings.decode("José".encode("cp1252"), "utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "+|", "||", "|~|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "&|\r\n"])
def test_separators_are_found(delimiter: str, line_end: str) -> None:
    rows = [["Order", "Sold by", "Total"], ["1", "Ada", "12.50"], ["2", "Bo", ""]]
    raw = "".join(delimiter.join(row) + line_end for row in rows).encode()

    sheet = open_sheet(raw, FileShape())

    assert sheet.columns == ("Order", "Sold by", "Total")
    assert [list(row) for row in sheet.rows] == rows[1:]
    assert sheet.first_row == 2


def test_names_of_columns_lose_their_padding_and_doubles_get_numbers() -> None:
    sheet = open_sheet(b"Id\t    Value\t  Value \n1\t2\t3\n", FileShape(header=True))

    assert sheet.columns == ("Id", "Value", "Value_2")


def test_a_header_with_a_name_that_comes_twice_is_a_header() -> None:
    sheet = open_sheet(b"id,day,value,value\nA-1,2026-11-19,1,2\n", FileShape())

    assert sheet.columns == ("id", "day", "value", "value_2")
    assert sheet.first_row == 2


def test_a_number_behind_a_name_is_never_one_that_is_taken() -> None:
    sheet = open_sheet(b"a,a_2,a,b\n1,2,3,4\n", FileShape())

    assert sheet.columns == ("a", "a_2", "a_3", "b")


def test_two_formats_that_read_as_many_values_are_a_question() -> None:
    assert formats.number_formats_of(["12.50", "12,50", "x"]) == ["1234567.89", "1234567,89"]


def test_what_is_no_number_says_nothing_about_the_format() -> None:
    assert formats.number_formats_of(["12.50", "n/a", "?", "-"]) == ["1234567.89"]
    assert formats.number_formats_of(["n/a", "?"]) == []
    assert formats.number_formats_of(["1,234.50", "12.5", "12,5"]) == ["1,234,567.89"]


def test_days_of_two_formats_are_not_read_in_one_of_them() -> None:
    days = ["13/04/2026", "14/04/2026", "04/15/2026"]

    assert formats.date_formats_of([*days, "soon"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "a;b\n" + "x" * 30_000 + ";1\n",
        "x" * 30_000 + "\n",
        ";".join(f"c{number}" for number in range(9_000)) + "\n",
    ],
)
def test_cells_and_rows_beyond_measure_are_refused(text: str) -> None:
    with pytest.raises(FileRefused):
        list(open_sheet(text.encode(), FileShape()).rows)


def test_a_quoted_cell_may_hold_separators_and_line_breaks() -> None:
    sheet = open_sheet(b'Id,Note\n1,"a, ""b""\nc"\n', FileShape())

    assert [list(row) for row in sheet.rows] == [["1", 'a, "b"\nc']]


def workbook(cells: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_spreadsheet_keeps_numbers_exact_and_marks_formulas() -> None:
    raw = workbook(
        [["Id", "Value", "Day"], ["A", 0.1, datetime(2026, 11, 19)], ["B", "=1+1", "text"]]  # noqa: DTZ001 - cells have no zone
    )

    rows = list(open_sheet(raw, FileShape(), file_name="a.xlsx").rows)

    assert rows[0] == ["A", Decimal("0.1"), datetime(2026, 11, 19)]  # noqa: DTZ001 - cells have no zone
    assert isinstance(rows[1][1], FormulaCell)


def test_a_header_is_known_above_rows_that_are_longer() -> None:
    raw = workbook([["Contract", "Rep"], ["C-1", "L-0474", 12.5, "note"]])

    read = open_sheet(raw, FileShape(), file_name="sales.xlsx")

    assert read.columns == ("Contract", "Rep", "column_3", "column_4")
    assert read.first_row == 2


def archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return out.getvalue()


BOOK = {"xl/workbook.xml": b"<workbook/>"}


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({**BOOK, "xl/worksheets/sheet1.xml": b"0" * 60_000_000}, "zip_bomb"),
        ({**BOOK, "xl/worksheets/sheet1.xml": b"0" * 1_000_000}, "zip_bomb"),
        ({**BOOK, **{f"xl/media/{n}": b"" for n in range(250)}}, "too_many_parts"),
        ({**BOOK, "../../etc/passwd": b"x"}, "not_xlsx"),
        ({**BOOK, "inner.zip": b"x"}, "not_xlsx"),
        ({"hello.txt": b"x"}, "not_xlsx"),
        ({**BOOK, "xl/vbaProject.bin": b"x"}, "macros"),
    ],
)
def test_an_unsafe_archive_is_refused_before_it_is_opened(
    entries: dict[str, bytes], reason: str
) -> None:
    with pytest.raises(FileRefused) as refusal:
        spreadsheets.check_archive(archive(entries))

    assert refusal.value.params["reason"] == reason


def test_a_child_that_runs_out_of_memory_ends_as_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spreadsheets, "MEMORY", 1_000_000)

    with pytest.raises(FileRefused, match="too large"):
        list(spreadsheets.read(workbook([["Id"], ["A"]])))


def test_a_sheet_is_taken_by_its_name() -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Sales").append(["Id"])
    out = io.BytesIO()
    book.save(out)

    assert list(spreadsheets.read(out.getvalue(), sheet="Sales")) == [["Id"]]
    with pytest.raises(FileRefused, match="no sheet called Other"):
        spreadsheets.read(out.getvalue(), sheet="Other")
