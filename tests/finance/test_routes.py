from __future__ import annotations

import io
from typing import Any

import pypdf
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.http.principal import Role
from app.kernel import clock
from app.people import logos
from app.people.models import Person
from tests.finance.builders import Purse
from tests.people.builders import give_person, give_session
from tests.people.phone import Phone
from tests.people.pictures import picture


def phone_of(app: Flask, purse: Purse, person: Person) -> Phone:
    with purse.work(now=clock.utc_now()) as db:
        token = give_session(db, person)
    phone = Phone(app.test_client())
    phone.take(token)
    return phone


@pytest.fixture
def rep(app: Flask, purse: Purse) -> Phone:
    return phone_of(app, purse, purse.person)


@pytest.fixture
def finance(app: Flask, purse: Purse) -> Phone:
    with purse.work() as db:
        person = give_person(db, name="Fi Nance", roles=[Role.FINANCE])
    return phone_of(app, purse, person)


def said(answer: TestResponse) -> Any:
    """Return the body of an answer that went well."""
    assert answer.status_code in (200, 201), answer.json
    return answer.json


def code_of(answer: TestResponse) -> tuple[int, str]:
    """Return status and code of a refusal."""
    assert answer.json is not None
    return answer.status_code, answer.json["code"]


def test_a_person_reads_frozen_months_as_list_document_and_paper(purse: Purse, rep: Phone) -> None:
    purse.earn("2026-10-05", 123_456)
    frozen = purse.freeze("2026-10")

    (listed,) = said(rep.get("/me/statements"))["items"]
    document = said(rep.get(f"/me/statements/{frozen.id}"))
    paper = rep.get(f"/me/statements/{frozen.id}/pdf")

    assert listed["currencies"][0]["earned"] == {"amount": "1234.56", "currency": "EUR"}
    assert document["sha256"] == listed["sha256"] == frozen.sha256.hex()
    assert document["body"] == frozen.body.decode()
    assert (paper.data, paper.content_type) == (frozen.pdf, "application/pdf")
    assert "statement-2026-10.pdf" in paper.headers["Content-Disposition"]


def test_a_proof_can_be_downloaded(purse: Purse, rep: Phone) -> None:
    purse.earn("2026-10-05", 123_456)
    purse.freeze("2026-10")
    year = "first=2026-01-01&last=2026-12-31"

    paper = rep.get(f"/me/proof-of-earnings/pdf?{year}")
    signed = said(rep.get(f"/me/proof-of-earnings?{year}"))

    page = pypdf.PdfReader(io.BytesIO(paper.data)).pages[0].extract_text()
    assert "Proof of earnings" in page
    assert "1,234.56" in page
    assert signed["document"]["format"] == "laurel-proof-of-earnings/1"
    nothing = rep.get("/me/proof-of-earnings?first=2020-01-01&last=2020-12-31")
    assert code_of(nothing) == (409, "nothing_proven")
    wrong = rep.get("/me/proof-of-earnings?first=2026-12-31&last=2026-01-01")
    assert wrong.status_code == 422


def test_what_is_frozen_on_paper_wears_the_logo_of_that_day_and_a_proof_that_of_today(
    purse: Purse, rep: Phone
) -> None:
    purse.earn("2026-09-05", 1_000)
    bare = purse.freeze("2026-09")
    with purse.work() as db:
        logos.keep(db, picture((600, 150)))
    purse.earn("2026-10-05", 1_000)

    worn = purse.freeze("2026-10")
    proof = rep.get("/me/proof-of-earnings/pdf?first=2026-01-01&last=2026-12-31")

    assert [logos_on(pdf) for pdf in (bare.pdf, worn.pdf, proof.data)] == [
        [],
        [(360, 90)],
        [(360, 90)],
    ]
    assert rep.get(f"/me/statements/{bare.id}/pdf").data == bare.pdf


def logos_on(pdf: bytes) -> list[tuple[int, int]]:
    """Return the sizes of the pictures of the first page."""
    return [one.image.size for one in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].images if one.image]


