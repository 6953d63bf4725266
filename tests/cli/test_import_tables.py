"""`flask import --kind people|quotas`: good rows are taken, every bad one is named, none is lost."""

from __future__ import annotations

import gzip
import io
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from flask import Flask

from app.people import queries as people
from app.programs import queries as programs
from tests.activities.conftest import shared
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, give_program, give_quota

BY_QUOTA = component(
    {
        "kind": "rate",
        "rate": "0.01",
        "tiers": {
            "on": "attainment",
            "mode": "marginal",
            "boundary": "inclusive",
            "steps": [{"from": "1", "multiplier": "1.5"}],
        },
    },
    effective={"from": "2010-01-01", "to": "2030-12-31"},
    period={"kind": "quota"},
)


class Command:
    def __init__(self, app: Flask, slug: str, folder: Path) -> None:
        self.app, self.slug, self.folder = app, slug, folder

    def __call__(
        self, kind: str, content: str | bytes, mapping: Any = None, name: str = "a.csv"
    ) -> tuple[int, Any]:
        file = self.folder / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        args = ["import", str(file), "--kind", kind, "--tenant", self.slug, "--json"]
        if mapping is not None:
            (self.folder / "map.json").write_text(json.dumps(mapping))
            args += ["--mapping", str(self.folder / "map.json")]
        result = self.app.test_cli_runner().invoke(args=args)
        assert result.stdout, result
        return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def command(app: Flask, work: Work, tmp_path: Path) -> Command:
    with work() as db:
        return Command(app, give_tenant(db, currency="USD", zone="UTC").slug, tmp_path)


def counts(report: Any) -> tuple[int, ...]:
    names = ("rows", "accepted", "fixed", "quarantined", "refused", "unchanged")
    found = tuple(report[name] for name in names)
    assert sum(found[1:5]) == found[0]
    return found


def said(report: Any) -> list[tuple[int, str, str]]:
    return [(one["row"], one["field"], one["code"]) for one in report["problems"]]


STAFF = """employee_number,name,email,roles,team,manager_employee_number,title,from_on
L-1,Ada Ferri,ada@lumera.example,rep,Milano,L-9,Sales rep,2026-01-01
L-9,Bo Neri,bo@lumera.example,rep manager,Milano,,Area lead,2026-01-01
"""


def test_people_come_in_with_their_places_in_any_order(command: Command, work: Work) -> None:
    code, report = command("people", STAFF)

    with work() as db:
        index = people.person_index(db)
        under = people.subtree(db, index["l-9"], date(2026, 6, 1))
    assert (code, counts(report)) == (0, (2, 2, 0, 0, 0, 0))
    assert under == {index["l-1"]}


def test_the_same_people_again_change_nothing(command: Command) -> None:
    command("people", STAFF)

    _, report = command("people", STAFF)

    assert counts(report) == (2, 2, 0, 0, 0, 2)


def test_every_problem_of_a_staff_list_is_named_at_once_and_the_rest_comes_in(
    command: Command, work: Work
) -> None:
    bad = STAFF + (
        "L-2,,cee@lumera.example,boss,Milano,L-9,Sales rep,2026-02-30\n"
        "L-3,Dee Poli,no address,rep,Milano,L-9,Sales rep,2026-01-01\n"
        "L-4,Eve Sala,eve@lumera.example,rep,Milano,L-2,Sales rep,2026-01-01\n"
        "L-5,Fay Riva,fay@lumera.example,rep,Milano,L-4,Sales rep,2026-01-01\n"
        "L-1,Ada Again,ada2@lumera.example,rep,Milano,L-9,Sales rep,2026-01-01\n"
        "L-6,too,few\n"
    )

    code, report = command("people", bad)

    assert (code, counts(report)) == (0, (8, 2, 0, 0, 6, 0))
    assert {(row, field) for row, field, _ in said(report)} == {
        (4, "name"),
        (4, "roles"),
        (4, "from_on"),
        (5, "email"),
        (6, "manager_employee_number"),
        (7, "manager_employee_number"),
        (8, "employee_number"),
        (9, ""),
    }
    with work() as db:
        assert set(people.person_index(db)) == {"l-1", "l-9"}


