"""Designing over the API: templates, comparison, amendments, simulation, rates, mandates and terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.audit import queries as audit
from app.http.principal import Role
from app.kernel.clock import day_in_zone, utc_now
from app.notifications.models import Message
from app.programs import simulating
from app.programs.models import Earning
from tests.activities.builders import give_sales, sale
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant, sign_in
from tests.programs.builders import Json, component, document, five_percent, give_program

API = "/api/v1"
TODAY = utc_now()
YEAR = {"from": f"{TODAY.year}-01-01"}


@dataclass
class Company:
    """A company with a program of five percent, two reps who sold 100 and 300, and an admin."""

    client: FlaskClient
    headers: dict[str, str]
    program_id: UUID
    reps: list[UUID]

    def post(self, path: str, body: Json) -> Any:
        return self.client.post(f"{API}{path}", json=body, headers=self.headers)


def plan(**changes: Any) -> Json:
    return five_percent(effective=YEAR, **changes)


@pytest.fixture
def company(work: Work, app: Flask) -> Company:
    client = app.test_client()
    with work(now=TODAY) as db:
        give_tenant(db)
        reps = [give_person(db, name).id for name in ("Ann", "Bob")]
        program = give_program(db, plan())
        give_sales(
            db, *[sale(rep, f"{n}00.00", at=TODAY) for rep, n in zip(reps, (1, 3), strict=True)]
        )
        admin = give_person(db, "Admin", [Role.PROGRAM_ADMIN])
        headers = sign_in(client, db, admin)
    return Company(client, headers, program.id, reps)


def earned(work: Work) -> list[int]:
    with work() as db:
        return sorted(db.scalars(select(Earning.amount_minor)))


def test_templates_are_served_with_what_they_say(company: Company) -> None:
    found = company.client.get(f"{API}/programs/templates").json["items"]

    assert len(found) == 13
    spif = next(each for each in found if each["key"] == "spif")
    assert "18.00 EUR" in spif["english"]
    assert set(spif["name"]) == {"en", "it", "fr", "id"}


def test_versions_are_compared(company: Company) -> None:
    path = f"/programs/{company.program_id}"
    raised = document(component({"kind": "rate", "rate": "0.07"}, effective=YEAR))
    company.client.put(f"{API}{path}/draft", json={"document": raised}, headers=company.headers)

    found = company.client.get(f"{API}{path}/comparison").json

    assert [(each["path"], each["before"], each["after"]) for each in found["changes"]] == [
        ("/components/0/payout/rate", "0.05", "0.07")
    ]


def amendment(company: Company, rate: str, **changes: Any) -> Any:
    body = {
        "document": document(component({"kind": "rate", "rate": rate}, effective=YEAR)),
        "from": f"{TODAY:%Y-%m}-01",
        "reason": "A better year",
    } | changes
    return company.post(f"/programs/{company.program_id}/amendments", body)


def test_an_amendment_shows_who_gains_before_it_is_sealed(work: Work, company: Company) -> None:
    answer = amendment(company, "0.07")

    found = answer.json
    assert (found["version"], found["gain"], found["lose"], found["lowers"]) == (None, 2, 0, False)
    assert [each["difference"]["amount"] for each in found["effects"]] == ["2.00", "6.00"]
    assert earned(work) == [500, 1500]


def test_a_sealed_amendment_pays_and_tells(work: Work, company: Company, run_jobs: Any) -> None:
    answer = amendment(company, "0.07", dry_run=False)
    run_jobs()

    assert answer.json["version"] == 2
    assert earned(work) == [700, 2100]
    with work() as db:
        told = db.scalars(select(Message).where(Message.code == "program_amended")).all()
        assert sorted(each.params["money"]["amount"] for each in told) == ["2.00", "6.00"]


def test_what_is_earned_is_not_lowered_unless_the_program_allows_it(
    work: Work, company: Company
) -> None:
    shown = amendment(company, "0.03")
    refused = amendment(company, "0.03", dry_run=False)

    assert (shown.status_code, shown.json["lowers"], shown.json["lose"]) == (200, True, 2)
    assert (refused.status_code, refused.json["code"]) == (409, "lowers_pay")
    assert earned(work) == [500, 1500]


def test_an_amendment_does_not_reach_back_before_its_first_day(company: Company) -> None:
    tomorrow = (TODAY + timedelta(days=40)).date().isoformat()

    answer = amendment(company, "0.07", dry_run=False, **{"from": tomorrow})

    assert (answer.status_code, answer.json["code"]) == (409, "changes_the_past")


def simulated(company: Company, **changes: Any) -> Any:
    today = day_in_zone(TODAY, "Europe/Rome")
    first = (today - timedelta(days=today.day)).replace(day=1)
    body = {"from": first.isoformat(), "to": today.isoformat()} | changes
    return company.post(f"/programs/{company.program_id}/simulate", body).json


def test_a_simulation_stands_beside_what_was_paid_and_writes_nothing(
    work: Work, company: Company
) -> None:
    cliff = {
        "mode": "retroactive",
        "boundary": "inclusive",
        "steps": [{"from": "200", "rate": "0.02"}],
    }
    stated = document(component({"kind": "rate", "rate": "0.1", "tiers": cliff}, effective=YEAR))

    found = simulated(company, document=stated, budget="10.00", sensitivity=True)

    result = found["result"]
    assert found["state"] == "done"
    assert result["simulated"]["amount"] == "16.00"
    assert result["paid"]["amount"] == "20.00"
    assert [(each["name"], each["difference"]["amount"]) for each in result["payees"]] == [
        ("Bob", "-9.00"),
        ("Ann", "5.00"),
    ]
    assert (result["gain"], result["lose"], result["same"]) == (1, 1, 0)
    assert {each["code"] for each in result["warnings"]} == {"cliff", "over_budget", "few_carry"}
    costs = {each["share"]: each["cost"]["amount"] for each in result["sensitivity"]}
    assert (costs["0"], costs["0.5"], costs["1"], costs["1.5"]) == (
        "0.00",
        "20.00",
        "16.00",
        "24.00",
    )
    assert earned(work) == [500, 1500]


def test_a_simulation_warns_of_amounts_in_currencies_that_do_not_count(
    work: Work, company: Company
) -> None:
    with work(now=TODAY) as db:
        give_sales(db, sale(company.reps[0], "70", at=TODAY, currency="USD"))

    found = simulated(company)["result"]["warnings"]

    assert [each["params"] for each in found if each["code"] == "other_currency"] == [
        {"activities": "1", "currency": "EUR"}
    ]


def test_a_settled_document_is_simulated_by_the_same_engine(company: Company) -> None:
    pool = document(component({"kind": "pool", "amount": "100"}, measure={"kind": "sum", "of": "amount"},
                              effective=YEAR))  # fmt: skip

    found = simulated(company, document=pool, sensitivity=True)["result"]

    assert {each["name"]: each["simulated"]["amount"] for each in found["payees"]} == {
        "Ann": "25.00",
        "Bob": "75.00",
    }
    assert {each["cost"]["amount"] for each in found["sensitivity"]} == {"0.00", "100.00"}


def test_a_large_simulation_is_done_by_a_worker(
    company: Company, run_jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulating, "AT_ONCE", 1)

    asked = simulated(company)
    run_jobs()
    path = f"{API}/programs/{company.program_id}/simulations/{asked['id']}"
    found = company.client.get(path).json

    assert (asked["state"], asked["result"]) == ("waiting", None)
    assert (found["state"], found["percent"]) == ("done", 100)
    assert found["result"]["simulated"]["amount"] == "20.00"


def test_a_rate_of_exchange_is_kept_by_its_day(work: Work, company: Company) -> None:
    def rate(day: str, value: str) -> Json:
        return {"currency": "USD", "into": "EUR", "from": day, "rate": value, "source": "ECB"}

    items = [rate("2026-01-01", "0.9"), rate("2026-06-01", "0.8"), rate("2026-06-01", "0.85")]
    done = company.client.put(
        f"{API}/exchange-rates", json={"items": items}, headers=company.headers
    )

    def on(day: str) -> list[tuple[str, str]]:
        found = company.client.get(f"{API}/exchange-rates", query_string={"on": day}).json["items"]
        return [(each["from"], each["rate"]) for each in found]

    assert done.json == {"set": 2}
    assert on("2026-05-31") == [("2026-01-01", "0.9")]
    assert on("2026-06-01") == [("2026-06-01", "0.85")]
    company.client.put(
        f"{API}/exchange-rates",
        json={"items": [rate("2026-06-01", "0.8")]},
        headers=company.headers,
    )
    with work() as db:
        noted = audit.page(db, action="exchange_rates.set").items[0]
    said = {"currency": "USD", "into": "EUR", "from_on": "2026-06-01", "source": "ECB"}
    assert noted.before == {"rates": [{**said, "rate": "0.85"}]}
    assert noted.after == {"rates": [{**said, "rate": "0.8"}]}


def test_what_a_rate_converts_is_paid_anew(work: Work, company: Company) -> None:
    with work(now=TODAY) as db:
        give_program(
            db, plan(measure={"kind": "sum", "of": "amount", "convert": True}), name="Abroad"
        )
        give_sales(db, sale(company.reps[0], "100.00", at=TODAY, currency="USD"))
    before = earned(work)
    items = [{"currency": "USD", "into": "EUR", "from": "2026-01-01", "rate": "0.9"}]

    company.client.put(f"{API}/exchange-rates", json={"items": items}, headers=company.headers)

    assert sum(earned(work)) - sum(before) == 450


def test_an_agent_sets_rates_within_the_mandate(work: Work, company: Company, app: Flask) -> None:
    client = app.test_client()
    with work(now=TODAY) as db:
        agent = give_person(db, "Agent")
        sub = give_person(db, "Sub", manager=agent)
        db.execute(
            text("UPDATE positions SET kind = 'sub_agent' WHERE person_id = :p"), {"p": sub.id}
        )
        payout = {
            "kind": "rate",
            "rate": {"mandate": True},
            "within": {"min": "0.01", "max": "0.05"},
        }
        program = give_program(
            db,
            component(payout, id="agency", effective=YEAR, measure={"kind": "sum", "of": "amount"}),
        )
        give_sales(db, sale(sub.id, "1000.00", at=TODAY))
        headers = sign_in(client, db, agent)

    def put(rate: str, sub_agent: UUID = sub.id) -> Any:
        item = {"program": str(program.id), "component": "agency", "sub_agent_id": str(sub_agent),
                "rate": rate, "from": f"{TODAY.year}-01-01"}  # fmt: skip
        return client.put(f"{API}/me/mandates", json={"items": [item]}, headers=headers)

    too_much, stranger = put("0.06"), put("0.02", company.reps[0])
    done = put("0.04")

    assert too_much.json["errors"][0]["pointer"] == "/items/0/rate"
    assert stranger.json["errors"][0]["pointer"] == "/items/0/sub_agent_id"
    assert [(each["rate"], each["to"]) for each in done.json["items"]] == [("0.04", None)]
    assert (done.json["openings"][0]["min"], done.json["openings"][0]["max"]) == ("0.01", "0.05")
    with work() as db:
        paid = db.scalars(select(Earning.amount_minor).where(Earning.component == "agency"))
        assert [minor for minor in paid if minor] == [4000]


def test_terms_are_accepted_for_each_version(work: Work, company: Company, app: Flask) -> None:
    client = app.test_client()
    with work(now=TODAY) as db:
        headers = sign_in(client, db, give_person(db, "Cleo"))

    (shown,) = client.get(f"{API}/me/terms").json["items"]
    body = {"program": str(company.program_id), "version": shown["version"]}
    first = client.post(f"{API}/me/terms", json=body, headers=headers)
    again = client.post(f"{API}/me/terms", json=body, headers=headers)
    amendment(company, "0.07", dry_run=False)
    (later,) = client.get(f"{API}/me/terms").json["items"]
    old = client.post(f"{API}/me/terms", json=body, headers=headers)

    assert shown["accepted_at"] is None
    assert first.json["accepted_at"] == again.json["accepted_at"]
    assert (later["version"], later["accepted_at"]) == (2, None)
    assert old.status_code == 404
    assert date.fromisoformat(first.json["accepted_at"][:10])
