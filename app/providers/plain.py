"""Texts and addresses from outside, made harmless before they are kept."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

TEXT_LIMIT: Final = 4_000
URL_LIMIT: Final = 500

_TAG = re.compile(r"<[^>]{0,500}>")
_BLANKS = re.compile(r"\s+")


def plain_text(value: object) -> str:
    """Return HTML as plain text: it comes from outside and is never shown as markup."""
    if not isinstance(value, str):
        return ""
    text = unescape(_TAG.sub(" ", value[: TEXT_LIMIT * 2]))
    return _BLANKS.sub(" ", _TAG.sub(" ", text)).strip()[:TEXT_LIMIT]


def secure_url(value: object) -> str:
    """Return an https address, and nothing for anything else."""
    is_good = isinstance(value, str) and value.startswith("https://") and len(value) < URL_LIMIT
    return str(value) if is_good else ""
