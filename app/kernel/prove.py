"""Invariants: sentences about the whole that are checked in tests and, every 15 minutes, in production."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw: how many things it looked at, how many were wrong, and a few of those."""

    checked: int
    violations: int
    sample: tuple[str, ...] = ()

    def __add__(self, other: Finding) -> Finding:
        return Finding(
            self.checked + other.checked,
            self.violations + other.violations,
            (*self.sample, *other.sample)[:5],
        )


NOTHING = Finding(0, 0)


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must always hold for a tenant; `check(db)` says whether it does."""

    code: str
    name: str
    check: Callable[[Any], Finding]


@dataclass(frozen=True, slots=True)
class NotYet:
    """An invariant about something that does not exist here yet, and why there is nothing to check."""

    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """An invariant with what was found."""

    code: str
    name: str
    finding: Finding


def prove(db: Any, invariants: Iterable[Invariant]) -> list[Verdict]:
    """Check every invariant on the tenant of `db`."""
    return [Verdict(one.code, one.name, one.check(db)) for one in invariants]


def together(verdicts: Iterable[Sequence[Verdict]]) -> list[Verdict]:
    """Return the verdicts of several tenants as one list: counts are added up, by code."""
    found: dict[str, Verdict] = {}
    for tenant in verdicts:
        for verdict in tenant:
            before = found.get(verdict.code)
            finding = before.finding + verdict.finding if before else verdict.finding
            found[verdict.code] = Verdict(verdict.code, verdict.name, finding)
    return list(found.values())


def in_order(code: str) -> tuple[str, int]:
    """Return what sorts I2 before I10."""
    letters = code.rstrip("0123456789")
    return letters, int(code.removeprefix(letters) or 0)
