"""The relations that crediting reads, and what holds on a day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    literal,
    or_,
)

from app.kernel.money import MICROS

Column = ColumnElement[Any]
ONE: Final = MICROS
"""A share or a factor of one, in millionths."""


class NotCompiled(Exception):
    """A rule that only Python applies: what it credits depends on what is settled."""


@dataclass(frozen=True)
class Relations:
    """The relations that crediting reads.

    `positions`: person_id, manager_id, kind, from_on, to_on (the first day after, or null); a new alias at
    each call. `members`: group_name, person_id, from_on, to_on. `rates`: currency, rate_micros, from_on,
    to_on, never two at once. `shares`: activity_id, place, person_id, share_micros.
    """

    activities: FromClause
    source: FromClause
    day: Column
    positions: Callable[[], FromClause]
    takes_part: Callable[[Column, Column], ColumnElement[bool]] | None = None
    """None where everybody always does."""
    holder: Callable[[str], Column] | None = None
    """Who has a role on the activity."""
    person: Callable[[str], Column] = field(default=lambda name: literal(name, Text))
    """Whom the document means by a name."""
    members: FromClause | None = None
    rates: FromClause | None = None
    shares: FromClause | None = None
    carried: tuple[str, ...] = ()
    """Columns of the activity that each credit has as well."""
    reads: bool = False
    """Whether each credit says what was read of the activity, before it was shared."""
    is_few: bool = False
    """Whether a handful of activities is credited: each level is then looked up on its own."""
    conditions: Sequence[ColumnElement[bool]] = ()


def holds_on(dated: FromClause, day: Column) -> ColumnElement[bool]:
    """Tell whether `day` lies between from_on and to_on, the first day after."""
    return and_(dated.c.from_on <= day, or_(dated.c.to_on.is_(None), dated.c.to_on > day))


def micros(number: Decimal) -> Column:
    """Return `number` in whole millionths."""
    return literal(int(number * MICROS), BigInteger)
