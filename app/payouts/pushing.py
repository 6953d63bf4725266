"""Approved batches pushed to the company's own system, until it has them or it is clear that it will not.

A push is claimed under a fencing number, sent, and noted, each in a transaction of its own: a worker that
dies leaves a row that is due, and the receiver knows a message it has seen by its id.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.payouts import collecting, signing
from app.payouts.core import Line, State
from app.payouts.errors import WrongSettings
from app.payouts.files.batch import Payment, plain
from app.payouts.models import PayoutBatch, PayoutEndpoint, PayoutPush
from app.providers import safe, wire
from app.providers.wire import Reply, Silence, Wire

BACKOFF: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""The pauses of Standard Webhooks: some 75 hours in all."""
OFF_AFTER: Final = timedelta(days=5)
"""An endpoint that fails for so long is switched off until somebody looks."""
OLD_SECRET_LIVES: Final = timedelta(hours=24)
TIMEOUT: Final = 15.0
ANSWER_MOST: Final = 64_000
BODY_MOST: Final = 20_000
PATIENCE: Final = timedelta(seconds=60)

OpenWork = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Errand:
    """One try: what to send where, and the fencing number under which its end is noted."""

    push_id: UUID
    lease: int
    url: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Errand({self.push_id}, {self.lease})"


def endpoint_of(db: Session, *, lock: bool = False) -> PayoutEndpoint | None:
    """Return where batches are pushed to; None where nowhere."""
    wanted = select(PayoutEndpoint).where(PayoutEndpoint.tenant_id == tenant_of(db))
    if lock:
        wanted = wanted.with_for_update()
    return db.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()


def set_endpoint(db: Session, *, url: str) -> tuple[PayoutEndpoint, str | None]:
    """Push to `url` from now on; a new endpoint gets a secret, which is shown this once."""
    try:
        wire.resolve(url)
    except wire.Forbidden as error:
        raise WrongSettings(f"We do not call this address: {error}") from None
    row, secret, now = endpoint_of(db, lock=True), None, work_of(db).now
    if row is None:
        secret = signing.new_secret()
        row = PayoutEndpoint(tenant_id=tenant_of(db), id=new_id())
        _seal(db, row, {"secret": secret})
        db.add(row)
    row.url, row.is_on, row.off_because, row.failing_since = url, True, None, None
    row.changed_at = now
    _audit(db, row, "set", url=url)
    return row, secret


def rotate_secret(db: Session) -> tuple[PayoutEndpoint, str]:
    """Give the endpoint a new secret; for a day messages carry the signatures of both."""
    row = _endpoint(db)
    secret = signing.new_secret()
    _seal(db, row, {"secret": secret, "old": _secrets(db, row)["secret"]})
    row.old_until = work_of(db).now + OLD_SECRET_LIVES
    _audit(db, row, "secret_changed")
    return row, secret


def switch_off(db: Session) -> PayoutEndpoint:
    """Push nothing any more."""
    row = _endpoint(db)
    row.is_on, row.off_because = False, "by_hand"
    _audit(db, row, "off", because="by_hand")
    return row


def _endpoint(db: Session) -> PayoutEndpoint:
    row = endpoint_of(db, lock=True)
    if row is None:
        raise WrongSettings("There is no endpoint yet.")
    return row


def start(db: Session, batch: PayoutBatch) -> None:
    """Let an approved batch be pushed, where there is an endpoint that is on."""
    row = endpoint_of(db)
    if row is None or not row.is_on:
        return
    now = work_of(db).now
    db.execute(
        insert(PayoutPush)
        .values(
            tenant_id=batch.tenant_id,
            id=new_id(),
            batch_id=batch.id,
            state="waiting",
            tries=0,
            due_at=now,
            last_said="",
            made_at=now,
        )
        .on_conflict_do_nothing()
    )


def stop(db: Session, batch: PayoutBatch) -> None:
    """Push a batch no more: it was voided, or its receiver has confirmed it."""
    db.execute(
        update(PayoutPush)
        .where(PayoutPush.tenant_id == batch.tenant_id, PayoutPush.batch_id == batch.id)
        .values(
            due_at=None,
            state="given_up" if batch.state == State.VOID else "confirmed",
            ended_at=work_of(db).now,
        )
    )


