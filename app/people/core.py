"""Pure values of the people room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import available_timezones

from app.http.principal import Role

LANGUAGES: Final = ("en", "it", "fr", "id")
ZONES: Final = frozenset(available_timezones())

PARTICIPANT_IDLE: Final = timedelta(days=14)
PARTICIPANT_LIFE: Final = timedelta(days=30)
ADMIN_IDLE: Final = timedelta(minutes=30)
ADMIN_LIFE: Final = timedelta(hours=12)
_ADMINS: Final = frozenset({Role.PROGRAM_ADMIN, Role.FINANCE, Role.AUDITOR, Role.TENANT_ADMIN})


@dataclass(frozen=True, slots=True)
class TenantCalendar:
    """What decides a tenant's days and weeks, and the currency it reports in."""

    zone: str
    week_starts: int
    currency: str


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session may rest, and how long it may live."""

    idle: timedelta
    life: timedelta


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One line of a staff list; None leaves what is known as it is."""

    employee_number: str
    name: str
    email: str | None = None
    language: str | None = None
    zone: str | None = None
    currency: str | None = None
    joined_on: date | None = None
    roles: frozenset[Role] | None = None
    team: str | None = None
    manager_employee_number: str | None = None
    title: str | None = None
    kind: str | None = None
    from_on: date | None = None
    """From when team, manager, title and kind hold; today (or the first day) when left out."""

    @property
    def says_a_place(self) -> bool:
        """Whether the line says anything about where the person stands."""
        return (self.team, self.manager_employee_number, self.title, self.kind) != (None,) * 4


def session_limits(roles: Iterable[Role]) -> SessionLimits:
    """Return the limits of a person with `roles`: short where somebody else's money can be moved."""
    if _ADMINS.isdisjoint(roles):
        return SessionLimits(PARTICIPANT_IDLE, PARTICIPANT_LIFE)
    return SessionLimits(ADMIN_IDLE, ADMIN_LIFE)


def fold(text: str) -> str:
    """Return `text` as it is compared: trimmed, in lower case, with single spaces."""
    return " ".join(text.split()).lower()


def initials(name: str) -> str:
    """Return up to two letters for an avatar."""
    words = [word for word in name.split() if word[:1].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "?"


def zone_on(zone: str, next_zone: str | None, next_zone_from: date | None, day: date) -> str:
    """Return the zone that counts on `day`: a change applies from the next day."""
    return next_zone if next_zone and next_zone_from and day >= next_zone_from else zone


_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_label(user_agent: str) -> str:
    """Return what a person would call the device behind `user_agent`, such as "Safari, iPhone"."""
    known = (
        next((name for mark, name in marks if mark in user_agent), None)
        for marks in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in known if name) or "?"
