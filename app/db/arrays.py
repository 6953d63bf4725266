"""Lists of ids on their way to PostgreSQL: thousands in one parameter, several times a batch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.abc import Buffer
from psycopg.types.array import ListDumper


class IdListDumper(ListDumper):
    """Writes a list of UUIDs at once: the driver's own way looks at each for quoting, six times as long."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        if obj and type(obj[0]) is UUID:
            try:
                return f"{{{','.join([each.hex for each in obj])}}}".encode()
            except AttributeError:
                pass  # a null among them: the driver knows how to write it
        return super().dump(obj)


def words(values: Iterable[UUID | int | Decimal | date | None]) -> str:
    """Return what needs no quotes as the text of an array, for `CAST(:name AS uuid[])` or the like.

    Much less work for the driver than a list, and one prepared statement whatever size the numbers have.
    """
    return f"{{{','.join(['NULL' if each is None else str(each) for each in values])}}}"


def texts(values: Iterable[str]) -> str:
    """Return strings as the text of an array, for `CAST(:name AS text[])`."""
    quoted = [each.replace("\\", "\\\\").replace('"', '\\"') for each in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def hashes(values: Iterable[bytes]) -> str:
    """Return byte strings as the text of an array, for `CAST(:name AS bytea[])`."""
    return texts([f"\\x{each.hex()}" for each in values])


def speak(connection: Any, _record: Any) -> None:
    """Let a new connection write lists of ids so."""
    connection.adapters.register_dumper(list, IdListDumper)
