"""A certificate on paper. The same certificate gives the same bytes."""

from __future__ import annotations

import io
from colorsys import hls_to_rgb
from typing import Final

import segno
from babel.dates import format_date
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.people.logo_image import Picture
from app.recognition.certificates import Certificate
from app.recognition.words import word

WIDTH, HEIGHT = landscape(A4)
_INK: Final = HexColor("#1d2420")
_GREY: Final = HexColor("#5b6470")
_FONTS: Final = ("Vera", "VeraBd")
_LEAVES: Final = 7


def pdf(certificate: Certificate, url: str, logo: Picture | None = None) -> bytes:
    """Return a certificate as PDF, with the address that proves it as text and as a QR code."""
    for name in _FONTS:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1)
    language, middle = certificate.language, WIDTH / 2
    colour = Color(*hls_to_rgb(certificate.hue / 360, 0.32, 0.45))
    canvas.setTitle(f"{word('certificate', language)}: {certificate.person}")
    canvas.setAuthor(certificate.company)
    _frame(canvas, colour)
    if logo is not None:
        _logo(canvas, logo)
    _wreath(canvas, middle, HEIGHT - 52 * mm, colour)
    _line(canvas, certificate.company, HEIGHT - 82 * mm, ("Vera", 12), _GREY)
    _line(canvas, word("certificate", language), HEIGHT - 99 * mm, ("VeraBd", 30), colour)
    _line(canvas, word("given_to", language), HEIGHT - 112 * mm, ("Vera", 11), _GREY)
    _line(canvas, certificate.person, HEIGHT - 127 * mm, ("VeraBd", 24), _INK)
    _line(canvas, _won(certificate), HEIGHT - 140 * mm, ("Vera", 13), _INK)
    day = format_date(certificate.won_on, "long", locale=language)
    _line(canvas, str(day), HEIGHT - 149 * mm, ("Vera", 11), _GREY)
    _proof(canvas, url, language)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _won(certificate: Certificate) -> str:
    said = word(certificate.badge, certificate.language)
    return f"{said}: {certificate.about}" if certificate.about else said


def _frame(canvas: Canvas, colour: Color) -> None:
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(1.2)
    canvas.roundRect(12 * mm, 12 * mm, WIDTH - 24 * mm, HEIGHT - 24 * mm, 6 * mm)


def _logo(canvas: Canvas, logo: Picture) -> None:
    """Draw the company's logo in the corner where a letter has it."""
    width, height = logo.within(60 * mm, 24 * mm)
    picture = ImageReader(io.BytesIO(logo.png))
    canvas.drawImage(picture, 22 * mm, HEIGHT - 22 * mm - height, width, height, mask="auto")


def _wreath(canvas: Canvas, x: float, y: float, colour: Color) -> None:
    """Draw leaves in pairs up both sides, as on the screens."""
    canvas.setFillColor(colour)
    for side in (-1, 1):
        for nth in range(_LEAVES):
            canvas.saveState()
            canvas.translate(x, y)
            canvas.rotate(side * (28 + nth * 20))
            canvas.translate(0, -17 * mm)
            canvas.rotate(side * 38)
            canvas.ellipse(-1.5 * mm, -4 * mm, 1.5 * mm, 4 * mm, stroke=0, fill=1)
            canvas.restoreState()


def _line(canvas: Canvas, text: str, y: float, style: tuple[str, int], colour: Color) -> None:
    """Write a centred line, smaller when it would not fit between the borders."""
    (font, size), room = style, WIDTH - 60 * mm
    size_that_fits = min(size, size * room / max(canvas.stringWidth(text, font, size), 1))
    canvas.setFont(font, size_that_fits)
    canvas.setFillColor(colour)
    canvas.drawCentredString(WIDTH / 2, y, text)


def _proof(canvas: Canvas, url: str, language: str) -> None:
    code = segno.make(url, error="m")
    side = 26 * mm
    step, left, bottom = side / code.symbol_size(border=0)[0], WIDTH - side - 22 * mm, 22 * mm
    canvas.setFillColor(_INK)
    for row, cells in enumerate(code.matrix):
        for column, is_dark in enumerate(cells):
            if is_dark:
                top = bottom + side - (row + 1) * step
                canvas.rect(left + column * step, top, step, step, stroke=0, fill=1)
    canvas.setFillColor(_GREY)
    canvas.setFont("Vera", 7)
    canvas.drawString(22 * mm, 26 * mm, word("check", language))
    canvas.setFont("Vera", 5.5)
    canvas.drawString(22 * mm, 22 * mm, url)
    canvas.linkURL(url, (22 * mm, 21 * mm, 200 * mm, 25 * mm))
