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

SAID = {
    "missing": "Say where the file comes from.",
    "too_long": "200 characters at most",
    "control_character": "without control characters",
}


class Command:
    def __init__(self, app: Flask, slug: str, folder: Path) -> None:
        self.app, self.slug, self.folder = app, slug, folder

    def __call__(
        self, content: bytes, mapping: Any = None, name: str = "a.csv", source: str = "till"
    ) -> tuple[int, Any]:
        file = self.folder / name
        file.write_bytes(content)
        args = ["import", str(file), "--source", source, "--tenant", self.slug, "--json"]
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


@pytest.mark.parametrize(
    "content", [FILE.encode(), b"", gzip.compress(FILE.encode())[:-12], b"\x1f\x8b\x08 and so on"]
)
def test_a_packed_file_that_is_none_or_is_cut_is_refused(command: Command, content: bytes) -> None:
    code, report = command(content, MAPPING, name="a.csv.gz")

    assert (code, report["problem"]["code"]) == (1, "file_refused")


def test_a_file_packed_in_parts_is_read_whole(command: Command) -> None:
    lines = FILE.encode().splitlines(keepends=True)
    content = gzip.compress(b"".join(lines[:4])) + gzip.compress(b"".join(lines[4:])) + bytes(512)

    assert command(content, MAPPING, name="a.csv.gz")[1]["rows"] == 7


def test_the_name_of_a_file_need_not_be_text(command: Command) -> None:
    code, report = command(FILE.encode(), MAPPING, name="caf\udce9.csv")

    assert (code, report["rows"]) == (0, 7)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("x" * 201, "too_long"),
        ("x" * 12_000, "too_long"),
        ("x\udcff", "control_character"),
        ("x\x07", "control_character"),
    ],
)
def test_a_source_that_cannot_be_kept_is_refused_with_what_is_wrong_with_it(
    command: Command, source: str, code: str
) -> None:
    ended, report = command(FILE.encode(), MAPPING, source=source)

    [problem] = report["problem"]["problems"]
    assert (ended, report["problem"]["code"], problem["pointer"]) == (1, "invalid", "/source")
    assert problem["detail"] == report["problem"]["detail"]
    assert SAID[code] in problem["detail"]


def test_everything_that_stands_against_a_file_is_said_at_once(command: Command) -> None:
    file = b"Contract,Day,Value\nC-1,03/04/2026,1.234\nC-2,05/06/2026,5.678\n"
    fields = {
        "external_id": {"column": "Contract"},
        "occurred_at": {"column": "Day"},
        "amount": {"column": "Value"},
    }

    _, undecided = command(file, {"fields": fields})
    _, incomplete = command(
        file,
        {
            "fields": {"external_id": {"columns": ["Contract", "Line"]}},
            "rules": [
                {"rule": "when", "column": "State", "empty": True, "outcome": "refuse", "code": "x"}
            ],
        },
    )

    assert [one["pointer"] for one in undecided["problem"]["problems"]] == [
        "/mapping/formats/number",
        "/mapping/formats/date",
    ]
    assert [one["pointer"] for one in incomplete["problem"]["problems"]] == [
        "/mapping/fields/external_id/columns/1",
        "/mapping/rules/0/column",
        "/mapping/fields/occurred_at",
    ]


def test_an_unknown_tenant_is_named(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(FILE)

    result = app.test_cli_runner().invoke(
        args=["import", str(file), "--source", "till", "--tenant", "nowhere"]
    )

    assert result.exit_code == 2
    assert "There is no tenant nowhere." in result.output


@pytest.mark.parametrize(
    ("arguments", "place", "said"),
    [
        ([], "/file", "Missing argument 'FILE'."),
        (["nowhere.csv", "--source", "till"], "/file", "does not exist"),
        (["{file}"], "/source", "--source is needed for activities"),
        (["{file}", "--source"], "/source", "requires an argument"),
        (["{file}", "--kind", "people", "--source", "till"], "/source", "for them alone"),
        (["{file}", "--kind", "boats"], "/kind", "'boats' is not one of"),
        (["{file}", "--source", "till", "--mapping", "no.json"], "/mapping", "does not exist"),
        (["{file}", "--source", "till", "--tenant", "nowhere"], "/tenant", "no tenant nowhere."),
        (["{file}", "--source", "till", "--surprise"], "/surprise", "No such option"),
        (["{file}", "second.csv", "--source", "till"], "", "unexpected extra argument"),
    ],
)
def test_what_is_wrong_with_the_command_itself_is_json_when_json_is_asked_for(
    app: Flask, tmp_path: Path, arguments: list[str], place: str, said: str
) -> None:
    (tmp_path / "a.csv").write_text(FILE)
    given = [one.format(file=tmp_path / "a.csv") for one in arguments]

    result = app.test_cli_runner().invoke(args=["import", "--json", *given])

    problem = json.loads(result.stdout)["problem"]
    assert (result.exit_code, problem["code"], problem["params"]) == (2, "usage", {})
    assert [one["pointer"] for one in problem["problems"]] == [place]
    assert problem["problems"][0]["detail"] == problem["detail"]
    assert said in problem["detail"]
    assert problem["detail"].endswith(".")


def test_a_person_at_a_terminal_still_reads_how_the_command_is_used(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["import"])

    assert result.exit_code == 2
    assert result.output.startswith("Usage:")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"fields": {},\n "rules": [}', "line 2 column 12"),
        ('{"fields": {}, "fields": {}}', "the name fields appears twice"),
        ("[" * 100 + "]" * 100, "nested too deeply"),
    ],
)
def test_a_mapping_file_that_is_no_json_is_named_with_the_place_in_it(
    app: Flask, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "a.csv").write_text(FILE)
    (tmp_path / "map.json").write_text(content)

    result = app.test_cli_runner().invoke(
        args=[
            "import",
            f"{tmp_path}/a.csv",
            "--source=till",
            f"--mapping={tmp_path}/map.json",
            "--json",
        ]
    )

    problem = json.loads(result.stdout)["problem"]
    assert (result.exit_code, problem["code"]) == (1, "malformed_json")
    assert problem["detail"].startswith("The mapping file ")
    assert said in problem["detail"]
