"""Statements of the hottest paths, given to the driver itself: half the work of going through SQLAlchemy.

They run in the transaction of the session, and what the database refuses is raised as SQLAlchemy would.
Rows come as the driver reads them, which for the types of our tables is what SQLAlchemy gives, too.

Waiting for an answer costs two processes a turn of the processor each. What nobody reads the answer of
is therefore only said (`say`), and goes to the database together with the next statement, in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, Pool, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

_DIALECT: Final = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # of SQLAlchemy

_SAID: Final = "laurel.said"

Row = tuple[Any, ...]


def run(db: Session, statement: str | ClauseElement, parameters: Mapping[str, Any]) -> list[Row]:
    """Execute `statement` and return its rows.

    It is a text with parameters as `%(name)s`, or a statement of SQLAlchemy that is built once and kept:
    it is compiled at its first use and known again by its identity. What the session holds back is
    written before, as for any other statement.
    """
    db.flush()
    return _execute(db.connection(), statement, parameters)


def say(db: Session, statement: str | ClauseElement, parameters: Mapping[str, Any]) -> None:
    """Execute `statement` as `run` does, without waiting: it goes along with the next one.

    What the database refuses is raised by what comes next, by the commit at the latest.
    """
    db.flush()
    connection = db.connection()
    connection.info.setdefault(_SAID, []).append(_as_given(statement, parameters))


def raw(db: Session) -> Any:
    """Return the driver's own connection, in the transaction of the session, with nothing left to say."""
    db.flush()
    connection = db.connection()
    catch_up(connection)
    return connection.connection.driver_connection


@event.listens_for(Engine, "before_cursor_execute")
def catch_up(connection: Connection, *_of_the_event: Any) -> None:
    """Execute what was only said so far; SQLAlchemy calls it before each statement of its own."""
    if connection.info.get(_SAID):
        _execute(connection, None, {})


@event.listens_for(Pool, "reset")
def _forget(_connection: Any, record: Any, _state: Any) -> None:
    """Leave unsaid what belonged to a transaction that ended without it."""
    record.info.pop(_SAID, None)


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
    connection: Connection, statement: str | ClauseElement | None, parameters: Mapping[str, Any]
) -> list[Row]:
    """Execute what was only said and then `statement`, all on one way; return the rows of the last."""
    given = connection.info.pop(_SAID, [])
    if statement is not None:
        given.append(_as_given(statement, parameters))
    cursors = [connection.connection.cursor() for _ in given]
    try:
        with _one_way(connection) if len(given) > 1 else nullcontext():
            for cursor, (text, values) in zip(cursors, given, strict=True):
                cursor.execute(text, values)
        last = cursors[-1]
        return list(last.fetchall()) if last.description else []
    except psycopg.Error as error:
        away = connection.dialect.is_disconnect(error, connection.connection, cursors[-1])  # type: ignore[arg-type]  # the driver's own classes
        if away:
            connection.invalidate(error)
        raise DBAPIError.instance(
            "; ".join(text for text, _ in given),
            dict(given[-1][1]),
            error,
            psycopg.Error,
            connection_invalidated=away,
        ) from error
    finally:
        for cursor in cursors:
            cursor.close()


def _one_way(connection: Connection) -> AbstractContextManager[Any]:
    raw: Any = connection.connection.driver_connection
    pipeline: AbstractContextManager[Any] = raw.pipeline()
    return pipeline


def _as_given(
    statement: str | ClauseElement, parameters: Mapping[str, Any]
) -> tuple[str, Mapping[str, Any]]:
    if isinstance(statement, str):
        return statement, parameters
    text, constants = _for_the_driver(statement)
    return text, {**constants, **parameters} if constants else parameters


@lru_cache(maxsize=2048)
def _for_the_driver(statement: ClauseElement) -> tuple[str, dict[str, Any]]:
    """Return the text of a statement, and the values that are written into it."""
    compiled: Any = statement.compile(dialect=_DIALECT)
    asked = {name for given, name in compiled.bind_names.items() if given.required}
    stated = compiled.construct_expanded_state(dict.fromkeys(asked))
    constants = {name: value for name, value in stated.parameters.items() if name not in asked}
    return stated.statement, constants
