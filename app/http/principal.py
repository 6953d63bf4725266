"""Who is asking: the answer to every question of rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.db.unit_of_work import Actor


class Role(StrEnum):
    """What a person may do; a person may hold several."""

    REP = "rep"
    MANAGER = "manager"
    PROGRAM_ADMIN = "program_admin"
    FINANCE = "finance"
    AUDITOR = "auditor"
    TENANT_ADMIN = "tenant_admin"


class Scope(StrEnum):
    """What an API key may do."""

    ACTIVITIES_WRITE = "activities:write"
    ACTIVITIES_READ = "activities:read"
    PEOPLE_WRITE = "people:write"
    PEOPLE_READ = "people:read"
    PROGRAMS_WRITE = "programs:write"
    EARNINGS_READ = "earnings:read"
    CONTESTS_WRITE = "contests:write"
    CONTESTS_READ = "contests:read"
    REWARDS_WRITE = "rewards:write"
    REWARDS_READ = "rewards:read"
    PAYOUTS_WRITE = "payouts:write"
    PAYOUTS_READ = "payouts:read"


EVERYONE = frozenset(Role)
PARTICIPANTS = frozenset({Role.REP, Role.MANAGER})
GOVERNING = EVERYONE - PARTICIPANTS
CONSOLE = EVERYONE - {Role.REP}
DESIGNERS = frozenset({Role.PROGRAM_ADMIN, Role.TENANT_ADMIN})


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person with a session, or a machine with an API key."""

    tenant_id: UUID
    actor: Actor
    roles: frozenset[Role]
    scopes: frozenset[Scope] = frozenset()
    person_id: UUID | None = None
    session_id: UUID | None = None
    csrf: str | None = None
    language: str = "en"
    zone: str = "UTC"
    passkey_at: datetime | None = None
    risk: bool = False
    """Whether something about this session is odd: money waits for another proof."""

    # What Flask-Login asks of a user.
    @property
    def is_authenticated(self) -> bool:
        """Whether somebody is there: always, an absent one is no Principal."""
        return True

    @property
    def is_active(self) -> bool:
        """Whether the account may be used: an inactive one yields no Principal."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """Never."""
        return False

    def get_id(self) -> str:
        """Return the id Flask-Login knows this principal by."""
        return str(self.person_id or self.actor.id)

    @property
    def person(self) -> UUID:
        """The signed-in person; only endpoints closed to API keys may ask."""
        if self.person_id is None:
            raise LookupError("An API key is no person.")
        return self.person_id

    def has(self, *roles: Role) -> bool:
        """Whether the principal holds one of `roles`."""
        return not self.roles.isdisjoint(roles)
