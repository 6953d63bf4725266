"""Numbers and days as people write them, read strictly under one named format.

A format is named by how it writes 1234567.89 or the last day of a month. Which one a file uses is
found from all its values, and asked for when they allow two readings that differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_BLANKS: Final = " \u00a0\u202f\u2009"
_CURRENCY_SIGNS: Final = "€$£¥₹"

NUMBER_FORMATS: Final = (
    "1234567.89",
    "1234567,89",
    "1,234,567.89",
    "1.234.567,89",
    "1 234 567,89",
    "1'234'567.89",
    "12,34,567.89",
)
_THREES: Final = r"\d{{1,3}}(?:{group}\d{{3}})+"
_GROUPED: Final = {
    "1,234,567.89": (",", ".", _THREES.format(group=",")),
    "1.234.567,89": (r".", ",", _THREES.format(group=r"\.")),
    "1 234 567,89": (_BLANKS, ",", _THREES.format(group=f"[{_BLANKS}]")),
    "1'234'567.89": ("'\u2019", ".", _THREES.format(group="['\u2019]")),
    "12,34,567.89": (",", ".", r"\d{1,2}(?:,\d{2})*,\d{3}"),
}


def _number_pattern(whole: str, point: str) -> re.Pattern[str]:
    fraction = re.escape(point) + r"\d*"
    digits = rf"(?:(?:{whole}|\d+)(?:{fraction})?|{re.escape(point)}\d+)"
    return re.compile(rf"[+-]?{digits}-?|\({digits}\)")


_PATTERNS: Final = {
    "1234567.89": ("", ".", _number_pattern(r"\d+", ".")),
    "1234567,89": ("", ",", _number_pattern(r"\d+", ",")),
    **{name: (g, point, _number_pattern(whole, point)) for name, (g, point, whole) in _GROUPED.items()},
}  # fmt: skip


def read_number(text: str, number_format: str) -> Decimal | None:
    """Return the number that `text` writes in `number_format`, exactly, or None.

    "(12.50)" and "12.50-" are negative; a currency sign at either end is ignored.
    """
    group, point, pattern = _PATTERNS[number_format]
    bare = text.strip().strip(_CURRENCY_SIGNS).strip(_BLANKS)
    if len(bare) > 40 or not pattern.fullmatch(bare):
        return None
    negative = bare[0] in "-(" or bare.endswith("-")
    digits = bare.strip("+-()").translate(str.maketrans("", "", group)).replace(point, ".")
    number = Decimal(digits)
    return -number if negative else number


DATE_FORMATS: Final = (
    "yyyy-mm-dd",
    "dd/mm/yyyy",
    "mm/dd/yyyy",
    "dd.mm.yyyy",
    "dd-mm-yyyy",
    "mm-dd-yyyy",
    "yyyy/mm/dd",
    "yyyymmdd",
)
_PARTS: Final = {
    "yyyy": r"(?P<y>\d{4})",
    "mm": r"(?P<m>\d{1,2})",
    "dd": r"(?P<d>\d{1,2})",
}
_CLOCK: Final = (
    r"(?:[T ]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?(?P<zone> ?Z|[+-]\d{2}:?\d{2})?)?"
)


def _date_pattern(name: str) -> re.Pattern[str]:
    pattern = re.escape(name).replace(r"\-", "-")
    for part, expression in _PARTS.items():
        exact = expression.replace("{1,2}", "{2}") if name == "yyyymmdd" else expression
        pattern = pattern.replace(part, exact)
    return re.compile(pattern + _CLOCK)


_DATES: Final = {name: _date_pattern(name) for name in DATE_FORMATS}


def read_instant(text: str, date_format: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that `text` writes in `date_format`, or None when there is no such day.

    A day alone is its first moment in `zone`; a zone in the text itself wins.
    """
    found = _DATES[date_format].fullmatch(text.strip())
    if found is None:
        return None
    part = found.groupdict()
    hour = _hour(int(part["H"] or 0), part["half"])
    try:
        local = datetime(  # noqa: DTZ001 - the zone follows below
            int(part["y"]), int(part["m"]), int(part["d"]), hour, int(part["M"] or 0),
            int(part["S"] or 0), int((part["f"] or "0")[:6].ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        return None
    if not 1900 <= local.year < 2200:
        return None
    if not part["zone"]:
        return local.replace(tzinfo=zone)
    offset = _offset(part["zone"].strip())
    return None if offset is None else local.replace(tzinfo=offset)


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        return 99
    return hour % 12 + (12 if half.lower() == "pm" else 0)


@lru_cache(maxsize=100)
def _offset(text: str) -> timezone | None:
    """Return the offset from UTC that `text` writes, or None when no clock has it."""
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        return None
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def number_formats_of(values: Iterable[str]) -> list[str]:
    """Return the formats that read most of what is a number in any; those that agree count as one."""
    return _formats_of(_readings(values, NUMBER_FORMATS, read_number), _MOST)


def date_formats_of(values: Iterable[str]) -> list[str]:
    """Return the formats that read nearly all of what is a day in any; those that agree count as one.

    Days that another format reads speak against all others: `03/04` is read wrongly in silence.
    """
    return _formats_of(_readings(values, DATE_FORMATS, _read_day), _NEARLY_ALL)


def are_numbers(values: Sequence[str]) -> bool:
    """Whether a column with these values holds numbers."""
    return _are(values, _readings(values, NUMBER_FORMATS, read_number))


def are_days(values: Sequence[str]) -> bool:
    """Whether a column with these values holds days."""
    return _are(values, _readings(values, DATE_FORMATS, _read_day))


_MOST: Final = 0.5
_NEARLY_ALL: Final = 0.9
_UTC: Final = ZoneInfo("UTC")

_Readings = dict[str, tuple[object | None, ...]]
"""By format, what it reads of each value."""


def _read_day(text: str, name: str) -> datetime | None:
    return read_instant(text, name, _UTC)


def _readings(
    values: Iterable[str], formats: Iterable[str], read: Callable[[str, str], object | None]
) -> _Readings:
    """Return what the formats read of the values; a value that none of them reads says nothing."""
    rows = [[read(value, name) for name in formats] for value in values]
    useful = [row for row in rows if any(one is not None for one in row)]
    if rows and not useful:
        return {}
    return {name: tuple(row[at] for row in useful) for at, name in enumerate(formats)}


def _formats_of(readings: _Readings, share: float) -> list[str]:
    """Return the formats that read most values, at least `share` of them, one for each reading."""
    misses = {name: reading.count(None) for name, reading in readings.items()}
    best = min(misses.values(), default=0)
    kept: dict[tuple[object | None, ...], str] = {}
    for name, reading in readings.items():
        if misses[name] == best and len(reading) - best >= share * len(reading):
            kept.setdefault(reading, name)
    return list(kept.values())


def _are(values: Sequence[str], readings: _Readings) -> bool:
    read = [len(reading) - reading.count(None) for reading in readings.values()]
    return bool(read) and max(read) >= _NEARLY_ALL * len(values)
