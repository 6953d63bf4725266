"""What is pushed is counted, so that a phone knows when it missed something, whatever the bus forgets."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from app.kernel.ids import new_id
from app.live.bus import Bus
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
