"""Imports: a file is taken in whole, then read in batches that can be taken up again after a crash."""

from __future__ import annotations

import gc
import hashlib
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities import keeping, lookups, queries, reading, recording, service
from app.activities import mapping as maps
from app.activities.cleaning import Cleaned, Cleaner
from app.activities.core import Cell, Outcome
from app.activities.errors import FileRefused, MappingRefused, WrongState
from app.activities.events import BATCH
from app.activities.models import Import, ImportPart
from app.audit import service as audit
from app.db.crash import crash_point
from app.db.unit_of_work import actor_of, tenant_of, work_of
from app.kernel.errors import AppError
from app.live import bus, rooms
from app.live.events import ImportMoved

MAX_BYTES: Final = 50_000_000
_GZIP: Final = b"\x1f\x8b"
PART: Final = 1_000_000
_PUSH_EVERY: Final = 0.25

_RARELY: Final = (200_000, 20, 100)
_USUALLY: Final = sys.getswitchinterval()
_SOON: Final = 0.0005

Open = Callable[[], AbstractContextManager[Session]]
Row = tuple[int, Sequence[Cell]]


def take_file(
    db: Session,
    *,
    source: str,
    file_name: str,
    content: bytes,
    mapping: maps.Mapping | None = None,
    started_by: UUID | None = None,
) -> Import:
    """Keep an uploaded file and the mapping it is to be read with: its own, or that of the source."""
    if content.startswith(_GZIP):
        content, file_name = unpacked(content), file_name.removesuffix(".gz")
    if len(content) > MAX_BYTES:
        raise FileRefused("The file is larger than 50 MB.", reason="too_large", limit=MAX_BYTES)
    source_id = service.ensure_source(db, name=source, kind="file")
    kept = queries.get_source(db, source_id)
    stored = {**kept.mapping, "rules": kept.rules.get("rules", [])} if kept.mapping else {}
    stored = mapping.stored() if mapping is not None else stored
    rules = {"rules": stored.pop("rules", [])}
    entry = Import(
        tenant_id=tenant_of(db),
        source_id=source_id,
        file_name=file_name[:200],
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        state="uploaded",
        mapping=stored,
        rules=rules,
        columns=[],
        rows_total=None,
        problem=None,
        started_by=started_by,
        started_by_label=actor_of(db).label,
        created_at=work_of(db).now,
    )
    db.add(entry)
    db.flush()
    for part, start in enumerate(range(0, len(content), PART)):
        piece = content[start : start + PART]
        db.add(ImportPart(tenant_id=entry.tenant_id, import_id=entry.id, part=part, content=piece))
    db.flush()
    audit.record(
        db,
        action="import.uploaded",
        object_kind="import",
        object_id=entry.id,
        after={"source": source, "file": entry.file_name, "sha256": entry.sha256},
    )
    return entry


def unpacked(content: bytes) -> bytes:
    """Return what a .gz file holds, all its parts one after the other, at most one byte more than is taken."""
    parts: list[bytes] = []
    left = MAX_BYTES + 1
    while content and left:
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            parts.append(reader.decompress(content, left))
        except zlib.error:
            raise _damaged() from None
        left -= len(parts[-1])
        if not reader.eof and left:
            raise _damaged()
        # Some programs fill the end of the file with zeros.
        content = reader.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _damaged() -> FileRefused:
    return FileRefused("The packed file is damaged.", reason="malformed")


def content_of(db: Session, import_id: UUID, *, parts: int | None = None) -> bytes:
    """Return the bytes of the file, or of its first `parts` megabytes."""
    query = (
        select(ImportPart.content)
        .where(ImportPart.tenant_id == tenant_of(db), ImportPart.import_id == import_id)
        .order_by(ImportPart.part)
    )
    return b"".join(db.scalars(query if parts is None else query.limit(parts)))


def set_mapping(entry: Import, mapping: maps.Mapping) -> None:
    """Read this file with `mapping`; only before it has been started."""
    if entry.state != "uploaded":
        raise WrongState("The import has been started.", state=entry.state)
    stored = mapping.stored()
    entry.rules = {"rules": stored.pop("rules", [])}
    entry.mapping = stored


def queue(db: Session, entry: Import) -> None:
    """Say that a worker is to read the file; what cannot work is refused here."""
    if entry.state != "uploaded":
        raise WrongState("The import has been started.", state=entry.state)
    if not entry.mapping.get("fields"):
        raise MappingRefused("Say first which column is what.")
    entry.state = "queued"
    audit.record(db, action="import.started", object_kind="import", object_id=entry.id)


def mapping_of(entry: Import) -> maps.Mapping:
    """Return the mapping a file is read with."""
    return maps.read_mapping({**entry.mapping, "rules": entry.rules.get("rules", [])})


def run(open_work: Open, import_id: UUID) -> None:
    """Read the file to its end, one transaction a batch, from wherever an earlier run came to.

    A file that cannot be read ends the import as failed, with the reason; nothing is raised for it.
    """
    try:
        with _tuned_for_rows():
            _run(open_work, import_id)
    except AppError as refusal:
        _fail(open_work, import_id, _refused(refusal))


