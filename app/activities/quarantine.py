"""Rows that were set aside: seen, repaired one by one or many at once, dismissed, or taken away as CSV."""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.activities import importing, keeping, lookups, queries, recording
from app.activities.cleaning import Cleaned, Cleaner
from app.activities.core import Outcome, Ready, Reason
from app.activities.errors import WrongState
from app.activities.events import BATCH
from app.activities.mapping import Mapping as FileMapping
from app.activities.models import Activity, Import, ImportRow
from app.audit import service as audit
from app.db.unit_of_work import actor_of, tenant_of, work_of
from app.kernel.errors import Invalid, NotFound, Problem
from app.kernel.pages import Page, decode_cursor, page_of
from app.people.core import fold

AT_ONCE: Final = BATCH
"""Rows that one request cleans again: about a second. A file may have set hundreds of thousands aside."""

_SUGGESTED: Final = 5
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width forms are meant


def page(
    db: Session,
    import_id: UUID,
    *,
    cursor: str | None,
    limit: int,
    outcome: str | None = None,
    reason: str | None = None,
    state: str | None = None,
) -> Page[dict[str, Any]]:
    """Return kept rows of an import in their order, with the cells by column."""
    entry = queries.get_import(db, import_id)
    query = keeping.pairs(db, import_id, state)
    if outcome is not None:
        query = query.where(func.coalesce(keeping.FIRST.outcome, ImportRow.outcome) == outcome)
    if reason is not None:
        query = query.where(ImportRow.reason == reason)
    rows = keeping.read(db, query.where(*_after(cursor)).limit(limit + 1))
    cut = page_of(rows, limit, lambda pair: (pair.kept.row_number,))
    return Page([shown(entry, pair) for pair in cut.items], cut.next_cursor)


def shown(entry: Import, pair: keeping.Pair) -> dict[str, Any]:
    """Return a kept row as it is shown."""
    kept, first = pair
    copied = {"import_id": first.import_id, "row": first.row_number}
    return {
        "row": kept.row_number,
        "outcome": first.outcome,
        "state": first.state,
        "external_id": first.external_id,
        "reasons": kept.reasons,
        "values": dict(zip(entry.columns, first.values, strict=False)),
        "repaired_by": first.repaired_by,
        "repaired_at": first.repaired_at,
        "same_as": None if first is kept else copied,
    }


def by_reason(db: Session, import_id: UUID) -> list[dict[str, Any]]:
    """Return how many rows are set aside for each reason, most first."""
    rows = db.execute(
        select(ImportRow.reason, func.count().label("count"))
        .outerjoin(keeping.FIRST, keeping.IS_FIRST)
        .where(*keeping.in_state(db, import_id, "open"))
        .group_by(ImportRow.reason)
        .order_by(func.count().desc(), ImportRow.reason)
    )
    return [{"code": reason, "count": count} for reason, count in rows]


def suggestions(db: Session, entry: Import) -> list[dict[str, Any]]:
    """Return repairs that fix many rows at once: unknown values that look like a known one."""
    found = []
    for reason in ("unknown_person", "unknown_product"):
        counts = _unknown_values(db, entry, reason)
        if not counts:
            continue
        known = lookups.known(db, importing.mapping_of(entry))
        names = list(known.people if reason == "unknown_person" else known.products)
        for (column, value), rows in counts:
            near = difflib.get_close_matches(fold(value), names, n=1, cutoff=0.7)
            if near:
                found.append(
                    {
                        "reason": reason,
                        "column": column,
                        "from": value,
                        "to": lookups.spelled(db, entry, reason, near[0]),
                        "rows": rows,
                    }
                )
    return found


def _unknown_values(db: Session, entry: Import, reason: str) -> list[tuple[tuple[str, str], int]]:
    rows = db.scalars(
        select(ImportRow.reasons)
        .outerjoin(keeping.FIRST, keeping.IS_FIRST)
        .where(*keeping.in_state(db, entry.id, "open"), ImportRow.reason == reason)
        .limit(10_000)
    )
    counts = Counter((first[0]["column"], first[0]["params"].get("value", "")) for first in rows)
    return counts.most_common(_SUGGESTED)


