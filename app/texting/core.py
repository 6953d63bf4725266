"""Texts as phones carry them: which alphabet, how many segments, and what may follow what is known of one.

The default alphabet and its extension: 3GPP TS 23.038, section 6.2.1. Lengths of parts: 3GPP TS 23.040, 9.2.3.24.1.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""These are sent as two septets."""

ONE_GSM: Final = 160
PART_GSM: Final = 153
ONE_UCS: Final = 70
PART_UCS: Final = 67

LEAST: Final = 12
CUT: Final = ".."

_PLAIN: Final = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00b7": "-",
        "\u0153": "oe",
        "\u0152": "OE",
    }
)


class State(StrEnum):
    """What is known of a text."""

    QUEUED = "queued"
    SENDING = "sending"
    """Handed to the gateway now; whoever finds it so later cannot know whether it left."""
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The gateway did not answer: perhaps it left. It is never sent again by itself."""
    DROPPED = "dropped"
    """There was nobody to send it to, or nothing to say any more."""


ENDED: Final = frozenset({State.DELIVERED, State.FAILED, State.DROPPED})


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is on the air. `units`: septets of GSM, or UTF-16 code units."""

    is_gsm: bool
    units: int
    segments: int


def measure(text: str) -> Size:
    """Return the size of a text; a character of two units never lies across two segments."""
    if is_gsm(text):
        return _size([2 if sign in EXTENSION else 1 for sign in text], ONE_GSM, PART_GSM, gsm=True)
    widths = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
    return _size(widths, ONE_UCS, PART_UCS, gsm=False)


def _size(widths: list[int], one: int, part: int, *, gsm: bool) -> Size:
    units = sum(widths)
    return Size(gsm, units, 1 if units <= one else _parts(widths, part))


def _parts(widths: Iterable[int], part: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts


def is_gsm(text: str) -> bool:
    """Whether a text can be sent in the default alphabet."""
    return all(sign in BASIC or sign in EXTENSION for sign in text)


def fit(text: str) -> str:
    """Return a text in the default alphabet when every sign has its like there, else unchanged.

    Typographic signs become plain ones; letters lose accents that the alphabet does not have.
    """
    plain = "".join(_like(sign) for sign in unicodedata.normalize("NFC", text).translate(_PLAIN))
    return plain if is_gsm(plain) else text


def _like(sign: str) -> str:
    if sign in BASIC or sign in EXTENSION or not sign.isalpha():
        return sign
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or sign


def after(known: State, said: State) -> State:
    """Return what is known of a text once the gateway has said `said`, in whatever order it says things."""
    return known if known in ENDED else said


def one_segment(template: str, said: Mapping[str, str], *, shorten: Sequence[str]) -> str:
    """Return the text, in one segment when shortening the values named, in that order, gets it there.

    None is cut below a dozen characters: then it takes the segments it takes.
    """
    values = dict(said)
    text = fit(template.format(**values))
    for name in shorten:
        size = measure(text)
        over = size.units - (ONE_GSM if size.is_gsm else ONE_UCS)
        value = values[name]
        keep = max(LEAST, len(value) - over - len(CUT))
        if over > 0 and keep + len(CUT) < len(value):
            values[name] = value[:keep].rstrip() + CUT
            text = fit(template.format(**values))
    return text
