"""Names of rooms. Only the server chooses them, from the session."""

from __future__ import annotations

from typing import Final
from uuid import UUID

_BOARD: Final = ":c:"
_PERSON: Final = ":p:"
_SESSION: Final = ":s:"


def tenant(tenant_id: UUID) -> str:
    """Return the room of everybody in a tenant."""
    return f"t:{tenant_id}"


def person(tenant_id: UUID, person_id: UUID) -> str:
    """Return the room of one person, on all devices."""
    return f"t:{tenant_id}{_PERSON}{person_id}"


def session(tenant_id: UUID, session_id: UUID) -> str:
    """Return the room of one device."""
    return f"t:{tenant_id}{_SESSION}{session_id}"


def contest(tenant_id: UUID, contest_id: UUID) -> str:
    """Return the room of everybody who looks at a board."""
    return f"t:{tenant_id}{_BOARD}{contest_id}"


def read_contest(room: str) -> tuple[UUID, UUID]:
    """Return the tenant and the contest of the room of a board."""
    tenant_id, contest_id = room.removeprefix("t:").split(_BOARD)
    return UUID(tenant_id), UUID(contest_id)


def read_session(room: str) -> tuple[UUID, UUID] | None:
    """Return the tenant and the session of the room of a device; None of any other room."""
    tenant_id, found, session_id = room.removeprefix("t:").partition(_SESSION)
    return (UUID(tenant_id), UUID(session_id)) if found else None


def is_person(room: str) -> bool:
    """Whether a room is that of one person."""
    return _PERSON in room
