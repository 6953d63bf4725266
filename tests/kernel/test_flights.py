"""Who asks while a question is away shares the next answer, never the one under way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import pytest

from app.kernel.flights import Flights


class Tower:
    """Answers with the number of the flight; the first one waits to be let go."""

    def __init__(self) -> None:
        self.count, self.began, self.go_on = 0, Event(), Event()

    def ask(self, _question: str) -> int:
        self.count += 1
        mine = self.count
        self.began.set()
        assert self.go_on.wait(20)
        return mine


def test_those_who_wait_share_one_answer_that_was_asked_for_after_they_came() -> None:
    tower = Tower()
    flights = Flights(tower.ask)

    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(flights.ask, "key")
        assert tower.began.wait(20)
        later = [pool.submit(flights.ask, "key") for _ in range(5)]
        sleep(0.2)
        tower.go_on.set()

    assert first.result() == 1
    assert [one.result() for one in later] == [2] * 5


def test_other_questions_do_not_wait() -> None:
    tower = Tower()
    flights: Flights[str, int] = Flights(
        lambda question: tower.ask(question) if question == "slow" else 0
    )

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(flights.ask, "slow")
        assert tower.began.wait(20)
        assert flights.ask("quick") == 0
        tower.go_on.set()

    assert slow.result() == 1


def test_what_goes_wrong_is_told_to_everybody_who_asked_and_to_nobody_after() -> None:
    errors = [ZeroDivisionError()]

    def ask(_question: str) -> int:
        if errors:
            raise errors.pop()
        return 7

    flights = Flights(ask)

    with pytest.raises(ZeroDivisionError):
        flights.ask("key")
    assert flights.ask("key") == 7
