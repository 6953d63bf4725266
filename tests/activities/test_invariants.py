"""The checks of intake find what they are for, and nothing after ordinary work."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities.invariants import INVARIANTS
from tests.activities.builders import give_sales, sale, void
from tests.activities.conftest import RunImport
from tests.activities.test_imports import FILE, MAPPING
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant


def violations(db: Session) -> dict[str, int]:
    return {one.code: one.check(db).violations for one in INVARIANTS}


@pytest.fixture
def imported(work: Work, run_import: RunImport) -> None:
    with work() as db:
        give_tenant(db)
        person_id = give_person(db, employee_number="MI-0474").id
        give_sales(db, sale(person_id, external_id="A"))
        give_sales(db, sale(person_id, "9.00", external_id="B", replaces="A"))
        give_sales(db, sale(person_id, external_id="C"))
        void(db, "C")
    run_import(FILE, MAPPING)


def test_ordinary_work_leaves_nothing_to_find(imported: None, work: Work) -> None:
    with work() as db:
        assert violations(db) == {"A1": 0, "A2": 0, "A3": 0}


@pytest.mark.parametrize(
    ("code", "damage"),
    [
        ("A1", "UPDATE imports SET rows_done = rows_done + 1"),
        ("A1", "DELETE FROM import_rows WHERE row_number = 3"),
        ("A2", "UPDATE activities SET status = 'counted' WHERE external_id = 'A'"),
        (
            "A3",
            """
            INSERT INTO claims (tenant_id, person_id, product, amount_micros, units_micros,
              customer_reference, occurred_on, note, state, created_at)
            SELECT tenant_id, id, 'x', 0, 0, 'x', '2026-11-19', '', 'verified', now() FROM people
            """,
        ),
    ],
)
def test_damage_is_found(imported: None, db: Session, code: str, damage: str) -> None:
    db.execute(text(damage))

    assert violations(db)[code] == 1
