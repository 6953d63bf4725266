"""Proof of earnings: what frozen statements add up to, signed anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import keys
from app.db.unit_of_work import work_of
from app.finance import core, statements
from app.finance.core import Signed
from app.finance.errors import NothingProven
from app.finance.models import Statement
from app.people import queries as people


def prove(
    db: Session, person_id: UUID, *, first: date, last: date
) -> tuple[dict[str, Any], Signed]:
    """Return what a person earned in the months between two days, from frozen statements only."""
    found = statements.of_person(db, person_id, first=first, last=last)
    if not found:
        raise NothingProven("There is no frozen statement in these months.")
    person = people.get_person(db, person_id)
    document = compose(
        found[::-1],
        company=people.get_tenant(db).name,
        person={
            "id": str(person_id),
            "name": person.name,
            "employee_number": person.employee_number or "",
        },
        made_at=work_of(db).now,
    )
    return document, core.sign(document, keys.signing_key())


def compose(
    found: Sequence[Statement], *, company: str, person: dict[str, str], made_at: datetime
) -> dict[str, Any]:
    """Return the proof over statements in the order of their months."""
    bodies = [json.loads(statement.body) for statement in found]
    currencies = sorted({part["currency"] for body in bodies for part in body["currencies"]})
    return {
        "format": core.PROOF,
        "company": company,
        "person": person,
        "period": {
            "first": found[0].first_on.isoformat(),
            "last": found[-1].last_on.isoformat(),
            "zone": bodies[-1]["period"]["zone"],
        },
        "made_at": made_at.isoformat(timespec="seconds"),
        "currencies": [_of_currency(currency, bodies) for currency in currencies],
        "statements": [
            {"first": statement.first_on.isoformat(), "sha256": statement.sha256.hex()}
            for statement in found
        ],
    }


def _of_currency(currency: str, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    months = [
        {"first": body["period"]["first"], **_shown(part["sums"])}
        for body in bodies
        for part in body["currencies"]
        if part["currency"] == currency
    ]
    total = {name: str(sum(Decimal(month[name]) for month in months)) for name in core.PROVEN}
    return {"currency": currency, "months": months, "total": total}


def _shown(sums: dict[str, str]) -> dict[str, str]:
    # What left is a loss in the books and a payment on paper; what came back lowers it.
    paid = -(Decimal(sums["paid"]) + Decimal(sums["given_back"]))
    return {
        "earned": sums["earned"],
        "corrections": sums["corrections"],
        # Months that were frozen before prizes were posted say nothing of them.
        "prizes": sums.get("prizes", "0"),
        "paid": str(paid or abs(paid)),
    }
