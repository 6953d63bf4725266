"""One thing that happened counts once, however often and in whatever order it is told."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.activities import queries, service
from app.activities.core import Outcome
from app.activities.events import ActivitiesRecorded
from app.db.unit_of_work import settle_events, work_of
from tests.activities.builders import give_sales, sale, void


def counted_micros(db: Session) -> int:
    table = queries.activities_table()
    total = db.scalar(select(func.sum(table.c.amount_micros)).where(table.c.status == "counted"))
    return int(total or 0)


def recorded(db: Session) -> list[ActivitiesRecorded]:
    return [event for event in work_of(db).events if isinstance(event, ActivitiesRecorded)]


def test_the_same_sale_twice_counts_once(db: Session) -> None:
    give_sales(db, sale(None, "10.00", external_id="A"))

    [second] = service.record_activities(
        db, source="api", rows=[sale(None, "10.00", external_id="A")]
    )

    assert second.outcome is Outcome.UNCHANGED
    assert counted_micros(db) == 10_000_000


def test_a_sale_that_comes_twice_in_one_batch_counts_once(db: Session) -> None:
    once = sale(None, "10.00", external_id="A")

    written = service.record_activities(db, source="api", rows=[once, once])

    assert [result.outcome for result in written] == [Outcome.ACCEPTED, Outcome.UNCHANGED]
    assert written[0].activity_id == written[1].activity_id


def test_other_content_is_the_next_revision_and_both_ids_are_told(db: Session) -> None:
    [first] = give_sales(db, sale(None, "10.00", external_id="A"))
    settle_events(db)

    [second] = service.record_activities(
        db, source="api", rows=[sale(None, "12.00", external_id="A")]
    )

    assert (second.outcome, second.revision) == (Outcome.ACCEPTED, 2)
    [told] = recorded(db)
    assert (told.are_all_new, told.activity_ids) == (False, (second.activity_id, first))
    assert counted_micros(db) == 12_000_000


def test_a_void_ends_the_sale_and_repeating_it_changes_nothing(db: Session) -> None:
    [sold] = give_sales(db, sale(None, "10.00", external_id="A"))
    settle_events(db)

    void(db, "A")
    void(db, "A")

    assert counted_micros(db) == 0
    [told] = recorded(db)
    assert told.activity_ids[1:] == (sold,)


def test_a_void_of_something_unknown_is_refused(db: Session) -> None:
    gone = sale(None, external_id="never", is_void=True)

    [result] = service.record_activities(db, source="api", rows=[gone])

    assert result.outcome is Outcome.REFUSED
    assert result.reason is not None
    assert result.reason.code == "void_unknown"


def test_a_correction_under_its_own_number_replaces_the_original_once(db: Session) -> None:
    give_sales(db, sale(None, "10.00", external_id="A"))
    correction = sale(None, "8.00", external_id="B", replaces="A")

    first = service.record_activities(db, source="api", rows=[correction])
    second = service.record_activities(db, source="api", rows=[correction])

    assert counted_micros(db) == 8_000_000
    assert (first[0].outcome, second[0].outcome) == (Outcome.ACCEPTED, Outcome.UNCHANGED)


def test_the_same_number_in_two_sources_is_two_sales(db: Session) -> None:
    give_sales(db, sale(None, "10.00", external_id="A"))
    give_sales(db, sale(None, "10.00", external_id="A"), source="other")

    assert counted_micros(db) == 20_000_000


def test_an_event_names_at_most_five_thousand_activities(db: Session) -> None:
    give_sales(db, *(sale(None, external_id=f"N-{n}") for n in range(5_001)))

    assert [len(event.activity_ids) for event in recorded(db)] == [5_000, 1]
    assert [event.are_all_new for event in recorded(db)] == [True, False]


def test_what_a_transaction_writes_at_several_times_is_one_event(db: Session) -> None:
    once, again = sale(None, external_id="A"), sale(None, "12.00", external_id="A")

    written = service.record_activities(db, source="api", rows=[once, again])
    [other] = give_sales(db, sale(None), source="other")

    [told] = recorded(db)
    assert told.activity_ids == (other, written[1].activity_id, written[0].activity_id)
    assert not told.are_all_new


def test_the_origin_of_an_activity_is_its_source_and_number(db: Session) -> None:
    [activity_id] = give_sales(db, sale(None, external_id="A-7"))

    origin = queries.source_row(db, activity_id)

    assert origin is not None
    assert (origin.source, origin.external_id, origin.file) == ("api", "A-7", None)
