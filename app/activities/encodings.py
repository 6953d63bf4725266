"""Which characters the bytes of a file stand for: found by evidence, never guessed in silence."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from app.activities.errors import FileRefused

ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp437")
_SAMPLE = 400_000
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A high byte inside a word is an accented letter: code page 437 keeps those below 0xA6, Windows-1252
# keeps them from 0xC0 on, so the neighbours of letters tell the two apart.
_DOS_LETTER = re.compile(rb"[A-Za-z][\x80-\xa5]|[\x80-\xa5][a-z]")
_WINDOWS_LETTER = re.compile(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff][a-z]")


@dataclass(frozen=True, slots=True)
class Detected:
    """An encoding, and whether the bytes leave no other choice; `others` are what else it might be."""

    encoding: str
    is_sure: bool
    others: tuple[str, ...] = ()


def detect(raw: bytes) -> Detected:
    """Return the encoding that the bytes speak for."""
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return Detected(encoding, is_sure=True)
    sample = raw[:_SAMPLE]
    if wide := _wide(sample):
        return Detected(wide, is_sure=True)
    if _is_utf8(raw):
        return Detected("utf-8", is_sure=True)
    dos, windows = len(_DOS_LETTER.findall(raw)), len(_WINDOWS_LETTER.findall(raw))
    if dos and not windows:
        return Detected("cp437", is_sure=True)
    if windows and not dos:
        return Detected("cp1252", is_sure=True)
    first, second = ("cp437", "cp1252") if dos > windows else ("cp1252", "cp437")
    return Detected(first, is_sure=False, others=(second,))


def decode(raw: bytes, encoding: str) -> str:
    """Return `raw` as text, without a byte order mark; raise FileRefused where it cannot be read."""
    for bom, marked in _BOMS:
        if encoding == marked and raw.startswith(bom):
            raw = raw[len(bom) :]
    if encoding not in ENCODINGS:
        raise FileRefused(
            f"{encoding} is not an encoding we read.", reason="encoding", known=list(ENCODINGS)
        )
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"The file is not {encoding}: byte {error.start} cannot be read.",
            reason="encoding",
            encoding=encoding,
            byte=error.start,
        ) from None
    if "\x00" in text:
        raise FileRefused("The file is not text.", reason="not_text")
    return text


def _wide(sample: bytes) -> str | None:
    """Return the UTF-16 without a mark that the zero bytes of Latin text show, or None."""
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    even, odd = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if odd > pairs * 0.4 and even < pairs * 0.05:
        return "utf-16-le"
    if even > pairs * 0.4 and odd < pairs * 0.05:
        return "utf-16-be"
    return None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
