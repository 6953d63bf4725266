"""The declarative base: naming rules, and the columns that every table carries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What all tables share. Relationships, where there are any, are declared `lazy="raise"`."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        UUID: PG_UUID(as_uuid=True),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class OfTenant:
    """Mixin: the table belongs to tenants, and every key of it starts with `tenant_id`."""

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)


class WithId(OfTenant):
    """Mixin: rows have an id of their own, unique within the tenant."""

    id: Mapped[UUID] = mapped_column(
        primary_key=True, sort_order=-1, server_default=text("uuidv7()")
    )
