"""Statements of the hottest paths, given to the driver itself: half the work of going through SQLAlchemy.

They run in the transaction of the session, and what the database refuses is raised as SQLAlchemy would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


def run(db: Session, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute `statement`, with parameters as `%(name)s`, and return its rows."""
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
