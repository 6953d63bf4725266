"""One condition model: what Python finds true is what PostgreSQL finds true."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.filters import condition_sql
from app.activities.queries import activities_table
from app.engine import conditions
from app.engine.conditions import Condition
from tests.activities.builders import give_sales, sale

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)

WORDS = ["Gas", "Dual-fuel", "dual-fuel", "50%", "a_b", "É", "7", "007", "1.50"]
NUMBERS = ["0", "7", "-2.5", "120.5", "1.500001", "1e3", "x"]
ROWS = [
    {
        "product": WORDS[n % 9],
        "channel": None if n % 4 == 0 else WORDS[(n * 5) % 9],
        "country": "" if n % 3 == 0 else "IT",
        "amount": NUMBERS[n % 5],
        "units": str(n % 4),
        "attributes": {} if n % 5 == 0 else {"note": WORDS[(n * 7) % 9], "score": NUMBERS[n % 7]},
    }
    for n in range(60)
]
FIELDS = ["product", "channel", "country", "source", "attributes.note", "attributes.score"]

words = st.sampled_from([*WORDS, "api", "IT"])
numbers = st.sampled_from([*NUMBERS[:5], "1.5", "120.500"]) | st.integers(-3, 8)


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


TEXT_LEAVES = st.builds(
    leaf, st.sampled_from(FIELDS), st.sampled_from(["eq", "ne", "contains", "starts_with"]), words
)
SET_LEAVES = st.builds(
    leaf,
    st.sampled_from(FIELDS),
    st.sampled_from(["in", "not_in"]),
    st.lists(words, min_size=1, max_size=3),
)
NUMBER_FIELDS = st.sampled_from(["amount", "units", "attributes.score", "attributes.note"])
NUMBER_LEAVES = st.builds(
    leaf, NUMBER_FIELDS, st.sampled_from(["lt", "le", "gt", "ge"]), numbers
) | st.builds(leaf, st.sampled_from(["amount", "units"]), st.sampled_from(["eq", "ne"]), numbers)
WHOLE_LEAVES = st.builds(
    leaf, NUMBER_FIELDS, st.sampled_from(["eq", "ne"]), st.integers(-3, 8)
) | st.builds(
    leaf,
    NUMBER_FIELDS,
    st.just("between"),
    st.lists(st.integers(-3, 200), min_size=2, max_size=2),
)
EXISTS = st.builds(leaf, st.sampled_from(FIELDS), st.just("exists"), st.booleans())
TREES = st.recursive(
    TEXT_LEAVES | SET_LEAVES | NUMBER_LEAVES | WHOLE_LEAVES | EXISTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=5,
)


@pytest.fixture
def rows(db: Session) -> dict[UUID, dict[str, Any]]:
    sales = [
        sale(
            None,
            row["amount"],
            units=row["units"],
            product=row["product"],
            channel=row["channel"],
            country=row["country"],
            attributes=row["attributes"],
        )
        for row in ROWS
    ]
    return dict(zip(give_sales(db, *sales), ROWS, strict=True))


def read(row: dict[str, Any], field: str) -> str | Decimal | None:
    if field == "source":
        return "api"
    if field in {"amount", "units"}:
        return Decimal(row[field])
    if field.startswith("attributes."):
        found: str | None = row["attributes"].get(field.removeprefix("attributes."))
        return found
    value: str | None = row[field]
    return value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_sql_and_python_agree_on_every_condition(
    db: Session, rows: dict[UUID, dict[str, Any]], tree: dict[str, Any]
) -> None:
    condition = CONDITION.validate_python(tree)
    table = activities_table()

    found = db.scalars(
        select(table.c.id).where(table.c.id.in_(rows), condition_sql(condition, table))
    )

    expected = {
        activity_id
        for activity_id, row in rows.items()
        if conditions.holds(condition, lambda field, row=row: read(row, field))  # type: ignore[misc]
    }
    assert set(found) == expected, json.dumps(tree)


def test_rows_are_written_as_they_are_read(db: Session, rows: dict[UUID, dict[str, Any]]) -> None:
    table = activities_table()

    products = db.execute(select(table.c.id, table.c.product).where(table.c.id.in_(rows)))

    assert {row.id: row.product for row in products} == {
        i: row["product"] for i, row in rows.items()
    }
