"""Alembic's environment: migrations run as the owner of the tables."""

from __future__ import annotations

import os
from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool

from app import bootstrap
from app.db.base import Base

bootstrap.import_models()


def _ours(entry: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    # The queue's tables and indexes belong to procrastinate, which brings its own schema.
    table = entry if kind == "table" else getattr(entry, "table", None)
    return not (name or "").startswith("procrastinate") and not getattr(
        table, "name", ""
    ).startswith("procrastinate")


url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=_ours,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
