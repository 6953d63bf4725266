"""Each template is a complete document that pays, and a person of its kind earns something by it."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import evaluate, facts, reading
from app.programs.templates import Template, templates

LANGUAGES = {"en", "it", "fr", "id"}
PAYS: dict[str, dict[str, int]] = {
    # 12,000 against a quota of 10,000: 400 + 2,000 at 6 %; the curve is at its first point (12,000 of 15,000).
    "sales-commission": {"commission": 52_000, "quarter": 75_000, "managers": 12_000},
    # 3.5 % of 120,000 in the quarter; 20 % growth: 1 % of the year's 120,000; 4 units at 12.50.
    "channel-incentives": {"volume-rebate": 420_000, "growth-rebate": 120_000, "promotion": 5_000},
    "recognition": {"thanks": 300, "hundred": 200},
    # 600 premium at 2 points = 1,200: 1,000 and 200 at 1.25.
    "loyalty-points": {"points": 1_250},
    "rebate-claims": {"claims": 7_500},
    # Nine at 18.00 and the tenth at 22.50; a demonstration is no sale.
    "spif": {"spif": 18_450},
    "training": {"courses": 60, "certificates": 100, "score": 50},
    "referral": {"referral": 80_000},
    "volume": {"volume": 15_000},
    "contest-lottery": {"podium": 500, "tickets": 3},
    # csat 4.5 of 5 (0.45), 4 of 4 projects (0.3), 3 of 3 courses (0.2): 0.95 pays 92.5 % of 2,000.
    "performance-bonus": {"performance": 185_000},
    "group-travel": {"trip": 0},
    "milestone-badge": {},
}


def activity(n: int, **changes: Any) -> dict[str, Any]:
    return {"id": f"A{n}", "occurred_at": "2026-11-05T10:00:00Z", "person": "ann"} | changes


def several(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [activity(n, **changes) for n in range(count)]


FACTS: dict[str, dict[str, Any]] = {
    "sales-commission": {
        "positions": [{"person": "ann", "manager": "bob", "from": "2026-01-01"}],
        "quotas": [
            {"person": "ann", "component": "commission", "from": "2026-11-01", "to": "2026-11-30",
             "target": "10000"},
            {"person": "ann", "component": "quarter", "from": "2026-10-01", "to": "2026-12-31",
             "target": "15000"},
        ],
        "activities": several(1, amount="12000"),
    },
    "channel-incentives": {
        "activities": [
            activity(1, occurred_at="2025-05-05T10:00:00Z", amount="100000"),
            activity(2, amount="120000", product_group="Launch", units="4"),
        ],
    },
    "recognition": {"activities": [
        *several(6, kind="project"), activity(9, kind="kudos")]},
    "loyalty-points": {"activities": several(1, amount="600", product_group="Premium")},
    "rebate-claims": {"activities": [
        *several(3, status="verified"), activity(7, status="waiting")]},
    "spif": {"activities": [
        activity(1, product="Dual-fuel", units="10"),
        activity(2, product="Dual-fuel", units="2", kind="demo")]},
    "training": {"activities": [
        *(activity(n, kind="training", attributes={"course": f"C{n}", "score": "85"}) for n in range(3)),
        activity(9, kind="certification", attributes={"certificate": "Solar"})]},
    "referral": {"activities": several(2, kind="referral")},
    "volume": {"activities": several(1, units="100")},
    "contest-lottery": {"activities": [activity(1, amount="350")]},
    "performance-bonus": {"activities": [
        activity(1, kind="csat", attributes={"score": "4"}), activity(2, kind="csat", attributes={"score": "5"}),
        *(activity(n, kind="project") for n in range(10, 14)),
        *(activity(n, kind="training") for n in range(20, 23))]},
    "group-travel": {"activities": several(2, amount="60000")},
    "milestone-badge": {"activities": several(12)},
}  # fmt: skip


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.key)
def test_a_template_pays_what_its_description_says(template: Template) -> None:
    program = reading.read(template.document)
    found = evaluate.evaluate(program, facts.read_facts(FACTS[template.key]))

    paid: dict[str, int] = {}
    for each in found:
        if each.payee in {"ann", "bob"} and each.span.first.year == 2026:
            paid[each.component] = paid.get(each.component, 0) + each.outcome.amount_minor
    assert {name: minor for name, minor in paid.items() if minor or name in PAYS[template.key]} == (
        PAYS[template.key]
    )


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.key)
def test_a_template_is_named_and_described_in_every_language(template: Template) -> None:
    assert set(template.name) == set(template.description) == LANGUAGES
    assert all(template.name.values())
    assert len(set(template.description.values())) == len(LANGUAGES)


def test_there_is_a_template_for_each_kind_of_program() -> None:
    assert {each.key for each in templates()} == set(PAYS)
