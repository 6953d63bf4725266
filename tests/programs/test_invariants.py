from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events, work_of
from app.kernel.prove import prove
from app.programs import release
from app.programs.invariants import INVARIANTS
from tests.activities.builders import give_sale, give_sales, sale, void
from tests.conftest import NOON
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import five_percent, give_program


@pytest.fixture
def history(db: Session) -> UUID:
    """A tenant in which money was earned, released, corrected and taken back."""
    give_tenant(db)
    ann = give_person(db)
    give_program(
        db,
        five_percent(id="now"),
        five_percent(id="weekly", release={"on": "weekday", "weekday": 5}),
        five_percent(id="held", holdback={"share": "0.4", "until": {"days_after_period": 30}}),
    )
    give_sales(db, *[sale(ann.id, "33.33", external_id=f"S{n}") for n in range(9)])
    settle_events(db)
    work_of(db).now = NOON + timedelta(days=2)
    release.release_due(db)
    give_sale(db, ann.id, "99.99", external_id="S1")
    void(db, "S2")
    void(db, "S3")
    settle_events(db)
    return ann.id


def broken(db: Session) -> list[str]:
    return [verdict.code for verdict in prove(db, INVARIANTS) if verdict.finding.violations]


def test_all_invariants_hold_after_releases_and_corrections(db: Session, history: UUID) -> None:
    assert broken(db) == []
    assert all(verdict.finding.checked for verdict in prove(db, INVARIANTS))


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE earnings SET amount_minor = amount_minor + 1", ["P1", "P3", "P4", "P5", "P6"]),
        ("UPDATE earnings SET revision = revision + 1", ["P1"]),
        ("UPDATE earnings SET total_micros = total_micros + 1", ["P2"]),
        ("UPDATE credits SET value_micros = value_micros + 1", ["P2"]),
        ("UPDATE earnings SET released_minor = released_minor - 1", ["P4"]),
        ("UPDATE earning_portions SET minor = minor + 1", ["P6"]),
    ],
)
def test_damage_is_found(db: Session, history: UUID, damage: str, found: list[str]) -> None:
    db.execute(text(damage))

    assert broken(db) == found
