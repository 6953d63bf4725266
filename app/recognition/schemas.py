"""Shapes of recognition."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.http.shapes import MoneyShape, View


class BadgeCause(View):
    """What a badge was won by."""

    kind: str
    id: UUID
    at: datetime


class EarnedBadge(View):
    """A badge that is held."""

    id: UUID
    code: str
    tier: str | None
    title_code: str
    params: dict[str, Any]
    awarded_at: datetime
    cause: BadgeCause


class RevokedBadge(EarnedBadge):
    """A badge that was taken back, with the reason."""

    revoked_at: datetime
    reason: str


class BadgeProgress(View):
    """A badge on its way."""

    code: str
    title_code: str
    params: dict[str, Any]
    done: float | MoneyShape
    goal: float | MoneyShape


class LockedBadge(View):
    """A badge nobody is near yet."""

    code: str
    title_code: str


class BadgesOut(View):
    """The badges of a person."""

    earned: list[EarnedBadge]
    progress: list[BadgeProgress]
    locked: list[LockedBadge]
    revoked: list[RevokedBadge]


class CertificateOut(View):
    """What a certificate says; `revoked_at`: since when it no longer stands."""

    company: str
    person: str
    badge: str
    about: str | None
    won_on: date
    revoked_at: datetime | None
