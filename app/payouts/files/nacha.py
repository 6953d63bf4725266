"""NACHA files of PPD credits: 94 characters a line, ten lines a block (Nacha Operating Rules, appendix three)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from app.payouts.files import days, letters
from app.payouts.files.batch import Batch, Draft, File, Payment
from app.payouts.files.checks import need, start
from app.payouts.files.letters import ACH
from app.providers import bank_numbers
from app.providers.bank_numbers import BadNumber

LINE: Final = 94
BLOCK: Final = 10
CREDITS_ONLY: Final = "220"
CODES: Final = {"checking": "22", "savings": "32"}
MOST_MINOR: Final = 9_999_999_999
MOST_TOTAL: Final = 999_999_999_999
MODIFIERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def build(batch: Batch) -> File:
    """Return the file of a batch of dollar credits; raise Unfit with all that is wrong with it.

    The paying account gives `routing`, `company_id` (ten characters), `bank_name` and if it wants
    `description` (what the statement says, ten characters).
    """
    draft = start(batch, currencies={"USD"}, kinds={"us_ach"})
    fields = need(draft, "routing", "company_id", "bank_name")
    _check_payer(draft, fields)
    draft.move_to(days.next_open(draft.pay_on, days.is_federal_reserve_day))
    for at, payment in enumerate(batch.payments):
        if payment.money.minor > MOST_MINOR:
            draft.wrong(
                f"/payments/{at}/amount",
                "amount_too_large",
                "One entry carries 99,999,999.99 USD at most.",
            )
    if batch.total.minor > MOST_TOTAL:
        draft.wrong(
            "/total",
            "amount_too_large",
            "One file carries 9,999,999,999.99 USD at most: pay it in two.",
        )
    name = letters.write_name(draft, "/payer/name", batch.payer.name, charset=ACH, most=23)
    entries = [
        line
        for at, payment in enumerate(batch.payments)
        for line in _entry(draft, fields["routing"], at, payment)
    ]
    draft.stop()
    lines = [
        _file_header(draft, fields, name),
        _batch_header(draft, fields, name),
        *entries,
        *_controls(batch, fields, count=len(entries)),
    ]
    lines += ["9" * LINE] * (-len(lines) % BLOCK)
    content = "".join(f"{line}\n" for line in lines).encode("ascii")
    return draft.finish(f"{batch.message_id}.ach", "text/plain", content)


def individual_id(reference: str) -> str:
    """Return the fifteen characters by which an entry is known to both banks: the end of our reference."""
    return reference.replace("-", "")[-15:].upper()


def _check_payer(draft: Draft, fields: dict[str, str]) -> None:
    if len(fields["company_id"]) > 10:
        draft.wrong(
            "/payer/company_id",
            "id_length",
            "The company id has ten characters: your bank gave it to you.",
            value=fields["company_id"],
        )
    if not 1 <= draft.batch.serial <= len(MODIFIERS):
        draft.wrong("/serial", "serial_used_up", "A day has room for 36 files of one account.")
    if not fields["routing"]:
        return
    try:
        bank_numbers.check_routing(fields["routing"])
    except BadNumber as error:
        draft.wrong(
            "/payer/routing",
            error.code,
            f"The routing number {fields['routing']} of the paying account fails its check digit.",
            value=fields["routing"],
        )


def _file_header(draft: Draft, fields: dict[str, str], name: str) -> str:
    batch = draft.batch
    made_at = batch.made_at.astimezone(ZoneInfo(batch.payer.zone))
    bank = letters.write_text(draft, "/payer/bank_name", fields["bank_name"], charset=ACH, most=23)
    return _line(
        "101",
        f"{fields['routing']:>10}",
        f"{fields['company_id'].upper():>10}",
        f"{made_at:%y%m%d%H%M}",
        MODIFIERS[batch.serial - 1],
        "094101",
        f"{bank:<23}{name:<23}",
        f"{'':8}",
    )


def _batch_header(draft: Draft, fields: dict[str, str], name: str) -> str:
    description = letters.write_text(
        draft,
        "/payer/description",
        draft.batch.payer.fields.get("description") or "PAYOUT",
        charset=ACH,
        most=10,
    )
    return _line(
        f"5{CREDITS_ONLY}",
        f"{name[:16]:<16}",
        f"{'':20}",
        f"{fields['company_id'].upper():<10}",
        "PPD",
        f"{description:<10}",
        f"{'':6}",
        f"{draft.pay_on:%y%m%d}",
        "   1",
        fields["routing"][:8],
        f"{1:07}",
    )


def _entry(draft: Draft, odfi: str, at: int, payment: Payment) -> Sequence[str]:
    pointer, to = f"/payments/{at}", payment.destination
    name = letters.write_name(draft, f"{pointer}/name", payment.name, charset=ACH, most=22)
    remark = letters.write_text(draft, f"{pointer}/remark", payment.remark, charset=ACH, most=80)
    if draft.problems or to is None:
        return ()
    trace = f"{odfi[:8]}{at + 1:07}"
    entry = _line(
        "6",
        CODES[to.fields.get("type", "checking")],
        to.fields["routing"],
        f"{to.fields['account']:<17}",
        f"{payment.money.minor:010}",
        f"{individual_id(payment.reference):<15}",
        f"{name:<22}",
        "  ",
        "1" if remark else "0",
        trace,
    )
    addendum = _line("705", f"{remark:<80}", f"{1:04}", trace[-7:]) if remark else ""
    return (entry, addendum) if remark else (entry,)


def _controls(batch: Batch, fields: dict[str, str], *, count: int) -> Sequence[str]:
    hashed = sum(int(_routing(payment)[:8]) for payment in batch.payments) % 10**10
    sums = f"{hashed:010}{0:012}{batch.total.minor:012}"
    blocks = -(-(count + 4) // BLOCK)
    return (
        _line(
            f"8{CREDITS_ONLY}",
            f"{count:06}{sums}",
            f"{fields['company_id'].upper():<10}",
            f"{'':25}",
            fields["routing"][:8],
            f"{1:07}",
        ),
        _line("9", f"{1:06}{blocks:06}{count:08}{sums}", f"{'':39}"),
    )


def _routing(payment: Payment) -> str:
    assert payment.destination is not None
    return payment.destination.fields["routing"]


def _line(*parts: str) -> str:
    line = "".join(parts)
    assert len(line) == LINE, f"{len(line)} characters: {line}"
    return line