def test_a_spreadsheet_with_other_names_is_read_with_a_mapping(
    command: Command, work: Work
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["No", "First", "Last", "Area", "Since"])
    sheet.append([101, "Ada", "Ferri", "Mliano", date(2026, 3, 1)])
    sheet.append([102, "Bo", "Neri", "Milano", date(2026, 4, 1)])
    content = io.BytesIO()
    book.save(content)
    mapping = {
        "fields": {
            "employee_number": {"column": "No"},
            "name": {"columns": ["First", "Last"]},
            "team": {"column": "Area", "values": {"Mliano": "Milano"}},
            "from_on": {"column": "Since"},
            "roles": {"value": "rep"},
        }
    }

    code, report = command("people", content.getvalue(), mapping, name="staff.xlsx")

    assert (code, counts(report)) == (0, (2, 1, 1, 0, 0, 0))
    with work() as db:
        names = people.names(db, people.person_index(db).values())
        assert sorted(names.values()) == ["Ada Ferri", "Bo Neri"]
        assert [team.name for team in people.teams(db)] == ["Milano"]


@pytest.mark.parametrize(
    ("content", "mapping", "code"),
    [
        ("", None, "file_refused"),
        ("employee_number,email\nL-1,a@b.example\n", None, "mapping_refused"),
        (STAFF, {"fields": {"surprise": {"column": "name"}}}, "mapping_refused"),
        (STAFF, {"fields": {"name": {"column": "gone"}}}, "mapping_refused"),
        (STAFF, {"strange": 1}, "mapping_refused"),
    ],
)
def test_a_staff_list_that_cannot_be_read_ends_with_a_problem(
    command: Command, content: str, mapping: Any, code: str
) -> None:
    status, report = command("people", content, mapping)

    assert (status, report["problem"]["code"]) == (1, code)


def test_a_field_that_a_staff_list_does_not_have_is_named_with_those_it_has(
    command: Command,
) -> None:
    _, report = command("people", STAFF, {"fields": {"surprise": {"column": "name"}}})

    (detail,) = {
        one["detail"]
        for one in report["problem"]["problems"]
        if one["pointer"] == "/mapping/fields/surprise"
    }
    assert detail.startswith("There is no field surprise. Choose one of ")
    assert "employee_number, name" in detail


def targets(work: Work, program_id: UUID) -> dict[tuple[str, str, str], int]:
    with work() as db:
        numbers = {person_id: number for number, person_id in people.person_index(db).items()}
        found = programs.targets(db, [program_id], numbers)
    return {
        (numbers[person], str(first), str(last)): micros // 1_000_000
        for (_, _, person, first, last), micros in found.items()
    }


QUOTAS = """person,period_start,period_end,target
L-1,01/01/2026,17/02/2026,"1.000,00"
L-1,18/02/2026,31/03/2026,"2.500,00"
L-2,01/01/2026,31/12/2026,"12.000,00"
"""


def test_quotas_of_any_days_are_set(command: Command, work: Work) -> None:
    with work() as db:
        give_person(db, employee_number="L-1")
        give_person(db, "Bo Neri", employee_number="L-2")
        program_id = give_program(db, BY_QUOTA).id

    code, report = command("quotas", QUOTAS)
    _, again = command("quotas", QUOTAS)

    assert (code, counts(report)) == (0, (3, 3, 0, 0, 0, 0))
    assert counts(again) == (3, 3, 0, 0, 0, 3)
    assert targets(work, program_id) == {
        ("l-1", "2026-01-01", "2026-02-17"): 1_000,
        ("l-1", "2026-02-18", "2026-03-31"): 2_500,
        ("l-2", "2026-01-01", "2026-12-31"): 12_000,
    }


