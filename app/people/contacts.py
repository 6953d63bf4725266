"""Where a person can be reached outside the app: only at what is known to be their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.orm import Session

from app.people import phone_core, phones
from app.people.errors import NotReachable
from app.people.models import Person
from app.texting import service as texting

Channel = Literal["email", "sms"]
ToldBy = Literal["app", "email", "sms"]

IN_APP: Final[ToldBy] = "app"


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a person. `shown` tells its owner which one it is, and nobody else the whole."""

    channel: Channel
    address: str
    shown: str


def contacts_of(db: Session, person: Person) -> list[Contact]:
    """Return every way in which somebody can be reached: where codes to sign in go, and a proven number."""
    found = []
    if person.email is not None:
        found.append(Contact("email", person.email, mask_email(person.email)))
    known = phones.find_number(db, person.id) if texting.is_offered() else None
    if known is not None:
        found.append(Contact("sms", known.number, phone_core.mask_number(known.number)))
    return found


def get_contact(db: Session, person: Person, channel: str) -> Contact:
    """Return one way to reach somebody; raise NotReachable when there is none."""
    for contact in contacts_of(db, person):
        if contact.channel == channel:
            return contact
    raise NotReachable("You cannot be reached this way.")


def mask_email(email: str) -> str:
    """Return an address of which only the first letter and the house are to be read."""
    name, _, house = email.rpartition("@")
    return f"{name[:1]}…@{house}"
