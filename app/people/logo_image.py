"""A logo out of whatever file somebody hands in: drawn anew, so that nothing else in the file lives on.

What goes in is not trusted: only three formats are opened, their size is read before a pixel is, and what
comes out is a small PNG without a word of the camera, place or program that made it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

from PIL import Image, ImageOps, UnidentifiedImageError

from app.kernel.errors import Problem
from app.people.errors import LogoRefused

MOST_BYTES: Final = 1_000_000
MOST_PIXELS: Final = 4_000_000
"""Of a file handed in; drawn they take 16 MB, for the tenth of a second that it takes to make it smaller."""

LEAST_SIDE: Final = 24
BOX: Final = (360, 180)
"""What a logo fits in: twice the size at which the largest screen shows it."""

_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_FILE: Final = "/file"
_DAMAGED: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What readers of pictures raise at files that are cut off or lie about themselves."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and its size in pixels."""

    png: bytes
    width: int
    height: int

    def within(self, width: float, height: float) -> tuple[float, float]:
        """Return its size, in whatever unit, when it fills a box as far as its shape lets it."""
        scale = min(width / self.width, height / self.height)
        return self.width * scale, self.height * scale


def draw(raw: bytes) -> Picture:
    """Return the logo in a PNG, JPEG or WebP file; raise LogoRefused when there is none that fits."""
    if len(raw) > MOST_BYTES:
        _refuse(Problem(_FILE, "logo_too_heavy", "The file may have 1 MB.", {"megabytes": 1}))
    with _opened(raw) as file:
        if file.width * file.height > MOST_PIXELS:
            _too_many_pixels()
        if getattr(file, "is_animated", False):
            _refuse(Problem(_FILE, "logo_moves", "A logo does not move: choose a still picture."))
        drawn = _upright(file)
    drawn = drawn.crop(drawn.getchannel("A").getbbox() or (0, 0, 0, 0))
    if min(drawn.size) < LEAST_SIDE:
        detail = f"The picture is smaller than {LEAST_SIDE} pixels."
        _refuse(Problem(_FILE, "logo_too_small", detail, {"pixels": LEAST_SIDE}))
    drawn.thumbnail(BOX, Image.Resampling.LANCZOS)
    return Picture(_as_png(drawn), *drawn.size)


@contextmanager
def _opened(raw: bytes) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as file:
            yield file
    except UnidentifiedImageError:
        _refuse(Problem(_FILE, "logo_kind", "Choose a PNG, JPEG or WebP file."))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        _too_many_pixels()
    except _DAMAGED:
        _refuse(Problem(_FILE, "logo_damaged", "The picture cannot be read to its end."))


def _upright(file: Image.Image) -> Image.Image:
    """Return the pixels as they are looked at, with their transparency: cameras turn them by a note."""
    turned = ImageOps.exif_transpose(file)
    if turned.mode.startswith("I"):  # sixteen bits of grey, which a conversion would cut off
        turned = turned.point(lambda grey: grey / 256, "L")
    return turned.convert("RGBA")


def _as_png(drawn: Image.Image) -> bytes:
    """Return the pixels and nothing else: what a file says beside them is not copied."""
    bare = Image.new("RGBA", drawn.size)
    bare.paste(drawn)
    out = io.BytesIO()
    bare.save(out, "PNG", optimize=True)
    return out.getvalue()


def _too_many_pixels() -> NoReturn:
    detail = "The picture may have 4 million pixels, such as 2000 x 2000."
    _refuse(Problem(_FILE, "logo_too_large", detail, {"pixels": MOST_PIXELS}))


def _refuse(problem: Problem) -> NoReturn:
    raise LogoRefused(problem.detail, problems=[problem])
