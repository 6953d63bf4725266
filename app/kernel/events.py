"""Events upward: a lower room says what happened, higher rooms react in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Event:
    """The base of everything that is recorded as having happened."""


E = TypeVar("E", bound=Event)
Reaction = Callable[[Any, Any], None]


class Reactions:
    """Which reactions follow which event, in the order they were declared."""

    def __init__(self) -> None:
        self._by_type: dict[type[Event], list[Reaction]] = defaultdict(list)

    def when(self, event_type: type[E], reaction: Callable[[Any, E], None]) -> None:
        """Declare that `reaction(db, event)` follows every `event_type`."""
        self._by_type[event_type].append(reaction)

    def run(self, db: Any, event: Event) -> None:
        """Run every reaction to `event`, in order; an error aborts the transaction."""
        for reaction in self._by_type[type(event)]:
            reaction(db, event)