def push_of(db: Session, batch_id: UUID) -> PayoutPush | None:
    """Return how the push of a batch stands."""
    return db.execute(
        select(PayoutPush)
        .where(PayoutPush.tenant_id == tenant_of(db), PayoutPush.batch_id == batch_id)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def due(db: Session, *, most: int = 100) -> list[UUID]:
    """Return the pushes that are to be tried now."""
    return list(
        db.scalars(
            select(PayoutPush.id)
            .where(PayoutPush.tenant_id == tenant_of(db), PayoutPush.due_at <= work_of(db).now)
            .order_by(PayoutPush.due_at)
            .limit(most)
        )
    )


def push(open_work: OpenWork, push_id: UUID, *, timeout: float = TIMEOUT) -> None:
    """Try a push that is due, once."""
    with open_work() as db:
        errand = claim(db, push_id)
    if errand is None:
        return
    line = Wire(errand.url, size_limit=ANSWER_MOST)
    path = "" if errand.url.count("/") > 2 else "/"
    said = line.call("POST", path, headers=errand.headers, body=errand.body, timeout=timeout)
    with open_work() as db:
        note(db, errand, said)


def claim(db: Session, push_id: UUID) -> Errand | None:
    """Take the lease on a push that is due; None when it is not, or there is nowhere to push to."""
    row = _get(db, push_id)
    endpoint, now = endpoint_of(db), work_of(db).now
    if row.due_at is None or row.due_at > now:
        return None
    if endpoint is None or not endpoint.is_on:
        row.due_at, row.state, row.last_said, row.ended_at = None, "given_up", "endpoint_off", now
        return None
    row.lease, row.tries = row.lease + 1, row.tries + 1
    row.due_at = now + PATIENCE
    body = body_of(db, row)
    held = _secrets(db, endpoint)
    secrets = [held["secret"]]
    if "old" in held and endpoint.old_until is not None and endpoint.old_until > now:
        secrets.append(held["old"])
    signed = signing.headers(f"msg_{row.id.hex}", now, body, secrets)
    return Errand(
        row.id,
        row.lease,
        endpoint.url,
        {"Content-Type": "application/json", "User-Agent": "Laurel", **signed},
        body,
    )


def note(db: Session, errand: Errand, said: Reply | Silence) -> None:
    """Write down how a try ended, unless another worker has taken over since."""
    row = _get(db, errand.push_id)
    if row.lease != errand.lease or row.state != "waiting":
        return
    now = work_of(db).now
    row.last_said = said.reason[:100] if isinstance(said, Silence) else str(said.status)
    if isinstance(said, Reply) and 200 <= said.status < 300:
        row.state, row.due_at, row.ended_at = "delivered", None, now
        _is_well(db)
    elif isinstance(said, Reply) and said.status == 410:
        row.state, row.due_at, row.ended_at = "given_up", None, now
        _is_off(db, "gone")
    elif row.tries > len(BACKOFF):
        row.state, row.due_at, row.ended_at = "given_up", None, now
        _is_failing(db, now)
    else:
        row.due_at = now + BACKOFF[row.tries - 1]
        _is_failing(db, now)


def body_of(db: Session, row: PayoutPush) -> bytes:
    """Return what is pushed: the batch, and its payments as long as a message has room for them."""
    batch = db.get_one(PayoutBatch, (row.tenant_id, row.batch_id), populate_existing=True)
    data = batch_data(batch)
    message = {
        "type": "payout.batch.approved",
        "timestamp": row.made_at.isoformat(),
        "data": data | {"payments": payments_data(db, batch)},
    }
    raw = _json(message)
    return raw if len(raw) <= BODY_MOST else _json(message | {"data": data | {"payments": None}})


def batch_data(batch: PayoutBatch) -> dict[str, Any]:
    """Return a batch as another system reads it."""
    return {
        "batch_id": str(batch.id),
        "message_id": batch.message_id,
        "sha256": batch.sha256,
        "pay_on": batch.pay_on and batch.pay_on.isoformat(),
        "count": batch.count,
        "total": {
            "amount": plain(Money(batch.total_minor or 0, batch.currency)),
            "currency": batch.currency,
        },
        "payments_path": f"/api/v1/payouts/batches/{batch.id}/payments",
        "confirmation_path": f"/api/v1/payouts/batches/{batch.id}/confirmation",
    }


def payments_data(db: Session, batch: PayoutBatch) -> list[dict[str, Any]]:
    """Return the payments of a batch with their accounts in clear, for the system that pays them."""
    lines = [
        line
        for line in collecting.lines_of(db, batch.id)
        if line.state not in (Line.MOVED, Line.WITHDRAWN)
    ]
    return [_payment_data(payment) for payment in collecting.payments_of(db, lines)]


def _payment_data(payment: Payment) -> dict[str, Any]:
    to = payment.destination
    return {
        "reference": payment.reference,
        "name": payment.name,
        "personnel_number": payment.personnel_number,
        "amount": {"amount": plain(payment.money), "currency": payment.money.currency},
        "remark": payment.remark,
        "destination": to and {"kind": to.kind, "country": to.country, "fields": dict(to.fields)},
    }


def _json(message: Any) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _get(db: Session, push_id: UUID) -> PayoutPush:
    return db.execute(
        select(PayoutPush)
        .where(PayoutPush.tenant_id == tenant_of(db), PayoutPush.id == push_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _is_well(db: Session) -> None:
    row = endpoint_of(db, lock=True)
    if row is not None:
        row.failing_since = None


def _is_failing(db: Session, now: datetime) -> None:
    row = endpoint_of(db, lock=True)
    if row is None:
        return
    row.failing_since = row.failing_since or now
    if now - row.failing_since >= OFF_AFTER:
        _is_off(db, "failing")


def _is_off(db: Session, because: str) -> None:
    row = endpoint_of(db, lock=True)
    if row is not None and row.is_on:
        row.is_on, row.off_because = False, because
        _audit(db, row, "off", because=because)


def _audit(db: Session, row: PayoutEndpoint, what: str, **after: Any) -> None:
    db.flush()
    audit.record(
        db,
        action=f"payout_endpoint.{what}",
        object_kind="payout_endpoint",
        object_id=row.id,
        after=after or None,
    )


def _secrets(db: Session, row: PayoutEndpoint) -> dict[str, str]:
    sealed = safe.Sealed({"secrets": row.sealed}, row.data_key, row.key_id)
    read: dict[str, str] = json.loads(safe.unseal(db, row.id, sealed)["secrets"])
    return read


def _seal(db: Session, row: PayoutEndpoint, secrets: dict[str, str]) -> None:
    sealed = safe.sealer(db).seal(row.id, secrets=json.dumps(secrets))
    row.sealed, row.data_key, row.key_id = (
        sealed.fields["secrets"],
        sealed.data_key,
        sealed.key_id,
    )
