"""Commands on a database that is away: one sentence instead of where in our code it was noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import click
import psycopg
from sqlalchemy.exc import OperationalError


def explain(commands: Iterable[click.Command]) -> None:
    """Let `commands`, and those below them, say it when the database does not let us in."""
    for command in commands:
        if isinstance(command, click.Group):
            explain(command.commands.values())
        if command.callback is not None:
            command.callback = _explained(command.callback)


def _explained(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return callback(*arguments, **named)
        except OperationalError as error:
            # With a statement it was let in: what broke then is for whoever reads our code.
            if error.statement is not None:
                raise
            raise _away(error.orig) from None
        except psycopg.OperationalError as error:
            if error.sqlstate is not None:
                raise
            raise _away(error) from None

    return call


def _away(error: BaseException | None) -> click.ClickException:
    said = str(error).partition("\n")[0].rstrip(".")
    return click.ClickException(f"The database of DATABASE_URL did not let us in: {said}.")
