"""Reading pain.002 (status report), camt.053 (statement) and camt.054 (notice), whatever their edition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from app.payouts.errors import Unreadable
from app.payouts.files import elements
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
    for report in elements.root_of(raw):
        match elements.name(report):
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
    group = elements.find(report, "OrgnlGrpInfAndSts")
    message_id = elements.text(group, "OrgnlMsgId")
    wholes: list[Whole] = []
    if (verdict := _verdict(group, "GrpSts")) is not None:
        wholes.append(Whole(message_id, verdict))
    named: list[Named] = []
    for block in elements.every(report, "OrgnlPmtInfAndSts"):
        if (verdict := _verdict(block, "PmtInfSts")) is not None:
            wholes.append(Whole(elements.text(block, "OrgnlPmtInfId") or message_id, verdict))
        for one in elements.every(block, "TxInfAndSts"):
            reference = elements.text(one, "OrgnlEndToEndId")
            if (verdict := _verdict(one, "TxSts")) is not None and reference:
                named.append(Named(reference, verdict))
    return Answer("pain.002", tuple(wholes), tuple(named))


def _verdict(of: Element | None, status: str) -> Verdict | None:
    outcome = STATES.get(elements.text(of, status))
    if of is None or outcome is None:
        return None
    reason = elements.text(of, "StsRsnInf/Rsn/Cd") or elements.text(of, "StsRsnInf/Rsn/Prtry")
    return Verdict(
        outcome,
        reason,
        elements.text(of, "StsRsnInf/AddtlInf"),
        elements.money(elements.find(of, "OrgnlTxRef/Amt/InstdAmt")),
        elements.day(elements.text(of, "AccptncDtTm")),
    )


def _read_entries(report: Element, kind: str, statement: str) -> Answer:
    wholes: list[Whole] = []
    named: list[Named] = []
    for entry in (
        entry
        for part in elements.every(report, statement)
        for entry in elements.every(part, "Ntry")
    ):
        details = [
            one
            for part in elements.every(entry, "NtryDtls")
            for one in elements.every(part, "TxDtls")
        ]
        references = [elements.text(one, "Refs/EndToEndId") for one in details]
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
    batch = elements.find(entry, "NtryDtls/Btch")
    found = elements.text(batch, "PmtInfId") or elements.text(batch, "MsgId")
    return found or next(
        (
            text
            for one in details
            if (text := elements.text(one, "Refs/PmtInfId") or elements.text(one, "Refs/MsgId"))
        ),
        "",
    )


def _booked(entry: Element, detail: Element | None, *, alone: bool) -> Verdict:
    status = elements.text(entry, "Sts/Cd") or elements.text(entry, "Sts")
    is_credit = elements.text(entry, "CdtDbtInd") == "CRDT"
    reason = elements.text(detail, "RtrInf/Rsn/Cd") or elements.text(detail, "RtrInf/Rsn/Prtry")
    outcome: Outcome = "settled"
    if is_credit or reason or elements.text(entry, "RvslInd") == "true":
        outcome = "returned"
    elif status and status != "BOOK":
        outcome = "accepted"
    money = elements.money(elements.find(detail, "Amt")) or elements.money(
        elements.find(detail, "AmtDtls/TxAmt/Amt")
    )
    return Verdict(
        outcome,
        reason,
        elements.text(detail, "RtrInf/AddtlInf"),
        money or (elements.money(elements.find(entry, "Amt")) if alone else None),
        elements.day(elements.text(entry, "BookgDt/Dt") or elements.text(entry, "BookgDt/DtTm")),
    )
