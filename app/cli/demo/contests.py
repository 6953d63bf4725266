"""Lumera's sprints: one each month, and one that runs now."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.cli.demo.company import CARLA, ZONE
from app.cli.demo.sales import DUAL
from app.contests import queries, service
from app.contests.rules import ContestRules
from app.db.unit_of_work import Actor, tenant_of
from app.http.principal import Principal, Role

_PRIZES: Final = ((1, 1, "300.00"), (2, 2, "180.00"), (3, 3, "120.00"), (4, 10, "40.00"))


def launch(db: Session, day: date, today: date, ids: dict[str, UUID]) -> None:
    """Launch the sprint that begins on `day`, if one does and it was not launched before."""
    this_week = today - timedelta(days=today.weekday())
    if day != this_week and (day.weekday() != 0 or day.day > 7 or day > this_week):
        return
    rules = _rules(day)
    director = Principal(
        tenant_id=tenant_of(db),
        actor=Actor("person", ids[CARLA.lower()], "Carla Monti"),
        roles=frozenset({Role.PROGRAM_ADMIN}),
        person_id=ids[CARLA.lower()],
    )
    known = queries.contests(db, director, limit=100).items
    if rules.starts_at not in {each.starts_at for each in known}:
        contest = service.draft(db, rules=rules, principal=director)
        service.launch(db, contest, principal=director)


def _rules(monday: date) -> ContestRules:
    """Count the dual-fuel contracts of one week."""
    zone = ZoneInfo(ZONE)
    stated = {
        "name": f"Week {monday.isocalendar().week} sprint",
        "measure": {"kind": "count"},
        "counts": {"field": "product", "op": "eq", "value": DUAL},
        "zone": ZONE,
        "starts_at": datetime.combine(monday, time(), zone).isoformat(),
        "ends_at": datetime.combine(monday + timedelta(days=7), time(), zone).isoformat(),
        "grace_hours": 12,
        "prizes": [
            {"place_from": first, "place_to": last, "money": {"amount": amount, "currency": "EUR"}}
            for first, last, amount in _PRIZES
        ],
    }
    return ContestRules.model_validate_json(json.dumps(stated))


def turn(db: Session) -> None:
    """Let contests that are over become final."""
    service.turn(db)
