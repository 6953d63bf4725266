from __future__ import annotations

from app.engine.evaluate import evaluate
from app.engine.facts import read_facts
from app.engine.report import report
from tests.engine.documents import Json, component_json, program, rate, sale

HOLDS: list[Json] = [
    {"share": "0.25", "until": {"attribute": "invoice_paid_on"}},
    {"share": "0.25", "until": {"on_day": "2026-12-24"}},
]


def reported(*, currency: str = "EUR", **rules: object) -> Json:
    plan = program(component_json(rate("0.05"), **rules), currency=currency)
    stated = read_facts({"as_of": "2026-11-30", "activities": [sale(1), sale(2, person="bob")]})
    return report(plan, evaluate(plan, stated))


def test_a_report_adds_up_what_each_payee_earns_by_name() -> None:
    assert reported()["totals"] == [
        {"payee": "ann", "money": {"amount": "5.00", "currency": "EUR"}},
        {"payee": "bob", "money": {"amount": "5.00", "currency": "EUR"}},
    ]


def test_a_currency_without_decimals_is_written_without() -> None:
    assert reported(currency="JPY")["earnings"][0]["money"]["amount"] == "5"


def test_a_report_says_when_each_part_can_be_used_or_what_it_waits_for() -> None:
    earning = reported(holds=HOLDS)["earnings"][0]

    assert [
        (each["money"]["amount"], each["state"], each["release_on"], each["waits_for"])
        for each in earning["portions"]
    ] == [
        ("2.50", "payable", "2026-11-16", None),
        ("1.25", "held", "2026-12-24", None),
        ("1.25", "held", None, "invoice_paid_on"),
    ]
