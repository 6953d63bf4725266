"""Where a person can be reached outside the app: only at what is known to be their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from app.people.errors import NotReachable
from app.people.models import Person

Channel = Literal["email"]
ToldBy = Literal["app", "email"]

IN_APP: Final[ToldBy] = "app"


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a person. `shown` tells its owner which one it is, and nobody else the whole."""

    channel: Channel
    address: str
    shown: str


def contacts_of(person: Person) -> list[Contact]:
    """Return every way in which somebody can be reached; their mail is where codes to sign in go."""
    if person.email is None:
        return []
    return [Contact("email", person.email, mask_email(person.email))]


def get_contact(person: Person, channel: str) -> Contact:
    """Return one way to reach somebody; raise NotReachable when there is none."""
    for contact in contacts_of(person):
        if contact.channel == channel:
            return contact
    raise NotReachable("You cannot be reached this way.")


def mask_email(email: str) -> str:
    """Return an address of which only the first letter and the house are to be read."""
    name, _, house = email.rpartition("@")
    return f"{name[:1]}…@{house}"
