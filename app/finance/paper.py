"""Statements and proofs on paper. The same document gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from babel.dates import format_date
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from app.finance.core import PROVEN, Signed
from app.finance.words import word
from app.kernel.money import POINTS, parse_money
from app.kernel.written import written
from app.people.logo_image import Picture

GREY: Final = colors.HexColor("#5b6470")
LINE: Final = colors.HexColor("#d5dae0")
QUIET_KINDS: Final = frozenset({"release", "reserve", "voided", "expired"})
"""Movements between one's own pockets: in the document, not on paper."""

_TITLE: Final = ParagraphStyle("title", fontName="VeraBd", fontSize=15, leading=19)
_HEAD: Final = ParagraphStyle("head", fontName="VeraBd", fontSize=10, leading=14, spaceBefore=10)
_TEXT: Final = ParagraphStyle("text", fontName="Vera", fontSize=8, leading=11)
_SMALL: Final = ParagraphStyle("small", fontName="Vera", fontSize=6, leading=8, textColor=GREY)


def statement(
    document: Mapping[str, Any], signed: Signed, language: str, logo: Picture | None = None
) -> bytes:
    """Return a statement as PDF, with the hash and the signature of its document at the end."""
    _register_fonts()
    parts: list[Any] = _beginning(document, language, word("statement", language), logo)
    for section in document["currencies"]:
        parts += _section(section, language)
    return _pdf([*parts, *_seal(signed, language)], word("statement", language))


def proof(
    document: Mapping[str, Any], signed: Signed, language: str, logo: Picture | None = None
) -> bytes:
    """Return a proof of earnings as PDF: a line a month, each with the hash of its statement."""
    _register_fonts()
    parts: list[Any] = _beginning(document, language, word("proof", language), logo)
    for section in document["currencies"]:
        currency = section["currency"]
        rows = [
            [_month(month["first"], language), *_figures(month, currency, language)]
            for month in section["months"]
        ]
        total = [word("total", language), *_figures(section["total"], currency, language)]
        titles = [word(name, language) for name in ("month", *PROVEN)]
        parts += [
            _heading(currency, language),
            _table([titles, *rows, total], (38, 33, 33, 33, 33)),
        ]
    hashes = [f"{one['first']}  {one['sha256']}" for one in document["statements"]]
    parts += [Spacer(1, 4 * mm), *(_text(line, _SMALL) for line in hashes)]
    return _pdf([*parts, *_seal(signed, language)], word("proof", language))


def _figures(sums: Mapping[str, str], currency: str, language: str) -> list[str]:
    return [_money(sums[name], currency, language) for name in PROVEN]


def _beginning(
    document: Mapping[str, Any], language: str, title: str, logo: Picture | None
) -> list[Any]:
    person, period = document["person"], document["period"]
    first, last = date.fromisoformat(period["first"]), date.fromisoformat(period["last"])
    when = f"{format_date(first, locale=language)} - {format_date(last, locale=language)}"
    who = " · ".join(part for part in (person["name"], person["employee_number"]) if part)
    return [
        *_logo(logo),
        _text(document["company"], _TEXT),
        _text(title, _TITLE),
        _text(f"{when} ({period['zone']})", _TEXT),
        _text(who, _TEXT),
    ]


def _logo(logo: Picture | None) -> list[Any]:
    if logo is None:
        return []
    width, height = logo.within(50 * mm, 18 * mm)
    drawn = Image(io.BytesIO(logo.png), width, height, mask="auto", hAlign="LEFT")
    return [drawn, Spacer(1, 3 * mm)]


def _section(section: Mapping[str, Any], language: str) -> list[Any]:
    currency = section["currency"]
    balances = [
        [
            word(place, language),
            _money(section["opening"][place], currency, language),
            _money(section["closing"][place], currency, language),
        ]
        for place in section["opening"]
    ]
    titles = ["", word("opening", language), word("closing", language)]
    rows = [
        _row(line, currency, language)
        for line in section["lines"]
        if line["kind"] not in QUIET_KINDS
    ]
    heads = [word(name, language) for name in ("day", "what", "amount")]
    parts: list[Any] = [_heading(currency, language), _table([titles, *balances], (70, 50, 50))]
    if rows:
        parts += [Spacer(1, 3 * mm), _table([heads, *rows], (24, 106, 40))]
    return parts


def _row(line: Mapping[str, Any], currency: str, language: str) -> list[str]:
    at = datetime.fromisoformat(line["at"])
    kind = "correction" if line.get("correction") else line["kind"]
    said = [word(kind, language), line["title"]]
    if line.get("correction"):
        said.append(_month(line["period"]["first"], language))
    for name, amount in line.get("parts", {}).items():
        said.append(f"({word(name, language)} {_money(amount, currency, language)})")
    return [
        format_date(at.date(), "short", locale=language),
        " ".join(part for part in said if part),
        _money(line["amount"], currency, language),
    ]


def _seal(signed: Signed, language: str) -> list[Any]:
    return [
        Spacer(1, 6 * mm),
        _text(word("seal", language), _SMALL),
        _text(f"SHA-256 {signed.sha256.hex()}", _SMALL),
        _text(f"Ed25519 {signed.signature.hex()}", _SMALL),
    ]


def _table(rows: Sequence[Sequence[str]], widths: Iterable[int]) -> Table:
    cells = [
        [_text(cell, _TEXT) if column == 1 and len(row) == 3 else cell for column, cell in enumerate(row)]
        for row in rows
    ]  # fmt: skip
    table = Table(cells, [width * mm for width in widths], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), "Vera", 8),
                ("FONT", (0, 0), (-1, 0), "VeraBd", 7),
                ("TEXTCOLOR", (0, 0), (-1, 0), GREY),
                ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text), style)


def _money(amount: str, currency: str, language: str) -> str:
    return written(parse_money(amount, currency), language)


def _heading(currency: str, language: str) -> Paragraph:
    return _text(word("points", language) if currency == POINTS else currency, _HEAD)


def _month(first: str, language: str) -> str:
    return str(format_date(date.fromisoformat(first), "MMMM y", locale=language))


def _pdf(parts: list[Any], title: str) -> bytes:
    out = io.BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=A4,
        title=title,
        author="Laurel",
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        invariant=1,
    ).build(parts, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont("Vera", 6)
    canvas.setFillColor(GREY)
    canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, str(document.page))


def _register_fonts() -> None:
    if "Vera" in pdfmetrics.getRegisteredFontNames():
        return
    for name in ("Vera", "VeraBd"):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    pdfmetrics.registerFontFamily("Vera", "Vera", "VeraBd", "Vera", "VeraBd")
