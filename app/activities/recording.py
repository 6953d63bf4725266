"""Writing activities, set-based: stage, compare with what is current, revise, insert, tell.

One path for a single sale and for a file of a million: rows go into a temporary table of the
connection, and a few statements compare each with its current revision and write what is new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities.core import Outcome, Ready, Reason, Written
from app.activities.events import BATCH, ActivitiesRecorded, Cause
from app.db.unit_of_work import record, tenant_of, work_of
from app.kernel.ids import new_id

STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_activities (
  n bigint, external_id text, person_id uuid, occurred_at timestamptz, amount_micros bigint,
  currency text, units_micros bigint, kind text, product text, product_group text,
  customer_reference text, source_status text, channel text, country text, attributes jsonb,
  is_void boolean, replaces text, row_number bigint, claim_id uuid,
  id uuid DEFAULT uuidv7(), current_id uuid, revision bigint DEFAULT 1, is_same boolean DEFAULT false
) ON COMMIT DELETE ROWS
"""

_COPY = (
    "COPY staged_activities (n, external_id, person_id, occurred_at, amount_micros, currency,"
    " units_micros, kind, product, product_group, customer_reference, source_status, channel,"
    " country, attributes, is_void, replaces, row_number, claim_id) FROM STDIN"
)

_CONTENT = (
    "person_id",
    "occurred_at",
    "amount_micros",
    "currency",
    "units_micros",
    "kind",
    "product",
    "product_group",
    "customer_reference",
    "source_status",
    "channel",
    "country",
    "attributes",
)
_MINE = ", ".join(f"s.{name}" for name in _CONTENT)
_THEIRS = ", ".join(f"a.{name}" for name in _CONTENT)

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 5))")

# LATERAL with LIMIT keeps the plan at one index lookup a row, however large the table has grown.
_MATCH = text(
    f"""
    UPDATE staged_activities t
    SET current_id = m.id, revision = m.revision + 1,
        is_same = CASE WHEN t.is_void THEN m.status = 'voided' ELSE m.is_same END
    FROM (
      SELECT s.n, a.id, a.revision, a.status,
        a.status = 'counted' AND ({_MINE}) IS NOT DISTINCT FROM ({_THEIRS}) AS is_same
      FROM staged_activities s CROSS JOIN LATERAL (
        SELECT * FROM activities x
        WHERE x.tenant_id = :tenant AND x.source_id = :source
          AND x.external_id = s.external_id AND x.status <> 'superseded'
        LIMIT 1
      ) a
    ) m
    WHERE m.n = t.n
    """  # noqa: S608 - only our own column names
)

_CARRIED = ", ".join(f"{name} = a.{name}" for name in _CONTENT)
_CARRY = text(
    f"""
    UPDATE staged_activities s SET {_CARRIED} FROM activities a
    WHERE s.is_void AND a.tenant_id = :tenant AND a.id = s.current_id
    """  # noqa: S608 - only our own column names
)

_REPLACE = text(
    """
    UPDATE staged_activities s SET current_id = a.id
    FROM activities a
    WHERE s.replaces IS NOT NULL AND s.current_id IS NULL AND a.tenant_id = :tenant
      AND a.source_id = :source AND a.external_id = s.replaces AND a.status = 'counted'
    """
)

_SUPERSEDE = text(
    """
    UPDATE activities a SET status = 'superseded'
    FROM staged_activities s
    WHERE s.current_id IS NOT NULL AND NOT s.is_same
      AND a.tenant_id = :tenant AND a.id = s.current_id
    """
)

_LEAVE_OUT = text(
    "DELETE FROM staged_activities WHERE current_id IS NULL AND (is_void OR replaces IS NOT NULL)"
)

_INSERT = text(
    """
    INSERT INTO activities (tenant_id, id, source_id, external_id, revision, kind, person_id,
      occurred_at, received_at, amount_micros, currency, units_micros, product, product_group,
      customer_reference, status, source_status, channel, country, attributes, replaces_id,
      import_id, row_number, claim_id)
    SELECT :tenant, id, :source, external_id, revision, kind, person_id,
      occurred_at, :now, amount_micros, currency, units_micros, product, product_group,
      customer_reference, CASE WHEN is_void THEN 'voided' ELSE 'counted' END, source_status,
      channel, country, attributes, current_id, CAST(:import_id AS uuid), row_number, claim_id
    FROM staged_activities WHERE NOT is_same
    """
)

