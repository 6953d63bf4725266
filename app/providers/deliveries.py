"""What providers gave us, voucher by voucher, sealed; and what they said, answer by answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.providers import safe
from app.providers.contract import Delivery
from app.providers.models import ProviderAnswer, ProviderDelivery
from app.providers.wire import Exchange, Reply

KEPT_OF_AN_ANSWER: Final = 64_000

INCOMPLETE: Final = "incomplete"
TWICE: Final = "code_delivered_twice"


def keep(
    db: Session, order_key: str, came: Sequence[Delivery], *, held_because: str | None = None
) -> bool:
    """Seal what came for an order, once; return False when a code of it belongs to another order.

    A code that two orders were given is held back: nobody is shown what may be somebody else's.
    """
    _drop_held(db, order_key, INCOMPLETE)
    here = _rows(db, order_key)
    if here or not came:
        return all(row.held_because is None for row in here)
    sealer = safe.sealer(db)
    macs = [sealer.fingerprint(one.code or one.url or "") for one in came]
    twice = held_because is None and _is_known(db, macs)
    for number, (one, mac) in enumerate(zip(came, macs, strict=True), start=1):
        item_id = new_id()
        sealed = sealer.seal(item_id, delivery=_text(one))
        db.add(
            ProviderDelivery(
                tenant_id=tenant_of(db),
                id=item_id,
                order_key=order_key,
                number=number,
                sealed=sealed.fields["delivery"],
                data_key=sealed.data_key,
                key_id=sealed.key_id,
                code_mac=mac,
                expires_on=one.expires_on,
                held_because=TWICE if twice else held_because,
                came_at=work_of(db).now,
            )
        )
    db.flush()
    return not twice


def of_order(db: Session, order_key: str) -> list[Delivery]:
    """Return what came for an order and may be shown, in clear."""
    return [_opened(db, row) for row in _rows(db, order_key) if row.held_because is None]


def release(db: Session, order_key: str) -> None:
    """Let what was held back be shown: a person has looked."""
    db.execute(
        update(ProviderDelivery)
        .where(ProviderDelivery.tenant_id == tenant_of(db), ProviderDelivery.order_key == order_key)
        .values(held_because=None)
    )


def withhold(db: Session, order_key: str) -> None:
    """Show nothing of an order that was given back."""
    db.execute(
        update(ProviderDelivery)
        .where(ProviderDelivery.tenant_id == tenant_of(db), ProviderDelivery.order_key == order_key)
        .values(held_because="given_back")
    )


def keep_answers(
    db: Session, order_key: str, account_id: UUID | None, action: str, said: Sequence[Exchange]
) -> None:
    """Seal what a provider said on an errand, as it came."""
    for exchange in said:
        item_id, reply = new_id(), exchange.said
        body = reply.body[:KEPT_OF_AN_ANSWER].hex() if isinstance(reply, Reply) else ""
        sealed = safe.sealer(db).seal(item_id, answer=body)
        db.add(
            ProviderAnswer(
                tenant_id=tenant_of(db),
                id=item_id,
                order_key=order_key,
                account_id=account_id,
                action=f"{action}: {exchange.method} {exchange.path}"[:200],
                status=reply.status if isinstance(reply, Reply) else None,
                silence=None if isinstance(reply, Reply) else reply.reason,
                sealed=sealed.fields["answer"],
                data_key=sealed.data_key,
                key_id=sealed.key_id,
                at=work_of(db).now,
            )
        )


def answers(db: Session, order_key: str) -> list[ProviderAnswer]:
    """Return what was tried for an order, the latest last; the words themselves stay sealed."""
    return list(
        db.scalars(
            select(ProviderAnswer)
            .where(ProviderAnswer.tenant_id == tenant_of(db), ProviderAnswer.order_key == order_key)
            .order_by(ProviderAnswer.at, ProviderAnswer.id)
        )
    )


def _rows(db: Session, order_key: str) -> Sequence[ProviderDelivery]:
    return db.scalars(
        select(ProviderDelivery)
        .where(ProviderDelivery.tenant_id == tenant_of(db), ProviderDelivery.order_key == order_key)
        .order_by(ProviderDelivery.number)
    ).all()


def _drop_held(db: Session, order_key: str, reason: str) -> None:
    for row in _rows(db, order_key):
        if row.held_because == reason:
            db.delete(row)
    db.flush()


def _is_known(db: Session, macs: Sequence[bytes]) -> bool:
    if len(set(macs)) != len(macs):
        return True
    found = db.scalar(
        select(ProviderDelivery.id)
        .where(ProviderDelivery.tenant_id == tenant_of(db), ProviderDelivery.code_mac.in_(macs))
        .limit(1)
    )
    return found is not None


def _text(one: Delivery) -> str:
    return json.dumps(asdict(one), default=str)


def _opened(db: Session, row: ProviderDelivery) -> Delivery:
    sealed = safe.Sealed({"delivery": row.sealed}, row.data_key, row.key_id)
    read: dict[str, Any] = json.loads(safe.unseal(db, row.id, sealed)["delivery"])
    expires_on = date.fromisoformat(read["expires_on"]) if read["expires_on"] else None
    return Delivery(read["code"], read["pin"], expires_on, read.get("url"))
