"""The mobile number of a person, and the code that is to prove one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant


def _of_person() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"])


def _e164() -> CheckConstraint:
    return CheckConstraint(r"number ~ '^\+[1-9][0-9]{6,14}$'", name="number")


class PhoneNumber(Base, OfTenant):
    """The number at which a person has shown that they read texts."""

    __tablename__ = "phone_numbers"
    __table_args__ = (_of_person(), _e164())

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    proven_at: Mapped[datetime]


class PhoneCode(Base, OfTenant):
    """The number a person wants to add, and the one code that was last sent there."""

    __tablename__ = "phone_codes"
    __table_args__ = (
        _of_person(),
        _e164(),
        ForeignKeyConstraint(
            ["tenant_id", "text_id"], ["text_messages.tenant_id", "text_messages.id"]
        ),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    text_id: Mapped[UUID]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Empty until the text leaves, and again once the code was used."""
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    asked_at: Mapped[datetime]
    sent: Mapped[int] = mapped_column(server_default=text("0"))
    """How many were asked for since `sent_since`."""
    sent_since: Mapped[datetime]
