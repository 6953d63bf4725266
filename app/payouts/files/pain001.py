"""ISO 20022 credit transfers (pain.001) by the rules of the SEPA schemes (EPC rulebooks and EPC217-08).

The schema alone does not make a file right: a wrong sum, a bad check digit or a dollar pass it. Every
rule here has a test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from app.payouts.files import days, letters
from app.payouts.files.batch import Batch, Draft, File, Payment, plain
from app.payouts.files.checks import need, start
from app.payouts.files.letters import SEPA
from app.providers import bank_numbers
from app.providers.bank_numbers import BadNumber

MOST_MINOR: Final = 99_999_999_999
NAME_MOST: Final = 70
REMARK_MOST: Final = 140

SEPA_COUNTRIES: Final = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT"
    " NL NO PL PT RO RS SE SI SK SM VA"
)
"""Whose IBANs the schemes reach (EPC409-09); territories carry the IBAN of their country."""


@dataclass(frozen=True, slots=True)
class Version:
    """What differs between two editions of the message."""

    namespace: str
    bic: str
    dated: str


VERSIONS: Final = {
    "03": Version("urn:iso:std:iso:20022:tech:xsd:pain.001.001.03", "BIC", "ReqdExctnDt"),
    "09": Version("urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", "BICFI", "ReqdExctnDt/Dt"),
}


def build(batch: Batch, version: str) -> File:
    """Return the file of a batch of euro transfers; raise Unfit with all that is wrong with it.

    The paying account gives `iban`, and if it has them `bic`, `company_id`, `instant` ("yes") and
    `instant_limit` (euro; banks set their own since the scheme's was lifted).
    """
    draft = start(batch, currencies={"EUR"}, kinds={"iban"})
    edition, fields = VERSIONS[version], batch.payer.fields
    need(draft, "iban")
    _check_payer(draft)
    instant = fields.get("instant") == "yes"
    if not instant:
        draft.move_to(days.next_open(draft.pay_on, days.is_target_day))
    for at, payment in enumerate(batch.payments):
        _check_payment(draft, f"/payments/{at}", payment, instant=instant)
    name = letters.write_name(draft, "/payer/name", batch.payer.name, charset=SEPA, most=NAME_MOST)
    document = ET.Element("Document", {"xmlns": edition.namespace})
    root = ET.SubElement(document, "CstmrCdtTrfInitn")
    _add_header(draft, root, name)
    _add_payments(draft, root, edition, name, instant=instant)
    draft.stop()
    ET.indent(document)
    content = ET.tostring(document, encoding="utf-8", xml_declaration=True) + b"\n"
    return draft.finish(f"{batch.message_id}.xml", "application/xml", content)


def _check_payer(draft: Draft) -> None:
    fields = draft.batch.payer.fields
    for name in ("iban", "bic"):
        value = fields.get(name, "")
        try:
            if name == "iban" and value:
                bank_numbers.check_iban(value)
            elif value:
                bank_numbers.check_bic(value, iban=fields.get("iban", "").strip().upper())
        except BadNumber as error:
            draft.wrong(
                f"/payer/{name}",
                error.code,
                f"The {name.upper()} {value} of the paying account cannot be right.",
                value=value,
            )


def _check_payment(draft: Draft, pointer: str, payment: Payment, *, instant: bool) -> None:
    to, limit = payment.destination, draft.batch.payer.fields.get("instant_limit", "")
    if payment.money.minor > MOST_MINOR:
        draft.wrong(
            f"{pointer}/amount", "amount_too_large", "SEPA moves 999,999,999.99 EUR at most."
        )
    if instant and limit and payment.money.decimal > _decimal(draft, limit):
        draft.wrong(
            f"{pointer}/amount",
            "over_instant_limit",
            f"Your bank takes instant transfers up to {limit} EUR.",
            limit=limit,
        )
    if to is not None and to.kind == "iban" and _iban(payment)[:2] not in SEPA_COUNTRIES.split():
        draft.wrong(
            f"{pointer}/destination/iban",
            "iban_outside_sepa",
            f"SEPA does not reach {_iban(payment)[:2] or 'this country'}.",
            country=_iban(payment)[:2],
        )
    if payment.remark and payment.creditor_reference:
        draft.wrong(
            f"{pointer}/remark",
            "two_remittances",
            "A SEPA transfer carries a text or a creditor reference, not both.",
        )
    if payment.creditor_reference and not _is_creditor_reference(payment.creditor_reference):
        draft.wrong(
            f"{pointer}/creditor_reference",
            "creditor_reference_wrong",
            f"{payment.creditor_reference} is no creditor reference: its check digits differ.",
            value=payment.creditor_reference,
        )


def _decimal(draft: Draft, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        draft.wrong(
            "/payer/instant_limit",
            "payer_incomplete",
            "The limit for instant transfers is no amount.",
            field="instant_limit",
        )
        return Decimal("Infinity")


def _is_creditor_reference(text: str) -> bool:
    """Whether `text` is an ISO 11649 reference: RF, check digits, up to 21 letters and digits."""
    if not re.fullmatch(r"RF[0-9]{2}[A-Z0-9]{1,21}", text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def _add_header(draft: Draft, root: ET.Element, payer: str) -> None:
    batch = draft.batch
    header = ET.SubElement(root, "GrpHdr")
    _add(header, "MsgId", batch.message_id)
    local = batch.made_at.astimezone(ZoneInfo(batch.payer.zone)).replace(tzinfo=None)
    _add(header, "CreDtTm", local.isoformat(timespec="seconds"))
    _add_sums(draft, header)
    initiator = _add(header, "InitgPty")
    _add(initiator, "Nm", payer)
    if company_id := batch.payer.fields.get("company_id"):
        _add(initiator, "Id/OrgId/Othr/Id", company_id)


def _add_payments(
    draft: Draft, root: ET.Element, edition: Version, payer: str, *, instant: bool
) -> None:
    batch, fields = draft.batch, draft.batch.payer.fields
    # One file is one approved batch, so one block: its id may be that of the message.
    block = ET.SubElement(root, "PmtInf")
    _add(block, "PmtInfId", batch.message_id)
    _add(block, "PmtMtd", "TRF")
    _add(block, "BtchBookg", "false" if fields.get("booking") == "single" else "true")
    _add_sums(draft, block)
    kind = _add(block, "PmtTpInf")
    _add(kind, "SvcLvl/Cd", "SEPA")
    if instant:
        _add(kind, "LclInstrm/Cd", "INST")
    _add(block, edition.dated, draft.pay_on.isoformat())
    _add(block, "Dbtr/Nm", payer)
    _add(block, "DbtrAcct/Id/IBAN", _compact(fields.get("iban", "")))
    bank = _add(block, "DbtrAgt/FinInstnId")
    if bic := _compact(fields.get("bic", "")):
        _add(bank, edition.bic, bic)
    else:
        _add(bank, "Othr/Id", "NOTPROVIDED")
    _add(block, "ChrgBr", "SLEV")
    for at, payment in enumerate(batch.payments):
        _add_payment(draft, block, edition, f"/payments/{at}", payment)


def _add_payment(
    draft: Draft, block: ET.Element, edition: Version, pointer: str, payment: Payment
) -> None:
    one = ET.SubElement(block, "CdtTrfTxInf")
    _add(one, "PmtId/EndToEndId", payment.reference)
    amount = _add(one, "Amt/InstdAmt", plain(payment.money))
    amount.set("Ccy", payment.money.currency)
    to = payment.destination
    if to is not None and (bic := _compact(to.fields.get("bic", ""))):
        _add(one, f"CdtrAgt/FinInstnId/{edition.bic}", bic)
    creditor = _add(one, "Cdtr")
    name = letters.write_name(draft, f"{pointer}/name", payment.name, charset=SEPA, most=NAME_MOST)
    _add(creditor, "Nm", name)
    if payment.town and to is not None:
        # Town and country or no address: lines of text alone are banned from 15 November 2026.
        town = letters.write_text(draft, f"{pointer}/town", payment.town, charset=SEPA, most=35)
        address = _add(creditor, "PstlAdr")
        _add(address, "TwnNm", town)
        _add(address, "Ctry", to.country)
    _add(one, "CdtrAcct/Id/IBAN", _iban(payment))
    _add_remittance(draft, one, pointer, payment)


def _add_remittance(draft: Draft, one: ET.Element, pointer: str, payment: Payment) -> None:
    if payment.creditor_reference:
        reference = _add(one, "RmtInf/Strd/CdtrRefInf")
        _add(reference, "Tp/CdOrPrtry/Cd", "SCOR")
        _add(reference, "Ref", payment.creditor_reference)
    elif payment.remark:
        text = letters.write_text(
            draft, f"{pointer}/remark", payment.remark, charset=SEPA, most=REMARK_MOST
        )
        _add(one, "RmtInf/Ustrd", text)


def _add_sums(draft: Draft, parent: ET.Element) -> None:
    # Summed from the lines themselves; that the approved total agrees was checked before.
    payments = draft.batch.payments
    _add(parent, "NbOfTxs", str(len(payments)))
    _add(parent, "CtrlSum", f"{sum((one.money.decimal for one in payments), Decimal(0)):f}")


def _add(parent: ET.Element, path: str, text: str | None = None) -> ET.Element:
    for name in path.split("/"):
        parent = ET.SubElement(parent, name)
    parent.text = text
    return parent


def _iban(payment: Payment) -> str:
    return _compact(payment.destination.fields.get("iban", "")) if payment.destination else ""


def _compact(text: str) -> str:
    return "".join(text.split()).upper()
