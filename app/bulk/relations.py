"""The flat relations that bulk work reads: one column for each attribute that a program looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import BigInteger, ColumnElement, Date, Text, column, exists, literal, select, table
from sqlalchemy.sql.expression import TableClause

from app.activities.filters import number_column, text_column
from app.bulk.inputs import Relations, holds_on
from app.engine.conditions import ATTRIBUTE_PREFIX, Condition, Leaf, children_of
from app.engine.crediting import roles_of
from app.engine.document import Program
from app.engine.measures import PointsMeasure, SumMeasure, Tallied

TEXTS: Final = (
    "kind", "product", "product_group", "source_status", "channel", "customer_reference", "country",
    "source_name",
)  # fmt: skip
FIELDS: Final = {
    "source_status": "status",
    "customer_reference": "customer",
    "source_name": "source",
}
"""What conditions call the columns that have another name."""


@dataclass(frozen=True)
class Layout:
    """Which texts, attributes and roles a program looks at, and so which columns its activities have."""

    texts: tuple[str, ...]
    """The names of their columns."""
    attributes: tuple[str, ...]
    """With their prefix."""
    roles: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns of the relation of activities."""
        whole, text = pa.int64(), pa.string()
        columns: list[tuple[str, pa.DataType]] = [
            ("id", text), ("person_id", text), ("occurred_on", pa.date32()), ("currency", text),
            ("amount_micros", whole), ("units_micros", whole), *((name, text) for name in self.texts),
        ]  # fmt: skip
        for name in self.attributes:
            columns += [(text_column(name), text), (number_column(name), pa.decimal128(22, 0))]
        columns += [(role_column(role), text) for role in self.roles]
        return pa.schema(columns)


def layout_of(program: Program) -> Layout:
    """Return the columns that `program` needs."""
    fields, roles = set(_fields(program)), set(_roles(program))
    return Layout(
        tuple(name for name in TEXTS if FIELDS.get(name, name) in fields),
        tuple(sorted(each for each in fields if each.startswith(ATTRIBUTE_PREFIX))),
        tuple(sorted(roles)),
    )


def role_column(role: str) -> str:
    """Return the column that holds who has a role on the activity."""
    return f"holder_of_{role.encode().hex()}"


def _fields(program: Program) -> Iterator[str]:
    for component in program.components:
        for name, figure in component.all_figures.items():
            if not isinstance(figure, Tallied):
                continue
            conditions: list[Condition] = list(component.counts_of(name))
            if isinstance(figure, SumMeasure):
                conditions += [each.when for each in figure.weights or ()]
            if isinstance(figure, PointsMeasure):
                conditions += [row.when for row in figure.table]
            for condition in conditions:
                yield from _leaves(condition)
            for named in ("of", "times"):
                if isinstance(found := getattr(figure, named, None), str):
                    yield found


def _leaves(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Leaf):
        yield condition.field
        return
    for part in children_of(condition):
        yield from _leaves(part)


def _roles(program: Program) -> Iterator[str]:
    for component in program.components:
        for name in component.all_figures:
            yield from roles_of(component.credit_of(name))


POSITIONS: Final = pa.schema(
    [("person_id", pa.string()), ("manager_id", pa.string()), ("kind", pa.string()),
     ("from_on", pa.date32()), ("to_on", pa.date32())]
)  # fmt: skip
TAKERS: Final = pa.schema(
    [("person_id", pa.string()), ("from_on", pa.date32()), ("to_on", pa.date32())]
)
MEMBERS: Final = pa.schema(
    [("group_name", pa.string()), ("person_id", pa.string()), ("from_on", pa.date32()),
     ("to_on", pa.date32())]
)  # fmt: skip
RATES: Final = pa.schema(
    [("currency", pa.string()), ("rate_micros", pa.int64()), ("from_on", pa.date32()),
     ("to_on", pa.date32())]
)  # fmt: skip
SHARES: Final = pa.schema(
    [("activity_id", pa.string()), ("place", pa.int64()), ("person_id", pa.string()),
     ("share_micros", pa.int64())]
)  # fmt: skip
QUOTAS: Final = pa.schema(
    [("component", pa.string()), ("person_id", pa.string()), ("from_on", pa.date32()),
     ("to_on", pa.date32())]
)  # fmt: skip
SCHEMAS: Final = {
    "positions": POSITIONS,
    "takers": TAKERS,
    "members": MEMBERS,
    "rates": RATES,
    "shares": SHARES,
    "quotas": QUOTAS,
}


def _table(name: str, schema: pa.Schema) -> TableClause:
    return table(name, *(column(each.name, _type(each.type)) for each in schema))


def _type(kind: pa.DataType) -> Any:
    if pa.types.is_date(kind):
        return Date()
    return Text() if pa.types.is_string(kind) else BigInteger()


@dataclass(frozen=True)
class Flat:
    """The tables of a bulk run, under the names that its text uses."""

    layout: Layout
    everybody: bool
    """Whether everybody always takes part; else `takers` says who does when."""
    given: frozenset[str] = field(default_factory=frozenset)
    """Which of members, rates and shares there are."""

    def relations(self) -> Relations:
        """Return what crediting reads."""
        activities = _table("activities", self.layout.schema)
        return Relations(
            activities=activities,
            source=activities,
            day=activities.c.occurred_on,
            positions=lambda: _table("positions", POSITIONS).alias(),
            takes_part=None if self.everybody else _takes_part,
            holder=lambda role: activities.c[role_column(role)],
            person=lambda name: literal(name, Text),
            members=self._given("members"),
            rates=self._given("rates"),
            shares=self._given("shares"),
        )

    def _given(self, name: str) -> TableClause | None:
        return _table(name, SCHEMAS[name]) if name in self.given else None


def _takes_part(person: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[bool]:
    takers = _table("takers", TAKERS).alias("takers_of_day")
    return exists(select(literal(1)).where(takers.c.person_id == person, holds_on(takers, day)))


def quotas_table() -> TableClause:
    """Return the quota periods of people."""
    return _table("quotas", QUOTAS)
