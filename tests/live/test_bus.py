"""What is pushed is counted, so that a phone knows when it missed something, whatever the bus forgets."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from app.kernel.ids import new_id
from app.live import presence, rooms
from app.live.bus import CHANNEL, Bus
from app.live.events import RedemptionMoved

NAME = "redemption.moved"


@pytest.fixture
def bus(servers: dict[str, str]) -> Iterator[Bus]:
    """The bus of the run."""
    made = Bus(servers["REDIS_URL"])
    yield made
    made.valkey.close()


def push(bus: Bus, room: str) -> int:
    said = RedemptionMoved(redemption_id=UUID(int=1), state="captured")
    bus.send([(room, said), (f"{room}:other", said.model_copy())])
    return said.revision


def test_the_push_after_a_snapshot_carries_the_next_revision(bus: Bus) -> None:
    room = f"test:{new_id()}"

    held = bus.revision(room, NAME)

    assert [push(bus, room), push(bus, room)] == [held + 1, held + 2]
    assert bus.revision(room, NAME) == held + 2


def test_a_push_after_the_bus_forgot_is_not_taken_for_an_old_one(bus: Bus) -> None:
    room = f"test:{new_id()}"
    held = push(bus, room)
    held = push(bus, room)

    bus.valkey.delete(f"revision:{room}:{NAME}")

    assert push(bus, room) > held + 1


def test_to_a_person_who_is_nowhere_nothing_is_sent_or_counted(bus: Bus) -> None:
    empty, heard = (rooms.person(new_id(), new_id()) for _ in range(2))
    presence.note(bus.valkey, [heard])
    said = RedemptionMoved(redemption_id=UUID(int=1), state="captured")

    with bus.valkey.pubsub() as pushes:
        pushes.subscribe(CHANNEL)
        bus.send([(empty, said.model_copy()), (heard, said)])
        messages = [
            message["data"].decode()
            for message in iter(lambda: pushes.get_message(timeout=0.5), None)
            if message["type"] == "message" and ":p:" in message["data"].decode()
        ]

    assert [heard in message for message in messages] == [True]
    assert bus.valkey.exists(f"revision:{empty}:{NAME}") == 0
