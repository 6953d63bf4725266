"""Answers that several askers share, none of them older than its question."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Flight(Generic[Answer]):
    landed: threading.Event = field(default_factory=threading.Event)
    answers: list[Answer] = field(default_factory=list)
    error: Exception | None = None


class Flights(Generic[Question, Answer]):
    """Asks for many at once: who comes while a question is away waits for the next one, together.

    An answer was asked for after its asker came, so nobody sees yesterday's truth. It works with
    greenlets and with threads alike.
    """

    def __init__(self, ask: Callable[[Question], Answer]) -> None:
        self._ask = ask
        self._door = threading.Lock()
        self._away: dict[Question, _Flight[Answer]] = {}
        self._boarding: dict[Question, _Flight[Answer]] = {}

    def ask(self, question: Question) -> Answer:
        """Return the answer to `question`, or raise what asking for it raised."""
        with self._door:
            before = self._away.get(question)
            flight = self._boarding.get(question)
            is_pilot = flight is None
            if flight is None:
                flight = self._boarding[question] = _Flight()
        if is_pilot:
            if before is not None:
                before.landed.wait()
            self._fly(question, flight)
        else:
            flight.landed.wait()
        if flight.error is not None:
            raise flight.error
        return flight.answers[0]

    def _fly(self, question: Question, flight: _Flight[Answer]) -> None:
        with self._door:
            self._away[question] = self._boarding.pop(question)
        try:
            flight.answers.append(self._ask(question))
        except Exception as error:  # noqa: BLE001 - it is raised again, for everybody who asked
            flight.error = error
        with self._door:
            del self._away[question]
        flight.landed.set()
