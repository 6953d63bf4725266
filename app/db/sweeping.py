"""Letting go of old rows, some at a time: a large table is not held up by its own broom."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.unit_of_work import tenant_of

BATCH: Final = 5_000


def sweep(
    open_work: Callable[[], AbstractContextManager[Session]],
    at: InstrumentedAttribute[datetime],
    *,
    before: datetime,
) -> None:
    """Delete the tenant's rows whose `at` lies before `before`, oldest first, one transaction a batch.

    The table needs an index of `tenant_id` and `at`.
    """
    statement, swept = sweeping(at), BATCH
    while swept == BATCH:
        with open_work() as db:
            values = {"tenant": tenant_of(db), "before": before, "most": BATCH}
            gone: Any = db.execute(statement, values)
            swept = gone.rowcount


def sweeping(at: InstrumentedAttribute[datetime]) -> TextClause:
    """Return the statement that deletes the `:most` oldest rows of `:tenant` from before `:before`."""
    table = at.class_.__tablename__
    oldest = (
        f"SELECT ctid FROM {table} WHERE tenant_id = :tenant AND {at.key} < :before"  # noqa: S608 - names of ours
        f" ORDER BY {at.key} LIMIT :most"
    )
    return text(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({oldest}))")  # noqa: S608 - names of ours
