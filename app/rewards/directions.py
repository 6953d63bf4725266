"""Where an order goes, sealed as it was approved: to whom, and to which bank account."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.providers import safe
from app.providers.contract import Destination, Recipient
from app.rewards.models import RedemptionDirections


@dataclass(frozen=True, slots=True)
class Directions:
    """Who gets it, and into which account; a voucher needs neither."""

    recipient: Recipient | None = None
    destination: Destination | None = None


NOWHERE: Final = Directions()


def keep(db: Session, redemption_id: UUID, where: Directions) -> None:
    """Seal where an order goes; later changes of a person's accounts do not reach it."""
    if where == NOWHERE:
        return
    text = json.dumps(
        {
            "recipient": where.recipient and asdict(where.recipient),
            "destination": where.destination and _plain(where.destination),
        }
    )
    sealed = safe.sealer(db).seal(redemption_id, directions=text)
    db.add(
        RedemptionDirections(
            tenant_id=tenant_of(db),
            id=redemption_id,
            sealed=sealed.fields["directions"],
            data_key=sealed.data_key,
            key_id=sealed.key_id,
        )
    )
    db.flush()


def of(db: Session, redemption_id: UUID) -> Directions:
    """Return where an order goes, in clear."""
    row = db.get(RedemptionDirections, (tenant_of(db), redemption_id), populate_existing=True)
    if row is None:
        return NOWHERE
    sealed = safe.Sealed({"directions": row.sealed}, row.data_key, row.key_id)
    read: dict[str, Any] = json.loads(safe.unseal(db, row.id, sealed)["directions"])
    return Directions(
        read["recipient"] and Recipient(**read["recipient"]),
        read["destination"] and Destination(**read["destination"]),
    )


def _plain(destination: Destination) -> dict[str, Any]:
    return {
        "kind": destination.kind,
        "holder": destination.holder,
        "country": destination.country,
        "currency": destination.currency,
        "fields": dict(destination.fields),
    }
