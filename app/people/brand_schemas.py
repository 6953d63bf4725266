"""Shapes of the company's face and of the ways to reach a person."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from app.http.blueprint import PREFIX
from app.http.shapes import Shape, Text, View
from app.people.contacts import Channel
from app.people.schemas import Email

OneLine = Annotated[Text, StringConstraints(max_length=60, pattern=r"^[^\r\n\t\x7f\u2028\u2029]*$")]
Footer = Annotated[Text, StringConstraints(max_length=500)]


LOGOS: Final = "/brand/logos/"
LogoAddress = Annotated[str, AfterValidator(lambda digest: f"{PREFIX}{LOGOS}{digest}")]
"""Made from its digest: another logo has another address, so that nobody asks for one twice."""


class BrandIn(Shape):
    """The whole face. An empty name: the store is called as the company is."""

    store_name: OneLine
    brand_hue: Annotated[int, Field(ge=0, le=360)]
    mail_footer: Footer
    mail_reply_to: Email | None


class BrandOut(View):
    """The face of the company. `name` is what it is called when its store has no name."""

    name: str
    store_name: str
    brand_hue: int
    brand_chroma: float
    mail_footer: str
    mail_reply_to: str | None
    logo: LogoAddress | None


class ContactOut(View):
    """A way to reach the signed-in person; most of `shown` is left out."""

    channel: Channel
    shown: str


class ContactsOut(View):
    """Every way to reach the signed-in person outside the app."""

    items: list[ContactOut]
