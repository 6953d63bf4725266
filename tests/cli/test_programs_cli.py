"""`flask replay` and `flask explain`: what stands is computed again, and damage is told."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.programs.models import Earning, EarningLine
from tests.activities.builders import give_sale
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import five_percent, give_program

HELD = {"share": "0.4", "until": {"days_after_period": 30}}


@pytest.fixture
def company(work: Work, tenant_id: UUID) -> UUID:
    """A company with one sale under a component that is summed and one that is settled."""
    with work() as db:
        give_tenant(db)
        give_program(db, five_percent(), five_percent(id="held", holdback=HELD))
        give_sale(db, give_person(db).id, "200.00")
    return tenant_id


def lines(db: Session) -> list[UUID]:
    return list(db.scalars(select(EarningLine.id).order_by(EarningLine.id)))


def test_a_replay_agrees_with_what_stands(app: Flask, company: UUID) -> None:
    done = app.test_cli_runner().invoke(args=["replay", "--tenant", str(company), "--json"])

    report = json.loads(done.output)
    assert done.exit_code == 0
    assert report["ok"]
    assert [(each["earnings"], each["wrong"]) for each in report["programs"]] == [(2, [])]


def test_a_replay_names_what_differs_and_exits_with_1(
    app: Flask, work: Work, company: UUID
) -> None:
    with work() as db:
        db.execute(text("UPDATE earnings SET total_micros = total_micros + 1000000000"))
        db.execute(text("UPDATE earnings SET amount_minor = 7 WHERE component = 'held'"))
        payee = str(db.scalars(select(Earning.payee_id)).first())

    done = app.test_cli_runner().invoke(args=["replay", "--tenant", str(company), "--json"])
    other = ["replay", "--tenant", str(company), "--period", "2025"]

    wrong = json.loads(done.output)["programs"][0]["wrong"]
    assert done.exit_code == 1
    assert {each["component"]: each["rebuilt_minor"] for each in wrong} == {
        "main": 1000,
        "held": 1000,
    }
    assert {each["payee"] for each in wrong} == {payee}
    assert app.test_cli_runner().invoke(args=other).exit_code == 0


def test_an_explanation_says_why_and_computes_it_again(
    app: Flask, work: Work, company: UUID
) -> None:
    with work() as db:
        ids = lines(db)

    for line in ids:
        said = app.test_cli_runner().invoke(args=["explain", str(line)])
        found = json.loads(
            app.test_cli_runner().invoke(args=["explain", str(line), "--json"]).output
        )
        assert said.exit_code == 0
        assert "10.00 EUR" in said.output
        assert found["amount_minor"] == found["repeated"]["amount_minor"] == 1000
        assert found["repeated"]["agrees"]
        assert found["steps"]["result"] == {"kind": "money", "value": "10", "currency": "EUR"}


def test_an_unknown_amount_is_refused(app: Flask, company: UUID) -> None:
    done = app.test_cli_runner().invoke(args=["explain", str(company)])

    assert done.exit_code == 1
    assert "no such amount" in done.output