@contextmanager
def _tuned_for_rows() -> Iterator[None]:
    """Let Python serve two threads and many rows: measured at a third of what reading a file costs.

    Rows make no cyclic garbage, so it is looked for less often; and whoever waits for the database
    goes on soon after its answer, instead of after the other thread's five milliseconds.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    sys.setswitchinterval(_SOON)
    try:
        yield
    finally:
        sys.setswitchinterval(_USUALLY)
        gc.set_threshold(*before)


def _run(open_work: Open, import_id: UUID) -> None:
    with open_work() as db:
        entry = queries.get_import(db, import_id, lock=True)
        if entry.state in ("done", "failed"):
            return
        raw = content_of(db, import_id)
        prepared = reading.prepare(raw, mapping_of(entry), file_name=entry.file_name)
        sheet = prepared.sheet
        cleaner = Cleaner(prepared.mapping, sheet.columns, lookups.known(db, prepared.mapping))
        done = entry.rows_done
        entry.state = "running"
        entry.started_at = entry.started_at or work_of(db).now
        entry.columns = list(sheet.columns)
        # An estimate until the end: cells may hold line breaks.
        entry.rows_total = raw.count(b"\n") + 2 - sheet.first_row
        stored = prepared.mapping.stored()
        stored.pop("rules", None)
        entry.mapping = stored
    rows = enumerate(sheet.rows, start=sheet.first_row)
    # Rows of an earlier run are cleaned again, not written: the count of repeated keys needs them.
    for number, cells in islice(rows, done):
        cleaner.clean(cells, number)
    pushed = 0.0
    for batch in _ahead(lambda: _next_batch(cleaner, rows)):
        with open_work() as db:
            entry = queries.get_import(db, import_id, lock=True)
            if entry.rows_done != done or entry.state != "running":
                return  # another worker has taken over
            _write_batch(db, entry, batch)
            done = entry.rows_done
            if time.monotonic() - pushed > _PUSH_EVERY:
                pushed = time.monotonic()
                _push(db, entry)
            crash_point("import.before_batch_commit")
        crash_point("import.after_batch_commit")
    _finish(open_work, import_id)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows of a file, cleaned, and made ready for the database."""

    rows: int
    outcomes: Counter[Outcome]
    waves: Sequence[recording.Wave]
    kept: Sequence[tuple[int, Sequence[Cell], Cleaned]]


def _next_batch(cleaner: Cleaner, rows: Iterator[Row]) -> _Batch | None:
    cleaned = [
        (number, cells, cleaner.clean(cells, number)) for number, cells in islice(rows, BATCH)
    ]
    if not cleaned:
        return None
    return _Batch(
        len(cleaned),
        Counter(row.outcome for _, _, row in cleaned),
        recording.waves_of([row.ready for _, _, row in cleaned if row.ready is not None]),
        [one for one in cleaned if one[2].outcome is not Outcome.ACCEPTED],
    )


def _ahead(make: Callable[[], _Batch | None]) -> Iterator[_Batch]:
    """Yield what `make` returns until None; the next is made while the database writes the last."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(make)
        while (batch := coming.result()) is not None:
            coming = pool.submit(make)
            yield batch


def _write_batch(db: Session, entry: Import, batch: _Batch) -> None:
    entry.unchanged += recording.load(
        db, source_id=entry.source_id, waves=batch.waves, import_id=entry.id
    )
    entry.rows_done += batch.rows
    entry.accepted += batch.outcomes[Outcome.ACCEPTED]
    entry.fixed += batch.outcomes[Outcome.FIXED]
    entry.quarantined += batch.outcomes[Outcome.QUARANTINED]
    entry.refused += batch.outcomes[Outcome.REFUSED]
    keeping.keep_rows(db, entry, batch.kept)


def _finish(open_work: Open, import_id: UUID) -> None:
    with open_work() as db:
        entry = queries.get_import(db, import_id, lock=True)
        entry.state = "done"
        entry.rows_total = entry.rows_done
        entry.finished_at = work_of(db).now
        _keep_for_source(db, entry)
        _push(db, entry)
        audit.record(
            db,
            action="import.finished",
            object_kind="import",
            object_id=entry.id,
            after=counts_of(entry),
        )


def _keep_for_source(db: Session, entry: Import) -> None:
    """Remember how the file was read, for the next file of its source."""
    source = queries.get_source(db, entry.source_id)
    source.mapping, source.rules = entry.mapping, entry.rules
    source.updated_at = work_of(db).now


def give_up(open_work: Open, import_id: UUID) -> None:
    """End an import that broke each time it was tried as failed: whoever sent it is told."""
    detail = "We could not read the file to its end. The rows that were read count."
    _fail(open_work, import_id, {"code": "reading_broke", "detail": detail, "params": {}})


def _refused(refusal: AppError) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "detail": refusal.detail,
        "params": refusal.params,
        "problems": [
            {"pointer": problem.pointer, "detail": problem.detail} for problem in refusal.problems
        ],
    }


def _fail(open_work: Open, import_id: UUID, problem: dict[str, Any]) -> None:
    with open_work() as db:
        entry = queries.get_import(db, import_id, lock=True)
        if entry.state in ("done", "failed"):
            return
        entry.state = "failed"
        entry.finished_at = work_of(db).now
        entry.problem = problem
        _push(db, entry)


def counts_of(entry: Import) -> dict[str, int]:
    """Return the counts of an import; the four outcomes add up to the rows."""
    return {
        "rows": entry.rows_done,
        "accepted": entry.accepted,
        "fixed": entry.fixed,
        "quarantined": entry.quarantined,
        "refused": entry.refused,
        "unchanged": entry.unchanged,
    }


def _push(db: Session, entry: Import) -> None:
    if entry.started_by is None:
        return
    moved = ImportMoved(
        import_id=entry.id,
        state=entry.state,
        rows_done=entry.rows_done,
        rows_total=entry.rows_total,
    )
    bus.publish(db, rooms.person(entry.tenant_id, entry.started_by), moved)
