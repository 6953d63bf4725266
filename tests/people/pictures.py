"""Pictures for tests, drawn as any program would."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

TEAL = (0, 128, 128, 255)


def picture(
    size: tuple[int, int] = (120, 60),
    kind: str = "PNG",
    colour: Any = TEAL,
    mode: str = "RGBA",
    **how: Any,
) -> bytes:
    """Return a file with a picture of one colour."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **how)
    return out.getvalue()


def logo_of(word: str) -> bytes:
    """Return a logo that no other word has."""
    red, green, blue = word.encode()[:3]
    return picture(colour=(red, green, blue, 255))


def seen(png: bytes) -> Image.Image:
    """Return what a reader of the file sees."""
    image = Image.open(io.BytesIO(png))
    image.load()
    return image
