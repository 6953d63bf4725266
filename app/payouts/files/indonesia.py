"""Bulk files of Indonesian banks: Mandiri (MCM, Kopra) and BCA (KlikBCA Bisnis).

Rupiah are paid whole. BCA takes a file for its own accounts, one for LLG and one for RTGS, never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from app.payouts.files import days
from app.payouts.files.batch import Batch, Draft, File, Payer, Payment
from app.payouts.files.checks import need, start
from app.payouts.files.layout import Cell, Layout, write

MANDIRI_BANK: Final = "008"
BCA_BANK: Final = "014"
RTGS_OVER: Final = Decimal(100_000_000)
"""Above this BCA sends by RTGS, below by clearing (LLG)."""
MANDIRI_LIMITS: Final[Mapping[str, Decimal | None]] = {
    "BAU": Decimal(250_000_000),
    "LBU": Decimal(1_000_000_000),
    "RBU": None,
    "OBU": None,
}
"""The transfer services to other banks and what they carry at most: BI-FAST, clearing, RTGS, online."""

MANDIRI: Final = Layout(
    name="{message_id}.csv",
    separator=",",
    header=(
        Cell("=P"),
        Cell("pay_on:%Y%m%d", 8),
        Cell("payer.account", 40),
        Cell("count", 5),
        Cell("total", 20),
    ),
    line=(
        Cell("account", 35),
        Cell("name", 40),
        *(Cell("="),) * 3,
        Cell("currency", 3),
        Cell("amount", 20),
        Cell("remark", 140),
        Cell("short_reference", 19),
        Cell("service", 3),
        Cell("bank_code", 11),
        *(Cell("="),) * 5,
        Cell("notify", 1),
        Cell("email", 100),
    ),
    media_type="text/csv",
)

BCA: Final = Layout(
    name="{payer.company_code}{pay_on:%Y%m%d}{lane}{serial:02}.txt",
    separator="",
    header=(
        Cell("=0"),
        Cell("payer.company_code", width=10),
        Cell("pay_on:%Y%m%d", width=8),
        Cell("serial:02", width=2),
        Cell("payer.account", width=10),
        Cell("count:05", width=5),
        Cell("total:cents", width=17, pad="0", right=True),
    ),
    line=(
        Cell("=1"),
        Cell("account", width=34),
        Cell("bank_code", width=3),
        Cell("amount:cents", width=15, pad="0", right=True),
        Cell("name", width=35),
        Cell("short_reference", width=15),
        Cell("remark", width=36),
    ),
)


def build_mandiri(batch: Batch) -> File:
    """Return the payroll and multi-service file of Mandiri's cash management."""
    draft = _start(batch)
    need(draft, "account")
    extras = [
        {"service": _service(draft, at, payment), "notify": "Y" if payment.email else "N"}
        for at, payment in enumerate(batch.payments)
    ]
    return write(draft, MANDIRI, extras)


def build_bca(batch: Batch) -> File:
    """Return the file of KlikBCA Bisnis for one lane; payments of another are refused."""
    draft = _start(batch)
    need(draft, "account", "company_code")
    lanes = {bca_lane(payment, batch.payer) for payment in batch.payments}
    if len(lanes) > 1:
        draft.wrong(
            "/payments",
            "lanes_mixed",
            f"BCA takes {', '.join(sorted(lane.upper() for lane in lanes))} in files of their own.",
            lanes=sorted(lanes),
        )
    if not 1 <= batch.serial <= 99:
        draft.wrong("/serial", "serial_used_up", "A day has room for 99 files of one account.")
    lane = min(lanes, default="")
    return write(draft, replace(BCA, name=BCA.name.replace("{lane}", lane.upper())))


def bca_lane(payment: Payment, _: Payer) -> str:
    """Return the file a payment belongs in: bca, llg or rtgs."""
    if payment.destination is not None and payment.destination.fields.get("bank_code") == BCA_BANK:
        return "bca"
    return "rtgs" if payment.money.decimal > RTGS_OVER else "llg"


def _service(draft: Draft, at: int, payment: Payment) -> str:
    to, fields = payment.destination, draft.batch.payer.fields
    if to is not None and to.fields.get("bank_code") == MANDIRI_BANK:
        return "IBU"
    wished = fields.get("service", "BAU")
    if wished not in MANDIRI_LIMITS:
        draft.wrong("/payer/service", "network_unknown", "Mandiri has no such transfer service.")
    limit = MANDIRI_LIMITS.get(wished)
    if limit is not None and payment.money.decimal > limit:
        draft.wrong(
            f"/payments/{at}/amount",
            "over_network_limit",
            f"{wished} carries {limit:,} IDR at most.",
            network=wished,
        )
    return wished


def _start(batch: Batch) -> Draft:
    draft = start(batch, currencies={"IDR"}, kinds={"id_bank"}, step=100)
    draft.move_to(days.next_open(draft.pay_on, days.is_weekday))
    return draft
