"""Bulk files of Indian banks: ICICI CIB, HDFC ENet, Union Bank. Set-ups differ from client to client.

Account numbers stay text: a leading zero belongs to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from app.payouts.files import days
from app.payouts.files.batch import Batch, Draft, File, Payment
from app.payouts.files.checks import need, start
from app.payouts.files.layout import Cell, Layout, write

RTGS_FROM: Final = Decimal(200_000)
IMPS_UP_TO: Final = Decimal(500_000)

ICICI: Final = Layout(
    name="{message_id}.txt",
    separator="|",
    header=(
        Cell("=FHR"),
        Cell("payer.branch", 9),
        Cell("payer.account", 34),
        Cell("currency", 3),
        Cell("total", 18),
        Cell("count", 5),
        Cell("pay_on:%m/%d/%Y", 10),
        Cell("file_remark", 80),
    ),
    line=(
        Cell("=PRB"),
        Cell("network", 10),
        Cell("amount", 18),
        Cell("currency", 3),
        Cell("name", 80),
        Cell("account", 34),
        Cell("ifsc", 11),
        Cell("payer.account", 34),
        Cell("payer.branch", 9),
        Cell("short_reference", 30),
        Cell("remark", 100),
    ),
)

HDFC: Final = Layout(
    name="{payer.client_code}{today:%d%m}.{serial:03}",
    separator=",",
    line=(
        Cell("network", 1),
        Cell("short_reference", 15),
        Cell("account", 25),
        Cell("amount", 20),
        Cell("name", 40),
        *(Cell("="),) * 7,
        Cell("short_reference", 20),
        Cell("short_reference", 20),
        Cell("remark", 30),
        *(Cell("="),) * 7,
        Cell("pay_on:%d/%m/%Y", 10),
        Cell("="),
        Cell("ifsc", 15),
        *(Cell("="),) * 2,
        Cell("email", 100),
    ),
)

UNION: Final = Layout(
    name="{payer.corporate_id}{today:%Y%m%d}{serial:03}.txt",
    separator="|",
    header=(
        Cell("=FILEHDR"),
        Cell("payer.corporate_id", 32),
        Cell("serial", 6),
        Cell("=N"),
        Cell("file_remark", 100),
    ),
    line=(
        Cell("network", 4),
        Cell("payer.ifsc", 12),
        Cell("payer.account", 24),
        Cell("ifsc", 12),
        Cell("account", 24),
        Cell("currency", 3),
        Cell("amount", 14),
        Cell("remark", 140),
        Cell("name", 40),
        Cell("email", 80),
        Cell("short_reference", 20),
    ),
)

ICICI_NAMES: Final = {"within": "WIB", "neft": "NFT", "rtgs": "RTG", "imps": "IFC"}
HDFC_NAMES: Final = {"within": "I", "neft": "N", "rtgs": "R", "imps": "M"}
UNION_NAMES: Final = {"within": "NEFT", "neft": "NEFT", "rtgs": "RTGS"}


def build_icici(batch: Batch) -> File:
    """Return the bulk file of ICICI's Corporate Internet Banking."""
    draft = _start(batch)
    need(draft, "account", "ifsc", "branch")
    return write(draft, ICICI, _networks(draft, ICICI_NAMES))


def build_hdfc(batch: Batch) -> File:
    """Return the vendor payment file of HDFC's ENet: no header, no commas inside, its own naming."""
    draft = _start(batch)
    need(draft, "client_code", "ifsc")
    if not 1 <= batch.serial <= 999:
        draft.wrong("/serial", "serial_used_up", "A day has room for 999 files of one account.")
    return write(draft, HDFC, _networks(draft, HDFC_NAMES))


def build_union(batch: Batch) -> File:
    """Return the NEFT and RTGS file of Union Bank of India."""
    draft = _start(batch)
    need(draft, "account", "ifsc", "corporate_id")
    return write(draft, UNION, _networks(draft, UNION_NAMES))


def _start(batch: Batch) -> Draft:
    draft = start(batch, currencies={"INR"}, kinds={"ifsc"})
    draft.move_to(days.next_open(draft.pay_on, days.is_weekday))
    return draft


def _networks(draft: Draft, names: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"network": names.get(_network(draft, at, payment, names), "")}
        for at, payment in enumerate(draft.batch.payments)
    ]


def _network(draft: Draft, at: int, payment: Payment, names: Mapping[str, str]) -> str:
    """Return the way a payment goes: within the bank, or as the account prefers where the amount allows."""
    fields, to = draft.batch.payer.fields, payment.destination
    wished, amount = fields.get("network", "neft"), payment.money.decimal
    if to is not None and to.fields.get("ifsc", "")[:4] == fields.get("ifsc", "")[:4]:
        return "within"
    if wished not in names:
        draft.wrong("/payer/network", "network_unknown", "This bank's file has no such network.")
    elif wished == "imps" and amount > IMPS_UP_TO:
        draft.wrong(
            f"/payments/{at}/amount",
            "over_network_limit",
            "IMPS carries 500,000 INR at most.",
            network="IMPS",
        )
    elif wished == "rtgs" and amount < RTGS_FROM:
        draft.wrong(
            f"/payments/{at}/amount",
            "under_network_limit",
            "RTGS begins at 200,000 INR.",
            network="RTGS",
        )
    return wished
