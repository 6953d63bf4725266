"""Where a message goes besides the inbox. A new channel (web push, e-mail) is one line in CHANNELS.

A channel is called in the transaction that writes the message. What it sends leaves after the commit:
through `publish` for a socket, through `enqueue` for everything that may fail and must be tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.live import rooms
from app.live.bus import publish
from app.live.events import InboxArrived

MOST_TOASTS: Final = 500
"""A message to more people at once is only written: it is found when the app is opened."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one person."""

    message_id: UUID
    person_id: UUID
    kind: str
    code: str
    params: dict[str, Any]
    unread: int


Channel = Callable[[Session, Sequence[Delivery]], None]


def live_toast(db: Session, deliveries: Sequence[Delivery]) -> None:
    """Show the message on every open device of the person."""
    if len(deliveries) > MOST_TOASTS:
        return
    for one in deliveries:
        publish(
            db,
            rooms.person(tenant_of(db), one.person_id),
            InboxArrived(
                message_id=one.message_id,
                kind=one.kind,
                code=one.code,
                params=one.params,
                unread=one.unread,
            ),
        )


CHANNELS: Final[tuple[Channel, ...]] = (live_toast,)


def deliver(db: Session, deliveries: Sequence[Delivery]) -> None:
    """Hand messages to every channel."""
    for channel in CHANNELS:
        channel(db, deliveries)
