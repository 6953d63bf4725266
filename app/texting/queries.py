"""Reading what is known of texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.texting.models import TextMessage


def texts(db: Session, ids: Collection[UUID]) -> Mapping[UUID, TextMessage]:
    """Return texts by id."""
    found = db.scalars(
        select(TextMessage).where(
            TextMessage.tenant_id == tenant_of(db), TextMessage.id.in_(set(ids))
        )
    )
    return {row.id: row for row in found}


def with_words(db: Session, most: int) -> list[TextMessage]:
    """Return the latest texts that left and whose words were kept: those of the demo."""
    return list(
        db.scalars(
            select(TextMessage)
            .where(
                TextMessage.tenant_id == tenant_of(db),
                TextMessage.body.is_not(None),
                TextMessage.sent_at.is_not(None),
            )
            .order_by(TextMessage.id.desc())
            .limit(most)
        )
    )
