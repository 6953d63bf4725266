"""Writing activities, set-based: stage, compare with what is current, revise, insert, tell.

One path for a single sale and for a file of a million: rows go into a temporary table of the
connection, and a few statements compare each with its current revision and write what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities import claimed
from app.activities.core import Outcome, Ready, Reason, Written
from app.activities.events import BATCH, ActivitiesRecorded, Cause
from app.db import driver
from app.db.unit_of_work import after_commit, record, tenant_of, work_of
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

_LOCK = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended(:tenant, 11)),"
    " pg_advisory_xact_lock(hashtextextended(:key, 5))"
)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:tenant, 11))")
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:tenant, 7))")

# LATERAL with LIMIT keeps the plan at one index lookup a row, however large the table has grown.
_MATCH = text(
    f"""
    UPDATE staged_activities t
    SET current_id = m.id, revision = m.revision + 1, claim_id = coalesce(t.claim_id, m.claim_id),
        is_same = CASE WHEN t.is_void THEN m.status = 'voided' ELSE m.is_same END
    FROM (
      SELECT s.n, a.id, a.revision, a.status, a.claim_id,
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

# What a verified claim was matched with keeps its claim through every revision.
_KEEP_CLAIMS = text(
    """
    UPDATE claims c SET activity_id = s.id FROM staged_activities s
    WHERE c.tenant_id = :tenant AND c.activity_id = s.current_id AND NOT s.is_same
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
    RETURNING external_id, id, replaces_id
    """
)

_CHANGED = text(
    "SELECT n, id, current_id, revision, is_same FROM staged_activities"
    " WHERE is_same OR current_id IS NOT NULL"
)
_CLEAR = text("DELETE FROM staged_activities")

_STAGED = "laurel.staged_activities"

Numbered = Sequence[tuple[int, Ready]]


@dataclass(slots=True)
class _Done:
    """What a wave of rows became: the fresh ones by external id, by position those that met a current one."""

    fresh: dict[str, UUID]
    met: dict[int, Any]


@dataclass(frozen=True, slots=True)
class Wave:
    """Rows of which no two share an external id, as COPY reads them."""

    positions: tuple[int, ...]
    text: str
    is_plain: bool
    """Whether no row takes back or replaces another."""
    may_be_claimed: bool
    """Whether any row names a customer, by whom claims are found."""


def take_turn(db: Session) -> None:
    """Wait until no other process writes small posts of this tenant; held until this transaction ends."""
    driver.run(db, _TURN, {"tenant": str(tenant_of(db))})


def write_alone(db: Session) -> None:
    """Wait for everybody who writes activities, and keep them out until this transaction ends.

    A claim and the sale it may be do not see each other before they are committed. This comes before the
    lock of a source, here and there.
    """
    driver.run(db, _ALONE, {"tenant": str(tenant_of(db))})


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
    written: dict[int, Written] = {}
    for wave in waves_of(rows):
        done = _write_wave(db, source_id, wave, cause, import_id)
        for position in wave.positions:
            written[position] = _written(done, position, rows[position])
    return [written[position] for position in range(len(rows))]


def load(db: Session, *, source_id: UUID, waves: Iterable[Wave], import_id: UUID) -> int:
    """Write rows of a file as `write` does, and return only how many were known already."""
    unchanged = 0
    for wave in waves:
        done = _write_wave(db, source_id, wave, "import", import_id)
        unchanged += sum(row.is_same for row in done.met.values())
    return unchanged


def waves_of(rows: Sequence[Ready]) -> list[Wave]:
    """Make `rows` ready for the database: waves of at most a batch, in order."""
    return [_wave(numbered) for numbered in _split(rows)]


def _split(rows: Sequence[Ready]) -> Iterator[Numbered]:
    """Split `rows` so that no external id comes twice in one wave."""
    if _fits_one_wave(rows):
        yield list(enumerate(rows))
        return
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


def _fits_one_wave(rows: Sequence[Ready]) -> bool:
    return (
        0 < len(rows) <= BATCH
        and len({row.external_id for row in rows}) == len(rows)
        and not any(row.replaces for row in rows)
    )


def _wave(numbered: Numbered) -> Wave:
    as_text = _AsText()
    lines = [
        f"{position}\t{_copy_text(row[0])}\t"
        + "\t".join([as_text[value] for value in row[1:14]])
        + f"\t{row[14]}\t{as_text[row[15]]}\t{_copy_text(row[16])}\t{as_text[row[17]]}\n"
        for position, row in numbered
    ]
    is_plain = not any(row.is_void or row.replaces for _, row in numbered)
    may_be_claimed = any(row.customer_reference for _, row in numbered)
    positions = tuple(position for position, _ in numbered)
    return Wave(positions, "".join(lines), is_plain, may_be_claimed)


def _write_wave(
    db: Session, source_id: UUID, wave: Wave, cause: Cause, import_id: UUID | None
) -> _Done:
    key = {"tenant": tenant_of(db), "source": source_id}
    driver.run(db, _LOCK, {"tenant": str(tenant_of(db)), "key": str(source_id)})
    _stage(db, wave)
    found = _reach_current(db, wave, key)
    inserted = driver.run(db, _INSERT, {**key, "now": work_of(db).now, "import_id": import_id})
    fresh: dict[str, UUID] = {row[0]: row[1] for row in inserted if row[2] is None}
    met = {row.n: row for row in db.execute(_CHANGED)} if found else {}
    ended = claimed.take_over(db, key) if wave.may_be_claimed else []
    changed = [row for row in met.values() if not row.is_same]
    others = [*(row.id for row in changed), *(row.current_id for row in changed), *ended]
    _tell(db, list(fresh.values()), others, cause)
    return _Done(fresh, met)


class _AsText(dict[Any, str]):
    """Values as COPY reads them, each worked out once for a wave."""

    def __missing__(self, value: Any) -> str:
        text_form = self[value] = _copy_text(value)
        return text_form


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).translate(_ESCAPES)


