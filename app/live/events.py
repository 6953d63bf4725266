"""Every push there is: its name, its room, its payload. The TypeScript types are written from here."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.http.shapes import MoneyShape


class Push(BaseModel):
    """The base of every push. `revision` grows by one per room and name; a gap means: fetch a snapshot."""

    revision: int = 0


class TodayChanged(Push):
    """Something on the person's own numbers moved; fetch /me/today. Room: the person."""

    cause: Literal["earning", "claim", "quota", "contest", "release", "badge", "redemption"]
    amount: MoneyShape | None = None


class BoardRow(BaseModel):
    """One changed place on a board."""

    participant_id: UUID
    name: str
    place: int
    tied: bool
    score: str
    reached_at: str | None = None


class BoardShift(BaseModel):
    """Rows that did not change themselves and had a place in this range (null: to the end) moved."""

    from_place: int
    to_place: int | None
    by: int


class BoardMoved(Push):
    """What changed on a contest's board since the last push. Room: the contest.

    `rows` are those whose score or tie changed; every other row keeps its score, and its place moves
    by the one of `shifts` that its old place lies in. `reset`: forget what you hold, fetch the board.
    """

    contest_id: UUID
    rows: list[BoardRow]
    shifts: list[BoardShift] = []
    gone: list[UUID]
    participants: int
    as_of: str
    reset: bool = False


class ContestChanged(Push):
    """A contest was published, became final, or its rules were amended. Room: the tenant."""

    contest_id: UUID
    state: str


class InboxArrived(Push):
    """A message for the person. Room: the person."""

    message_id: UUID
    kind: str
    code: str
    params: dict[str, str | int | float | bool | MoneyShape | None]
    unread: int


class ImportMoved(Push):
    """An import made progress. Room: the person who started it."""

    import_id: UUID
    state: str
    rows_done: int
    rows_total: int | None


class RedemptionMoved(Push):
    """A redemption changed its state. Room: the person."""

    redemption_id: UUID
    state: str


class OrderWaits(Push):
    """An order nobody can tell came, went or was tried again; fetch the queue. Room: whoever looks after it."""

    redemption_id: UUID
    state: str


class AccountMoved(Push):
    """A bank account changed its state; fetch the accounts. Room: the person."""

    account_id: UUID
    state: str


class SessionEnded(Push):
    """The session was ended elsewhere; sign in again. Room: the session."""

    reason: str


PUSHES: dict[str, type[Push]] = {
    "today.changed": TodayChanged,
    "board.moved": BoardMoved,
    "contest.changed": ContestChanged,
    "inbox.arrived": InboxArrived,
    "import.moved": ImportMoved,
    "redemption.moved": RedemptionMoved,
    "order.waits": OrderWaits,
    "account.moved": AccountMoved,
    "session.ended": SessionEnded,
}

NAMES: dict[type[Push], str] = {shape: name for name, shape in PUSHES.items()}
