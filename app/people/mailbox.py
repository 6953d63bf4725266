"""The mailbox of the demo: mails and texts as they would have arrived, latest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.orm import Session

from app.people import mail
from app.texting import queries as texting

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail or a text."""

    channel: Literal["email", "sms"]
    recipient: str
    subject: str
    body: str
    sender: str
    sent_at: datetime


def latest(db: Session) -> list[Arrived]:
    """Return what arrived lately."""
    mails = [
        Arrived("email", one.recipient, one.subject, one.body, one.sender, one.sent_at)
        for one in mail.mailbox(db, MOST)
    ]
    texts = [
        Arrived("sms", one.recipient, "", one.body, "", one.sent_at)
        for one in texting.with_words(db, MOST)
        if one.body and one.sent_at
    ]
    return sorted(mails + texts, key=lambda one: one.sent_at, reverse=True)[:MOST]
