"""Rows that needed a word, as they are kept: what an earlier file of the source set aside waits only once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, and_, func, select, text
from sqlalchemy.orm import Session, aliased

from app.activities.cells import text_of
from app.activities.cleaning import Cleaned
from app.activities.core import Cell, Outcome, Reason
from app.activities.models import Import, ImportRow
from app.db.unit_of_work import tenant_of

COPIED: Final = "copied"


class Pair(NamedTuple):
    """A row of a file, and the one that stands for it: itself, or the first that it copies."""

    kept: ImportRow
    first: ImportRow


FIRST: Final = aliased(ImportRow)
IS_FIRST: Final = and_(
    FIRST.tenant_id == ImportRow.tenant_id,
    FIRST.import_id == ImportRow.first_import_id,
    FIRST.row_number == ImportRow.first_row_number,
)


_KEEP = text(
    """
    WITH told AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS r(n bigint, outcome text, reason text, reasons jsonb, cells jsonb, key text, print uuid)
    ), before AS MATERIALIZED (
      SELECT p.print, (
        SELECT b.nth FROM import_rows b
        WHERE b.tenant_id = :tenant AND b.fingerprint = p.print AND b.import_id = :import_id
        ORDER BY b.nth DESC LIMIT 1
      ) AS nth
      FROM (SELECT DISTINCT print FROM told WHERE print IS NOT NULL) p
    ), kept AS (
      SELECT t.*, CASE WHEN t.print IS NOT NULL THEN
        coalesce(b.nth, 0) + row_number() OVER (PARTITION BY t.print ORDER BY t.n) END AS nth
      FROM told t LEFT JOIN before b ON b.print = t.print
    )
    INSERT INTO import_rows (tenant_id, import_id, row_number, outcome, state, reason, reasons,
      cells, external_id, fingerprint, nth, first_import_id, first_row_number)
    SELECT :tenant, :import_id, k.n, k.outcome,
      CASE WHEN k.outcome <> 'quarantined' THEN 'closed' WHEN f.import_id IS NULL THEN 'open'
        ELSE 'copied' END,
      k.reason, k.reasons, k.cells, k.key, k.print, k.nth,
      f.import_id, f.row_number
    FROM kept k LEFT JOIN LATERAL (
      SELECT f.import_id, f.row_number FROM import_rows f
      WHERE f.tenant_id = :tenant AND f.fingerprint = k.print AND f.nth = k.nth
        AND f.first_import_id IS NULL AND f.import_id <> :import_id
      ORDER BY f.import_id LIMIT 1
    ) f ON true
    """
)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:source, 12))")
"""Two files of a source that are read at once must see what the other sets aside. Nothing is locked after it."""


def keep_rows(
    db: Session, entry: Import, rows: Sequence[tuple[int, Sequence[Cell], Cleaned]]
) -> None:
    """Keep rows that needed a word, as they were read, with the reasons.

    One that an earlier file set aside is not set aside again: it points at the first.
    """
    if not rows:
        return
    source = str(entry.source_id)
    of_file = hashlib.blake2b(orjson.dumps([source, entry.columns]), digest_size=16)
    kept = []
    for number, cells, row in rows:
        texts = [text_of(cell) for cell in cells]
        is_set_aside = row.outcome is Outcome.QUARANTINED
        kept.append(
            {
                "n": number,
                "outcome": row.outcome,
                "reason": row.reasons[0].code,
                "reasons": [reason_json(reason) for reason in row.reasons],
                "cells": [text[:2_000] for text in texts],
                "key": row.external_id,
                "print": _fingerprint(of_file, texts) if is_set_aside else None,
            }
        )
    if any(row["print"] for row in kept):
        db.execute(_ONE_AT_A_TIME, {"source": source})
    values = {"tenant": tenant_of(db), "import_id": entry.id, "rows": orjson.dumps(kept).decode()}
    db.execute(_KEEP, values)


def _fingerprint(of_file: hashlib.blake2b, texts: list[str]) -> str:
    hashed = of_file.copy()
    hashed.update(orjson.dumps(texts))
    return hashed.hexdigest()


def reason_json(reason: Reason) -> dict[str, Any]:
    """Return a reason as it is kept."""
    return {"code": reason.code, "column": reason.column, "params": reason.params}


def pairs(db: Session, import_id: UUID, state: str | None) -> Select[ImportRow, ImportRow]:
    """Return the query of the rows of a file in their order, each with the first one that it copies."""
    query = (
        select(ImportRow, FIRST)
        .outerjoin(FIRST, IS_FIRST)
        .where(*in_state(db, import_id, state))
        .order_by(ImportRow.row_number)
    )
    return query.execution_options(populate_existing=True)


def read(db: Session, query: Select[ImportRow, ImportRow]) -> list[Pair]:
    """Return what a query of `pairs` finds."""
    found: Iterable[Sequence[ImportRow | None]] = db.execute(query)
    return [Pair(kept, first or kept) for kept, first in found if kept is not None]


def in_state(db: Session, import_id: UUID, state: str | None) -> Iterator[ColumnElement[bool]]:
    """Yield what holds for the rows of a file that stand so, on their own or by the one they copy."""
    yield ImportRow.tenant_id == tenant_of(db)
    yield ImportRow.import_id == import_id
    if state is not None:
        yield ImportRow.state.in_((state, COPIED))
        yield func.coalesce(FIRST.state, ImportRow.state) == state


def figures(db: Session, entries: Collection[Import]) -> dict[UUID, dict[str, int]]:
    """Return what became of the rows of imports by now; the outcomes of each add up to its rows.

    The copy of a row that was repaired counts as fixed and, as the row is there, as unchanged.
    """
    state = func.coalesce(FIRST.state, ImportRow.state)
    rows = db.execute(
        select(ImportRow.import_id, state, func.count())
        .outerjoin(FIRST, IS_FIRST)
        .where(
            ImportRow.tenant_id == tenant_of(db),
            ImportRow.import_id == func.any([entry.id for entry in entries]),
            ImportRow.state.in_(("dismissed", COPIED)),
        )
        .group_by(ImportRow.import_id, state)
    )
    settled = {(import_id, state): count for import_id, state, count in rows}
    found = {}
    for entry in entries:
        dismissed = settled.get((entry.id, "dismissed"), 0)
        repaired = settled.get((entry.id, "repaired"), 0)
        found[entry.id] = {
            "accepted": entry.accepted,
            "fixed": entry.fixed + repaired,
            "quarantined": entry.quarantined - dismissed - repaired,
            "dismissed": dismissed,
            "refused": entry.refused,
            "unchanged": entry.unchanged + repaired,
        }
    return found
