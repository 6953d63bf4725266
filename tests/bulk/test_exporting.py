"""Activities leave the database as Parquet with everything that a plan looks at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy.orm import Session

from app.bulk import exporting, given, running
from app.bulk.inputs import NotCompiled
from app.bulk.relations import role_column
from app.db.unit_of_work import settle_events
from app.programs import queries, settling
from tests.activities.builders import give_sales, sale
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, earned, give_program

PARTNERS = {
    "to": "split",
    "by": "roles",
    "default": [{"role": "seller", "share": "0.7"}, {"role": "partner", "share": "0.3"}],
}
PAYS = {"kind": "rate", "rate": "0.0725"}
COUNTS = {"field": "attributes.Note 1", "op": "contains", "value": 'a "b",\nc'}


def test_what_is_exported_pays_what_stands(db: Session, tmp_path: Path) -> None:
    give_tenant(db)
    ann, bob = give_person(db, "Ann"), give_person(db, "Bob")
    program = give_program(db, component(PAYS, credit=PARTNERS, counts=COUNTS))
    notes = ['a "b",\nc', "", None, 'so a "b",\nc']
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    give_sales(
        db,
        *(
            sale(
                ann.id,
                f"{nth}.123457",
                at=late,
                attributes={"Note 1": note, "partner": str(bob.id)},
            )
            for nth, note in enumerate(notes, start=1)
        ),
    )
    settle_events(db)

    [published] = queries.published(db, [program.id])
    path = tmp_path / "activities.parquet"
    count = exporting.export_activities(db, published.document, path)

    facts = settling.whole_facts(db, published).model_copy(update={"activities": ()})
    flat, tables = given.tables_of(published.document, facts)
    with running.engine({**tables, "activities": path}) as run:
        rows = running.earnings(
            published.document, replace(flat, given=frozenset()), run
        ).to_pylist()
    paid = {row["payee_id"]: (row["starts_on"].month, row["amount_minor"]) for row in rows}
    assert count == 4
    assert paid == {str(each.id): (12, earned(db, each.id)) for each in (ann, bob)}


def test_only_what_a_program_looks_at_leaves_the_database(db: Session, tmp_path: Path) -> None:
    give_tenant(db)
    ann, bob = give_person(db, "Ann"), give_person(db, "Bob")
    gas = {"field": "status", "op": "eq", "value": "verified"}
    program = give_program(db, component(PAYS, credit=PARTNERS, counts=gas))
    named = [{"person": str(bob.id), "role": "partner"}]
    give_sales(
        db,
        sale(ann.id, attributes={"shares": named}),
        sale(ann.id, attributes={"partner": "nobody"}),
        sale(ann.id),
    )
    settle_events(db)
    [published] = queries.published(db, [program.id])

    exporting.export_activities(db, published.document, tmp_path / "activities.parquet")

    found = pq.read_table(tmp_path / "activities.parquet")
    assert found.column_names[6:] == ["source_status", role_column("partner")]
    assert set(found[role_column("partner")].to_pylist()) == {str(bob.id), None}


def test_without_activities_there_is_an_empty_file(db: Session, tmp_path: Path) -> None:
    give_tenant(db)
    program = give_program(db)
    [published] = queries.published(db, [program.id])

    count = exporting.export_activities(db, published.document, tmp_path / "none.parquet")

    assert count == 0
    assert pq.read_metadata(tmp_path / "none.parquet").num_rows == 0


def test_shares_that_activities_state_are_not_exported(db: Session, tmp_path: Path) -> None:
    give_tenant(db)
    program = give_program(db, component(PAYS, credit={"to": "split"}))
    [published] = queries.published(db, [program.id])

    with pytest.raises(NotCompiled):
        exporting.export_activities(db, published.document, tmp_path / "none.parquet")
