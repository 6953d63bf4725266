"""The life of a batch and of its lines, as values: what may follow what, and who may say yes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.payouts.files.answers import Outcome


class State(StrEnum):
    """Where a batch stands."""

    OPEN = "open"
    PREPARED = "prepared"
    APPROVED = "approved"
    DOWNLOADED = "downloaded"
    SENT = "sent"
    SETTLED = "settled"
    PART = "part"
    RETURNED = "returned"
    VOID = "void"


class Line(StrEnum):
    """Where a payment stands. `moved`: a later batch carries it; `withdrawn`: it came into no file."""

    WAITING = "waiting"
    SETTLED = "settled"
    REFUSED = "refused"
    RETURNED = "returned"
    MOVED = "moved"
    WITHDRAWN = "withdrawn"


LEFT: Final = (State.DOWNLOADED, State.SENT, State.SETTLED, State.PART, State.RETURNED)
"""States in which somebody has the file, so that a bank can have something to say about it."""

UNDONE: Final = (State.OPEN, State.PREPARED, State.APPROVED, State.DOWNLOADED)
"""States in which no bank has the file yet, as far as we know."""

WITH_NOBODY: Final = (State.PREPARED, State.APPROVED, State.DOWNLOADED)
"""States of a file that is written and, as far as we know, with no bank yet."""

WRITTEN: Final = (State.APPROVED, *LEFT)

_FOLLOWS: Final[Mapping[Line, Mapping[Outcome, Line]]] = {
    Line.WAITING: {
        "settled": Line.SETTLED,
        "refused": Line.REFUSED,
        "returned": Line.RETURNED,
    },
    Line.SETTLED: {"returned": Line.RETURNED},
}


def after(line: Line, outcome: Outcome) -> Line | None:
    """Return where a line goes when the bank says `outcome`; None when that changes nothing."""
    return _FOLLOWS.get(line, {}).get(outcome)


def contradicts(line: Line, outcome: Outcome) -> bool:
    """Whether the bank says something that cannot be true beside what it said before."""
    return (line, outcome) in (
        (Line.REFUSED, "settled"),
        (Line.REFUSED, "returned"),
        (Line.SETTLED, "refused"),
    )


def state_of(lines: Iterable[Line]) -> State:
    """Return what a file that was sent has come to."""
    found = set(lines)
    if Line.WAITING in found:
        return State.SENT
    if found <= {Line.SETTLED}:
        return State.SETTLED
    return State.PART if Line.SETTLED in found else State.RETURNED


@dataclass(frozen=True, slots=True)
class Step:
    """From this total on (minor units) so many people have to approve."""

    from_minor: int
    approvals: int


LEAST_APPROVALS: Final = 1
"""Beside whoever prepared the file: four eyes at least."""


def approvals_needed(steps: Collection[Step], total_minor: int) -> int:
    """Return how many people, other than the one who prepared it, have to approve this total."""
    reached = [step.approvals for step in steps if step.from_minor <= total_minor]
    return max([LEAST_APPROVALS, *reached])


def may_approve(
    person: UUID, *, prepared_by: UUID | None, approved_by: Collection[UUID], paid: Collection[UUID]
) -> str | None:
    """Return why a person may not approve: prepared it, approved it before, or is paid by it."""
    if person == prepared_by:
        return "prepared_it"
    if person in approved_by:
        return "approved_it"
    return "is_paid" if person in paid else None
