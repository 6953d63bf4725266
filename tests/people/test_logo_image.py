"""What becomes of a file that is to be the logo."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from app.people import logo_image
from app.people.errors import LogoRefused
from tests.people.pictures import TEAL, picture, seen


def why(raw: bytes) -> str:
    """Return the code of why a file is refused."""
    with pytest.raises(LogoRefused) as refused:
        logo_image.draw(raw)
    (problem,) = refused.value.problems
    return problem.code


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """Return a PNG that says how large it is, whatever is in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_each_of_three_formats_becomes_a_small_png(kind: str) -> None:
    mode = "RGB" if kind == "JPEG" else "RGBA"

    drawn = logo_image.draw(picture((1200, 400), kind, TEAL[: len(mode)], mode))

    shown = seen(drawn.png)
    assert (shown.format, shown.size) == ("PNG", (360, 120))
    assert (drawn.width, drawn.height) == (360, 120)


def test_a_logo_that_fits_keeps_its_size() -> None:
    drawn = logo_image.draw(picture((100, 40)))

    assert (drawn.width, drawn.height) == (100, 40)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(kind: str) -> None:
    assert why(picture(kind=kind, mode="RGB", colour="teal")) == "logo_kind"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"logo",
        b"%PDF-1.7\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><script>alert(1)</script>",
    ],
    ids=["nothing", "words", "pdf", "svg", "html"],
)
def test_what_is_no_picture_of_pixels_is_refused(raw: bytes) -> None:
    assert why(raw) == "logo_kind"


def test_a_heavy_file_is_refused_before_it_is_opened() -> None:
    assert why(picture() + bytes(logo_image.MOST_BYTES)) == "logo_too_heavy"


@pytest.mark.parametrize("size", [(2001, 2000), (12_000, 12_000), (40_000, 40_000)])
def test_a_bomb_is_refused_by_the_size_it_says_before_a_pixel_is_drawn(
    size: tuple[int, int],
) -> None:
    assert why(png_of(*size)) == "logo_too_large"


def test_the_largest_picture_is_taken() -> None:
    assert logo_image.draw(picture((2000, 2000))).width == 180


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_that_breaks_off_is_refused(kind: str) -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, kind)

    assert why(out.getvalue()[:-2000]) == "logo_damaged"


def test_a_file_that_lies_about_its_size_is_refused() -> None:
    assert why(png_of(200, 200, b"too little")) == "logo_damaged"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_that_moves_is_refused(kind: str) -> None:
    frames = [Image.new("RGBA", (64, 64), colour) for colour in ("teal", "gold")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])

    assert why(out.getvalue()) == "logo_moves"


@pytest.mark.parametrize("size", [(23, 200), (200, 23), (1, 1)])
def test_a_picture_too_small_to_be_seen_is_refused(size: tuple[int, int]) -> None:
    assert why(picture(size)) == "logo_too_small"


def test_a_picture_of_nothing_is_refused() -> None:
    assert why(picture(colour=(0, 0, 0, 0))) == "logo_too_small"


def test_what_a_camera_wrote_into_a_file_is_gone_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right
    exif[0x013B] = "Ada Ferri"
    exif.get_ifd(0x8825)[1] = "N"

    drawn = logo_image.draw(
        picture((120, 60), "JPEG", "teal", "RGB", exif=exif, comment=b"Ada Ferri was here")
    )

    assert (drawn.width, drawn.height) == (60, 120)
    assert b"Ada" not in drawn.png
    assert dict(seen(drawn.png).getexif()) == {}
    assert [kind for kind, _ in chunks(drawn.png)] == [b"IHDR", b"IDAT", b"IEND"]


def chunks(png: bytes) -> list[tuple[bytes, int]]:
    """Return the kinds and lengths of what a PNG is made of."""
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], length))
        at += length + 12
    return found


def test_what_is_hidden_behind_a_picture_is_gone() -> None:
    drawn = logo_image.draw(picture() + b"<script>alert(1)</script>PK\x03\x04")

    assert b"script" not in drawn.png


def test_empty_borders_are_cut_off() -> None:
    wide = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    wide.paste(Image.new("RGBA", (100, 50), TEAL), (150, 175))
    out = io.BytesIO()
    wide.save(out, "PNG")

    drawn = logo_image.draw(out.getvalue())

    assert (drawn.width, drawn.height) == (100, 50)
    assert seen(drawn.png).getpixel((0, 0)) == TEAL


@pytest.mark.parametrize(
    ("kind", "mode", "colour", "expected"),
    [
        ("PNG", "P", 0, (0, 0, 0)),
        ("PNG", "1", 1, (255, 255, 255)),
        ("PNG", "L", 200, (200, 200, 200)),
        ("PNG", "LA", (200, 255), (200, 200, 200)),
        ("PNG", "I;16", 32_768, (128, 128, 128)),
        ("JPEG", "CMYK", (0, 0, 0, 0), (255, 255, 255)),
    ],
)
def test_pixels_of_every_kind_keep_their_colour(
    kind: str, mode: str, colour: Any, expected: tuple[int, int, int]
) -> None:
    drawn = logo_image.draw(picture((64, 64), kind, colour, mode))

    assert seen(drawn.png).getpixel((9, 9)) == (*expected, 255)