_RESULT = text("SELECT n, id, current_id, revision, is_same FROM staged_activities")


def write(
    db: Session,
    *,
    source_id: UUID,
    rows: Sequence[Ready],
    cause: Cause,
    import_id: UUID | None = None,
) -> list[Written]:
    """Write `rows`, in their order, and say what became of each.

    A row equal to the current revision of its external id changes nothing; another one becomes the
    next revision. An external id that comes twice is written twice, in order.
    """
    if not rows:
        return []
    db.execute(_LOCK, {"key": str(source_id)})
    written: list[Written | None] = [None] * len(rows)
    for wave in _waves(rows):
        results = _write_wave(db, source_id, wave, cause, import_id)
        for (position, row), result in zip(wave, results, strict=True):
            written[position] = result or _nothing_to_change(row)
    return [result for result in written if result is not None]


def _waves(rows: Sequence[Ready]) -> Iterator[list[tuple[int, Ready]]]:
    """Split `rows` so that no external id comes twice in one wave, none of more than a batch."""
    waiting = list(enumerate(rows))
    while waiting:
        seen: set[str] = set()
        now: list[tuple[int, Ready]] = []
        later: list[tuple[int, Ready]] = []
        for position, row in waiting:
            ids = {row.external_id, row.replaces} if row.replaces else {row.external_id}
            if len(now) == BATCH or not seen.isdisjoint(ids):
                later.append((position, row))
            else:
                now.append((position, row))
            seen |= ids
        yield now
        waiting = later


def _write_wave(
    db: Session,
    source_id: UUID,
    wave: Sequence[tuple[int, Ready]],
    cause: Cause,
    import_id: UUID | None,
) -> list[Written | None]:
    _stage(db, wave)
    key = {"tenant": tenant_of(db), "source": source_id}
    _reach_current(db, wave, key)
    db.execute(_INSERT, {**key, "now": work_of(db).now, "import_id": import_id})
    by_position = {row.n: row for row in db.execute(_RESULT)}
    db.execute(text("DELETE FROM staged_activities"))
    results = [_written(by_position.get(position)) for position, _ in wave]
    _tell(db, by_position.values(), cause)
    return results


def _stage(db: Session, wave: Sequence[tuple[int, Ready]]) -> None:
    connection: Any = db.connection().connection.driver_connection
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(_COPY) as copy:
            for position, row in wave:
                copy.write_row((position, *row))


def _reach_current(db: Session, wave: Sequence[tuple[int, Ready]], key: dict[str, Any]) -> None:
    """Tie staged rows to what is current, and end what they replace."""
    found = _count(db, _MATCH, key)
    if any(row.is_void or row.replaces for _, row in wave):
        db.execute(_CARRY, key)
        found += _count(db, _REPLACE, key)
        db.execute(_LEAVE_OUT)
    if found:
        db.execute(_SUPERSEDE, key)


def _count(db: Session, statement: Any, key: dict[str, Any]) -> int:
    result: Any = db.execute(statement, key)
    return int(result.rowcount)


def _written(row: Any) -> Written | None:
    if row is None:
        return None
    if row.is_same:
        return Written(row.current_id, Outcome.UNCHANGED, row.revision - 1)
    return Written(row.id, Outcome.ACCEPTED, row.revision)


def _nothing_to_change(row: Ready) -> Written:
    code = "void_unknown" if row.is_void else "replaces_unknown"
    params = {"external_id": row.replaces or row.external_id}
    return Written(None, Outcome.REFUSED, 0, Reason(code, None, params))


def _tell(db: Session, rows: Any, cause: Cause) -> None:
    began = [row.id for row in rows if not row.is_same]
    ended = [row.current_id for row in rows if row.current_id and not row.is_same]
    ids = began + ended
    for start in range(0, len(ids), BATCH):
        record(db, ActivitiesRecorded(new_id(), cause, tuple(ids[start : start + BATCH])))