def people_waiting(db: Session, entry: Import) -> int:
    """Return how many different people, as the file names them, have rows set aside."""
    person = importing.mapping_of(entry).fields.get("person")
    if person is None or person.column not in entry.columns:
        return 0
    cells = func.coalesce(keeping.FIRST.values, ImportRow.values, type_=ImportRow.values.type)
    cell = cells[entry.columns.index(person.column)].as_string()
    return (
        db.scalar(
            select(func.count(func.distinct(func.nullif(func.trim(cell), ""))))
            .select_from(ImportRow)
            .outerjoin(keeping.FIRST, keeping.IS_FIRST)
            .where(*keeping.in_state(db, entry.id, "open"))
        )
        or 0
    )


def repair_row(
    db: Session, import_id: UUID, row_number: int, values: Mapping[str, str]
) -> dict[str, Any]:
    """Change cells of a row that was set aside and check it again; raise Invalid while it makes no sense."""
    entry, pair = _open_row(db, import_id, row_number)
    pair.first.values = _changed(entry, pair.first, values)
    db.flush()
    _clean_again(db, entry, [pair])
    if pair.first.state == "open":
        problems = [
            Problem(
                f"/values/{one['column'] or ''}",
                one["code"],
                "This still makes no sense.",
                one["params"],
            )
            for one in pair.kept.reasons
        ]
        raise Invalid("The row still makes no sense.", problems=problems, count=len(problems))
    _audit(db, entry, "import.row_repaired", {"row": row_number, "values": dict(values)})
    return shown(entry, pair)


class Repaired(NamedTuple):
    """How many of the rows that were looked at came in, and from where on there are more to look at."""

    repaired: int
    next_cursor: str | None


def repair_many(
    db: Session,
    import_id: UUID,
    *,
    reason: str,
    column: str,
    wrong: str,
    right: str,
    cursor: str | None,
) -> Repaired:
    """Put one value in place of another in the next rows set aside for `reason` that hold it."""
    entry = _lock_with_firsts(db, import_id)
    if column not in entry.columns:
        raise Invalid(
            "The file has no such column.",
            problems=[Problem("/column", "unknown", "No such column.")],
        )
    at = entry.columns.index(column)
    part = _next_open_rows(db, entry.id, cursor, ImportRow.reason == reason)
    rows = [pair for pair in part.items if pair.first.values[at].strip() == wrong]
    for _, row in rows:
        row.values = [*row.values[:at], right, *row.values[at + 1 :]]
    db.flush()
    repaired = _clean_again(db, entry, rows)
    _audit(
        db,
        entry,
        "import.rows_repaired",
        {"column": column, "from": wrong, "to": right, "rows": repaired},
    )
    return Repaired(repaired, part.next_cursor)


def check_again(db: Session, import_id: UUID, *, cursor: str | None) -> Repaired:
    """Check the next rows that are set aside against what is known now."""
    entry = _lock_with_firsts(db, import_id)
    # What a formula last showed counts only when somebody has put it there as a value.
    part = _next_open_rows(db, entry.id, cursor, ImportRow.reason != "formula_cell")
    repaired = _clean_again(db, entry, part.items)
    _audit(db, entry, "import.checked_again", {"rows": repaired})
    return Repaired(repaired, part.next_cursor)


def _next_open_rows(
    db: Session, import_id: UUID, cursor: str | None, *which: ColumnElement[bool]
) -> Page[keeping.Pair]:
    """Return rows that wait, as many as a request has time for."""
    query = keeping.pairs(db, import_id, "open").where(*which, *_after(cursor))
    rows = keeping.read(db, query.limit(AT_ONCE + 1))
    return page_of(rows, AT_ONCE, lambda pair: (pair.kept.row_number,))


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    return [] if cursor is None else [ImportRow.row_number > decode_cursor(cursor, int)[0]]


