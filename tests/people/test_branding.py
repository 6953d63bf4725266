"""The company's face: who gives it, what fits, and what a mail looks like in it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from werkzeug.test import TestResponse

from app.people import letters, logos, mail
from app.people.branding import Brand
from app.settings import Settings
from tests.conftest import Work
from tests.people.builders import give_tenant
from tests.people.phone import Phone
from tests.people.pictures import picture

FACE = {
    "store_name": "Sole & Mare",
    "brand_hue": 250,
    "mail_footer": "Via Roma 1",
    "mail_reply_to": "help@sole.example",
}
LINK = "https://laurel.example/rewards/orders/1"


def put(phone: Phone, face: Any) -> TestResponse:
    """Give the company a face."""
    return phone.send("PUT", "/brand", face)


def test_a_tenant_admin_gives_the_company_its_face_and_phones_wear_it(admin: Phone) -> None:
    before = admin.get("/brand").json

    kept = put(admin, FACE)

    assert before is not None
    assert (before["store_name"], before["name"]) == ("", "Northwind Field")
    assert kept.status_code == 200
    me = admin.get("/me").json
    assert me is not None
    assert (me["tenant"]["store_name"], me["tenant"]["brand_hue"]) == ("Sole & Mare", 250)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("store_name", "x" * 61),
        ("store_name", "Sole\r\nBcc: all@sole.example"),
        ("store_name", "Sole\u2028Mare"),
        ("store_name", None),
        ("brand_hue", 361),
        ("brand_hue", -1),
        ("brand_hue", "red"),
        ("mail_footer", "x" * 501),
        ("mail_footer", "a\x07b"),
        ("mail_reply_to", "nobody"),
        ("mail_reply_to", "a@b.example\r\nBcc: all@sole.example"),
        ("mail_reply_to", "a@b.example, c@d.example"),
        ("logo", "https://evil.example/x.png"),
    ],
)
def test_a_face_that_does_not_fit_is_refused_and_the_old_one_stays(
    admin: Phone, field: str, value: Any
) -> None:
    put(admin, FACE)

    answer = put(admin, FACE | {field: value})

    assert answer.status_code == 422
    body = admin.get("/brand").json
    assert body is not None
    assert {name: body[name] for name in FACE} == FACE


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((0.62796, 0.25768, 29.234), "#ff0000"),
        ((0.86644, 0.29483, 142.495), "#00ff00"),
        ((0.45201, 0.31321, 264.052), "#0000ff"),
        ((1.0, 0.0, 0.0), "#ffffff"),
    ],
)
def test_a_colour_of_the_screens_is_the_same_in_mails(
    colour: tuple[float, float, float], expected: str
) -> None:
    assert letters.hex_of(*colour) == expected


@pytest.mark.parametrize("hue", range(0, 361, 15))
def test_white_letters_are_read_on_any_hue(hue: int) -> None:
    colour = letters.hex_of(letters.LIGHTNESS, 0.12, hue)

    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb as WCAG 2 defines it."""
    shown = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shown
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_comes_from_outside_is_text_in_a_mail_and_never_a_part_of_it() -> None:
    brand = Brand("<b>Sole</b>", 250, 0.1, footer='<img src="x">')

    page = letters.as_page(
        f"<script>hello</script>\n\n{LINK}", brand, subject="<i>", language="en", link=LINK
    )

    assert [tag for tag in ("<b>", "<img", "<script", "<i>") if tag in page] == []
    assert f'<a href="{LINK}"' in page


class Postbox:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail."""
        self.got.append(BytesParser(EmailMessage, policy=default).parsebytes(envelope.content))
        return "250 OK"


@pytest.fixture
def postbox(settings: Settings) -> Iterator[Postbox]:
    """A mail server on this machine to which mail goes meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        mail.connect(replace(settings, smtp_url=f"smtp://127.0.0.1:{port}"))
        yield box
    finally:
        mail.connect(settings)
        server.stop()


def test_a_mail_leaves_with_the_company_as_sender_and_both_its_faces(
    postbox: Postbox, work: Work
) -> None:
    brand = Brand("Sole & Mare", 250, 0.1, footer="Via Roma 1", reply_to="help@sole.example")
    letter = mail.Letter("Your\r\ncard", f"Hello.\n\n{LINK}\n", brand, "it", LINK)

    with work() as db:
        give_tenant(db)
        mail.deliver_letter(db, letter, to="ada@lumera.example")

    (got,) = postbox.got
    assert got["From"].addresses[0].display_name == "Sole & Mare"
    assert (got["Reply-To"], got["Subject"]) == ("help@sole.example", "Your card")
    plain, page = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().splitlines()[-2:] == ["-- ", "Via Roma 1"]
    assert 'lang="it"' in page.get_content()
    assert letters.hex_of(letters.LIGHTNESS, 0.1, 250) in page.get_content()


def test_a_mail_carries_the_logo_with_it_and_loads_nothing_from_anywhere(
    postbox: Postbox, work: Work
) -> None:
    with work() as db:
        give_tenant(db)
        logos.keep(db, picture((600, 150)))
        drawn = logos.find(db)
        letter = mail.Letter(
            "Your card", f"Hello.\n\n{LINK}\n", Brand("Sole", 250, 0.1), "it", LINK
        )
        mail.deliver_letter(db, letter, to="ada@lumera.example")

    (got,) = postbox.got
    page = got.get_body(("html",))
    assert page is not None
    (shown,) = re.findall(
        r'<img src="cid:([^"]+)" alt="" width="(\d+)" height="(\d+)"', page.get_content()
    )
    (logo,) = [part for part in got.walk() if part.get_content_type() == "image/png"]
    assert (logo["Content-ID"], *shown[1:]) == (f"<{shown[0]}>", "144", "36")
    assert logo.get_content_disposition() == "inline"
    assert drawn is not None
    assert logo.get_content() == drawn.png
    assert "http" not in page.get_content().replace(LINK, "")
    assert got.get_content_type() == "multipart/alternative"


def test_a_mail_of_a_company_without_a_logo_encloses_nothing(postbox: Postbox, work: Work) -> None:
    letter = mail.Letter("Your card", f"Hello.\n\n{LINK}\n", Brand("Sole", 250, 0.1), "it", LINK)

    with work() as db:
        give_tenant(db)
        mail.deliver_letter(db, letter, to="ada@lumera.example")

    (got,) = postbox.got
    assert [part.get_content_type() for part in got.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