def test_finance_reads_what_is_owed_and_takes_the_journal(purse: Purse, finance: Phone) -> None:
    purse.earn("2026-10-05", 2_500)
    year = "first=2026-01-01&last=2026-12-31"

    (euros,) = said(finance.get("/finance/liability"))["items"]
    journal = said(finance.get(f"/finance/journal?{year}"))
    table = finance.get(f"/finance/journal.csv?{year}")
    book = finance.get(f"/finance/journal.xlsx?{year}")

    assert euros["owed"] == {"amount": "25.00", "currency": "EUR"}
    assert {one["account"]["code"] for one in journal["totals"]} == {"6400", "3300", "3310"} - (
        {"3300"} if journal["lines"] == 2 else set()
    )
    assert table.data.startswith(b"\xef\xbb\xbfdate,")
    assert book.data[:2] == b"PK"


def test_finance_calls_accounts_by_its_own_numbers(finance: Phone) -> None:
    names = [{"kind": "program_expense", "code": "B-77", "name": "Provvigioni"}]

    changed = said(finance.send("PUT", "/finance/account-names", {"items": names}))["items"]

    assert names[0] | {"is_standard": False} in changed
    assert {one["kind"] for one in changed if not one["is_standard"]} == {"program_expense"}
    unknown = [{"kind": "slush", "code": "1", "name": "x"}]
    assert finance.send("PUT", "/finance/account-names", {"items": unknown}).status_code == 422


RULE: dict[str, Any] = {
    "country": "IT",
    "income": "earnings",
    "from_on": "2099-01-01",
    "threshold": {"amount": "1000.00", "currency": "EUR"},
    "percent": "23.5",
    "basis": "excess",
    "year_starts": 1,
    "note": "An invented rule.",
}


def test_tax_rules_are_dated_and_never_changed(finance: Phone) -> None:
    coming = finance.post("/finance/tax-rules", RULE)
    today = clock.day_in_zone(clock.utc_now(), "Europe/Rome").isoformat()
    now = finance.post("/finance/tax-rules", RULE | {"from_on": today, "percent": "20"})
    again = finance.post("/finance/tax-rules", RULE)
    past = finance.post("/finance/tax-rules", RULE | {"from_on": "2020-01-01"})

    assert coming.status_code == now.status_code == 201
    states = {(rule["percent"], rule["state"]) for rule in said(now)["items"]}
    assert states == {("23.5", "coming"), ("20", "in_force")}
    assert code_of(again) == (409, "tax_rule_taken")
    assert code_of(past) == (409, "tax_rule_in_the_past")


def test_a_rule_can_be_tried_with_an_amount(finance: Phone) -> None:
    finance.post("/finance/tax-rules", RULE)
    asked = "/finance/tax-rules/trial?country=IT&currency=EUR&amount=1200.00&on="

    then = said(finance.get(asked + "2099-05-01"))
    before = said(finance.get(asked + "2098-12-31"))

    assert then["withheld"] == {"amount": "47.00", "currency": "EUR"}
    assert then["net"] == {"amount": "1153.00", "currency": "EUR"}
    assert [step["code"] for step in then["steps"]] == ["tax_on_excess"]
    assert before["net"] == before["gross"]
    fine = finance.get("/finance/tax-rules/trial?country=IT&currency=EUR&amount=1.005")
    assert fine.status_code == 422


def test_finance_has_a_month_frozen(
    purse: Purse, finance: Phone, rep: Phone, run_jobs: Any
) -> None:
    purse.earn("2026-01-05", 2_500)

    asked = finance.post("/finance/statements", {"month": "2026-01"})
    run_jobs()

    assert asked.status_code == 204
    (frozen,) = said(rep.get("/me/statements"))["items"]
    assert frozen["first_on"] == "2026-01-01"
    open_month = finance.post("/finance/statements", {"month": "2099-01"})
    assert code_of(open_month) == (409, "month_is_open")
