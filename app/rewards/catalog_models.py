"""The store: what providers list, what people marked, what the company shows to whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId
from app.rewards.shelf_core import LAST_PLACE

OFFERED = "retired_at IS NULL"


class CatalogEntry(Base, OfTenant):
    """How a reward is found. `code` names it in a provider's catalog; our own rewards have none.

    `search_text` is what is looked in: lower case, without accents, words parted by one blank, a blank
    before the first. `is_hidden` and `pinned` are the company's and outlive every sync; `place` is where it
    stands on the shelf of its country (see shelving).
    """

    __tablename__ = "catalog_entries"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "reward_id"], ["rewards.tenant_id", "rewards.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        UniqueConstraint("tenant_id", "account_id", "code"),
        CheckConstraint("low_minor > 0 AND high_minor >= low_minor", name="amounts"),
        CheckConstraint("(account_id IS NULL) = (code IS NULL)", name="listed_by_somebody"),
        Index(
            "ix_catalog_entries_shelf",
            "tenant_id",
            text("pinned DESC"),
            "place",
            text("popularity DESC"),
            "name",
            "reward_id",
            postgresql_where=text(OFFERED),
        ),
        Index(
            "ix_catalog_entries_country",
            "tenant_id",
            "country",
            text("pinned DESC"),
            "place",
            text("popularity DESC"),
            "name",
            "reward_id",
            postgresql_where=text(OFFERED),
        ),
        Index(
            "ix_catalog_entries_search",
            "tenant_id",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
            postgresql_where=text(OFFERED),
        ),
    )

    reward_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None]
    code: Mapped[str | None]
    name: Mapped[str]
    search_text: Mapped[str]
    kind: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    low_minor: Mapped[int]
    high_minor: Mapped[int]
    is_open: Mapped[bool]
    terms: Mapped[str] = mapped_column(server_default=text("''"))
    expiry_text: Mapped[str] = mapped_column(server_default=text("''"))
    image_url: Mapped[str] = mapped_column(server_default=text("''"))
    digest: Mapped[str] = mapped_column(server_default=text("''"))
    is_hidden: Mapped[bool] = mapped_column(server_default=text("false"))
    pinned: Mapped[int] = mapped_column(server_default=text("0"))
    popularity: Mapped[int] = mapped_column(server_default=text("0"))
    place: Mapped[int] = mapped_column(server_default=text(str(LAST_PLACE)))
    listed_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class CatalogFavourite(Base, OfTenant):
    """A reward that a person marked; it stays marked while it is not sold."""

    __tablename__ = "catalog_favourites"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
        ForeignKeyConstraint(["tenant_id", "reward_id"], ["rewards.tenant_id", "rewards.id"]),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    reward_id: Mapped[UUID] = mapped_column(primary_key=True)
    marked_at: Mapped[datetime]


class CatalogRule(Base, WithId):
    """What an audience is shown: "only" these, or all but these ("hide"); "open": nobody else is shown these.

    No team, role or country (where people live): everybody.
    """

    __tablename__ = "catalog_rules"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "team_id"], ["teams.tenant_id", "teams.id"]),
        CheckConstraint("effect IN ('only', 'hide', 'open')", name="effect"),
        CheckConstraint(
            "about IN ('kind', 'country', 'category', 'currency', 'brand')", name="about"
        ),
        UniqueConstraint(
            "tenant_id",
            "team_id",
            "role",
            "country",
            "effect",
            "about",
            "value",
            postgresql_nulls_not_distinct=True,
        ),
    )

    team_id: Mapped[UUID | None]
    role: Mapped[str | None]
    country: Mapped[str | None]
    effect: Mapped[str]
    about: Mapped[str]
    value: Mapped[str]
    made_at: Mapped[datetime]


class OrderLimit(Base, WithId):
    """How much an audience may order of what is named: at least, at most, and in a calendar period.

    Amounts are minor units of `currency` and hold for orders in it. No team, role or country: everybody.
    """

    __tablename__ = "order_limits"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "team_id"], ["teams.tenant_id", "teams.id"]),
        CheckConstraint(
            "about IN ('everything', 'kind', 'country', 'category', 'currency', 'brand')",
            name="about",
        ),
        CheckConstraint("(about = 'everything') = (value = '')", name="value"),
        CheckConstraint("period IN ('month', 'quarter', 'year')", name="period"),
        CheckConstraint("(period IS NULL) = (period_minor IS NULL)", name="in_a_period"),
        CheckConstraint(
            "least_minor > 0 AND most_minor >= least_minor AND period_minor >= most_minor"
            " AND period_minor >= least_minor AND most_minor > 0 AND period_minor > 0",
            name="amounts",
        ),
        CheckConstraint(
            "num_nonnulls(least_minor, most_minor, period_minor) > 0", name="says_something"
        ),
    )

    team_id: Mapped[UUID | None]
    role: Mapped[str | None]
    country: Mapped[str | None]
    about: Mapped[str]
    value: Mapped[str]
    currency: Mapped[str]
    least_minor: Mapped[int | None]
    most_minor: Mapped[int | None]
    period: Mapped[str | None]
    period_minor: Mapped[int | None]
    made_at: Mapped[datetime]


class CatalogSync(Base, WithId):
    """One reading of a provider's catalog, and what it changed."""

    __tablename__ = "catalog_syncs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["provider_accounts.tenant_id", "provider_accounts.id"]
        ),
        Index(None, "tenant_id", "account_id", "started_at"),
        CheckConstraint("state IN ('running', 'done', 'broken')", name="state"),
    )

    account_id: Mapped[UUID]
    is_full: Mapped[bool]
    state: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    added: Mapped[int] = mapped_column(server_default=text("0"))
    changed: Mapped[int] = mapped_column(server_default=text("0"))
    unchanged: Mapped[int] = mapped_column(server_default=text("0"))
    retired: Mapped[int] = mapped_column(server_default=text("0"))
    malformed: Mapped[int] = mapped_column(server_default=text("0"))
    examples: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    """The first malformed products: code and reason."""
    problem: Mapped[str | None]