def dismiss_row(db: Session, import_id: UUID, row_number: int) -> dict[str, Any]:
    """Leave a row out for good; it stays visible as dismissed."""
    entry, pair = _open_row(db, import_id, row_number)
    pair.first.state = "dismissed"
    _sign(db, pair.first)
    _audit(db, entry, "import.row_dismissed", {"row": row_number})
    db.flush()
    return shown(entry, pair)


def as_csv(db: Session, import_id: UUID) -> str:
    """Return the rows that are set aside as CSV that no spreadsheet will execute."""
    entry = queries.get_import(db, import_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_harmless(name) for name in (*entry.columns, "laurel_row", "laurel_reason")])
    for kept, first in keeping.read(db, keeping.pairs(db, import_id, "open")):
        codes = ", ".join(one["code"] for one in kept.reasons)
        cells = [*first.values, str(kept.row_number), codes]
        writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """Return the cell so that a spreadsheet shows it and calculates nothing; numbers stay numbers."""
    if cell.startswith(_DANGEROUS) and not _is_number(cell):
        return f"'{cell}"
    return cell


def _is_number(cell: str) -> bool:
    return cell[:1] in "+-" and cell[1:].replace(".", "", 1).replace(",", "", 1).isdigit()


def _open_row(db: Session, import_id: UUID, row_number: int) -> tuple[Import, keeping.Pair]:
    at = (tenant_of(db), import_id, row_number)
    copied = db.execute(
        select(ImportRow.first_import_id, ImportRow.first_row_number).where(
            ImportRow.tenant_id == at[0],
            ImportRow.import_id == import_id,
            ImportRow.row_number == row_number,
        )
    ).one_or_none()
    if copied is None:
        raise NotFound("There is no such row.")
    place = (at[0], copied[0] or import_id, copied[1] or row_number)
    _lock(db, {import_id, place[1]})
    first = db.get_one(ImportRow, place)
    if first.state != "open":
        raise WrongState("This row is not set aside any more.", state=first.state)
    return queries.get_import(db, import_id), keeping.Pair(db.get_one(ImportRow, at), first)


def _lock_with_firsts(db: Session, import_id: UUID) -> Import:
    """Return a file, locked with those whose rows it copies."""
    others = db.scalars(
        select(func.distinct(ImportRow.first_import_id)).where(
            ImportRow.tenant_id == tenant_of(db),
            ImportRow.import_id == import_id,
            ImportRow.state == keeping.COPIED,
        )
    )
    _lock(db, {import_id, *filter(None, others)})
    return queries.get_import(db, import_id)


def _lock(db: Session, import_ids: Collection[UUID]) -> None:
    """Lock imports, always in the same order: nobody waits for somebody who waits for them."""
    for import_id in sorted(import_ids):
        queries.get_import(db, import_id, lock=True)


def _changed(entry: Import, row: ImportRow, values: Mapping[str, str]) -> list[str]:
    unknown = [name for name in values if name not in entry.columns]
    if unknown:
        problems = [Problem(f"/values/{name}", "unknown", "No such column.") for name in unknown]
        raise Invalid("The file has no such column.", problems=problems, count=len(problems))
    cells = dict(zip(entry.columns, row.values, strict=False)) | dict(values)
    return [cells.get(name, "") for name in entry.columns]


