from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.audit import queries, service
from app.db.unit_of_work import Actor
from app.kernel.ids import new_id
from tests.conftest import Work


def note(db: Session, action: str, **values: object) -> None:
    service.record(db, action=action, object_kind="thing", object_id="1", **values)  # type: ignore[arg-type]  # before and after


def test_a_change_says_who_what_before_and_after(work: Work) -> None:
    who = Actor("person", new_id(), "Ada Ferri")
    with work(actor=who) as db:
        note(db, "thing.renamed", before={"name": "a"}, after={"name": "b"})

    with work() as db:
        (line,) = queries.page(db).items
    assert (line.actor_kind, line.actor_id, line.actor_label) == ("person", who.id, "Ada Ferri")
    assert (line.before, line.after) == ({"name": "a"}, {"name": "b"})
    assert line.sequence is None


def test_changes_are_listed_newest_first_page_by_page_and_by_kind(work: Work) -> None:
    with work() as db:
        for number in range(5):
            note(db, f"thing.{number}")

    with work() as db:
        first = queries.page(db, limit=3)
        rest = queries.page(db, limit=3, cursor=first.next_cursor)
        (only,) = queries.page(db, action="thing.2", object_kind="thing", object_id="1").items
    actions = [line.action for line in [*first.items, *rest.items]]
    assert actions == [f"thing.{number}" for number in (4, 3, 2, 1, 0)]
    assert rest.next_cursor is None
    assert only.action == "thing.2"


def test_sealing_gives_each_change_its_place_in_order(work: Work) -> None:
    with work() as db:
        note(db, "first")
        note(db, "second")

    with work() as db:
        assert service.seal(db) == 2
        assert service.seal(db) == 0

    with work() as db:
        note(db, "third")
        service.seal(db)
        lines = queries.page(db).items
    assert [(line.action, line.sequence) for line in lines] == [
        ("third", 3),
        ("second", 2),
        ("first", 1),
    ]


def test_a_change_that_is_undone_leaves_no_record(work: Work) -> None:
    with pytest.raises(ZeroDivisionError), work() as db:
        note(db, "never")
        raise ZeroDivisionError

    with work() as db:
        assert service.seal(db) == 0
        assert queries.page(db).items == []


@pytest.mark.parametrize("change", ["UPDATE {0} SET tenant_id = tenant_id", "DELETE FROM {0}"])
@pytest.mark.parametrize("table", ["audit_records", "audit_seals"])
def test_records_cannot_be_changed_or_removed(work: Work, change: str, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), work() as db:
        db.execute(text(change.format(table)))
