"""Statements as they were frozen, and how accounting calls our accounts."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId


class Statement(Base, WithId):
    """What a person's money did in a month, as it was known when the month was closed. Never changed."""

    __tablename__ = "statements"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        UniqueConstraint("tenant_id", "person_id", "first_on"),
        CheckConstraint("last_on >= first_on", name="period"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
    )

    person_id: Mapped[UUID]
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    frozen_at: Mapped[datetime]


class AccountName(Base, OfTenant):
    """How accounting calls a kind of account: its number in their chart, and its name."""

    __tablename__ = "account_names"

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
