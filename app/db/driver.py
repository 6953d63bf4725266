"""Statements of the hottest paths, given to the driver itself: half the work of going through SQLAlchemy.

They run in the transaction of the session, and what the database refuses is raised as SQLAlchemy would.
Rows come as the driver reads them, which for the types of our tables is what SQLAlchemy gives, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

_DIALECT: Final = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # of SQLAlchemy

Row = tuple[Any, ...]


def run(db: Session, statement: str | ClauseElement, parameters: Mapping[str, Any]) -> list[Row]:
    """Execute `statement` and return its rows.

    It is a text with parameters as `%(name)s`, or a statement of SQLAlchemy that is built once and kept:
    it is compiled at its first use and known again by its identity. What the session holds back is
    written before, as for any other statement.
    """
    db.flush()
    return _execute(db.connection(), statement, parameters)


def ask(engine: Engine, statement: ClauseElement, parameters: Mapping[str, Any]) -> list[Row]:
    """Execute one `statement`, kept as for `run`, that is a transaction of its own; return its rows."""
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.autocommit = True
        try:
            return _execute(connection, statement, parameters)
        finally:
            if not raw.closed:
                raw.autocommit = False


def _execute(
    connection: Connection, statement: str | ClauseElement, parameters: Mapping[str, Any]
) -> list[Row]:
    if not isinstance(statement, str):
        statement, constants = _for_the_driver(statement)
        parameters = {**constants, **parameters} if constants else parameters
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


@lru_cache(maxsize=2048)
def _for_the_driver(statement: ClauseElement) -> tuple[str, dict[str, Any]]:
    """Return the text of a statement, and the values that are written into it."""
    compiled: Any = statement.compile(dialect=_DIALECT)
    asked = {name for given, name in compiled.bind_names.items() if given.required}
    stated = compiled.construct_expanded_state(dict.fromkeys(asked))
    constants = {name: value for name, value in stated.parameters.items() if name not in asked}
    return stated.statement, constants
