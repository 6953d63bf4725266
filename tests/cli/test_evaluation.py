from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app.cli.evaluation import bare_app

ROOT = Path(__file__).resolve().parents[2]

PLAN: dict[str, Any] = {
    "schema": "laurel.program/1",
    "name": "Autumn",
    "currency": "EUR",
    "components": [
        {
            "id": "main",
            "name": "Main",
            "effective": {"from": "2026-01-01", "to": "2026-12-31"},
            "measure": {"kind": "sum", "of": "amount"},
            "period": {"kind": "month"},
            "payout": {"kind": "rate", "rate": "0.05"},
            "holdback": {"share": "0.1", "until": {"days_after_period": 90}},
        }
    ],
}
SALE = {
    "id": "a",
    "occurred_at": "2026-11-10T10:00:00Z",
    "person": "ann",
    "amount": "246.80",
}


def run(folder: Path, plan: Any, facts: Any, *options: str) -> Result:
    for name, content in (("plan.json", plan), ("facts.json", facts)):
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
    arguments = ["evaluate", str(folder / "plan.json"), str(folder / "facts.json"), *options]
    return bare_app().test_cli_runner().invoke(args=arguments)


def test_earnings_are_printed_as_data_with_reasons_lines_and_totals(tmp_path: Path) -> None:
    found = run(tmp_path, PLAN, {"activities": [SALE]}, "--json")

    printed = json.loads(found.output)
    (earning,) = printed["earnings"]
    assert earning["money"] == {"amount": "12.34", "currency": "EUR"}
    assert (earning["first"], earning["last"]) == ("2026-11-01", "2026-11-30")
    assert earning["english"][0] == "Main: 246.80 EUR pays 12.34 EUR"
    assert [line["money"]["amount"] for line in earning["lines"]] == ["12.34"]
    assert [each["money"]["amount"] for each in earning["portions"]] == ["11.11", "1.23"]
    assert printed["totals"] == [{"payee": "ann", "money": earning["money"]}]


def test_earnings_are_printed_for_people_without_json(tmp_path: Path) -> None:
    found = run(tmp_path, PLAN, {"activities": [SALE]})

    assert found.exit_code == 0
    assert "Base rate 5% of 246.80 EUR: 12.34 EUR" in found.output
    assert "held: 1.23 EUR, 2027-02-28" in found.output


def test_an_amount_in_a_currency_that_does_not_count_is_noted_with_its_place(
    tmp_path: Path,
) -> None:
    facts = {"activities": [SALE, SALE | {"id": "b", "currency": "USD"}]}

    printed = json.loads(run(tmp_path, PLAN, facts, "--json").stdout)
    told = run(tmp_path, PLAN, facts)

    assert [(each["path"], each["code"]) for each in printed["notes"]] == [
        ("/activities/1/currency", "other_currency")
    ]
    assert printed["totals"][0]["money"]["amount"] == "12.34"
    assert "facts.json /activities/1/currency: The amount is in USD" in told.stderr


def test_a_portion_says_what_it_waits_for(tmp_path: Path) -> None:
    hold = {"share": "1", "until": {"attribute": "invoice_paid_on"}}
    component = PLAN["components"][0] | {"holdback": hold}

    found = run(tmp_path, PLAN | {"components": [component]}, {"activities": [SALE]})

    assert "held: 12.34 EUR, waits for invoice_paid_on" in found.output


def test_no_facts_earn_nothing(tmp_path: Path) -> None:
    assert "Nobody earns anything." in run(tmp_path, PLAN, {}).output


def test_points_have_no_decimals(tmp_path: Path) -> None:
    found = run(tmp_path, PLAN | {"currency": "PTS"}, {"activities": [SALE]}, "--json")

    assert json.loads(found.output)["totals"][0]["money"] == {"amount": "12", "currency": "PTS"}


def test_every_problem_of_both_files_is_printed_with_its_place(tmp_path: Path) -> None:
    found = run(tmp_path, PLAN | {"currency": "euro"}, {"activities": [{"id": "a"}]}, "--json")

    assert found.exit_code == 2
    problems = [(each["file"], each["path"]) for each in json.loads(found.output)["problems"]]
    assert problems == [
        ("plan.json", "/currency"),
        ("facts.json", "/activities/0/occurred_at"),
        ("facts.json", "/activities/0/person"),
    ]


def test_problems_are_printed_for_people_without_json(tmp_path: Path) -> None:
    found = run(tmp_path, PLAN | {"zone": "Mars/Olympus"}, {})

    assert found.exit_code == 2
    assert "plan.json /zone: This time zone is not known." in found.stderr


@pytest.mark.parametrize("broken", ["{", '{"a": 1, "a": 2}', "[NaN]"])
def test_what_is_no_json_is_refused(tmp_path: Path, broken: str) -> None:
    found = run(tmp_path, broken, {}, "--json")

    assert found.exit_code == 2
    assert json.loads(found.output)["problems"][0]["code"] == "malformed_json"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    found = (
        bare_app()
        .test_cli_runner()
        .invoke(args=["evaluate", str(tmp_path / "no"), str(tmp_path / "no"), "--json"])
    )

    assert found.exit_code == 2
    assert [each["code"] for each in json.loads(found.output)["problems"]] == ["unreadable"] * 2


def test_a_plan_that_cannot_be_computed_is_refused(tmp_path: Path) -> None:
    before = {"add": ["3", {"previous": {"figure": "growing"}}]}
    component = PLAN["components"][0] | {
        "period": {"kind": "week"},
        "figures": {"growing": {"kind": "formula", "value": {"multiply": [before] * 3}}},
        "payout": {"kind": "formula", "value": {"figure": "growing"}},
    }
    early = SALE | {"id": "b", "occurred_at": "2026-01-10T10:00:00Z"}

    found = run(
        tmp_path, PLAN | {"components": [component]}, {"activities": [early, SALE]}, "--json"
    )

    assert found.exit_code == 2
    assert json.loads(found.output)["problems"][0]["code"] == "out_of_range"


def test_the_command_runs_with_nothing_configured(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    (tmp_path / "facts.json").write_text(json.dumps({"activities": [SALE]}), encoding="utf-8")

    found = subprocess.run(
        [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), "evaluate",
         str(tmp_path / "plan.json"), str(tmp_path / "facts.json"), "--json"],
        env={"PATH": os.environ["PATH"]}, cwd=tmp_path, capture_output=True, check=True,
    )  # fmt: skip

    assert json.loads(found.stdout)["totals"][0]["money"]["amount"] == "12.34"
