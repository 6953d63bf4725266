"""Alembic's environment: migrations run as the owner of the tables, and make nobody wait for long.

A migration that waits for a table stops everybody who comes after it. So it waits `WAIT`, lets those
behind it through, and tries again; what was migrated before stays.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Final

from alembic import context
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Engine, create_engine, pool, text
from sqlalchemy.exc import OperationalError

from app import bootstrap
from app.db.base import Base

bootstrap.import_models()


def _ours(entry: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    # The queue's tables and indexes belong to procrastinate, which brings its own schema.
    table = entry if kind == "table" else getattr(entry, "table", None)
    return not (name or "").startswith("procrastinate") and not getattr(
        table, "name", ""
    ).startswith("procrastinate")


WAIT: Final = "2s"
PAUSE: Final = 1.0
TRIES: Final = 200


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{WAIT}'"))
        connection.commit()
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


url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
engine = create_engine(url, poolclass=pool.NullPool)
for left in reversed(range(TRIES)):
    try:
        _migrate(engine)
        break
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable | DeadlockDetected) or not left:
            raise
        print("A table is in use; trying again.", file=sys.stderr, flush=True)  # noqa: T201 - to whoever waits
        time.sleep(PAUSE)
