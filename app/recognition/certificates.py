"""Certificates of badges: who may ask for one, the code by which anybody checks it, and what it says."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import keys
from app.db.unit_of_work import tenant_of
from app.kernel.clock import day_in_zone
from app.kernel.errors import NotFound
from app.people import queries as people
from app.recognition.models import BadgeAward

_PURPOSE: Final = b"laurel certificate"
_MAC: Final = 16
"""Bytes of proof in a code: ids alone can be guessed from one another."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says. `revoked_at`: what it was won by no longer counts."""

    code: str
    company: str
    hue: int
    person: str
    language: str
    badge: str
    about: str | None
    won_on: date
    revoked_at: datetime | None


def of_award(db: Session, person_id: UUID, award_id: UUID) -> Certificate:
    """Return the certificate of a badge that a person holds; raise NotFound for any other."""
    award = db.get(BadgeAward, (tenant_of(db), award_id))
    if award is None or award.person_id != person_id or award.revoked_at is not None:
        raise NotFound("There is no such badge.")
    return _certificate(db, award)


def read(code: str) -> tuple[UUID, UUID]:
    """Return the tenant and the award that `code` proves; raise NotFound when it proves nothing."""
    try:
        raw = bytes.fromhex(code)
    except ValueError:
        raw = b""
    said, proof = raw[:32], raw[32:]
    if not any(hmac.compare_digest(proof, _proof(root.secret, said)) for root in keys.root_keys()):
        raise NotFound("There is no such certificate.")
    return UUID(bytes=said[:16]), UUID(bytes=said[16:])


def of_code(db: Session, award_id: UUID) -> Certificate:
    """Return a certificate whose code was read, also when it was revoked since."""
    award = db.get(BadgeAward, (tenant_of(db), award_id))
    if award is None:
        raise NotFound("There is no such certificate.")
    return _certificate(db, award)


def _certificate(db: Session, award: BadgeAward) -> Certificate:
    tenant, person = people.get_tenant(db), people.get_person(db, award.person_id)
    said = award.tenant_id.bytes + award.id.bytes
    current, *_ = keys.root_keys()
    return Certificate(
        code=(said + _proof(current.secret, said)).hex(),
        company=tenant.name,
        hue=tenant.brand_hue,
        person=person.name,
        language=person.language,
        badge=award.code,
        about=award.params.get("component"),
        won_on=day_in_zone(award.first_won_at, tenant.zone),
        revoked_at=award.revoked_at,
    )


def _proof(secret: bytes, said: bytes) -> bytes:
    key = hmac.digest(secret, _PURPOSE, "sha256")
    return hmac.digest(key, said, "sha256")[:_MAC]
