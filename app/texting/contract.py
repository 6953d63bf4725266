"""What a gateway for texts is asked, and the four ways in which it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.texting.core import State


@dataclass(frozen=True, slots=True)
class Text:
    """What is to leave: to one number (E.164), the words, and where news of it may be told."""

    to: str
    body: str
    news_to: str | None

    def __repr__(self) -> str:
        return f"Text({len(self.body)} characters)"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has it. `reference`: its own name of the text."""

    reference: str
    state: State = State.SENT


@dataclass(frozen=True, slots=True)
class Refused:
    """It never leaves, and asking again would not help."""

    code: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """It certainly did not leave; it may be tried again, after `wait` seconds when the gateway says so."""

    reason: str
    wait: int | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """Nobody knows whether it left."""

    reason: str


Said = Accepted | Refused | NotNow | Silent


@dataclass(frozen=True, slots=True)
class News:
    """What a gateway tells of a text by itself."""

    reference: str
    state: State
    code: str | None


class Gateway(Protocol):
    """Somebody who carries texts."""

    name: str
    sender: str
    """Who texts come from, as phones show it."""
    is_near: bool
    """Whether it is played on this machine."""

    def send(self, text: Text) -> Said:
        """Hand one text over, once. Never raises for anything the gateway does."""
        ...

    def hear(
        self, url: str, headers: Mapping[str, str], form: Sequence[tuple[str, str]]
    ) -> News | None:
        """Read news that came to `url`; None when they change nothing. Raise NotGenuine without the proof."""
        ...
