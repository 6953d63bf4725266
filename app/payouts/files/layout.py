"""Files made of lines of cells: a bank's or a payroll's layout as a value, filled with a batch.

Such files have no quoting that their readers agree on. So a cell holds letters, digits, blanks, dots and
hyphens; free text is written in those, and a number or code that has anything else is refused, never mended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from app.payouts.files import letters
from app.payouts.files.batch import Draft, File, Payment
from app.payouts.files.letters import PLAIN, Charset

Value = str | date | Decimal | int

TEXTS: Final = ("remark", "town", "payer_name", "file_remark")
"""Values written in other letters where need be; every other one is exact or refused. Names are checked too."""
NAMES: Final = ("name",)
EXACT: Final = re.compile(r"[A-Za-z0-9.\-/:@_ ]*")
FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,99}")
MOST_BYTES: Final = 2_097_152


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: `says` names a value (`amount`, `pay_on:%d%m%Y`) or gives it (`=NEFT`).

    `most`: how long it may be. `width`: pad to exactly that, with `pad` on the left where `right`.
    """

    says: str
    most: int = 255
    width: int = 0
    pad: str = " "
    right: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file looks: what stands before, for each payment and after; how its cells are parted."""

    name: str
    separator: str
    line: tuple[Cell, ...]
    header: tuple[Cell, ...] = ()
    trailer: tuple[Cell, ...] = ()
    titles: tuple[str, ...] = ()
    line_end: str = "\r\n"
    encoding: str = "ascii"
    comma: bool = False
    """Whether amounts have a decimal comma."""
    media_type: str = "text/plain"
    letters: Charset = PLAIN


def write(
    draft: Draft, layout: Layout, extras: Sequence[Mapping[str, Value]] | None = None
) -> File:
    """Return the file of the batch in this layout.

    `extras` gives for each payment what only the format knows, such as its network.
    """
    batch = draft.batch
    whole = _batch_values(draft)
    lines = [layout.separator.join(layout.titles)] if layout.titles else []
    if layout.header:
        lines.append(_line(draft, layout, layout.header, whole, ""))
    for at, payment in enumerate(batch.payments):
        values = {**whole, **_payment_values(at, payment), **(extras[at] if extras else {})}
        lines.append(_line(draft, layout, layout.line, values, f"/payments/{at}"))
    if layout.trailer:
        lines.append(_line(draft, layout, layout.trailer, whole, ""))
    draft.stop()
    text = "".join(f"{line}{layout.line_end}" for line in lines)
    content = text.encode(layout.encoding, errors="strict")
    if len(content) > MOST_BYTES:
        draft.wrong("/payments", "file_too_large", "The bank takes files of 2 MB at most.")
    name = "".join(_fill(draft, layout, cell, whole, "/name") for cell in _name_cells(layout.name))
    if not FILE_NAME.fullmatch(name):
        draft.wrong("/name", "file_name_unfit", f"{name!r} is no name for a file.", value=name)
    return draft.finish(name, layout.media_type, content)


BATCH_VALUES: Final = (
    "message_id", "pay_on", "today", "count", "total", "currency", "serial", "payer_name", "file_remark",
)  # fmt: skip
PAYMENT_VALUES: Final = (
    "number", "reference", "short_reference", "name", "amount", "remark", "town", "personnel_number",
    "email", "country", "iban", "bic", "ifsc", "account", "bank_code", "routing", "type",
)  # fmt: skip


def _batch_values(draft: Draft) -> dict[str, Value]:
    batch = draft.batch
    fields = {f"payer.{name}": text for name, text in batch.payer.fields.items()}
    return {
        **fields,
        "message_id": batch.message_id,
        "pay_on": draft.pay_on,
        "today": batch.today,
        "count": len(batch.payments),
        "total": batch.total.decimal,
        "currency": batch.total.currency,
        "serial": batch.serial,
        "payer_name": batch.payer.name,
        "file_remark": batch.payer.fields.get("file_remark", ""),
    }


def _payment_values(at: int, payment: Payment) -> dict[str, Value]:
    account = dict.fromkeys(("iban", "bic", "ifsc", "account", "bank_code", "routing", "type"), "")
    to = payment.destination
    return {
        **account,
        **(to.fields if to else {}),
        "country": to.country if to else "",
        "number": at + 1,
        "reference": payment.reference,
        "short_reference": short_reference(payment.reference),
        "name": payment.name,
        "amount": payment.money.decimal,
        "remark": payment.remark,
        "town": payment.town,
        "personnel_number": payment.personnel_number,
        "email": payment.email,
    }


def short_reference(reference: str) -> str:
    """Return the last fifteen characters of a reference: what banks have room for and give back."""
    return reference.replace("-", "")[-15:]


def _line(
    draft: Draft,
    layout: Layout,
    cells: Sequence[Cell],
    values: Mapping[str, Value],
    pointer: str,
) -> str:
    return layout.separator.join(_fill(draft, layout, cell, values, pointer) for cell in cells)


def _fill(
    draft: Draft, layout: Layout, cell: Cell, values: Mapping[str, Value], pointer: str
) -> str:
    if cell.says.startswith("="):
        return _padded(cell, cell.says[1:])
    name, _, form = cell.says.partition(":")
    value, most = values.get(name, ""), cell.width or cell.most
    where = f"{pointer}/{name.replace('.', '/')}"
    if isinstance(value, str) and name in NAMES:
        text = letters.write_name(draft, where, value, charset=layout.letters, most=most)
    elif isinstance(value, str) and name in TEXTS:
        text = letters.write_text(draft, where, value, charset=layout.letters, most=most)
    else:
        text = _exact(draft, where, _shown(value, form, comma=layout.comma), layout, most)
    return _padded(cell, text)


def _exact(draft: Draft, pointer: str, text: str, layout: Layout, most: int) -> str:
    allowed = EXACT.fullmatch(text) or (layout.comma and re.fullmatch(r"[0-9]+,[0-9]+", text))
    if not allowed or (layout.separator and layout.separator in text):
        draft.wrong(
            pointer,
            "characters_unfit",
            f"{text!r} holds characters that this file cannot; it would not be read as it is.",
            value=text,
        )
    elif len(text) > most:
        draft.wrong(
            pointer,
            "too_long",
            f"{text!r} is longer than the {most} characters this file has room for.",
            value=text,
            most=most,
        )
    return text


def _shown(value: Value, form: str, *, comma: bool) -> str:
    if isinstance(value, date):
        return value.strftime(form or "%Y-%m-%d")
    if isinstance(value, Decimal):
        if form == "whole":
            return f"{value:.0f}"
        if form == "cents":
            return f"{value.scaleb(2):.0f}"
        return f"{value:f}".replace(".", "," if comma else ".")
    if isinstance(value, int):
        return f"{value:{form}}"
    return value.strip()


def _padded(cell: Cell, text: str) -> str:
    if not cell.width:
        return text
    return text.rjust(cell.width, cell.pad) if cell.right else text.ljust(cell.width, cell.pad)


def _name_cells(name: str) -> list[Cell]:
    parts = re.split(r"\{([^}]*)\}", name)
    return [Cell(part if odd % 2 else f"={part}") for odd, part in enumerate(parts) if part]
