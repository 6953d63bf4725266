# ruff: noqa: RUF001 - letters that look alike are what this file is about
"""Letters banks can carry. What is written otherwise is told; what cannot be written at all is refused."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from app.payouts.files.batch import Draft


@dataclass(frozen=True, slots=True)
class Charset:
    """The characters a file may hold; `upper`: it knows capitals only."""

    allowed: re.Pattern[str]
    upper: bool = False


SEPA: Final = Charset(re.compile(r"[A-Za-z0-9/\-?:().,'+ ]"))
"""EPC217-08: the characters that every bank of the SEPA scheme must read."""
ACH: Final = Charset(re.compile(r"[A-Z0-9 .,'()/&$#*+\-:;=?@]"), upper=True)
PLAIN: Final = Charset(re.compile(r"[A-Za-z0-9 .\-]"))
"""What files with separators hold: nothing that could be one, or a formula."""

_SIGNS: Final = {
    "&": "+", "@": "(at)", "€": "EUR", ";": ",", "_": "-", "[": "(", "]": ")", "{": "(", "}": ")",
    **dict.fromkeys('\u2018\u2019\u02bb\u02bc\u201c\u201d`"', "'"),
    **dict.fromkeys("\u2010\u2011\u2013\u2014", "-"),
    **dict.fromkeys("\t\n\r\u00a0\u202f", " "),
}  # fmt: skip


def _alphabet(written: str) -> dict[str, str]:
    lower = dict(pair.split("=", 1) for pair in written.split())
    upper = {low.upper(): latin.capitalize() for low, latin in lower.items()}
    return lower | {high: latin for high, latin in upper.items() if len(high) == 1}


_LETTERS: Final = str.maketrans(
    _SIGNS
    | {"ẞ": "Ss"}
    | _alphabet("ß=ss æ=ae œ=oe ø=o đ=d ð=d þ=th ł=l ı=i ħ=h ŋ=n ŧ=t ĸ=k")
    # Greek (ISO 843)
    | _alphabet("α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r")
    | _alphabet("ς=s σ=s τ=t υ=y φ=f χ=ch ψ=ps ω=o")
    # Bulgarian, Serbian and Macedonian Cyrillic: SEPA pays there, too.
    | _alphabet("а=a б=b в=v г=g д=d е=e ж=zh з=z и=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f")
    | _alphabet("х=h ц=ts ч=ch ш=sh щ=sht ъ=a ь=y ю=yu я=ya ј=j љ=lj њ=nj ћ=c ђ=dj џ=dz ѕ=dz")
)


_GREEK_OU: Final = re.compile("(?<=[οΟ])[υύΥΎ]")
"""The one pair of Greek letters that is not written letter by letter."""


def transliterate(text: str, charset: Charset) -> tuple[str, str]:
    """Return `text` in the letters of `charset`, and the characters that have no such writing."""
    written, lost = [], []
    for char in _GREEK_OU.sub("u", unicodedata.normalize("NFC", text)):
        spelled = char if charset.allowed.fullmatch(char) else _spell(char)
        spelled = spelled.upper() if charset.upper else spelled
        kept = "".join(one for one in spelled if charset.allowed.fullmatch(one))
        if not kept and not _may_vanish(char):
            lost.append(char)
        written.append(kept if kept or _may_vanish(char) else " ")
    return " ".join("".join(written).split()), "".join(lost)


def _spell(char: str) -> str:
    spelled = char.translate(_LETTERS)
    if spelled != char:
        return spelled
    parts = unicodedata.normalize("NFKD", char)
    return "".join(part.translate(_LETTERS) for part in parts if not unicodedata.combining(part))


def _may_vanish(char: str) -> bool:
    # Punctuation a file cannot hold may vanish from a remark; letters and pictures may not unseen.
    return unicodedata.category(char)[0] in "PZM" or unicodedata.category(char) == "Cf"


def write_name(draft: Draft, pointer: str, text: str, *, charset: Charset, most: int) -> str:
    """Return a name as the file writes it; a character without such a writing makes it wrong.

    A name is compared by the other bank: half of it must not go missing.
    """
    written, lost = transliterate(text, charset)
    if lost or not written:
        draft.wrong(
            pointer,
            "name_unwritable" if lost else "name_missing",
            f"No bank file can carry the name {text!r}{f': {lost}' if lost else ''}."
            " Ask for the name as the bank has it, in Latin letters.",
            name=text,
            characters=lost,
        )
        return ""
    return _cut(draft, pointer, text, written, most)


def write_text(draft: Draft, pointer: str, text: str, *, charset: Charset, most: int) -> str:
    """Return free text as the file writes it, without what it cannot carry."""
    written, _ = transliterate(text, charset)
    if text.strip() and not written:
        draft.wrong(
            pointer, "nothing_left", f"Nothing of {text!r} can be written in this file.", text=text
        )
        return ""
    return _cut(draft, pointer, text, written, most)


def _cut(draft: Draft, pointer: str, before: str, written: str, most: int) -> str:
    kept = written[:most].strip()
    if kept != written:
        draft.changed(pointer, "shortened", before, kept)
    elif kept.casefold() != before.casefold():
        draft.changed(pointer, "transliterated", before, kept)
    return kept
