"""Statements of the hottest paths, given to the driver itself: half the work of going through SQLAlchemy.

They run in the transaction of the session, and what the database refuses is raised as SQLAlchemy would.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_DIALECT: Final = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # of SQLAlchemy


def run(
    db: Session, statement: str | TextClause, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Execute `statement`, a text or one with parameters as `%(name)s`, and return its rows."""
    if not isinstance(statement, str):
        statement = _for_the_driver(statement)
    connection = db.connection()
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []
    except psycopg.Error as error:
        away = connection.dialect.is_disconnect(error, connection.connection, cursor)  # type: ignore[arg-type]  # the driver's own classes
        if away:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, dict(parameters), error, psycopg.Error, connection_invalidated=away
        ) from error
    finally:
        cursor.close()


@lru_cache(maxsize=256)
def _for_the_driver(statement: TextClause) -> str:
    return str(statement.compile(dialect=_DIALECT))
