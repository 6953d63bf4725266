"""Whom a rule of the store is about, and somebody who stands before the store. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who looks around or orders: their team, their roles, the country they live in."""

    team_id: UUID | None
    roles: Collection[str]
    country: str | None


@dataclass(frozen=True, slots=True)
class Audience:
    """Those a rule is about: of this team, with this role, living in this country; None says nothing."""

    team_id: UUID | None = None
    role: str | None = None
    country: str | None = None

    def includes(self, one: Visitor) -> bool:
        """Whether somebody is among them."""
        return (
            self.team_id in (None, one.team_id)
            and (self.role is None or self.role in one.roles)
            and self.country in (None, one.country)
        )
