"""Tables of what happened and how it came in. Private to this room."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId


class Source(Base, WithId):
    """Where activities come from, with the mapping and the cleaning rules kept for it."""

    __tablename__ = "sources"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("kind IN ('file', 'api', 'claim')", name="kind"),
    )

    name: Mapped[str]
    kind: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    rules: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Import(Base, WithId):
    """One file on its way in. Its counts are written in the transaction of the batch they count."""

    __tablename__ = "imports"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "source_id"], ["sources.tenant_id", "sources.id"]),
        CheckConstraint(
            "state IN ('uploaded', 'queued', 'running', 'done', 'failed')", name="state"
        ),
        Index("ix_imports_tenant_id_created_at", "tenant_id", "created_at"),
    )

    source_id: Mapped[UUID]
    file_name: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    state: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    rules: Mapped[dict[str, Any]]
    columns: Mapped[list[Any]]
    rows_total: Mapped[int | None]
    rows_done: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    fixed: Mapped[int] = mapped_column(default=0)
    quarantined: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    problem: Mapped[dict[str, Any] | None]
    started_by: Mapped[UUID | None]
    started_by_label: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportPart(Base, OfTenant):
    """A piece of an uploaded file; workers on any machine can read it."""

    __tablename__ = "import_parts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "import_id"], ["imports.tenant_id", "imports.id"], ondelete="CASCADE"
        ),
    )

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class ImportRow(Base, OfTenant):
    """A row of a file that needed a word: fixed, set aside, or refused, with the reasons.

    A row that an earlier file of the source set aside with the same content is `copied`: what becomes of
    the first becomes of it.
    """

    __tablename__ = "import_rows"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "import_id"], ["imports.tenant_id", "imports.id"]),
        CheckConstraint("outcome IN ('fixed', 'quarantined', 'refused')", name="outcome"),
        ForeignKeyConstraint(
            ["tenant_id", "first_import_id", "first_row_number"],
            ["import_rows.tenant_id", "import_rows.import_id", "import_rows.row_number"],
            name="fk_import_rows_first",
        ),
        CheckConstraint(
            "state IN ('closed', 'open', 'repaired', 'dismissed', 'copied')", name="state"
        ),
        CheckConstraint(
            "(state = 'copied') = (first_import_id IS NOT NULL)"
            " AND (first_import_id IS NULL) = (first_row_number IS NULL)",
            name="copied",
        ),
        Index("ix_import_rows_tenant_id_import_id_state", "tenant_id", "import_id", "state"),
        Index(
            "ix_import_rows_tenant_id_fingerprint",
            "tenant_id",
            "fingerprint",
            "nth",
            postgresql_where=text("fingerprint IS NOT NULL"),
        ),
    )

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    reasons: Mapped[list[Any]]
    values: Mapped[list[Any]] = mapped_column("cells")
    external_id: Mapped[str | None]
    repaired_by: Mapped[str | None]
    repaired_at: Mapped[datetime | None]
    fingerprint: Mapped[UUID | None]
    """Of its source, the names of the columns and its cells as they were read; of rows set aside."""
    nth: Mapped[int | None]
    """The how many-th row of its file with this fingerprint: a file may hold a row twice and mean it."""
    first_import_id: Mapped[UUID | None]
    first_row_number: Mapped[int | None]


class Product(Base, WithId):
    """Something that is sold."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("tenant_id", "sku"),
        UniqueConstraint("tenant_id", "name"),
    )

    sku: Mapped[str]
    name: Mapped[str]
    product_group: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)


class Activity(Base, WithId):
    """One revision of one thing that happened; at most one revision of an external id is current.

    A trigger checks the people and sources of a whole statement at once: foreign keys, which look
    at each row on its own, were measured at two thirds of the time of an insert.
    """

    __tablename__ = "activities"
    __table_args__ = (
        CheckConstraint("status IN ('counted', 'superseded', 'voided')", name="status"),
        Index(
            "uq_activities_current",
            "tenant_id",
            "source_id",
            "external_id",
            unique=True,
            postgresql_where=text("status <> 'superseded'"),
        ),
        Index(
            "ix_activities_tenant_id_person_id_occurred_at", "tenant_id", "person_id", "occurred_at"
        ),
        Index(
            "ix_activities_tenant_id_customer_reference",
            "tenant_id",
            text("lower(customer_reference)"),
            postgresql_where=text("customer_reference IS NOT NULL"),
        ),
    )

    source_id: Mapped[UUID]
    external_id: Mapped[str]
    revision: Mapped[int]
    kind: Mapped[str]
    person_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    amount_micros: Mapped[int]
    currency: Mapped[str | None]
    units_micros: Mapped[int]
    product: Mapped[str | None]
    product_group: Mapped[str | None]
    customer_reference: Mapped[str | None]
    status: Mapped[str]
    source_status: Mapped[str]
    channel: Mapped[str | None]
    country: Mapped[str | None]
    attributes: Mapped[dict[str, Any]]
    replaces_id: Mapped[UUID | None]
    import_id: Mapped[UUID | None]
    row_number: Mapped[int | None]
    claim_id: Mapped[UUID | None]


class Claim(Base, WithId):
    """A sale a rep says was made; it waits until the manager verifies or refuses it."""

    __tablename__ = "claims"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        CheckConstraint("state IN ('waiting', 'verified', 'matched', 'refused')", name="state"),
        Index("ix_claims_tenant_id_person_id_state", "tenant_id", "person_id", "state"),
        Index(
            "uq_claims_matched",
            "tenant_id",
            "activity_id",
            unique=True,
            postgresql_where=text("activity_id IS NOT NULL"),
        ),
    )

    person_id: Mapped[UUID]
    product: Mapped[str]
    amount_micros: Mapped[int]
    currency: Mapped[str | None]
    units_micros: Mapped[int]
    customer_reference: Mapped[str]
    occurred_on: Mapped[date]
    note: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    activity_id: Mapped[UUID | None]
    told_apart: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    """Sales like it that a manager said it is not."""
