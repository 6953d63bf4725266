"""Builders that neighbours may use."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.activities import service
from app.activities.core import Ready
from app.kernel.money import decimal_to_micros
from tests.conftest import NOON

_numbers = count(1)


def sale(
    person_id: UUID | None,
    amount: str = "100.00",
    *,
    at: datetime = NOON,
    external_id: str | None = None,
    currency: str = "EUR",
    units: str = "1",
    attributes: dict[str, Any] | None = None,
    **more: Any,
) -> Ready:
    """Return a sale that is ready to be recorded; `more` names further fields of Ready."""
    return Ready(
        external_id=external_id or f"S-{next(_numbers)}",
        person_id=person_id,
        occurred_at=at,
        amount_micros=decimal_to_micros(Decimal(amount)),
        currency=currency,
        units_micros=decimal_to_micros(Decimal(units)),
        attributes=json.dumps(attributes or {}),
        **more,
    )


def give_sales(db: Session, *sales: Ready, source: str = "api") -> list[UUID]:
    """Record `sales` and return the ids of the activities, in order."""
    written = service.record_activities(db, source=source, rows=sales)
    return [result.activity_id for result in written if result.activity_id]


def give_sale(db: Session, person_id: UUID | None, amount: str = "100.00", **more: Any) -> UUID:
    """Record one sale and return the id of the activity."""
    [activity_id] = give_sales(db, sale(person_id, amount, **more))
    return activity_id


def void(db: Session, external_id: str, source: str = "api") -> None:
    """Record that the activity `external_id` did not happen after all."""
    gone = Ready(external_id, None, NOON, is_void=True)
    service.record_activities(db, source=source, rows=[gone])
