"""A file that was being read when the power went is read to its end, each row once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.activities import importing, queries
from app.activities.models import Import
from tests.activities.test_imports import MAPPING
from tests.activities.test_recording import counted_micros
from tests.conftest import Work
from tests.crash.processes import dies, process
from tests.people.builders import give_person, give_tenant

pytestmark = pytest.mark.crash

LINES = 12_000


@pytest.mark.parametrize(
    ("point", "written"),
    [("import.before_batch_commit", 0), ("import.after_batch_commit", 5_000)],
)
def test_an_import_killed_at_its_batch_is_finished_by_the_next_worker(
    point: str, written: int, work: Work, servers: dict[str, str], tmp_path: Path
) -> None:
    with work() as db:
        slug = give_tenant(db).slug
        give_person(db, employee_number="MI-0474")
    file, mapping = tmp_path / "a.csv", tmp_path / "map.json"
    rows = [f'C-{n},MI-0474,19/11/2026,"1,00"' for n in range(LINES)]
    file.write_text("\n".join(["Contract,Rep,Signed,Value", *rows]))
    mapping.write_text(json.dumps(MAPPING))
    command = ["import", str(file), "--source", "till", "--mapping", str(mapping), "--tenant", slug]

    with process(servers, tmp_path / "log", *command, crash_at=point) as running:
        assert dies(running)

    with work() as db:
        [entry] = db.query(Import).all()
        assert (entry.state, entry.rows_done) == ("running", written)
        assert counted_micros(db) == written * 1_000_000
    importing.run(work, entry.id)
    with work() as db:
        done = queries.get_import(db, entry.id)
        assert (done.state, done.rows_done, done.accepted) == ("done", LINES, LINES)
        assert counted_micros(db) == LINES * 1_000_000
