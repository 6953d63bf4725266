"""A mail in the company's face: the words as plain text, and the same words under its name and colour.

Everything that comes from outside is escaped; nothing is loaded from anywhere when the mail is opened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Final

from app.people.branding import Brand
from app.people.logo_image import Picture


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that travels with a mail, under the name by which its page shows it."""

    picture: Picture
    cid: str


LIGHTNESS: Final = 0.41
"""That of the brand colour on the light screens: white letters on it are read at any hue."""

_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{subject}</title>
</head>
<body style="margin:0;background:#f4f4f1;color:#22261f;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:34rem;margin:0 auto;padding:16px">
<p style="margin:0;padding:18px 22px;border-radius:20px 6px 0 0;background:{colour};color:#ffffff;\
font-size:19px;font-weight:700">{logo}{name}</p>
<div style="padding:10px 22px 14px;background:#ffffff">
{paragraphs}
</div>
<p style="margin:0;padding:12px 22px;color:#565b50;font-size:13px">{footer}</p>
</div>
</body>
</html>
"""
_LOGO: Final = (
    '<img src="cid:{cid}" alt="" width="{width}" height="{height}" style="vertical-align:middle;'
    'margin-right:14px;padding:6px 10px;border-radius:10px 3px 10px 3px;background:#ffffff">'
)
"""On white: most logos are drawn for paper, and the colour behind it is any."""

LOGO_BOX: Final = (144, 36)
_PARAGRAPH: Final = '<p style="overflow-wrap:anywhere">{}</p>'
_LINK: Final = '<a href="{0}" style="color:{1};font-weight:600">{0}</a>'


def as_text(body: str, brand: Brand) -> str:
    """Return the words with what the company ends its mails with, set off as signatures are."""
    return f"{body.rstrip()}\n\n-- \n{brand.footer}\n" if brand.footer else body


def as_page(
    body: str, brand: Brand, *, subject: str, language: str, link: str, logo: Shown | None = None
) -> str:
    """Return the words as a page in the company's colour, in which `link` can be pressed."""
    colour = hex_of(LIGHTNESS, brand.chroma, brand.hue)
    pressed = _LINK.format(escape(link), colour)
    paragraphs = [
        _PARAGRAPH.format(escape(part).replace("\n", "<br>").replace(escape(link), pressed))
        for part in body.strip().split("\n\n")
    ]
    return _PAGE.format(
        language=escape(language),
        subject=escape(subject),
        colour=colour,
        name=escape(brand.name),
        logo=_logo(logo) if logo else "",
        paragraphs="\n".join(paragraphs),
        footer=escape(brand.footer).replace("\n", "<br>"),
    )


def _logo(shown: Shown) -> str:
    width, height = shown.picture.within(*LOGO_BOX)
    return _LOGO.format(cid=escape(shown.cid), width=round(width), height=round(height))


def hex_of(lightness: float, chroma: float, hue: float) -> str:
    """Return a colour of OKLCH (0-1, 0-0.4, degrees) as #rrggbb, for readers that know nothing newer.

    Source: Björn Ottosson, "A perceptual color space for image processing", the matrices to linear sRGB.
    What sRGB cannot show is cut off channel by channel.
    """
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_channel(one):02x}" for one in linear)


def _channel(linear: float) -> int:
    within = min(max(linear, 0.0), 1.0)
    shown = 12.92 * within if within <= 0.0031308 else 1.055 * within ** (1 / 2.4) - 0.055
    return round(shown * 255)
