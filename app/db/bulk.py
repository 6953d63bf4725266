"""Thousands of rows in one statement: arrays go in, `unnest` makes them rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, TableValuedAlias, Uuid, any_, cast, column, func, literal
from sqlalchemy.types import TypeEngine


def rows(**columns: tuple[TypeEngine[Any], Sequence[Any]]) -> TableValuedAlias:
    """Return arrays of equal length as a table: `rows(id=(Uuid(), ids), minor=(BigInteger(), amounts))`."""
    arrays = [
        cast(literal(list(values), ARRAY(kind)), ARRAY(kind)) for kind, values in columns.values()
    ]
    named = [column(name, kind) for name, (kind, _) in columns.items()]
    return func.unnest(*arrays).table_valued(*named).render_derived()


def any_of(ids: Sequence[UUID]) -> Any:
    """Return what a column of ids can be compared with: `row.id == bulk.any_of(ids)`, one parameter however many."""
    return any_(literal(list(ids), ARRAY(Uuid())))
