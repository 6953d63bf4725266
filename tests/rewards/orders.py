"""Orders as a phone places them."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.kernel import clock
from app.kernel.ids import new_id
from app.people import step_up
from app.people.challenges import hash_binding
from app.people.models import SignInSession
from tests.people.builders import WRITE
from tests.people.phone import API, Phone
from tests.rewards.builders import Shop

FIFTY = {"amount": "50.00", "currency": "EUR"}
SOON = (clock.utc_now() + timedelta(days=30)).date()


def order(phone: Phone, reward_id: UUID, key: str = "", proof: str = "", **more: Any) -> Any:
    """Order a reward, of 50 euros when nothing else is said."""
    body = {"reward_id": str(reward_id), "amount": FIFTY, **more}
    headers = {"Idempotency-Key": key or new_id().hex, "X-Step-Up": proof}
    return phone.post("/me/redemptions", body, **headers)


def confirmed(shop: Shop, phone: Phone, order_id: str, action: str = "voucher.reveal") -> str:
    """Return what a phone holds after its passkey confirmed the reveal of one order."""
    return proven(shop, action, {"redemption_id": order_id})


def proven(shop: Shop, action: str, binding: dict[str, Any]) -> str:
    """Return what the rep's phone holds after its passkey confirmed exactly this."""
    with shop.work(now=clock.utc_now()) as db:
        session = db.scalars(
            select(SignInSession.id).where(SignInSession.person_id == shop.person.id)
        ).first()
        assert session is not None
        wanted = hash_binding(action, binding)
        return step_up.grant(db, session_id=session, binding_hash=wanted).token


def upload(phone: Phone, reward_id: UUID, csv: str | bytes, amount: str = "50.00") -> Any:
    """Bring a file of codes for a reward."""
    raw = csv if isinstance(csv, bytes) else csv.encode()
    return phone.client.post(
        f"{API}/rewards/{reward_id}/stock",
        data={"file": (io.BytesIO(raw), "codes.csv"), "amount": amount},
        headers=WRITE,
    )


def an_hour_after_the_passkey(shop: Shop) -> None:
    """Let the rep's passkey have been used an hour ago."""
    with shop.work() as db:
        db.execute(
            update(SignInSession)
            .where(SignInSession.person_id == shop.person.id)
            .values(passkey_at=clock.utc_now() - timedelta(hours=1))
        )
