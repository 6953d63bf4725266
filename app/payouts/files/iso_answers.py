"""Reading pain.002 (status report), camt.053 (statement) and camt.054 (notice), whatever their edition.

Elements are found by their names without namespace: banks send many editions of one message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree as SafeTree
from defusedxml.common import DefusedXmlException

from app.kernel.money import Money, parse_money
from app.payouts.errors import Unreadable
from app.payouts.files.answers import Answer, Named, Outcome, Verdict, Whole

STATES: Final[Mapping[str, Outcome]] = {
    **dict.fromkeys(("RCVD", "PDNG", "ACTC", "ACCP", "ACSP", "ACWC", "ACWP", "ACFC"), "accepted"),
    **dict.fromkeys(("ACSC", "ACCC"), "settled"),
    "RJCT": "refused",
    "CANC": "refused",
}
"""What status codes mean for us. PART says only that the payments differ."""


def read_xml(raw: bytes) -> Answer:
    """Return what a bank's XML says; raise Unreadable when it is none of the three messages."""
    try:
        root = SafeTree.fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Unreadable("This is no XML that may be read.") from None
    for report in root:
        match _name(report):
            case "CstmrPmtStsRpt":
                return _read_report(report)
            case "BkToCstmrStmt":
                return _read_entries(report, "camt.053", "Stmt")
            case "BkToCstmrDbtCdtNtfctn":
                return _read_entries(report, "camt.054", "Ntfctn")
    raise Unreadable(
        "This XML is no status report (pain.002), statement (camt.053) or notice (camt.054)."
    )


def _read_report(report: Element) -> Answer:
    group = _find(report, "OrgnlGrpInfAndSts")
    message_id = _text(group, "OrgnlMsgId")
    wholes: list[Whole] = []
    if (verdict := _verdict(group, "GrpSts")) is not None:
        wholes.append(Whole(message_id, verdict))
    named: list[Named] = []
    for block in _all(report, "OrgnlPmtInfAndSts"):
        if (verdict := _verdict(block, "PmtInfSts")) is not None:
            wholes.append(Whole(_text(block, "OrgnlPmtInfId") or message_id, verdict))
        for one in _all(block, "TxInfAndSts"):
            reference = _text(one, "OrgnlEndToEndId")
            if (verdict := _verdict(one, "TxSts")) is not None and reference:
                named.append(Named(reference, verdict))
    return Answer("pain.002", tuple(wholes), tuple(named))


def _verdict(of: Element | None, status: str) -> Verdict | None:
    outcome = STATES.get(_text(of, status))
    if of is None or outcome is None:
        return None
    reason = _text(of, "StsRsnInf/Rsn/Cd") or _text(of, "StsRsnInf/Rsn/Prtry")
    return Verdict(
        outcome,
        reason,
        _text(of, "StsRsnInf/AddtlInf"),
        _money(_find(of, "OrgnlTxRef/Amt/InstdAmt")),
        _day(_text(of, "AccptncDtTm")),
    )


def _read_entries(report: Element, kind: str, statement: str) -> Answer:
    wholes: list[Whole] = []
    named: list[Named] = []
    for entry in (entry for part in _all(report, statement) for entry in _all(part, "Ntry")):
        details = [one for part in _all(entry, "NtryDtls") for one in _all(part, "TxDtls")]
        references = [_text(one, "Refs/EndToEndId") for one in details]
        known = [(ref, one) for ref, one in zip(references, details, strict=True) if _is_ours(ref)]
        for reference, one in known:
            named.append(Named(reference, _booked(entry, one, alone=len(details) == 1)))
        if not known and (message_id := _batch_of(entry, details)):
            wholes.append(Whole(message_id, _booked(entry, None, alone=True)))
    return Answer(kind, tuple(wholes), tuple(named))


def _is_ours(reference: str) -> bool:
    return bool(reference) and reference != "NOTPROVIDED"


def _batch_of(entry: Element, details: list[Element]) -> str:
    """Return the message id of a booking that stands for a whole file."""
    batch = _find(entry, "NtryDtls/Btch")
    found = _text(batch, "PmtInfId") or _text(batch, "MsgId")
    return found or next(
        (
            text
            for one in details
            if (text := _text(one, "Refs/PmtInfId") or _text(one, "Refs/MsgId"))
        ),
        "",
    )


def _booked(entry: Element, detail: Element | None, *, alone: bool) -> Verdict:
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    is_credit = _text(entry, "CdtDbtInd") == "CRDT"
    reason = _text(detail, "RtrInf/Rsn/Cd") or _text(detail, "RtrInf/Rsn/Prtry")
    outcome: Outcome = "settled"
    if is_credit or reason or _text(entry, "RvslInd") == "true":
        outcome = "returned"
    elif status and status != "BOOK":
        outcome = "accepted"
    money = _money(_find(detail, "Amt")) or _money(_find(detail, "AmtDtls/TxAmt/Amt"))
    return Verdict(
        outcome,
        reason,
        _text(detail, "RtrInf/AddtlInf"),
        money or (_money(_find(entry, "Amt")) if alone else None),
        _day(_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm")),
    )


def _money(element: Element | None) -> Money | None:
    if element is None or not element.text:
        return None
    try:
        return parse_money(element.text.strip(), element.get("Ccy", ""))
    except (ValueError, ArithmeticError):
        raise Unreadable(f"{element.text!r} is no amount.") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(parent: Element | None, name: str) -> Iterator[Element]:
    return (child for child in (parent if parent is not None else ()) if _name(child) == name)


def _find(parent: Element | None, path: str) -> Element | None:
    for name in path.split("/"):
        parent = next(_all(parent, name), None)
    return parent


def _text(parent: Element | None, path: str) -> str:
    found = _find(parent, path)
    return (found.text or "").strip() if found is not None else ""
