"""`flask import` answers with the counts, or with what stands against the file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.activities.test_imports import FILE, MAPPING
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant


class Command:
    def __init__(self, app: Flask, slug: str, folder: Path) -> None:
        self.app, self.slug, self.folder = app, slug, folder

    def __call__(self, content: bytes, mapping: Any = None, name: str = "a.csv") -> tuple[int, Any]:
        file = self.folder / name
        file.write_bytes(content)
        args = ["import", str(file), "--source", "till", "--tenant", self.slug, "--json"]
        if mapping is not None:
            (self.folder / "map.json").write_text(json.dumps(mapping))
            args += ["--mapping", str(self.folder / "map.json")]
        result = self.app.test_cli_runner().invoke(args=args)
        return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def command(app: Flask, work: Work, tmp_path: Path) -> Command:
    with work() as db:
        slug = give_tenant(db).slug
        give_person(db, employee_number="MI-0474")
    return Command(app, slug, tmp_path)


def test_the_counts_are_printed_and_add_up(command: Command) -> None:
    code, report = command(FILE.encode(), MAPPING)

    assert code == 0
    assert report.pop("seconds") > 0
    assert len(report.pop("import_id")) == 36
    assert report == {
        "rows": 7,
        "accepted": 1,
        "fixed": 0,
        "quarantined": 6,
        "refused": 0,
        "unchanged": 0,
    }


def test_a_packed_file_is_read_with_the_mapping_of_the_last_one(command: Command) -> None:
    command(FILE.encode(), MAPPING)

    code, report = command(gzip.compress(FILE.encode()), name="a.csv.gz")

    assert (code, report["accepted"], report["unchanged"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("content", "mapping", "problem"),
    [
        (b"", MAPPING, "file_refused"),
        (b"A,B\n1,2\n", MAPPING, "mapping_refused"),
        (FILE.encode(), {"fields": {"surprise": {"column": "A"}}}, "mapping_refused"),
        (FILE.encode(), None, "mapping_refused"),
    ],
)
def test_what_cannot_be_read_ends_with_a_problem_and_no_success(
    command: Command, content: bytes, mapping: Any, problem: str
) -> None:
    code, report = command(content, mapping)

    assert (code, report["problem"]["code"]) == (1, problem)


def test_an_unknown_tenant_is_named(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(FILE)

    result = app.test_cli_runner().invoke(
        args=["import", str(file), "--source", "till", "--tenant", "nowhere"]
    )

    assert result.exit_code == 2
    assert "There is no tenant nowhere." in result.output