def _clean_again(db: Session, entry: Import, pairs: Sequence[keeping.Pair]) -> int:
    """Clean rows once more, as `entry` is read, and let those that make sense count; return how many."""
    if not pairs:
        return 0
    mapping = importing.mapping_of(entry)
    cleaner = Cleaner(mapping, entry.columns, lookups.known(db, mapping))
    clean = [_as_before(cleaner.clean(row.values, kept.row_number), row) for kept, row in pairs]
    taken = _taken_ids(db, {entry.id, *(first.import_id for _, first in pairs)}, mapping, clean)
    repaired: dict[UUID, list[tuple[ImportRow, Ready]]] = defaultdict(list)
    for pair, one in zip(pairs, clean, strict=True):
        first, cleaned = pair.first, _not_twice(one, taken)
        if cleaned.ready is not None:
            ready = cleaned.ready._replace(row_number=first.row_number)
            repaired[first.import_id].append((first, ready))
            continue
        for row in {id(row): row for row in pair}.values():
            row.reasons = [keeping.reason_json(reason) for reason in cleaned.reasons]
            row.reason = cleaned.reasons[0].code
            row.external_id = cleaned.external_id
    for import_id, rows in repaired.items():
        _take_in(db, queries.get_import(db, import_id), rows)
    db.flush()
    return sum(map(len, repaired.values()))


def _take_in(db: Session, entry: Import, repaired: Sequence[tuple[ImportRow, Ready]]) -> None:
    """Let rows of one file count."""
    for start in range(0, len(repaired), BATCH):
        ready = [one for _, one in repaired[start : start + BATCH]]
        recording.write(
            db, source_id=entry.source_id, rows=ready, cause="repair", import_id=entry.id
        )
    for row, one in repaired:
        row.state, row.outcome, row.external_id = "repaired", "fixed", one.external_id
        _sign(db, row)
    entry.quarantined -= len(repaired)
    entry.fixed += len(repaired)


def _as_before(cleaned: Cleaned, row: ImportRow) -> Cleaned:
    """Keep the number that a repeated key was given when the file was read."""
    before, now = row.external_id, cleaned.external_id
    if cleaned.ready is None or not before or not now or "#" not in now:
        return cleaned
    if before.rpartition("#")[0] != now.rpartition("#")[0]:
        return cleaned
    return cleaned._replace(ready=cleaned.ready._replace(external_id=before), external_id=before)


def _taken_ids(
    db: Session,
    import_ids: Collection[UUID],
    mapping: FileMapping,
    clean: Sequence[Cleaned],
) -> set[str]:
    """Return which of these keys rows of the files count under, where a key may not come twice."""
    if mapping.fields["external_id"].repeats in ("count", "revise"):
        return set()
    return set(
        db.scalars(
            select(Activity.external_id).where(
                Activity.tenant_id == tenant_of(db),
                Activity.import_id.in_(import_ids),
                Activity.status == "counted",
                Activity.external_id == func.any([one.external_id for one in clean if one.ready]),
            )
        )
    )


def _not_twice(cleaned: Cleaned, taken: set[str]) -> Cleaned:
    if cleaned.ready is None:
        return cleaned
    if cleaned.ready.external_id in taken:
        reason = Reason("repeated", None, {"external_id": cleaned.ready.external_id})
        return Cleaned(Outcome.QUARANTINED, None, (reason,), cleaned.external_id)
    return cleaned


def _sign(db: Session, row: ImportRow) -> None:
    row.repaired_by = actor_of(db).label
    row.repaired_at = work_of(db).now


def _audit(db: Session, entry: Import, action: str, after: dict[str, Any]) -> None:
    audit.record(db, action=action, object_kind="import", object_id=entry.id, after=after)


def waiting(db: Session) -> list[tuple[Import, int]]:
    """Return the imports with rows that wait for a repair, newest first, and how many each."""
    count = func.count().label("count")
    open_rows = (
        select(ImportRow.import_id, count)
        .where(ImportRow.tenant_id == tenant_of(db), ImportRow.state == "open")
        .group_by(ImportRow.import_id)
        .subquery("open_rows")
    )
    rows = db.execute(
        select(Import, open_rows.c.count)
        .join(open_rows, open_rows.c.import_id == Import.id)
        .where(Import.tenant_id == tenant_of(db))
        .order_by(Import.id.desc())
    )
    return [(row[0], row[1]) for row in rows]
