"""Reads about badges."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.money import Money, Rounding, exponent_of, round_fraction
from app.programs import progress
from app.programs import queries as programs
from app.recognition.core import CODES
from app.recognition.models import BadgeAward, BadgeStep


def awards(db: Session, person_id: UUID) -> list[BadgeAward]:
    """Return the badges of a person, revoked ones too, last won first."""
    return list(
        db.scalars(
            select(BadgeAward)
            .where(BadgeAward.tenant_id == tenant_of(db), BadgeAward.person_id == person_id)
            .order_by(BadgeAward.first_won_at.desc(), BadgeAward.id.desc())
        )
    )


def steps(db: Session, award_id: UUID) -> list[BadgeStep]:
    """Return the life of a badge, oldest first."""
    return list(
        db.scalars(
            select(BadgeStep)
            .where(BadgeStep.tenant_id == tenant_of(db), BadgeStep.award_id == award_id)
            .order_by(BadgeStep.at, BadgeStep.id)
        )
    )


def component_names(db: Session, program_ids: Collection[UUID]) -> dict[tuple[UUID, str], str]:
    """Return what the components of programs are called."""
    return {
        (program.program_id, component.id): component.name
        for program in programs.published(db, program_ids)
        for component in program.document.components
    }


def badges(db: Session, person_id: UUID) -> dict[str, Any]:
    """Return the badges of a person: held, on their way, not yet near, and taken back."""
    found = awards(db, person_id)
    held = [one for one in found if one.revoked_at is None]
    under_way = _under_way(db, person_id)
    codes = {one.code for one in held} | {one["code"] for one in under_way}
    return {
        "earned": [_shown(one) for one in held],
        "progress": under_way,
        "locked": [
            {"code": code, "title_code": f"badge.{code}"} for code in CODES if code not in codes
        ],
        "revoked": [
            {**_shown(one), "revoked_at": one.revoked_at, "reason": one.reason}
            for one in found
            if one.revoked_at is not None
        ],
    }


def _shown(award: BadgeAward) -> dict[str, Any]:
    return {
        "id": award.id,
        "code": award.code,
        "tier": None,
        "title_code": f"badge.{award.code}",
        "params": award.params,
        "awarded_at": award.first_won_at,
        "cause": {"kind": award.cause_kind, "id": award.cause_id, "at": award.happened_at},
    }


def _under_way(db: Session, person_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "code": "target_reached",
            "title_code": "badge.target_reached",
            "params": {
                "component": one.component_name,
                "period_start": one.period_start.isoformat(),
            },
            "done": measure(one.done, one.unit, one.currency),
            "goal": measure(one.quota, one.unit, one.currency),
        }
        for one in progress.progress(db, person_id)
        if one.quota is not None and one.done < one.quota
    ]


def measure(value: Fraction, unit: str, currency: str) -> float | Money:
    """Return a measure as screens take it: a number of things, or money down to the coin."""
    if unit == "money":
        return Money(round_fraction(value * 10 ** exponent_of(currency), Rounding.DOWN), currency)
    return int(value) if value.denominator == 1 else float(value)