def _stage(db: Session, wave: Wave) -> None:
    connection = db.connection()
    raw: Any = connection.connection.driver_connection
    if db.info.get(_STAGED):
        db.execute(_CLEAR)
    elif not connection.info.get(_STAGED):
        raw.execute(STAGE)
        # Told only of what stands: a table made in a transaction that fails is gone again.
        after_commit(db, partial(connection.info.__setitem__, _STAGED, True))
    db.info[_STAGED] = True
    with raw.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(wave.text)


def _reach_current(db: Session, wave: Wave, key: dict[str, Any]) -> int:
    """Tie staged rows to what is current and end what they replace; return how many were tied."""
    found = _count(db, _MATCH, key)
    if not wave.is_plain:
        db.execute(_CARRY, key)
        found += _count(db, _REPLACE, key)
        db.execute(_LEAVE_OUT)
    if found:
        db.execute(_SUPERSEDE, key)
        db.execute(_KEEP_CLAIMS, key)
    return found


def _count(db: Session, statement: Any, key: dict[str, Any]) -> int:
    result: Any = db.execute(statement, key)
    return int(result.rowcount)


def _written(done: _Done, position: int, row: Ready) -> Written:
    if (fresh := done.fresh.get(row.external_id)) is not None:
        return Written(fresh, Outcome.ACCEPTED, 1)
    if (met := done.met.get(position)) is None:
        code = "void_unknown" if row.is_void else "replaces_unknown"
        params = {"external_id": row.replaces or row.external_id}
        return Written(None, Outcome.REFUSED, 0, Reason(code, None, params))
    if met.is_same:
        return Written(met.current_id, Outcome.UNCHANGED, met.revision - 1)
    return Written(met.id, Outcome.ACCEPTED, met.revision)


def _tell(db: Session, fresh: Sequence[UUID], others: Sequence[UUID], cause: Cause) -> None:
    """Say what began to count and what changed or ended, new revisions before those they ended.

    What a transaction writes at several times is one event while it can name it all: whoever reacts
    takes locks, and takes them once and in one order. Whoever reacts to the first of several may look at
    what the others name, so that only the first can be of what nobody has heard of.
    """
    ids, are_all_new = [*fresh, *others], not others
    events = work_of(db).events
    if ids and events and isinstance(last := events[-1], ActivitiesRecorded):
        together = dict.fromkeys([*ids, *last.activity_ids])
        if last.cause_kind == cause and len(together) <= BATCH:
            events.pop()
            ids, are_all_new = list(together), are_all_new and last.are_all_new
    for start in range(0, len(ids), BATCH):
        is_first = not any(isinstance(event, ActivitiesRecorded) for event in events)
        some = tuple(ids[start : start + BATCH])
        record(db, ActivitiesRecorded(new_id(), cause, some, are_all_new and is_first))
