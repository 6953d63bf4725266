"""Conditions as SQL: the same condition that the engine evaluates, over the activities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Numeric,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    not_,
    or_,
    true,
)

from app.engine.conditions import ATTRIBUTE_PREFIX, Condition, Either, Every, Leaf, Not
from app.engine.exact import PLAIN_NUMBER
from app.kernel.money import MICROS

_COLUMNS: Final = {
    "status": "source_status",
    "customer": "customer_reference",
    "source": "source_name",
}
_MICROS: Final = {"amount": "amount_micros", "units": "units_micros"}


def text_column(field: str) -> str:
    """Return the column that holds an attribute as text, in relations that have one for each."""
    return f"text_of_{_plain_name(field)}"


def number_column(field: str) -> str:
    """Return the column that holds an attribute in millionths, in relations that have one for each."""
    return f"micros_of_{_plain_name(field)}"


def _plain_name(field: str) -> str:
    """Return an attribute's name as letters that no engine has to quote, different for each name."""
    return field.removeprefix(ATTRIBUTE_PREFIX).encode().hex()


def condition_sql(condition: Condition, activities: FromClause) -> ColumnElement[bool]:
    """Return `condition` over activities: true or false, never unknown.

    They are `activities_table()`, or a relation with a text and a number column for each attribute.
    """
    if isinstance(condition, Every):
        return and_(true(), *(condition_sql(part, activities) for part in condition.all))
    if isinstance(condition, Either):
        return or_(false(), *(condition_sql(part, activities) for part in condition.any))
    if isinstance(condition, Not):
        return not_(condition_sql(condition.not_, activities))
    return _leaf(condition, activities)


def number_sql(field: str, activities: FromClause) -> ColumnElement[Any]:
    """Return a number of an activity in millionths; null where an attribute is no plain number."""
    if field in _MICROS:
        return activities.c[_MICROS[field]]
    if (flat := activities.c.get(number_column(field))) is not None:
        return flat
    value = _attribute(field, activities)
    plain = value.regexp_match(f"^{PLAIN_NUMBER}$")
    return case((plain, cast(value, Numeric) * MICROS))


def _attribute(field: str, activities: FromClause) -> ColumnElement[Any]:
    if (flat := activities.c.get(text_column(field))) is not None:
        return flat
    name = field.removeprefix(ATTRIBUTE_PREFIX)
    return activities.c.attributes.op("->>", return_type=Text())(name)


def text_sql(field: str, activities: FromClause) -> ColumnElement[Any]:
    """Return a text of an activity; null where it is absent or empty."""
    if field.startswith(ATTRIBUTE_PREFIX):
        return func.nullif(_attribute(field, activities), "")
    return func.nullif(activities.c[_COLUMNS.get(field, field)], "")


def _leaf(leaf: Leaf, activities: FromClause) -> ColumnElement[bool]:
    if leaf.op == "exists":
        return _exists(leaf, activities)
    negative = leaf.op in {"ne", "not_in"}
    if leaf.is_numeric:
        found = _NUMERIC[leaf.op](
            number_sql(leaf.field, activities), [int(number * MICROS) for number in leaf.numbers]
        )
    else:
        found = _TEXTUAL[leaf.op](text_sql(leaf.field, activities), list(leaf.texts))
    return func.coalesce(found, negative)


def _exists(leaf: Leaf, activities: FromClause) -> ColumnElement[bool]:
    column = (
        number_sql(leaf.field, activities)
        if leaf.field in _MICROS
        else text_sql(leaf.field, activities)
    )
    return column.is_not(None) if leaf.value else column.is_(None)


_Compare = Callable[[Any, list[Any]], ColumnElement[bool]]

_NUMERIC: Final[dict[str, _Compare]] = {
    "eq": lambda column, given: column == given[0],
    "ne": lambda column, given: column != given[0],
    "in": lambda column, given: column.in_(given),
    "not_in": lambda column, given: column.not_in(given),
    "lt": lambda column, given: column < given[0],
    "le": lambda column, given: column <= given[0],
    "gt": lambda column, given: column > given[0],
    "ge": lambda column, given: column >= given[0],
    "between": lambda column, given: column.between(*given),
}
_TEXTUAL: Final[dict[str, _Compare]] = {
    "eq": lambda column, given: column == given[0],
    "ne": lambda column, given: column != given[0],
    "in": lambda column, given: column.in_(given),
    "not_in": lambda column, given: column.not_in(given),
    "contains": lambda column, given: func.strpos(column, given[0]) > 0,
    "starts_with": lambda column, given: func.starts_with(column, given[0]),
}