def test_every_problem_of_quotas_is_named_at_once_and_the_rest_is_set(
    command: Command, work: Work
) -> None:
    with work() as db:
        person_id = give_person(db, employee_number="L-1").id
        give_person(db, "Bo Neri", employee_number="L-2")
        program = give_program(db, BY_QUOTA)
        give_quota(db, program, person_id, 7, first=date(2026, 5, 1), last=date(2026, 5, 31))
    bad = (
        "person,program,component,period_start,period_end,target\n"
        "L-1,,main,2026-01-01,2026-01-31,100\n"
        "L-1,,main,2026-01-01,2026-01-31,200\n"
        "L-1,,main,2026-01-15,2026-02-15,100\n"
        "L-1,,main,2026-05-15,2026-06-15,100\n"
        "L-8,,other,2026-02-30,2026-02-01,-5\n"
        "L-2,,,2026-03-31,2026-03-01,\n"
        "L-2,,,2026-03-01,2026-03-31,0.1234567\n"
        "L-2,Nothing,,2026-03-01,2026-03-31,5\n"
        "L-2,,,2026-03-01,2026-03-31,50\n"
    )

    code, report = command("quotas", bad)

    assert (code, counts(report)) == (0, (9, 2, 0, 0, 7, 0))
    assert set(said(report)) == {
        (3, "period_start", "twice"),
        (4, "period_start", "quota_overlap"),
        (5, "period_start", "quota_overlap"),
        (6, "person", "unknown_person"),
        (6, "component", "unknown_component"),
        (6, "period_start", "not_a_date"),
        (6, "target", "not_positive"),
        (7, "target", "missing"),
        (7, "period_end", "not_a_period"),
        (8, "target", "too_precise"),
        (9, "component", "unknown_component"),
    }
    assert targets(work, program.id) == {
        ("l-1", "2026-01-01", "2026-01-31"): 100,
        ("l-1", "2026-05-01", "2026-05-31"): 7,
        ("l-2", "2026-03-01", "2026-03-31"): 50,
    }


def test_a_day_that_can_be_read_in_two_ways_is_asked_for(command: Command, work: Work) -> None:
    with work() as db:
        give_person(db, employee_number="L-1")
        give_program(db, BY_QUOTA)

    code, report = command(
        "quotas", "person,period_start,period_end,target\nL-1,01/02/2026,03/04/2026,5\n"
    )

    assert (code, report["problem"]["params"]["reason"]) == (1, "ambiguous_day_format")


def test_a_source_is_for_activities_alone(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(STAFF)

    wrong = app.test_cli_runner().invoke(
        args=["import", str(file), "--kind", "people", "--source", "s"]
    )
    missing = app.test_cli_runner().invoke(args=["import", str(file)])

    assert (wrong.exit_code, missing.exit_code) == (2, 2)


@pytest.mark.shared_data
def test_a_real_staff_and_its_quotas_of_odd_lengths_come_in(command: Command, work: Work) -> None:
    with work() as db:
        program_id = give_program(db, BY_QUOTA, currency="USD", zone="UTC").id
    staff = {
        "fields": {
            "employee_number": {"column": "BusinessEntityID"},
            "name": {"columns": ["FirstName", "LastName"]},
            "title": {"column": "JobTitle"},
            "manager_employee_number": {"column": "ManagerID"},
            "joined_on": {"column": "HireDate"},
            "from_on": {"column": "HireDate"},
        }
    }
    history = {
        "fields": {
            "person": {"column": "BusinessEntityID"},
            "period_start": {"column": "QuotaDate"},
            "target": {"column": "SalesQuota"},
        }
    }

    packed = gzip.compress(shared("sales-adventureworks", "employees.csv.gz"))
    hired, who = command("people", packed, staff, name="employees.csv.gz")
    quotas = shared("sales-adventureworks", "sales_person_quota_history.csv.gz")
    set_code, what = command("quotas", quotas, history)

    assert (hired, counts(who)[4], who["problems"]) == (0, 0, [])
    assert (set_code, counts(what)[:2], what["problems"]) == (0, (163, 163), [])
    assert len(targets(work, program_id)) == 163
    assert targets(work, program_id)["274", "2011-05-31", "2011-08-30"] == 28_000
